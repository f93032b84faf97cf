"""The command that runs the chapters and stores what they show; here the runs are made up."""

import json
import os
from pathlib import Path

import pytest

from book import execute
from book.common import ENVIRONMENT

MEASURED = {"words": 300, "lines": 6, "exercises": 40, "run_seconds": 9.0}
OLD = {"words": 600, "run_seconds": 19.0}
INTRO = """| chapter | do | read | run | exercises |
|---|---|---|---|---|
| [2. Two](chapters/02-two) | count | | | |
| [3. Three](chapters/03-three) | look | | | |
"""


@pytest.fixture
def runs(tmp_path, monkeypatch):
    """What happens in a book of two chapters, of which the second has been measured before."""
    runs = []

    def run(path):
        environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
        runs.append((path.stem, environment))
        return MEASURED

    def take_over(path, run_seconds):
        runs.append((path.stem, run_seconds))
        return MEASURED | {"run_seconds": run_seconds}

    for name, text in {
        "02-two.md": "# Two",
        "03-three.md": "# Three",
        "times.json": json.dumps({"03-three": OLD}),
        "intro.md": INTRO,
    }.items():
        (tmp_path / name).write_text(text, "utf-8")
    for name, value in {
        "CHAPTERS": tmp_path,
        "TIMES": tmp_path / "times.json",
        "INTRO": tmp_path / "intro.md",
        "execute": run,
        "update_text": take_over,
        "mnist_folder": lambda strict=False: runs.append(("data", strict)),
    }.items():
        monkeypatch.setattr(execute, name, value)
    monkeypatch.setattr(os, "environ", {"MNIST_HELPERS_DATASET": "fashion-mnist"})
    return runs


def test_chapters_run_on_the_full_mnist_alone(runs):
    execute.main([])
    environment = ENVIRONMENT | {"MNIST_HELPERS_STRICT": "1"}
    # the data first: a download would show in the first chapter
    assert runs == [("data", True), ("02-two", environment), ("03-three", environment)]


def test_times_go_where_readers_look(runs, tmp_path):
    execute.main(["02"])
    assert [name for name, _ in runs] == ["data", "02-two"]
    times = json.loads((tmp_path / "times.json").read_text("utf-8"))
    assert list(times.items()) == [("02-two", MEASURED), ("03-three", OLD)]
    assert (tmp_path / "intro.md").read_text("utf-8").splitlines()[2:] == [
        "| [2. Two](chapters/02-two) | count | 3 min | 10 s | 40 min |",
        "| [3. Three](chapters/03-three) | look | 4 min | 20 s |  |",
    ]


@pytest.mark.parametrize("name", ["times.json", "intro.md"])
def test_what_is_written_is_never_half_there(runs, tmp_path, monkeypatch, name):
    before, replace = (tmp_path / name).read_bytes(), Path.replace

    def stopped(path, target):
        if target.name == name:
            raise KeyboardInterrupt
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", stopped)
    with pytest.raises(KeyboardInterrupt):
        execute.main(["02"])
    assert (tmp_path / name).read_bytes() == before


def test_text_alone_runs_nothing(runs, tmp_path):
    execute.main(["--text", "03"])
    assert runs == [("03-three", 19.0)] and "MNIST_HELPERS_STRICT" not in os.environ
    times = json.loads((tmp_path / "times.json").read_text("utf-8"))
    assert times == {"03-three": MEASURED | {"run_seconds": 19.0}}


@pytest.mark.parametrize("number", ["07", "0", "2", "02-two"])
def test_unknown_chapter(runs, number):
    with pytest.raises(SystemExit, match=f"no chapter {number} in .*: give numbers such as 05"):
        execute.main(["02", number])
    assert not runs


def test_what_is_counted_is_what_is_read():
    v4 = execute.nbformat.v4
    cells = [
        v4.new_markdown_cell("# Two words\n\n:::{exercise} A\n:label: ex-a\n\nNot this.\n:::"),
        v4.new_code_cell("a = None"),
        v4.new_code_cell("check(a)"),
        v4.new_markdown_cell(":::{solution-start} ex-a\n:::\n\nNor this\n\n:::{solution-end}\n:::"),
        v4.new_markdown_cell("three more words"),
        v4.new_code_cell("one\n\ntwo"),
        v4.new_code_cell("draw()", metadata={"tags": ["hide-input"]}),
        v4.new_code_cell("glue()", metadata={"tags": ["remove-cell"]}),
    ]
    counted = execute.count(v4.new_notebook(cells=cells), "10-confusion-matrices")
    exercises = execute.exercise_minutes()["10-confusion-matrices"]
    assert counted == {"words": 5, "lines": 2, "exercises": exercises}
