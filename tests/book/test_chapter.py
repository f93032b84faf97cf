"""The chapter reader: that every part of a chapter has its role, and that none is lost."""

import re

import nbformat
import pytest

from book.chapter import Chapter, ChapterError, cells, glued, is_glue, read_chapter
from tests.helpers import SOURCES

EXERCISE = ":::{exercise} A\n:label: ex-a\n\nDo.\n:::"
START = ":::{solution-start} ex-a\n:class: dropdown\n:::"
END = ":::{solution-end}\n:::"


def chapter(*sources):
    """A chapter in memory: what begins with "#!" is code, its tags in the first line."""
    made = []
    for source in sources:
        if source.startswith("#!"):
            tags, _, source = source.removeprefix("#!").partition("\n")
            made.append(nbformat.v4.new_code_cell(source, metadata={"tags": tags.split()}))
        else:
            made.append(nbformat.v4.new_markdown_cell(source))
    return Chapter(nbformat.v4.new_notebook(cells=made))


def found(chapter):
    return [(piece.role, piece.source.strip(), piece.label) for piece in chapter.pieces]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_chapter_is_the_same_from_both_files_and_nothing_is_lost(path):
    source, stored = read_chapter(path), read_chapter(path.with_suffix(".ipynb"))
    assert found(source) == found(stored)
    assert (source.title, source.minutes) == (stored.title, stored.minutes)
    assert cells(source.pieces) == source.notebook.cells
    assert cells(stored.pieces) == stored.notebook.cells
    assert len(source.exercises) >= 3 and stored.glued and not source.glued


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_solutions_are_what_lies_between_their_two_lines(path):
    """A second look, without the reader's own patterns."""
    marks = r"^---\n(?:.*\n)*?---\n|^```.*\n|^:[a-z].*\n"  # of code cells, and options
    text = re.sub(marks, "", path.read_text("utf-8"), flags=re.MULTILINE)
    _, *parts = text.split(":::{solution-start}")
    inside = [part.partition(":::{solution-end}")[0].partition("\n")[2] for part in parts]
    pieces = [piece for piece in read_chapter(path).pieces if piece.role == "solution"]
    read = re.sub(marks, "", "\n".join(piece.source for piece in pieces), flags=re.MULTILINE)
    shown = {line for line in read.split("\n") if not line.startswith(":::")}
    assert shown == set("\n".join(inside).replace(":::", "").split("\n")) and len(shown) > 10


def test_every_part_has_its_role():
    read = chapter(
        "# Title", "#!\nimport a", "#!remove-cell\nb", f"before\n\n{EXERCISE}\n\nwrite",
        "#!remove-cell\nc", "#!\na = None", "#!\ncheck(a)", "#!\nmore",
        f"{START}\n\nBecause.", "#!\na = 1", "#!remove-cell\nd", f"So.\n\n{END}\n\nafter",
        "#!remove-cell hidden-tests\nassert a", "#!\nlast",
    )  # fmt: skip
    assert found(read) == [
        ("lesson", "# Title", ""),
        ("lesson", "import a", ""),
        ("removed", "b", ""),
        ("lesson", "before", ""),
        ("exercise", EXERCISE, "ex-a"),
        ("lesson", "write", ""),
        ("removed", "c", ""),
        ("stub", "a = None", "ex-a"),
        ("check", "check(a)", "ex-a"),
        ("lesson", "more", ""),
        ("solution", START, "ex-a"),
        ("solution", "Because.", "ex-a"),
        ("solution", "a = 1", "ex-a"),
        ("solution", "d", "ex-a"),
        ("solution", "So.", "ex-a"),
        ("solution", END, "ex-a"),
        ("lesson", "after", ""),
        ("hidden", "assert a", "ex-a"),
        ("lesson", "last", ""),
    ]
    assert cells(read.pieces) == read.notebook.cells


def test_code_after_a_solution_is_no_stub():
    read = chapter(EXERCISE, START, END, "#!\nafter")
    assert [role for role, *_ in found(read)] == ["exercise", "solution", "solution", "lesson"]
    with pytest.raises(ChapterError, match="this chapter, ex-a: found no stub cell"):
        assert read.exercises


@pytest.mark.parametrize(
    ("sources", "message"),
    [
        ([EXERCISE, START], "the {solution-start} of ex-a has no {solution-end}"),
        ([EXERCISE, END], "unexpected.*solution-end"),
        ([EXERCISE, START, EXERCISE, END], "unexpected.*exercise"),
        ([EXERCISE, START.replace("ex-a", "ex-b"), END], "solution of 'ex-b' stands after 'ex-a'"),
        ([EXERCISE.replace(":label: ex-a\n", "")], "expected a :label:"),
        (["Text.\n\n::::{solution-start} ex-a\n::::"], "unexpected.*solution-start"),
        (["Text.\n\n```{solution} ex-a\nBecause.\n```"], "unexpected.*solution"),
        (["- item\n\n  :::{solution-start} ex-a\n  :::"], "unexpected.*solution-start"),
    ],
)
def test_what_could_show_a_solution_is_refused(sources, message):
    message = message.replace("{", r"\{")
    with pytest.raises(ChapterError, match=f"(?s)this chapter: .*{message}"):
        assert chapter(*sources).pieces


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ("title", "no title"),
        ("objectives", "no card with the line"),
        ("minutes", "no card with a line - .*Time"),
    ],
)
def test_what_is_missing_is_named_when_it_is_asked_for(asked, message):
    with pytest.raises(ChapterError, match=f"this chapter: found {message}"):
        getattr(chapter("No title."), asked)


def test_glued_values_are_found_and_shown_ones_are_not():
    record = {"value": 0.979, "spec": ".1%", "tolerance": 0.01}
    data = {"application/papermill.record/text/plain": "'97.9%'"}
    output = {"data": data, "metadata": {"scrapbook": {"name": "best"}, "glue": record}}
    shown = {"data": data, "metadata": {"scrapbook": {"name": "shown"}}}
    assert is_glue(output) and not is_glue(shown) and not is_glue({})
    assert glued([output, shown]) == {"best": ("97.9%", record)}
