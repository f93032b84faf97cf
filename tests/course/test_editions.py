"""The editions that ``make course`` makes: what is in each, and what the student's may not hold."""

import shutil

import nbformat
import pytest

from book.chapter import read_chapter
from book.common import ROOT, chapters
from book.quiz.export import export
from tests.helpers import leaks, pieces_of_prose, secrets

CHAPTERS = chapters()
each_chapter = pytest.mark.parametrize("number", CHAPTERS)


@pytest.fixture(scope="session")
def quiz_secrets(tmp_path_factory):
    """Lines of the quiz keys."""
    folder = tmp_path_factory.mktemp("quizzes")
    export(folder)
    found = {}
    for path in sorted(folder.glob("with-answers/*.md")):
        questions = pieces_of_prose((folder / "questions" / path.name).read_text("utf-8"))
        for piece in pieces_of_prose(path.read_text("utf-8")) - questions:
            found[piece] = f"{path.stem}, quiz key"
    return found


@pytest.fixture
def student(made):
    return made / "student"


def test_secrets_are_found_where_they_are(tmp_path, quiz_secrets):
    """The test below is worth something only if it can find what it looks for."""
    shutil.copytree(ROOT / "chapters", tmp_path / "chapters")
    found = leaks(tmp_path, secrets())
    assert len(secrets()) > 400
    assert set(found) >= {f"{where}: {line}" for line, where in secrets().items()}
    assert len(quiz_secrets) > 60


def test_student_edition_holds_no_solution_no_hidden_test_and_no_key(student, quiz_secrets):
    found = leaks(student, secrets() | quiz_secrets)
    assert not found, "\n".join(f"{file}: {what}" for what, file in found.items())
    assert (student / "notebooks.zip").is_file() and (student / "site" / "index.html").is_file()


@each_chapter
def test_student_notebook_has_each_exercise_its_check_and_a_place_to_write(student, number):
    path = student / "notebooks" / f"{CHAPTERS[number].stem}.ipynb"
    cells = nbformat.read(path, as_version=4).cells
    code = [cell.source for cell in cells if cell.cell_type == "code"]
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    exercises = read_chapter(CHAPTERS[number]).exercises
    for exercise in exercises:
        assert f"**Exercise: {exercise.title}**" in text
        assert exercise.stub.source in code and exercise.check.source in code
    assert "<summary><b>Solution" not in text


def test_student_edition_has_no_page_of_the_teacher(student):
    assert not list((student / "site").rglob("*teaching*"))
    assert not list((student / "site").rglob("*-key*"))


def test_the_whole_course_is_made(made):
    names = {str(path.relative_to(made)) for path in made.rglob("*")}
    assert names >= {
        "student/site/index.html",
        "student/notebooks.zip",
        "instructor/site/teaching/exam-key.html",
        "instructor/notebooks/08-wider-deeper-regularized.ipynb",
        "instructor/slides/08-wider-deeper-regularized.html",
        "instructor/quizzes/quizzes.gift.txt",
        "assignments/release/08/08.ipynb",
        "assignments/README.md",
    }
    assert not [name for name in names if name.startswith("student") and "slides" in name]
