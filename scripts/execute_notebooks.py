"""Execute the chapters on the full MNIST and store their outputs: ``make notebooks``.

Each chapters/NN-name.md is run from top to bottom in a fresh kernel and written, with its
outputs, to the .ipynb beside it. The measured times go to chapters/times.json, into the "Time"
line on each chapter's card, and into the table of intro.md. Give chapter numbers to run only
these: ``05 06``. With ``--text`` nothing is run: changed text goes into the .ipynb, stored outputs
stay, and a chapter whose code has changed is refused.
"""

import hashlib
import json
import os
import re
import sys
import time
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient

from mnist_helpers import mnist_folder

CHAPTERS = Path(__file__).parent.parent / "chapters"
TIMES = CHAPTERS / "times.json"
INTRO = CHAPTERS.parent / "intro.md"
WORDS_PER_MINUTE = 150  # slower than a novel: there are code and pictures to take in
# what chapters run with, here and in the tests
ENVIRONMENT = {
    "TF_CPP_MIN_LOG_LEVEL": "3",  # no notes on this very machine
    "TF_ENABLE_ONEDNN_OPTS": "0",  # nor that one, which the level does not silence; no slower
    "OPENBLAS_NUM_THREADS": "1",  # NumPy's threads would get in the way of TensorFlow's
    "MNIST_HELPERS_DATASET": "mnist",  # whatever the user's own setting
}
TIME_LINE = re.compile(r"^- \*\*Time:\*\* .*$", re.MULTILINE)


def read_source(path):
    """The notebook in a chapter's .md, with cell ids that depend on the content alone."""
    notebook = jupytext.read(path)
    seen = {}
    for cell in notebook.cells:
        digest = hashlib.sha256(cell.source.encode()).hexdigest()[:8]
        seen[digest] = seen.get(digest, 0) + 1
        cell.id = digest if seen[digest] == 1 else f"{digest}-{seen[digest]}"
    return notebook


def count_words(notebook):
    text = " ".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    return len(re.findall(r"\w[\w'’-]*", text))


def read_and_run(words, run_seconds):
    """Times to read and to run, in steps coarse enough to hold on another machine.

    >>> read_and_run(1200, 13.2)
    ('8 minutes', '20 seconds')
    >>> read_and_run(1200, 65)
    ('8 minutes', '1.5 minutes')
    """
    read = max(1, round(words / WORDS_PER_MINUTE))
    if run_seconds <= 50:
        run = f"{-(-run_seconds // 10) * 10:.0f} seconds"
    else:
        half_minutes = -(-run_seconds // 30)
        run = f"{half_minutes / 2:g} minute{'' if half_minutes == 2 else 's'}"
    return f"{read} minutes", run


def time_line(words, run_seconds):
    """The line on a chapter's card."""
    read, run = read_and_run(words, run_seconds)
    return f"- **Time:** about {read} to read, {run} to run on 2 cores"


def with_times(table, times):
    """The table of intro.md, each chapter's last two columns filled in.

    >>> with_times("| [1. A](chapters/01-a) | do | | |", {"01-a": {"words": 300, "run_seconds": 9}})
    '| [1. A](chapters/01-a) | do | 2 minutes | 10 seconds |'
    """
    for stem, measured in times.items():
        row = re.compile(rf"^(\|[^|]*\(chapters/{stem}\) \|[^|]*\|).*$", re.MULTILINE)
        read, run = read_and_run(**measured)
        table = row.sub(rf"\1 {read} | {run} |", table)
    return table


def execute(path):
    """Run one chapter, write its .ipynb, and return its words and seconds."""
    notebook = read_source(path)
    start = time.perf_counter()
    # timing metadata in the cells would make every run a change
    NotebookClient(
        notebook,
        timeout=900,
        record_timing=False,
        coalesce_streams=True,  # a log in one piece
        resources={"metadata": {"path": CHAPTERS}},
        # a clean progress line; figures that are sharp in print and on small screens
        extra_arguments=["--log-level=ERROR", "--InlineBackend.figure_formats=retina"],
    ).execute()
    return store(notebook, path, time.perf_counter() - start)


def store(notebook, path, seconds):
    """Write a notebook with its outputs, and its time on the card; return words and seconds."""
    words = count_words(notebook)
    line = time_line(words, seconds)
    path.write_text(TIME_LINE.sub(line, path.read_text("utf-8")), "utf-8")
    for cell, source in zip(notebook.cells, read_source(path).cells, strict=True):
        cell.source, cell.id = source.source, source.id
    # the version of Python would differ from machine to machine
    notebook.metadata = {"kernelspec": notebook.metadata.kernelspec}
    notebook.metadata["language_info"] = {"name": "python"}
    nbformat.validate(notebook)
    nbformat.write(notebook, path.with_suffix(".ipynb"))
    return {"words": words, "run_seconds": round(seconds, 1)}


def update_text(path, run_seconds):
    """Carry the text of a chapter into its .ipynb, keep the outputs, return its words and seconds.

    Raises ValueError if a code cell changed, for then its output may be wrong.
    """
    stored = nbformat.read(path.with_suffix(".ipynb"), as_version=4)
    ran = [cell for cell in stored.cells if cell.cell_type == "code"]
    new = read_source(path)
    code = [cell for cell in new.cells if cell.cell_type == "code"]
    if [cell.source for cell in code] != [cell.source for cell in ran]:
        raise ValueError(f"{path.name}: the code has changed; run the chapter without --text")
    for cell, before in zip(code, ran):
        cell.outputs, cell.execution_count = before.outputs, before.execution_count
    return store(new, path, run_seconds)


def main(numbers, text_only=False):
    paths = sorted(CHAPTERS.glob("[0-9][0-9]-*.md"))
    if unknown := [n for n in numbers if not any(p.name.startswith(n) for p in paths)]:
        sys.exit(f"no chapter {', '.join(unknown)} in {CHAPTERS}")
    paths = [p for p in paths if not numbers or p.name[:2] in numbers]
    times = json.loads(TIMES.read_text("utf-8")) if TIMES.exists() else {}
    if not text_only:
        os.environ.update(ENVIRONMENT)
        os.environ["MNIST_HELPERS_STRICT"] = "1"  # never store outputs of the stand-in
        mnist_folder(strict=True)  # a download's progress bar would end up in the first chapter
    for i, path in enumerate(paths, start=1):
        if text_only:
            times[path.stem] = update_text(path, times[path.stem]["run_seconds"])
            continue
        print(f"[{i}/{len(paths)}] {path.stem} ... ", end="", flush=True)
        times[path.stem] = execute(path)
        print(f"{times[path.stem]['run_seconds']:.0f} s", flush=True)
    TIMES.write_text(json.dumps(times, indent=2, sort_keys=True) + "\n", "utf-8")
    INTRO.write_text(with_times(INTRO.read_text("utf-8"), times), "utf-8")


if __name__ == "__main__":
    arguments = sys.argv[1:]
    try:
        main([a for a in arguments if a != "--text"], text_only="--text" in arguments)
    except ValueError as error:
        sys.exit(str(error))
