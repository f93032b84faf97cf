"""Submissions of every kind, made from an assignment."""

import ast

import nbformat

from book.chapter import read_chapter
from book.common import chapters


def graded_exercises(number):
    return [e for e in read_chapter(chapters()[number]).exercises if e.graded]


def fill(release, answers):
    """The released notebook with code in the cells for answers: label -> code."""
    notebook = nbformat.from_dict(release)
    for cell in notebook.cells:
        label = cell.metadata.get("nbgrader", {}).get("grade_id")
        if label in answers:
            cell.source = answers[label]
    return notebook


def misbehaving(exercise, code):
    """Run code where the answer is computed: in the function, if one is all that is asked for."""
    first, *others = ast.parse(exercise.stub.source).body
    if isinstance(first, ast.FunctionDef) and not others:
        return f"def {first.name}(*args, **kwargs):\n    {code}"
    return code


def hand_in(notebook, folder, student, number):
    place = folder / student / number
    place.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, place / f"{number}.ipynb")


def points(table, student, number):
    """The points of one submission: label -> points."""
    return {row[2]: row[3] for row in table if row[:2] == [student, number]}
