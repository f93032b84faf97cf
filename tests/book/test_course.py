"""The course: what the student's edition may not hold, and that the graded exercises are sound."""

import re

import nbformat
import pytest

from book.chapter import HIDDEN, ChapterError, read_chapter, tags
from book.code import read_first
from book.common import ROOT, chapters
from book.course.assignments import assignment, strict
from book.course.editions import (
    instructor_notebook,
    make_course,
    student_notebook,
    with_keys,
)
from book.course.preprocessors import answer_names, merge
from book.plain import citations

CITE = citations(ROOT / "references.bib")
CHAPTERS = chapters()
each_chapter = pytest.mark.parametrize("number", CHAPTERS)


# ---- how an edition is made


def book_notebook(*cells):
    cells = [
        nbformat.v4.new_markdown_cell(source)
        if source.startswith((":::", "text"))
        else nbformat.v4.new_code_cell(source)
        for source in cells
    ]
    return nbformat.v4.new_notebook(cells=cells)


def test_solution_is_cut_out_and_what_follows_stays():
    notebook = book_notebook(
        ":::{exercise} A\n:label: ex-a\n\nDo.\n:::",
        "a = None",
        "text before\n\n:::{solution-start} ex-a\n:class: dropdown\n:::\n\nBecause.",
        "a = 1",
        "text in the solution",
        ":::{solution-end}\n:::\n\ntext after",
    )
    kept = [notebook.cells[0].source, "a = None", "text before", "text after"]
    assert sources(student_notebook(notebook)) == kept


def test_hidden_tests_are_cut_out_for_students_and_shown_to_instructors():
    notebook = book_notebook("text", "assert a")
    notebook.cells[1].metadata.tags = [HIDDEN, "remove-cell"]
    assert sources(student_notebook(notebook)) == ["text"]
    shown = instructor_notebook(notebook)
    assert sources(shown) == ["text", "assert a"] and "remove-cell" not in tags(shown.cells[1])
    assert "remove-cell" in tags(notebook.cells[1])


def test_keys_come_into_the_instructors_contents_alone():
    assert with_keys({"root": "intro"}, []) == {"root": "intro"}
    assert "teaching/exam-key" in str(with_keys({"root": "intro"}, ["teaching/exam-key"]))
    assert "-key" not in (ROOT / "_toc.yml").read_text("utf-8")


def test_failure_leaves_the_older_course(tmp_path, monkeypatch):
    folder = tmp_path / "course"
    folder.mkdir()
    (folder / "old").touch()

    def fail(*args):
        raise RuntimeError("no")

    monkeypatch.setattr("book.course.editions.make_assignments", lambda *args: None)
    monkeypatch.setattr("book.course.editions.edition", fail)
    with pytest.raises(RuntimeError, match="no"):
        make_course(folder)
    assert [path.name for path in folder.parent.iterdir()] == ["course"]
    assert (folder / "old").exists()


def test_submissions_in_the_course_are_not_lost(tmp_path):
    (tmp_path / "assignments" / "submitted").mkdir(parents=True)
    with pytest.raises(RuntimeError, match="would be lost"):
        make_course(tmp_path)


# ---- the graded exercises


def test_labels_are_unique():
    labels = [e.label for path in CHAPTERS.values() for e in read_chapter(path).exercises]
    assert len(labels) == len(set(labels))


@each_chapter
def test_chapter_has_graded_exercises_with_points(number):
    exercises = read_chapter(CHAPTERS[number]).exercises
    graded = [exercise for exercise in exercises if exercise.graded]
    assert len(graded) >= 2
    for exercise in graded:
        assert all(isinstance(points, int) and 1 <= points <= 3 for points in exercise.points)
        assert {"remove-cell", HIDDEN} <= set(tags(exercise.hidden))
        assert exercise.answers and exercise.answer_code
        assert exercise.hidden.source.startswith("### BEGIN HIDDEN TESTS\n")
        assert exercise.hidden.source.endswith("\n### END HIDDEN TESTS")
        assert len(exercise.hidden.source.splitlines()) <= 20
        assert re.search("assert|AssertionError", exercise.hidden.source)


