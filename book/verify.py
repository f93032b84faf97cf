"""Whether the chapters' stored outputs are still what their code gives: a plugin of pytest.

nbval runs the notebooks and compares. On the full MNIST every output must be the stored one, on
the stand-in those of the cells tagged ``nbval-check-output``; glued values are compared here, with
their tolerances. A chapter of which every cell has passed is recorded in chapters/verified.json by
its key, which changes with whatever its outputs could depend on; ``--chapters changed`` runs the
chapters whose key is not there. Only such a run writes the record.
"""

import ast
import hashlib
import json
import os
import re
import warnings
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from nbval.plugin import IPyNbCell

from book.chapter import glued
from book.common import CHAPTERS, ENVIRONMENT, ROOT, chapters, write_json
from book.execute import TIMES
from mnist_helpers import _MODULES, mnist_folder

RECORD = CHAPTERS / "verified.json"
PACKAGE = ROOT / "mnist_helpers"
# what computes, prints, or compares
PINNED = re.compile(
    r"^(ipython|keras|matplotlib|nbval|numpy|pandas|pillow|scikit-learn|scipy|tensorflow(-cpu)?)==",
    re.MULTILINE,
)


# ---- glued values


def compare_glued(stored, new):
    """What differs between a cell's stored glue records and those of a new run."""
    if stored.keys() != new.keys():
        return [f"glued names: stored {sorted(stored)}, now {sorted(new)}"]
    problems = []
    for name, (_, record) in stored.items():
        now = new[name][1]["value"]
        tolerance = record["tolerance"]
        if tolerance == 0 and now != record["value"]:
            problems.append(f"{name}: stored {record['value']!r}, now {now!r}")
        elif tolerance and not abs(now - record["value"]) <= tolerance:
            problems.append(f"{name}: stored {record['value']!r}, now {now!r}, over {tolerance}")
    return problems


# ---- keys


@cache
def code_of(source):
    """Python source without comments, docstrings, and empty lines, which no output depends on.

    >>> code_of('# why\\ndef f():\\n    "What."\\n\\n    return 1  # one\\n')
    'def f():\\n    return 1  # one'
    """
    lines = source.splitlines()
    for node in ast.walk(ast.parse(source)):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and isinstance(body[0], ast.Expr):
            text = body[0].value
            is_text = isinstance(text, ast.Constant) and isinstance(text.value, str)
            if is_text and text.lineno > getattr(node, "lineno", 0):
                lines[text.lineno - 1 : text.end_lineno] = [""] * (
                    text.end_lineno - text.lineno + 1
                )
    return "\n".join(line for line in lines if line.strip() and not line.lstrip().startswith("#"))


def imported(source):
    """The modules of mnist_helpers that Python source imports, as paths.

    >>> sorted(path.name for path in imported("from mnist_helpers import read_idx, glue"))
    ['idx.py', 'prose.py']
    """
    found = set()
    statement = r"(?:from|import) mnist_helpers(\.[\w.]+)?(?: import (\([^)]*\)|.*))?"
    for module, names in re.findall(statement, source):
        names = re.findall(r"\w+", re.sub(r"#.*| as \w+", "", names))
        for name in [module[1:]] if module else names:
            found.add(PACKAGE / f"{_MODULES.get(name, name).replace('.', '/')}.py")
    return {path for path in found if path.exists()}


@cache
def inputs(code):
    """The files that a chapter's code depends on, through whatever it imports."""
    files, waiting, named = set(), imported(code), code
    while waiting:
        path = waiting.pop()
        files.add(path)
        source = code_of(path.read_text("utf-8"))
        named += source
        waiting |= imported(source) - files
    for path in [*PACKAGE.rglob("*"), *(ROOT / "experiments" / "results").glob("*.json")]:
        # a script, a style, a results file that the code names by itself or by its folder
        names = {path.name, path.stem, path.parent.name} - {PACKAGE.name, "results"}
        quoted = any(re.search(rf"[\"'.]{re.escape(name)}[\"']", named) for name in names)
        if path.is_file() and path.suffix not in (".py", ".pyc") and quoted:
            files.add(path)
    return sorted(files)


