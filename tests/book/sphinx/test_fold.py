"""What is folded away, and what the fold says."""

import nbformat
import pytest
from bs4 import BeautifulSoup

from book.chapter import read_chapter
from book.plain import Page, convert
from tests.helpers import build_book

SETTINGS = """
extensions = ["myst_nb", "sphinx_exercise", "book.sphinx.fold"]
nb_execution_mode = "off"
myst_enable_extensions = ["colon_fence"]
"""


def code(source, data=None, **metadata):
    output = [nbformat.v4.new_output("display_data", data)] if data else []
    return nbformat.v4.new_code_cell(source, outputs=output, metadata=metadata)


PICTURE = {"image/png": "iVBORw0KGgo=", "text/plain": "<Figure>"}
FIGURE = {"text/html": '<div data-live-figure="x">x</div>', "text/plain": "x"}
OWN = {"code_prompt_show": "Look"}


@pytest.fixture(scope="module")
def notebook(tmp_path_factory):
    text = "# Page\n\n:::{exercise} A\n:label: ex-a\n\nDo.\n:::"
    cells = [
        code("open()"),
        code("draw()", PICTURE, tags=["hide-input"]),
        code("live()", FIGURE, tags=["hide-input"]),
        code("say()", {"text/plain": "1"}, tags=["hide-input"]),
        code("own()", PICTURE, tags=["hide-input"], mystnb=OWN),
        nbformat.v4.new_markdown_cell(text),
        code("a = None"),
        code("check(a)"),
    ]
    made = nbformat.v4.new_notebook(cells=cells)
    made.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    path = tmp_path_factory.mktemp("chapter") / "index.ipynb"
    nbformat.write(made, path)
    return path


def test_the_site_says_what_is_behind_each_fold(notebook, tmp_path):
    site = build_book(tmp_path, {"index.ipynb": notebook.read_text("utf-8")}, SETTINGS)
    page = BeautifulSoup((site / "index.html").read_text("utf-8"), "html.parser")
    folds = {
        fold.select_one("pre").get_text().strip(): " ".join(fold.summary.stripped_strings)
        for fold in page.select("details.hide")
    }
    assert folds == {
        "draw()": "Show the code of this picture Hide the code of this picture",
        "live()": "Show the code of this figure Hide the code of this figure",
        "say()": "Show the code Hide the code",
        "own()": "Look Hide the code of this picture",
        "check(a)": "Show the check Hide the check",
    }


def test_the_notebook_to_download_folds_the_same_cells(notebook):
    chapter = read_chapter(notebook)
    cells = convert(chapter, Page(notebook.parent)).cells
    folded = [cell.source for cell in cells if cell.metadata.get("jupyter")]
    assert folded == ["draw()", "live()", "say()", "own()", "check(a)"]
