"""Grading from end to end: every graded exercise in every kind of submission, and cheats.

Slow: each submission is run in kernels of its own. ``make test-course`` runs this.
"""

import csv

import nbformat
import pytest
from bs4 import BeautifulSoup

from book.common import chapters
from book.course.grade import GradingError, grade
from tests.course.submissions import fill, graded_exercises, hand_in, misbehaving, points
from tests.course.wrong import WRONG
from tests.helpers import leaks, secrets

SECONDS = 5  # for a cell


@pytest.mark.grading
@pytest.mark.parametrize("number", chapters())
def test_each_kind_of_submission_gets_its_points(number, course, release, tmp_path):
    exercises = graded_exercises(number)
    answers = {
        "correct": {e.label: f"{e.stub.source}\n{e.answer_code}" for e in exercises},
        "wrong": {e.label: f"{e.stub.source}\n{WRONG[e.label][0]}" for e in exercises},
        "crashing": {e.label: misbehaving(e, "1 / 0") for e in exercises},
        "endless": {e.label: misbehaving(e, "while True: pass") for e in exercises},
        "empty": {},
    }
    table = []
    # a slow machine must not stop what is right; only what is endless meets the short limit
    for folder, kinds, limit in [
        (tmp_path / "patient", answers.keys() - {"endless"}, 120),
        (tmp_path / "strict", {"endless"}, SECONDS),
    ]:
        for kind in kinds:
            hand_in(fill(release(number), answers[kind]), folder, kind, number)
        table += grade(folder, tmp_path / "out", course, limit)

    nothing = {exercise.label: 0 for exercise in exercises}
    expected = dict.fromkeys(answers, nothing) | {
        "correct": {exercise.label: sum(exercise.points) for exercise in exercises},
        "wrong": {exercise.label: WRONG[exercise.label][1] for exercise in exercises},
    }
    assert {kind: points(table, kind, number) for kind in answers} == expected
    said = {kind: [row[5] for row in table if row[0] == kind] for kind in answers}
    assert all(what == "correct" for what in said["correct"])
    assert all("ZeroDivisionError" in what for what in said["crashing"])
    assert all("TimeoutError" in what or "KernelDied" in what for what in said["endless"])


# ---- cheats, in chapter 9: an exercise with numbers, then one with a function

NUMBER = "09"
FIRST, SECOND = "ex-coverage-by-hand", "ex-margin"
RIGHT_SECOND = "def margin(p):\n    p = np.sort(p, axis=1)\n    return p[:, -1] - p[:, -2]"
EQUALS_ALL = """
class Yes(float):
    def __eq__(self, other): return True
    def __sub__(self, other): return 0.0
    __rsub__, __hash__ = __sub__, float.__hash__

coverage_8 = accuracy_8 = Yes(7)
def margin(p): return [Yes(0)] * len(p)
"""
PATCHES = """
import builtins, sys
np.allclose = np.array_equal = lambda *a, **k: True
builtins.abs = lambda x: 0
check = lambda *a: "correct"
sys.modules["answers"].encode = lambda *a: {"float": "nan"}
margin = lambda p: p
get_ipython().input_transformers_cleanup.append(lambda lines: ["check = lambda *a: 'correct'"])
"""
SPY = """
ip = get_ipython()
ip.events.register("post_run_cell", lambda result: print(result.info.raw_cell))
ip.events.register("pre_execute", lambda: print(In, dict(globals())))
def margin(p):
    print(In, __import__("inspect").stack())
    return p
"""
LOOK_AROUND = """
from pathlib import Path
import os
for place in [{course!r}, "..", "/tmp", os.path.dirname(os.getcwd()), os.path.expanduser("~")]:
    for pattern in ("**/*.ipynb", "**/gradebook.db", "**/*"):
        try:
            for path in Path(place).glob(pattern):
                print(path.read_bytes())
        except OSError as error:
            print("refused", error)
for name in ("source/09/09.ipynb", "gradebook.db"):
    for read in (open, os.open):
        try:
            read(os.path.join({course!r}, name), *([os.O_RDONLY] if read is os.open else []))
            print("READ IT")
        except OSError as error:
            print("refused", error)
try:
    print(os.popen("cat {course}/source/09/09.ipynb").read(), "READ IT")
except OSError as error:
    print("refused", error)
"""


def feedback(folder, student):
    page = (folder / "feedback" / student / f"{NUMBER}.html").read_text("utf-8")
    return page, BeautifulSoup(page, "html.parser").get_text()


def hidden_lines():
    lines = {
        line.strip() for e in graded_exercises(NUMBER) for line in e.hidden.source.splitlines()
    }
    return {line for line in lines if len(line) > 20 and not line.startswith("###")}