def code_cells(stem):
    """The code cells of a chapter's .ipynb."""
    notebook = json.loads((CHAPTERS / f"{stem}.ipynb").read_text("utf-8"))
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def fingerprint(files, *more):
    """A hash of what files hold, Python files without what does not run, and of strings."""
    digest = hashlib.sha256("".join(more).encode())
    for file in files:
        content = file.read_bytes().replace(b"\r\n", b"\n")
        digest.update(code_of(content.decode()).encode() if file.suffix == ".py" else content)
    return digest.hexdigest()[:16]


def key(stem):
    """The key of a chapter: it changes with whatever its outputs could depend on.

    That is its code cells with their tags and stored outputs, the files of `inputs`, the pins of
    what computes, the environment that chapters run in, and this comparison.
    """
    cells = code_cells(stem)
    code = "\n".join("".join(cell["source"]) for cell in cells)
    lines = (ROOT / "requirements.txt").read_text("utf-8").splitlines()
    pins = [line for line in lines if PINNED.match(line)]
    return fingerprint([*inputs(code), Path(__file__)], json.dumps([cells, ENVIRONMENT, pins]))


def keys(data):
    """The key of each chapter, by what is recorded: its outputs on some data, and its grading."""
    now = {path.stem: key(path.stem) for path in sorted(CHAPTERS.glob("[0-9][0-9]-*.ipynb"))}
    folders = "book/course", "tests/course"
    code = [path for folder in folders for path in sorted((ROOT / folder).glob("*.py"))]
    return {data: now, "grading": {stem: fingerprint(code, now[stem]) for stem in now}}


def read_record():
    return json.loads(RECORD.read_text("utf-8")) if RECORD.exists() else {}


def choose(wanted, now, recorded):
    """The chapters to run: those whose numbers are wanted, all, or all that changed.

    >>> now = {"01-a": "x", "02-b": "y", "03-c": "z"}
    >>> sorted(choose("changed 03", now, {"01-a": "x", "02-b": "other", "03-c": "z"}))
    ['02-b', '03-c']
    """
    chosen, words = set(), re.split(r"[\s,]+", wanted.strip())
    for word in words:
        found = {stem for stem in now if word == "all" or stem.startswith(f"{word}-")}
        if not found and word != "changed":
            raise pytest.UsageError(f"--chapters {wanted!r}: there is no chapter {word!r}")
        chosen |= found
    if "changed" in words:
        chosen |= {stem for stem in now if now[stem] != recorded.get(stem)}
    return chosen


# ---- the plugin


def has_fashion_mnist():
    try:
        return mnist_folder("fashion-mnist").is_dir()
    except FileNotFoundError:
        return False


def pytest_addoption(parser):
    parser.addoption(
        "--chapters",
        default="all",
        metavar="WHICH",
        help="which notebooks to run: numbers, all, or changed, for those of which "
        "chapters/verified.json does not say that they were found right as they are",
    )


def pytest_configure(config):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the header below says it better
        try:
            config.full_mnist = mnist_folder("mnist").name != "stand-in"
            config.fashion_mnist = config.full_mnist and has_fashion_mnist()
        except (OSError, ValueError) as error:
            raise pytest.UsageError(str(error)) from error
    # nbval: compare all outputs, or (lax) those of the cells tagged nbval-check-output
    config.option.nbval, config.option.nbval_lax = config.full_mnist, not config.full_mnist
    config.option.nbval_current_env = True
    os.environ.update(ENVIRONMENT)
    # the kernels decide as this process did, without a second look at the network
    os.environ["MNIST_HELPERS_OFFLINE"] = "1"
    if config.full_mnist:
        os.environ["MNIST_HELPERS_STRICT"] = "1"
    config.data = "mnist" if config.full_mnist else "stand-in"
    config.keys, record = keys(config.data), read_record()
    config.chosen = {
        kind: choose(config.option.chapters, now, record.get(kind, {}))
        for kind, now in config.keys.items()
    }
    if hasattr(config, "workerinput"):  # as many processes as cores: threads would be in the way
        os.environ["TF_NUM_INTRAOP_THREADS"] = "1"
    else:  # the process that the others report to
        config.pluginmanager.register(Recorder(config))


