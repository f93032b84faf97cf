"""Grade a folder of submissions: ``python -m book.course.grade SUBMISSIONS RESULTS``.

SUBMISSIONS holds ``STUDENT/08/08.ipynb`` for each student and assignment. RESULTS gets
``grades.csv`` and ``feedback/STUDENT/08.html``. The course is the one that ``make course`` wrote
to ``_build/course/assignments``, or ``--course FOLDER``; it is read only. ``--seconds`` limits each
cell.

The submissions are programs of other people and run on this computer. A fence keeps them from the
disk, as long as they do not try hard: see ``book/course/fence.py``.
"""

import argparse
import csv
import shutil
import sys
import tempfile
from pathlib import Path

import matplotlib
import nbformat
from nbconvert.preprocessors import ClearMetadataPreprocessor, CSSHTMLHeaderPreprocessor
from nbgrader.api import Gradebook
from nbgrader.preprocessors import (
    AssignLatePenalties,
    CheckCellMetadata,
    ClearHiddenTests,
    ClearOutput,
    DeduplicateIds,
    GetGrades,
    LimitOutput,
    OverwriteKernelspec,
    SaveAutoGrades,
)

import mnist_helpers
from book.common import ROOT
from book.course.nbgrading import course_config, nbgrader
from book.course.preprocessors import POOL, Restore, RunBesideTests, environment, grade_id

COURSE = ROOT / "_build" / "course" / "assignments"
COLUMNS = ["student", "assignment", "exercise", "points", "maximum", "what happened"]


class GradingError(ValueError):
    """The folders are not what the grading needs: the message says what to do."""


def settings(course, boxes, seconds):
    """The configuration of nbgrader for one grading."""
    config = course_config(course)
    config.Autograde.sanitize_preprocessors = [
        ClearOutput, DeduplicateIds, OverwriteKernelspec, Restore, CheckCellMetadata
    ]  # fmt: skip
    config.Autograde.autograde_preprocessors = [
        RunBesideTests, ClearMetadataPreprocessor, LimitOutput, SaveAutoGrades,
        AssignLatePenalties, CheckCellMetadata,
    ]  # fmt: skip
    # the hidden tests are in the notebook that was graded: not in what the student sees
    config.GenerateFeedback.preprocessors = [ClearHiddenTests, GetGrades, CSSHTMLHeaderPreprocessor]
    config.HTMLExporter.sanitize_html = True  # the submission wrote some of it
    config.RunBesideTests.seconds = seconds
    config.RunBesideTests.boxes = boxes
    config.RunBesideTests.environment = environment()
    config.RunBesideTests.readable = {
        "package": str(Path(mnist_helpers.__file__).parent),
        "data": str(mnist_helpers.mnist_folder("mnist")),
        "matplotlib": matplotlib.get_cachedir(),
        "matplotlib's settings": matplotlib.get_configdir(),
    }
    return config


def find_submissions(folder, known):
    """What was handed in: (student, assignment) -> the folder, which may not exist.

    Raises
    ------
    GradingError
        If there is nothing of the expected form.
    """
    folder = Path(folder)
    found = {
        (path.parent.name, path.name): path
        for path in sorted(folder.glob("*/*"))
        if path.is_dir() and path.name in known and not path.parent.name.startswith(".")
    }
    if not found:
        raise GradingError(
            f"{folder}: no submissions; expected folders such as ada/08/ with 08.ipynb in it, "
            f"for an assignment among {', '.join(sorted(known))}"
        )
    students = sorted(path.name for path in folder.iterdir() if path.is_dir())
    students = [student for student in students if not student.startswith(".")]
    assignments = sorted({assignment for _, assignment in found})
    return {(s, a): folder / s / a for a in assignments for s in students}


def problem_with(path):
    """Why a notebook cannot be graded, or None."""
    if not path.is_file():
        return f"not handed in: there is no {path.name}"
    try:
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
    except Exception as error:  # whatever a broken file brings about
        return f"cannot be read: {type(error).__name__}: {' '.join(str(error).split())[:150]}"
    return None


def exercises_of(course, assignment):
    """The exercises of an assignment and their maximum: label -> points."""
    path = course / "release" / assignment / f"{assignment}.ipynb"
    points = {}
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.metadata.get("nbgrader", {}).get("grade"):
            label = grade_id(cell).rpartition("-")[0]
            points[label] = points.get(label, 0) + cell.metadata.nbgrader["points"]
    return points


def what_happened(notebook, label):
    """In words, from the cells of a graded notebook."""
    parts = {"": "your cell", "-check": "check", "-hidden": "more tests"}
    said = []
    for cell in notebook.cells:
        for suffix, name in parts.items():
            if grade_id(cell) == label + suffix:
                for output in cell.get("outputs", []):
                    if output.output_type == "error":
                        said.append(f"{name}: {output.ename}: {output.evalue}".strip(": "))
    return "; ".join(said) or "correct"


