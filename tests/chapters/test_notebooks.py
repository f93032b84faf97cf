"""The stored form of the chapters; that their outputs are still true is for nbval to say."""

import json
import re

import jupytext
import nbformat
import pytest

from book.chapter import glued
from book.common import ROOT, chapters
from book.execute import INTRO, TIMES, time_line, update_text, with_times

SOURCES = sorted((ROOT / "chapters").glob("*.md"))


@pytest.fixture(params=SOURCES, ids=lambda path: path.stem)
def source(request):
    return request.param


@pytest.fixture
def notebook(source):
    return nbformat.read(source.with_suffix(".ipynb"), as_version=4)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def tags(cell):
    return cell.metadata.get("tags", [])


def test_every_notebook_has_a_source():
    notebooks = {path.stem for path in (ROOT / "chapters").glob("*.ipynb")}
    assert notebooks == {path.stem for path in SOURCES}


def test_pair_has_the_same_content(source, notebook):
    def content(nb):
        return [(cell.cell_type, cell.source, dict(cell.metadata)) for cell in nb.cells]

    assert content(notebook) == content(jupytext.read(source)), "run `make notebooks`"


def test_notebook_was_run_top_to_bottom(notebook):
    counts = [cell.execution_count for cell in code_cells(notebook)]
    assert counts == list(range(1, len(counts) + 1))
    assert any(cell.outputs for cell in code_cells(notebook))


def test_notebook_holds_no_noise(notebook):
    for cell in code_cells(notebook):
        assert "execution" not in cell.metadata, "timing metadata"
        for output in cell.outputs:
            if output.output_type == "error":
                assert "raises-exception" in tags(cell)
            if output.output_type == "stream":
                assert "/home/" not in output.text and "/root/" not in output.text
                assert output.name != "stderr" or "raises-exception" in tags(cell)
    assert notebook.metadata.language_info == {"name": "python"}


def test_notebook_saw_the_full_mnist(notebook):
    assert "NOT MNIST" not in json.dumps(notebook)  # with which mnist_folder warns


def test_output_that_is_not_compared_is_checked_otherwise(notebook):
    cells = code_cells(notebook)
    for cell, following in zip(cells, cells[1:] + cells[-1:]):
        if "nbval-ignore-output" in tags(cell):
            guarded = re.search(r"\b(assert|glue)\b", cell.source + following.source)
            # a solution that its exercise's check would refuse
            assert guarded or re.search(r"^check\(", cell.source, re.MULTILINE), cell.source


def test_glued_text_is_its_value(notebook):
    for cell in code_cells(notebook):
        for name, (text, record) in glued(cell.outputs).items():
            assert text == format(record["value"], record["spec"]), name


def test_glued_names_are_unique_and_used(notebook):
    names = [name for cell in code_cells(notebook) for name in glued(cell.outputs)]
    assert len(names) == len(set(names))
    prose = "".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    used = re.findall(r"\{glue:text\}`([^`:]+)", prose)
    guessed = re.findall(r"^:answer: *(\w+)$", prose, re.MULTILINE)
    assert set(names) == {*used, *set(guessed).intersection(names)}


def test_source_and_notebook_are_short_enough_to_read(notebook):
    for cell in code_cells(notebook):
        assert len(cell.source.splitlines()) <= 20, cell.source


def test_card_shows_the_measured_time(source):
    times = json.loads(TIMES.read_text("utf-8"))[source.stem]
    assert time_line(**times) in source.read_text("utf-8").splitlines()


def test_intro_shows_the_measured_times():
    intro = INTRO.read_text("utf-8")
    assert intro == with_times(intro, json.loads(TIMES.read_text("utf-8")))
    assert all(f"(chapters/{source.stem}) |" in intro for source in SOURCES)


def test_changed_text_is_carried_over_and_changed_code_is_not(tmp_path):
    for path in (SOURCES[1], SOURCES[1].with_suffix(".ipynb")):
        (tmp_path / path.name).write_text(path.read_text("utf-8"), "utf-8")
    copy = tmp_path / SOURCES[1].name
    before = nbformat.read(copy.with_suffix(".ipynb"), as_version=4)
    copy.write_text(copy.read_text("utf-8") + "\nOne more sentence.\n", "utf-8")
    assert update_text(copy, 3.0)["run_seconds"] == 3.0
    after = nbformat.read(copy.with_suffix(".ipynb"), as_version=4)
    assert after.cells[-1].source.endswith("One more sentence.")
    outputs = [cell.outputs for cell in code_cells(after)]
    assert outputs == [cell.outputs for cell in code_cells(before)]

    copy.write_text(copy.read_text("utf-8").replace("import numpy as np", "import numpy"), "utf-8")
    with pytest.raises(ValueError, match="the code has changed"):
        update_text(copy, 3.0)


def test_stored_figures_are_without_their_scripts():
    """These stand once on the site: a change to a script asks for no run of a chapter."""
    figures = [
        output["data"]["text/html"]
        for path in chapters().values()
        for cell in code_cells(nbformat.read(path.with_suffix(".ipynb"), as_version=4))
        for output in cell.outputs
        if "data-live-figure" in output.get("data", {}).get("text/html", "")
    ]
    assert len(figures) >= 3
    for html in figures:
        assert 1 <= html.count("<script") == html.count('<script type="application/json"')