def pytest_report_header(config):
    if config.full_mnist:
        clothes = "and Fashion-MNIST" if config.fashion_mnist else "but NOT Fashion-MNIST"
        lines = [f"data: the full MNIST, {clothes}; every stored output is compared"]
    else:
        lines = ["data: the STAND-IN, not MNIST; only outputs that do not depend on it compared"]
    for kind, chosen in config.chosen.items():
        if left_out := config.keys[kind].keys() - chosen:
            run, before = (
                " ".join(sorted(stem[:2] for stem in stems)) for stems in (chosen, left_out)
            )
            lines.append(f"{kind}: run {run or 'no chapter'}; recorded as right before: {before}")
    return lines


def pytest_ignore_collect(collection_path, config):
    if collection_path.suffix == ".ipynb" and collection_path.parent == CHAPTERS:
        return collection_path.stem not in config.chosen[config.data] or None
    return None


def pytest_collection_modifyitems(config, items):
    """Leave out what was not chosen; let the longest chapters be first, as the last to end."""
    times = json.loads(TIMES.read_text("utf-8"))
    seconds, left_out = {}, []
    for item in items:
        if isinstance(item, IPyNbCell):
            kind, stem = config.data, item.path.stem
            seconds[item] = times.get(stem, {"run_seconds": 0})["run_seconds"]
            item.add_marker("data")
            if config.full_mnist and not config.fashion_mnist and stem.startswith("15-"):
                reason = "its stored outputs show Fashion-MNIST, which is not on this machine"
                item.add_marker(pytest.mark.skip(reason=reason))
        elif item.get_closest_marker("grading"):
            kind, stem = "grading", chapters()[item.callspec.params["number"]].stem
        else:
            continue
        item.user_properties.append(("recorded", [kind, stem]))
        if stem not in config.chosen[kind]:
            left_out.append(item)
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]
    items.sort(key=lambda item: -seconds.get(item, 0))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    """Compare glued values also where nbval does not look: in cells whose output may vary."""
    result = yield
    if isinstance(item, IPyNbCell) and item.config.full_mnist:
        problems = compare_glued(glued(item.cell.outputs), glued(item.test_outputs or []))
        if problems:
            pytest.fail("\n".join(problems), pytrace=False)
    return result


class Recorder:
    """Counts what passes of each chapter, and records the chapters of which all did."""

    def __init__(self, config):
        self.config, self.passed, self.failed = config, Counter(), set()

    def pytest_runtest_logreport(self, report):
        for name, value in report.user_properties:
            if name == "recorded" and report.when == "call" and report.passed:
                self.passed[tuple(value)] += 1
            elif name == "recorded" and report.failed:
                self.failed.add(tuple(value))

    def pytest_sessionfinish(self):
        record, now = read_record(), keys(self.config.data)
        before = json.dumps(record)
        for kind, stem in self.failed:
            record.get(kind, {}).pop(stem, None)
        for (kind, stem), passed in self.passed.items():
            whole = passed == (1 if kind == "grading" else len(code_cells(stem)))
            # not if it was edited meanwhile
            if whole and now[kind].get(stem) == self.config.keys[kind][stem]:
                record.setdefault(kind, {})[stem] = now[kind][stem]
        if json.dumps(record) != before:
            write_json(
                RECORD, {kind: dict(sorted(record[kind].items())) for kind in sorted(record)}
            )