def grade_one(api, course, student, assignment):
    """Grade one submission that lies in the course; return its rows of the table."""
    maximum = exercises_of(course, assignment)
    outcome = api.autograde(assignment, student)
    if outcome["success"]:
        outcome = api.generate_feedback(assignment, student)
    if not outcome["success"]:
        log = (outcome.get("error") or "") + (outcome.get("log") or "")
        reason = [line for line in log.splitlines() if line.strip() and not line.startswith(" ")]
        failed = [line for line in reason if "Error" in line or "Failed" in line] or reason
        return rows(student, assignment, maximum, f"could not be graded: {failed[-1][:300]}")
    path = course / "autograded" / student / assignment / f"{assignment}.ipynb"
    graded = nbformat.read(path, as_version=4)
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        grades = gradebook.find_submission_notebook(assignment, assignment, student).grades
        points = {}
        for grade in grades:
            label = grade.cell.name.rpartition("-")[0]
            points[label] = points.get(label, 0) + grade.score
    return [
        [student, assignment, label, points[label], most, what_happened(graded, label)]
        for label, most in maximum.items()
    ]


def rows(student, assignment, maximum, why):
    """The rows of a submission that gets nothing."""
    return [[student, assignment, label, 0, most, why] for label, most in maximum.items()]


def grade(submissions, results, course=COURSE, seconds=20.0, tell=print):
    """Grade all submissions.

    Parameters
    ----------
    submissions, results, course : path
    seconds : float
        The limit for each cell.
    tell : callable
        Gets a line for each submission.

    Returns
    -------
    list of list
        The rows of ``grades.csv``.

    Raises
    ------
    GradingError
        If the course or the submissions are not where they should be.
    """
    course, results = Path(course), Path(results)
    if not (course / "nbgrader_config.py").is_file():
        raise GradingError(f"{course}: no course there; run `make course` first")
    known = {path.name for path in (course / "release").iterdir()}
    found = find_submissions(submissions, known)
    table = []
    with tempfile.TemporaryDirectory() as work:
        # away from the course: nothing in it changes, and no submission runs beside it
        work = Path(work).resolve()
        copy = work / "course"
        for name in ("source", "release"):
            shutil.copytree(course / name, copy / name)
        for name in ("nbgrader_config.py", "gradebook.db"):
            shutil.copy(course / name, copy / name)
        boxes = {}
        for student, assignment in found:
            box = Path(tempfile.mkdtemp(dir=work, prefix="box-"))
            boxes[f"{student}/{assignment}"] = str(box)
        api = nbgrader(settings(copy, boxes, seconds))
        try:
            for (student, assignment), folder in found.items():
                path = folder / f"{assignment}.ipynb"
                why = problem_with(path)
                if why:
                    new = rows(student, assignment, exercises_of(course, assignment), why)
                else:
                    place = copy / "submitted" / student / assignment
                    place.mkdir(parents=True)
                    shutil.copy(path, place)
                    bring_files(folder, Path(boxes[f"{student}/{assignment}"]))
                    new = grade_one(api, copy, student, assignment)
                table += new
                total = f"{sum(row[3] for row in new):g} of {sum(row[4] for row in new)}"
                tell(f"{student}, {assignment}: {total}" + (f" ({why})" if why else ""))
        finally:
            POOL.close()
        table.sort(key=lambda row: row[:2])
        write_results(table, copy / "feedback", results)
    return table


def bring_files(folder, box):
    """Copy what a student handed in besides the notebook, a picture for example."""
    for path in folder.iterdir():
        if path.suffix != ".ipynb" and not path.is_symlink():
            if path.is_dir():  # its links stay links: the fence sees where they lead
                shutil.copytree(path, box / path.name, symlinks=True)
            else:
                shutil.copy(path, box / path.name)


def write_results(table, feedback, results):
    """Write the table and the feedback pages in place of older ones."""
    results.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=results) as new:
        new = Path(new)
        with (new / "grades.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([COLUMNS, *table])
        (new / "feedback").mkdir()
        for page in feedback.glob("*/*/*.html"):
            place = new / "feedback" / page.parts[-3]
            place.mkdir(exist_ok=True)
            shutil.copy(page, place)
        shutil.rmtree(results / "feedback", ignore_errors=True)
        (new / "feedback").replace(results / "feedback")
        (new / "grades.csv").replace(results / "grades.csv")


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("submissions", type=Path)
    parser.add_argument("results", type=Path)
    parser.add_argument("--course", type=Path, default=COURSE)
    parser.add_argument("--seconds", type=float, default=20.0)
    options = parser.parse_args(arguments)
    try:
        grade(options.submissions, options.results, options.course, options.seconds)
    except GradingError as error:
        sys.exit(str(error))
    print(f"The grades are in {options.results / 'grades.csv'}")


if __name__ == "__main__":
    main()
