"""Chapters as plain notebooks: nothing of MyST is left in them, and they lack nothing."""

import base64
import re
from pathlib import Path

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from book.chapter import Chapter, read_chapter
from book.code import read_first
from book.common import ROOT
from book.plain import ConversionError, Page, citations, convert, plain_markdown
from tests.helpers import SOURCES

CITE = citations(ROOT / "references.bib")
PAGE = Page(ROOT / "chapters", glued={"best": "98.1%"}, cite=CITE, quiz=lambda path: path.name)
TWO, THREE = "02-reading-idx-files", "03-looking-at-the-digits"
IMG = '<img alt="Two &lt;layers&gt;." src="data:image/svg+xml;base64,{}">'.format(
    base64.b64encode((ROOT / "chapters/images/layers.svg").read_bytes()).decode()
)
CASES = Path(__file__).with_name("plain_cases.txt").read_text("utf-8").strip().split("\n=====\n")


@pytest.mark.parametrize("case", CASES[1:], ids=lambda case: case.split("\n")[0])
def test_myst_becomes_markdown_or_is_refused(case):
    myst, mark, outcome = re.split("\n-----([>!])\n", case)
    if mark == ">":
        assert plain_markdown(myst, PAGE) == outcome.replace("IMG", IMG)
    else:
        with pytest.raises(ConversionError, match=re.escape(outcome)):
            plain_markdown(myst, PAGE)


# ---- any of it in any of it: MyST and what it should become, made side by side

INLINE = [
    ("word", "word"),
    ("{term}`a b <c>`", "a b"),
    ("{term}`d\ne`", "d e"),
    ("`{term}` `f\n{g}`", "`{term}` `f\n{g}`"),
    ("*h {glue:text}`best`*", "*h **98.1%***"),
    (f'[i\n{{term}}`j`]({TWO} "K")', f'[i\nj]({TWO}.ipynb "K")'),
    ("[l][r]", f"[l]({THREE}.ipynb)"),
]


def join(parts, by):
    return tuple(by.join(texts) for texts in zip(*parts))


def indent(text, first, rest):
    return first + text.replace("\n", "\n" + rest)


def note(pair):
    colons = ":" * (max(map(len, re.findall(":*", pair[0]))) + 3)
    return f"{colons}{{note}}\n{pair[0]}\n{colons}", indent(f"**Note**\n\n{pair[1]}", "> ", "> ")


def contain(inner):
    some = st.lists(inner, min_size=1, max_size=3).map(lambda parts: join(parts, "\n\n"))
    quote = some.map(lambda pair: tuple(indent(text, "> ", "> ") for text in pair))
    entry = some.map(lambda pair: tuple(indent(text, "7. ", "   ") for text in pair))
    entries = st.lists(entry, min_size=1, max_size=3).map(lambda parts: join(parts, "\n\n"))
    return st.one_of(quote, entries, some.map(note))


PARAGRAPH = st.lists(st.sampled_from(INLINE), min_size=1, max_size=4).map(lambda p: join(p, " "))


@settings(deadline=None)  # whatever else the machine does
@given(st.recursive(PARAGRAPH, contain, max_leaves=8))
def test_any_nesting_comes_out_right(pair):
    converted = plain_markdown(f"{pair[0]}\n\n[r]: {THREE}", PAGE)
    assert MarkdownIt().render(converted) == MarkdownIt().render(pair[1])


# ---- notebooks


def notebook(*sources):
    """A chapter; sources that begin with "#" are code."""
    cells = []
    for source in sources:
        new = nbformat.v4.new_code_cell if source.startswith("#") else nbformat.v4.new_markdown_cell
        cells.append(new(source))
    nb = nbformat.v4.new_notebook(cells=cells)
    nb.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return Chapter(nb)


def test_solution_over_several_cells_becomes_one():
    nb = notebook(
        "# 1\nx = 1",
        ":::{solution-start} ex\n:class: dropdown\n:::\n\nThink.",
        "#\nanswer = 2",
        "#\nassert answer",
        ":::{solution-end}\n:::\n\nGo on.",
        "# 2",
    )
    nb.notebook.cells[3].metadata.tags = ["remove-cell"]
    glued = {"glue": {}, "scrapbook": {"name": "g"}}
    for cell in nb.notebook.cells[2], nb.notebook.cells[5]:
        cell.outputs = [
            nbformat.v4.new_output("display_data", {"text/plain": "'1'"}, metadata=glued)
        ]
    cells = convert(nb, PAGE).cells
    assert [cell.cell_type for cell in cells] == ["code", "code", "markdown", "markdown", "code"]
    assert cells[2].source == (
        "<details>\n<summary><b>Solution</b></summary>\n\nThink.\n\n"
        "```python\n#\nanswer = 2\n```\n\n\n</details>"
    )
    assert cells[3].source == "Go on." and not cells[4].outputs


def test_code_may_not_need_a_solution():
    nb = notebook(":::{solution-start} ex\n:::", "#\nz = 2", ":::{solution-end}\n:::", "#\nz + 1")
    with pytest.raises(ConversionError, match="needs \\['z'\\]"):
        convert(nb, PAGE)


def test_bookkeeping_goes_unless_it_is_needed():
    nb = notebook("#\nx = 1", "#\nassert x", "#\ny = 2", "#\ndef f(y): 0", "#\ny")
    for cell in nb.notebook.cells[1:3]:
        cell.metadata.tags = ["remove-cell"]
    kept = [cell.source[2:] for cell in convert(nb, PAGE).cells[1:]]
    assert kept == ["x = 1", "y = 2", "def f(y): 0", "y"]


def test_hidden_tests_go_unless_they_are_shown():
    nb = notebook("# 1", "# 2", "#\nx = 3", "#\nx")
    nb.notebook.cells[1].metadata.tags = ["hidden-tests"]
    nb.notebook.cells[2].metadata.tags = ["hidden-tests", "remove-cell"]
    assert [cell.source for cell in convert(nb, PAGE).cells[1:]] == ["# 1", "# 2", "#\nx"]


def test_a_link_may_be_told_in_another_cell():
    cells = convert(notebook("#", "[a][b]", f"[b]: {TWO}"), PAGE, "https://github.com/a/b").cells
    assert cells[-1].source == f"[a]({TWO}.ipynb)"
    assert '%pip install --quiet "git+https://github.com/a/b@notebooks"' in cells[0].source


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_chapter_as_a_plain_notebook(source):
    nb = convert(read_chapter(source.with_suffix(".ipynb")), PAGE)
    assert "raise ModuleNotFoundError" in next(c.source for c in nb.cells if c.cell_type == "code")
    assert read_first(c.source for c in nb.cells if c.cell_type == "code") == set()
    for cell in nb.cells:
        if cell.cell_type == "markdown":
            # what would be converted is an error or a change
            assert plain_markdown(cell.source, PAGE) == cell.source
            assert cell.source.count("<details>") == cell.source.count("</details>")
    outputs = [output for cell in nb.cells for output in cell.get("outputs", [])]
    pictures = [output for output in outputs if "image/png" in output.get("data", {})]
    # its pictures are live figures
    assert pictures or source.stem[:2] in ("04", "06")
    assert all(picture.metadata["image/png"]["alt"] for picture in pictures)
