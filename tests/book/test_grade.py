"""What surrounds the grading: which folders are submissions, what is told, what is written."""

import os
import sys
from pathlib import Path

import nbformat

from book.course import grade, nbgrading, preprocessors


def test_submissions_are_the_students_folders_for_known_assignments(tmp_path):
    for folder in ("ada/08", "ada/notes", "bob/09", "zoe", ".git/08"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "read-me.txt").touch()
    found = grade.find_submissions(tmp_path, {"08", "09"})
    students = ("ada", "bob", "zoe")  # also who handed in nothing
    assert found == {(s, a): tmp_path / s / a for a in ("08", "09") for s in students}


def cell(name, points=None, source="", outputs=()):
    cell = nbformat.v4.new_code_cell(source, outputs=list(outputs))
    cell.metadata["nbgrader"] = {"grade_id": name, "grade": points is not None}
    if points is not None:
        cell.metadata.nbgrader["points"] = points
    return cell


def test_an_exercise_has_the_points_of_its_check_and_its_hidden_tests(tmp_path):
    cells = [cell("ex-a"), cell("ex-a-check", 1), cell("ex-a-hidden", 2), cell("ex-b-check", 3)]
    path = tmp_path / "release" / "08" / "08.ipynb"
    path.parent.mkdir(parents=True)
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    assert grade.exercises_of(tmp_path, "08") == {"ex-a": 3, "ex-b": 3}


def test_each_error_of_an_exercise_is_told():
    error = nbformat.v4.new_output("error", ename="ValueError", evalue="no")
    silent = nbformat.v4.new_output("error", ename="AssertionError", evalue="")
    text = nbformat.v4.new_output("stream", text="hello")
    cells = [cell("ex-a", outputs=[text, error]), cell("ex-a-hidden", 1, outputs=[silent])]
    notebook = nbformat.v4.new_notebook(cells=[*cells, cell("ex-ab", outputs=[error])])
    said = "your cell: ValueError: no; more tests: AssertionError"
    assert grade.what_happened(notebook, "ex-a") == said
    assert grade.what_happened(notebook, "ex-b") == "correct"


def test_what_was_handed_in_comes_along_but_no_link(tmp_path):
    folder, box = tmp_path / "in", tmp_path / "box"
    (folder / "pictures").mkdir(parents=True)
    box.mkdir()
    (tmp_path / "secret").write_text("hidden", "utf-8")
    for name in ("08.ipynb", "own.txt", "pictures/7.png"):
        (folder / name).write_text("mine", "utf-8")
    for name in ("link", "pictures/link"):
        (folder / name).symlink_to(tmp_path / "secret")
    grade.bring_files(folder, box)
    files = {str(path.relative_to(box)): path for path in box.rglob("*") if path.is_file()}
    assert {"own.txt", "pictures/7.png"} <= files.keys()
    assert "08.ipynb" not in files
    assert not [name for name, path in files.items() if not path.is_symlink() and "link" in name]


def test_new_results_take_the_place_of_older_ones(tmp_path):
    feedback, results = tmp_path / "feedback", tmp_path / "results"
    for student in ("ada", "zoë"):
        (feedback / student / "08").mkdir(parents=True)
        (feedback / student / "08" / "08.html").write_text(student, "utf-8")
    (results / "feedback" / "old").mkdir(parents=True)
    (results / "grades.csv").write_text("old", "utf-8")
    grade.write_results([["zoë", "08", "ex-a", 1, 2, "a; b, c"]], feedback, results)
    lines = (results / "grades.csv").read_bytes().decode().splitlines()
    assert lines == [",".join(grade.COLUMNS), 'zoë,08,ex-a,1,2,"a; b, c"']
    pages = {str(path.relative_to(results)) for path in results.rglob("*") if path.is_file()}
    assert pages == {"grades.csv", "feedback/ada/08.html", "feedback/zoë/08.html"}
    assert not (results / "feedback" / "old").exists()


def test_the_tests_kernel_is_kept_for_one_assignment(monkeypatch):
    closed = []

    class Tests:
        def __init__(self, setup, settings):
            self.setup = setup

        def close(self):
            closed.append(self.setup)

    monkeypatch.setattr(preprocessors, "Tests", Tests)
    pool = preprocessors.Pool()
    first = pool.get(["import a"], None)
    assert pool.get(["import a"], None) is first
    assert pool.get(["import b"], None) is not first and closed == [["import a"]]
    pool.close()
    assert closed == [["import a"], ["import b"]] and pool.get(["import b"], None) is not first


def test_programs_beside_python_are_found(monkeypatch):
    monkeypatch.setattr(nbgrading, "NbGraderAPI", lambda config: config)
    programs = str(Path(sys.executable).parent)
    monkeypatch.setenv("PATH", f"{programs}-of-another")
    for _ in range(2):
        nbgrading.nbgrader({})
        assert os.environ["PATH"].split(os.pathsep) == [programs, f"{programs}-of-another"]


def test_a_notebook_that_cannot_be_read_is_told(tmp_path):
    path = tmp_path / "08.ipynb"
    assert grade.problem_with(path) == "not handed in: there is no 08.ipynb"
    path.write_text('{"cells": 3}', "utf-8")
    assert grade.problem_with(path).startswith("cannot be read: ")
    nbformat.write(nbformat.v4.new_notebook(), path)
    assert grade.problem_with(path) is None