def test_cheats_gain_nothing(course, release, tmp_path):
    def with_code(code):
        return fill(release(NUMBER), {FIRST: code, SECOND: code})

    cheats = {
        "equals-all": with_code(EQUALS_ALL),
        "patches": with_code(PATCHES),
        "spies": with_code(SPY),
        "scripts": with_code("from IPython.display import HTML\nHTML('<script>steal()</script>')"),
        "looks-around": with_code(LOOK_AROUND.format(course=str(course))),
    }
    edited = fill(release(NUMBER), {})
    for cell in edited.cells:
        settings = cell.metadata.nbgrader
        if settings["grade"]:
            cell.source, settings["points"] = "pass", 1000
        settings["locked"] = False
    deleted = fill(release(NUMBER), {})
    deleted.cells = [cell for cell in deleted.cells if not cell.metadata.nbgrader["grade"]]
    swapped = fill(release(NUMBER), {})
    for cell in swapped.cells:
        if cell.metadata.nbgrader["grade"]:  # so that the tests are not run as tests
            cell.metadata.nbgrader |= {"grade": False, "solution": True, "locked": False}
            cell.cell_type, cell.source = "code", "'correct'"
    cheats |= {"edits": edited, "deletes": deleted, "swaps": swapped}
    for student, notebook in cheats.items():
        hand_in(notebook, tmp_path / "in", student, NUMBER)

    table = grade(tmp_path / "in", tmp_path / "out", course, SECONDS)
    assert {row[0]: 0 for row in table} == dict.fromkeys(cheats, 0)
    for student in cheats:
        assert points(table, student, NUMBER) == {FIRST: 0, SECOND: 0}, student
        page, text = feedback(tmp_path / "out", student)
        for line in hidden_lines():
            assert line not in page and line not in text, f"{student} sees {line}"
        assert "<script>steal()" not in page
    assert {row[4] for row in table} == {2, 3}
    assert "refused" in feedback(tmp_path / "out", "looks-around")[1]
    assert "READ IT" not in feedback(tmp_path / "out", "looks-around")[1].replace(
        'print("READ IT")', ""
    ).replace('.read(), "READ IT")', "")


@pytest.mark.parametrize(
    "end",
    [
        "import os; os._exit(0)",
        "import sys; sys.exit()",
        "quit()",
        "coverage_8 = accuracy_8 = object()",  # which cannot be fetched
    ],
)
def test_a_fault_costs_its_exercise_alone(end, course, release, tmp_path):
    hand_in(
        fill(release(NUMBER), {FIRST: end, SECOND: RIGHT_SECOND}), tmp_path / "in", "ada", NUMBER
    )
    table = grade(tmp_path / "in", tmp_path / "out", course, SECONDS)
    assert points(table, "ada", NUMBER) == {FIRST: 0, SECOND: 3}


def test_function_that_ends_its_kernel_or_ignores_the_interrupt(course, release, tmp_path):
    right = "coverage_8, accuracy_8 = 1 / 2, 3 / 4\n" + "confidence_8 = None"
    stubborn = "def margin(p):\n    while True:\n        try:\n            while True: pass\n"
    stubborn += "        except BaseException: pass"
    for student, second in [
        ("ends", "import os\ndef margin(p): os._exit(0)"),
        ("stubborn", stubborn),
    ]:
        code = {FIRST: right, SECOND: second}
        hand_in(fill(release(NUMBER), code), tmp_path / "in", student, NUMBER)
    table = grade(tmp_path / "in", tmp_path / "out", course, SECONDS)
    for student in ("ends", "stubborn"):
        assert points(table, student, NUMBER) == {FIRST: 2, SECOND: 0}


def test_what_cannot_be_graded_is_reported_and_the_others_go_on(course, release, tmp_path):
    folder, out = tmp_path / "in", tmp_path / "out"
    good = fill(release(NUMBER), {SECOND: RIGHT_SECOND})
    hand_in(good, folder, "zoe", NUMBER)
    for student, text in [("broken", "{ this is not JSON"), ("empty-file", "")]:
        hand_in(good, folder, student, NUMBER)
        (folder / student / NUMBER / f"{NUMBER}.ipynb").write_text(text, "utf-8")
    (folder / "absent").mkdir()
    (folder / "no-notebook" / NUMBER).mkdir(parents=True)
    before = sorted(course.rglob("*"))
    grade(folder, out, course, SECONDS, tell=lambda line: None)

    with (out / "grades.csv").open(encoding="utf-8") as file:
        rows = {(row["student"], row["exercise"]): row for row in csv.DictReader(file)}
    assert float(rows["zoe", SECOND]["points"]) == 3
    for student, word in [
        ("broken", "cannot be read"),
        ("empty-file", "cannot be read"),
        ("absent", "not handed in"),
        ("no-notebook", "not handed in"),
    ]:
        assert word in rows[student, FIRST]["what happened"]
        assert float(rows[student, FIRST]["points"]) == 0
    assert sorted(course.rglob("*")) == before, "the course itself changed"
    assert [path.name for path in (out / "feedback").iterdir()] == ["zoe"]


def test_folder_without_submissions_is_refused(course, tmp_path):
    with pytest.raises(GradingError, match="expected folders such as ada/08"):
        grade(tmp_path, tmp_path / "out", course)
    with pytest.raises(GradingError, match="make course"):
        grade(tmp_path, tmp_path / "out", tmp_path)


def test_wrong_answers_are_written_for_every_graded_exercise():
    labels = {e.label for number in chapters() for e in graded_exercises(number)}
    assert labels == set(WRONG)


def test_release_holds_no_hidden_test_and_no_solution(course):
    assert not leaks(course / "release", secrets())
    for number in chapters():
        path = course / "release" / number / f"{number}.ipynb"
        text = "\n".join(cell.source for cell in nbformat.read(path, as_version=4).cells)
        assert "BEGIN" not in text
