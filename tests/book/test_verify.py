"""The keys of the chapters, the choice by them, and that a comparison notices what it should."""

import json
import os
import re
import subprocess
import sys
from types import SimpleNamespace

import nbformat
import pytest

from book import verify
from book.common import ROOT, chapters, copy_book
from book.verify import choose, compare_glued, imported, inputs, key

FIFTH = chapters()["05"].stem


def record(value, tolerance=None, text="'1'"):
    return {"x": (text, {"value": value, "tolerance": tolerance, "spec": "d"})}


@pytest.mark.parametrize(
    "stored, new, tolerance, right",
    [
        (1, 1, 0, True),
        (1, 1.0001, 0, False),
        (1, 1.05, 0.1, True),
        (1, 0.95, 0.1, True),
        (1, 1.2, 0.1, False),
        (1, float("nan"), 0.1, False),
        (1, 5, None, True),  # then the text is compared
    ],
)
def test_glued_values_are_compared_within_their_tolerance(stored, new, tolerance, right):
    problems = compare_glued(record(stored, tolerance), record(new, tolerance))
    assert (problems == []) == right
    assert compare_glued(record(1), {}) and compare_glued({}, record(1))


# ---- keys


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A copy of what keys are made of, to change and to set right again."""
    folder = tmp_path_factory.mktemp("house")
    kinds = "mnist_helpers/**/*", "experiments/results/*", "chapters/*.ipynb", "*/course/*.py"
    for path in [*(path for kind in kinds for path in ROOT.glob(kind)), ROOT / "requirements.txt"]:
        if path.is_file() and path.suffix != ".pyc":
            copy = folder / path.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(verify, "ROOT", folder)
        patch.setattr(verify, "CHAPTERS", folder / "chapters")
        patch.setattr(verify, "PACKAGE", folder / "mnist_helpers")
        verify.inputs.cache_clear()
        yield folder
    verify.inputs.cache_clear()


def changed(house, name, old, new, kind="mnist"):
    """The numbers of the chapters whose keys change with a file."""
    before = verify.keys("mnist")[kind]
    path = house / name
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
    verify.inputs.cache_clear()
    now = verify.keys("mnist")[kind]
    path.write_text(text, "utf-8")
    return {stem[:2] for stem in now if now[stem] != before[stem]}


@pytest.mark.parametrize(
    "name, old, new, least, most",
    [
        ("mnist_helpers/idx.py", "def read_idx(", "x = 1\n\n\ndef read_idx(", 16, 16),
        ("mnist_helpers/idx.py", '"""', '"""More. ', 0, 0),
        ("mnist_helpers/idx.py", "import gzip", "# why\nimport gzip", 0, 0),
        ("mnist_helpers/live/confusion.js", ";", ";;", 1, 3),
        ("mnist_helpers/serve.py", "def ", "x = 1\n\n\ndef ", 0, 0),
        ("experiments/results/devices.json", "{", "{ ", 1, 1),
        ("requirements.txt", "keras==", "keras==9", 16, 16),
        ("requirements.txt", "bleach==", "bleach==9", 0, 0),
    ],
)
def test_key_changes_with_what_a_chapter_depends_on(house, name, old, new, least, most):
    assert least <= len(changed(house, name, old, new)) <= most


@pytest.mark.parametrize("what", ["source", "outputs", "tags", "text"])
def test_key_changes_with_code_tags_and_outputs_but_not_with_text(house, what):
    path = house / "chapters" / f"{FIFTH}.ipynb"
    before, notebook = key(FIFTH), json.loads(path.read_text("utf-8"))
    kind = "markdown" if what == "text" else "code"
    cell = [c for c in notebook["cells"] if c["cell_type"] == kind and c.get("outputs", [1])][0]
    if what == "outputs":
        cell["outputs"] = cell["outputs"][1:]
    elif what == "tags":
        cell["metadata"]["tags"] = ["nbval-ignore-output"]
    else:
        cell["source"] = ["1"]
    text = path.read_text("utf-8")
    path.write_text(json.dumps(notebook), "utf-8")
    now = key(FIFTH)
    path.write_text(text, "utf-8")
    assert (now == before) == (what == "text")


def test_key_of_the_grading_changes_with_its_code(house):
    assert len(changed(house, "book/course/grade.py", "def ", "x = 1\n\n\ndef ", "grading")) == 16
    assert not changed(house, "book/course/grade.py", "def ", "x = 1\n\n\ndef ")


def test_key_changes_with_the_environment(monkeypatch):
    before = key(FIFTH)
    monkeypatch.setitem(verify.ENVIRONMENT, "OPENBLAS_NUM_THREADS", "2")
    assert key(FIFTH) != before


def test_chapters_run_as_stored_whatever_other_tests_import():
    # our own variables are taken away from tests by a fixture
    computes = [name for name in verify.ENVIRONMENT if not name.startswith("MNIST_HELPERS")]
    assert [os.environ[name] for name in computes] == [verify.ENVIRONMENT[n] for n in computes]


def test_imports_are_followed_however_they_are_written():
    def names(code):
        return {path.stem for path in inputs(code) if path.suffix == ".py"}

    loading = names("from mnist_helpers import load_mnist")
    assert {"data", "idx", "standin"} <= loading
    assert (
        names("from mnist_helpers import (\n    glue,  # a note\n    load_mnist as f,\n)") > loading
    )
    assert names("%%writefile a.py\nfrom mnist_helpers.data import find_mirror") == loading
    assert names("import mnist_helpers.data") == loading
    assert imported("import numpy as np\nfrom other import load_mnist") == set()


# ---- the choice


NOW = {"01-a": "x", "02-b": "y", "03-c": "z"}


@pytest.mark.parametrize(
    "wanted, chosen",
    [("all", "01 02 03"), ("changed", "02 03"), ("01", "01"), ("changed, 01", "01 02 03")],
)
def test_chapters_are_chosen_by_number_or_by_their_keys(wanted, chosen):
    found = choose(wanted, NOW, {"01-a": "x", "02-b": "old"})
    assert sorted(stem[:2] for stem in found) == chosen.split()


@pytest.mark.parametrize("wanted", ["5", "17", "chapter"])
def test_unknown_chapter_is_refused(wanted):
    with pytest.raises(pytest.UsageError, match=f"no chapter '{wanted}'"):
        choose(wanted, NOW, {})


def test_a_chapter_is_recorded_when_all_of_it_has_passed_as_it_is_now(tmp_path, monkeypatch):
    now, cells = verify.keys("mnist"), len(verify.code_cells(FIFTH))
    monkeypatch.setattr(verify, "RECORD", tmp_path / "verified.json")
    monkeypatch.setattr(verify, "keys", lambda data: now)
    mark = {"user_properties": [("recorded", ["mnist", FIFTH])]}
    good = SimpleNamespace(when="call", passed=True, failed=False, **mark)
    bad = SimpleNamespace(when="call", passed=False, failed=True, **mark)
    before = SimpleNamespace(when="setup", passed=True, failed=False, **mark)

    def recorded(reports, key_before=now["mnist"][FIFTH]):
        config = SimpleNamespace(data="mnist", keys={"mnist": {FIFTH: key_before}})
        recorder = verify.Recorder(config)
        for report in reports:
            recorder.pytest_runtest_logreport(report)
        recorder.pytest_sessionfinish()
        return verify.read_record().get("mnist", {})

    for last in ([], [before], [bad]):
        assert recorded([good] * (cells - 1) + last) == {}
    assert recorded([good] * cells, "edited meanwhile") == {}
    assert recorded([good] * cells) == recorded([good]) == {FIFTH: now["mnist"][FIFTH]}
    assert recorded([bad]) == {}


# ---- the whole, on notebooks that are right and wrong


def notebook(code, shown, tags=()):
    cell = nbformat.v4.new_code_cell(code, execution_count=1, metadata={"tags": list(tags)})
    cell.outputs = shown
    return nbformat.v4.new_notebook(cells=[cell])


def printed(text):
    return [nbformat.v4.new_output("stream", name="stdout", text=text)]


def glue_of(value):
    data = {"application/papermill.record/text/plain": f"'{value}'"}
    metadata = {"glue": {"spec": "", "tolerance": 0.1, "value": value}}
    metadata["scrapbook"] = {"name": "x", "mime_prefix": "application/papermill.record/"}
    return [nbformat.v4.new_output("display_data", data=data, metadata=metadata)]


GLUE = "from mnist_helpers import glue\nglue('x', 1.0, '', tolerance=0.1)"
EXACT, FREE = ["nbval-check-output"], ["nbval-ignore-output"]
NOTEBOOKS = {
    "90-right": notebook("print(1)", printed("1\n"), EXACT),
    "91-other": notebook("print(2)", printed("1\n"), EXACT),
    "92-raises": notebook("1 / 0", []),
    "93-near": notebook(GLUE, glue_of(1.05), FREE),
    "94-far": notebook(GLUE, glue_of(1.2), FREE),
    "95-free": notebook("print(3)", printed("1\n"), FREE),
    "96-data": notebook("print(4)", printed("1\n")),
}


@pytest.mark.slow
@pytest.mark.data
def test_only_what_was_compared_and_right_is_recorded(tmp_path, pytestconfig):
    book = copy_book(tmp_path / "book", leave_out=["*.ipynb", "*.md", "verified.json"])
    for stem, content in NOTEBOOKS.items():
        nbformat.write(content, book / "chapters" / f"{stem}.ipynb")

    def run(*options):
        command = [sys.executable, "-m", "pytest", "-q", "-n", "2", "chapters", *options]
        return subprocess.run(command, cwd=book, capture_output=True, text=True).stdout

    # on the stand-in an output that the data may change is not looked at
    full = pytestconfig.full_mnist
    wrong = {"91", "92", "94", "96"} if full else {"91", "92"}
    assert set(re.findall(r"^FAILED chapters/(\d\d)", run(), re.MULTILINE)) == wrong
    path = book / "chapters" / "verified.json"
    record = json.loads(path.read_text("utf-8"))
    right = {stem for stem in NOTEBOOKS if stem[:2] not in wrong}
    assert {data: set(stems) for data, stems in record.items()} == {pytestconfig.data: right}
    path.write_text(json.dumps({pytestconfig.data: record[pytestconfig.data] | {"91-other": ""}}))
    assert f"{len(wrong)} failed, 1 passed" in run("--chapters", "changed 90")
    assert json.loads(path.read_text("utf-8")) == record, "what has failed is no longer right"
