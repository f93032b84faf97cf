"""Execute the chapters on the full MNIST and store their outputs: ``make notebooks``.

Each chapters/NN-name.md is run from top to bottom in a fresh kernel and written, with its
outputs, to the .ipynb beside it. The times go to chapters/times.json, into the "Time" line on each
chapter's card, and into the table of intro.md: to read with the code, to run (measured), and for
the exercises, as teaching/objectives.yml says. Give chapter numbers to run only
these: ``05 06``. With ``--text`` nothing is run: changed text goes into the .ipynb, stored outputs
stay, and a chapter whose code has changed is refused.
"""

import hashlib
import json
import os
import re
import sys
import time

import jupytext
import nbformat
import yaml
from nbclient import NotebookClient

from book.chapter import Chapter, tags
from book.common import CHAPTERS, ENVIRONMENT, ROOT, chapters, write_json, write_whole
from mnist_helpers import mnist_folder

TIMES = CHAPTERS / "times.json"
INTRO = ROOT / "intro.md"
# Slower than a novel, and code slower than words. One reader who was new to networks needed 132
# minutes for chapters 1 to 5, exercises and quizzes aside; at these rates it is 135.
WORDS_PER_MINUTE = 150
LINES_PER_MINUTE = 6
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


def count(notebook, stem):
    """What there is in a chapter besides its exercises: words, and lines of code that stand open.

    Also the minutes for its exercises; None if teaching/objectives.yml does not know the chapter.

    Returns
    -------
    dict of str to int
    """
    chapter = Chapter(notebook, stem)
    code = [p.source for p in chapter.pieces if p.is_code and p.role == "lesson" and not folded(p)]
    return {
        "words": len(re.findall(r"\w[\w'’-]*", chapter.lesson)),
        "lines": sum(bool(line.strip()) for source in code for line in source.splitlines()),
        "exercises": exercise_minutes().get(stem),
    }


def folded(piece):
    return "hide-input" in tags(piece.cell)


def exercise_minutes(path=ROOT / "teaching" / "objectives.yml"):
    """The minutes for the exercises of each chapter, by its name, as the teacher's page has them.

    >>> exercise_minutes()["10-confusion-matrices"] >= 15
    True
    """
    course = yaml.safe_load(path.read_text("utf-8"))
    return {
        stem: sum(course["kinds"][kind]["minutes"] for kind in entry["exercises"].values())
        for stem, entry in course["chapters"].items()
    }


def in_minutes(words, run_seconds, lines=0, exercises=None):
    """Times to read, to run, and for the exercises, coarse enough to hold on another machine.

    >>> in_minutes(1200, 13.2, 60, 75)
    ('18 minutes', '20 seconds', '75 minutes')
    >>> in_minutes(1200, 65)
    ('8 minutes', '1.5 minutes', '')
    """
    read = max(1, round(words / WORDS_PER_MINUTE + lines / LINES_PER_MINUTE))
    if run_seconds <= 50:
        run = f"{-(-run_seconds // 10) * 10:.0f} seconds"
    else:
        half_minutes = -(-run_seconds // 30)
        run = f"{half_minutes / 2:g} minute{'' if half_minutes == 2 else 's'}"
    return f"{read} minutes", run, f"{exercises} minutes" if exercises else ""


def time_line(**counted):
    """The line on a chapter's card.

    >>> print(time_line(words=900, run_seconds=9, exercises=75))
    - **Time:** about 6 minutes to read, 10 seconds to run on 2 cores, 75 minutes for the exercises
    """
    read, run, exercises = in_minutes(**counted)
    line = f"- **Time:** about {read} to read, {run} to run on 2 cores"
    return f"{line}, {exercises} for the exercises" if exercises else line


def with_times(table, times):
    """The table of intro.md, each chapter's last three columns filled in, short for phones.

    >>> with_times("| [1. A](chapters/01-a) | do | |", {"01-a": {"words": 300, "run_seconds": 9}})
    '| [1. A](chapters/01-a) | do | 2 min | 10 s |  |'
    """
    for stem, counted in times.items():
        row = re.compile(rf"^(\|[^|]*\(chapters/{stem}\) \|[^|]*\|).*$", re.MULTILINE)
        cells = " | ".join(in_minutes(**counted))
        cells = re.sub("minutes?", "min", cells).replace("seconds", "s")
        table = row.sub(rf"\1 {cells} |", table)
    return table


def execute(path):
    """Run one chapter, write its .ipynb, and return what was counted and measured."""
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
    """Write a notebook with its outputs, and its time on the card; return what this says."""
    counted = count(notebook, path.stem) | {"run_seconds": round(seconds, 1)}
    line = time_line(**counted)
    path.write_text(TIME_LINE.sub(line, path.read_text("utf-8")), "utf-8")
    for cell, source in zip(notebook.cells, read_source(path).cells, strict=True):
        cell.source, cell.id = source.source, source.id
    # the version of Python would differ from machine to machine
    notebook.metadata = {"kernelspec": notebook.metadata.kernelspec}
    notebook.metadata["language_info"] = {"name": "python"}
    nbformat.validate(notebook)
    nbformat.write(notebook, path.with_suffix(".ipynb"))
    return counted


def update_text(path, run_seconds):
    """Carry the text of a chapter into its .ipynb, keep the outputs, return what was counted.

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


def main(arguments):
    text_only = "--text" in arguments
    numbers = [a for a in arguments if a != "--text"]
    paths = chapters(CHAPTERS)
    if unknown := [n for n in numbers if n not in paths]:
        sys.exit(f"no chapter {', '.join(unknown)} in {CHAPTERS}: give numbers such as 05")
    paths = [p for n, p in paths.items() if not numbers or n in numbers]
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
    write_json(TIMES, dict(sorted(times.items())))
    write_whole(INTRO, with_times(INTRO.read_text("utf-8"), times))


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except ValueError as error:
        sys.exit(str(error))