@each_chapter
def test_assignment_adds_up_and_defines_what_it_uses(number):
    from nbgrader.nbgraderformat import MetadataValidator

    graded = [exercise for exercise in read_chapter(CHAPTERS[number]).exercises if exercise.graded]
    notebook = assignment(CHAPTERS[number], CITE)
    ids = [cell.metadata.nbgrader["grade_id"] for cell in notebook.cells]
    assert len(ids) == len(set(ids))
    for cell in notebook.cells:
        MetadataValidator().validate_cell(cell)
        assert "glue(" not in cell.source and "{term}" not in cell.source
    points = sum(cell.metadata.nbgrader.get("points", 0) for cell in notebook.cells)
    assert points == sum(sum(exercise.points) for exercise in graded)
    assert f"{points} points in all" in notebook.cells[0].source
    setup = "\n".join(cell.source for cell in notebook.cells if "setup" in str(cell.metadata))
    # a function that could is no training
    assert not re.search(r"^\S.*\.fit\(", setup, re.MULTILINE), "an assignment trains no network"
    assert not read_first(cell.source for cell in notebook.cells if cell.cell_type == "code")


def test_check_that_is_not_correct_is_an_error():
    names = {}
    with pytest.raises(AssertionError, match="no answer yet"):
        exec(strict('def check(n):\n    return "no answer yet"\n\n\ncheck(None)'), names)
    exec(strict('def check(n):\n    return "correct"\n\n\ncheck(None)'), names)
    assert answer_names(strict("def check(a, b):\n    pass\n\n\ncheck(a, b)")) == ["a", "b"]


def test_cell_with_another_id_is_refused(tmp_path):
    path = CHAPTERS["08"]
    text = path.read_text("utf-8").replace("ex-three-layers-check", "ex-three-leaves-check")
    (tmp_path / path.name).write_text(text, "utf-8")
    with pytest.raises(ChapterError, match="08-.*ex-three-layers: expected a check cell"):
        assert read_chapter(tmp_path / path.name).exercises


# ---- grading, without a kernel


def release():
    """What students get of chapter 8, near enough."""
    notebook = assignment(CHAPTERS["08"], CITE)
    for cell in notebook.cells:
        if cell.metadata.nbgrader["solution"]:
            cell.source = cell.source.partition("### BEGIN SOLUTION")[0]
    return notebook


def sources(notebook):
    return [cell.source for cell in notebook.cells]


def test_untouched_submission_is_the_release():
    assert sources(merge(release(), release())) == sources(release())


def test_tampered_cells_are_put_back():
    submitted = release()
    for cell in submitted.cells:
        settings = cell.metadata.nbgrader
        if settings["grade"]:
            cell.source, settings["points"], settings["locked"] = "pass", 100, False
    submitted.cells = [submitted.cells[i] for i in range(len(submitted.cells)) if i % 5 != 2]
    merged = merge(submitted, release())
    for cell, before in zip(merged.cells, release().cells, strict=True):
        assert cell.metadata == before.metadata
        assert cell.metadata.nbgrader["solution"] or cell.source == before.source


def test_answers_and_added_cells_are_kept():
    submitted = release()
    place = [c.metadata.nbgrader["grade_id"] for c in submitted.cells].index("ex-dropout-by-hand")
    submitted.cells[place].source = "mine = 1"
    twice = nbformat.from_dict(submitted.cells[place])
    twice.source = "mine = 2"
    submitted.cells[place:place] = [nbformat.v4.new_code_cell("help = 0")]
    submitted.cells += [twice]
    submitted.cells.insert(0, nbformat.v4.new_code_cell("first = 0"))
    merged = sources(merge(submitted, release()))
    assert merged[merged.index("mine = 1") - 1] == "help = 0"
    assert "mine = 2" not in merged
    setup = max(i for i, source in enumerate(sources(release())) if "import dense" in source)
    assert merged.index("first = 0") > setup
