"""The course: what the student's edition may not hold, and that the graded exercises are sound."""

import io
import json
import re
import shutil
import subprocess
import sys
import zipfile
from functools import cache

import nbformat
import numpy as np
import pytest
from bs4 import BeautifulSoup
from build_site import ROOT
from exercises import HIDDEN, PIECE, ExerciseError, chapters, read_chapter, tags
from export_quizzes import export
from make_course import assignment, edition, make_course, strict, student_notebook, with_keys

sys.path.append(str(ROOT / "_ext"))
from grading import answers, fence  # noqa: E402
from grading.preprocessors import answer_names, merge  # noqa: E402
from notebook_downloads import citations  # noqa: E402

CITE = citations(ROOT / "references.bib")
CHAPTERS = chapters()
ENOUGH = 14  # characters that make a line one of a kind
each_chapter = pytest.mark.parametrize("number", CHAPTERS)


# ---- what is secret, and what lies where


def squeeze(text):
    return re.sub(r"\s+", " ", text).strip()


def pieces_of_prose(markdown):
    """The runs of words between markup."""
    pieces = re.split(r"[`*_{}\[\]()<>$|#\n]|:::", markdown)
    return {squeeze(piece) for piece in pieces if len(squeeze(piece)) > 40}


def code_lines(source):
    lines = {squeeze(line) for line in source.splitlines()}
    return {line for line in lines if len(line) >= ENOUGH and not line.startswith("###")}


@cache
def secrets():
    """What a student must not find, each with where it comes from; and what all may see."""
    found, public = {}, set()
    for path in CHAPTERS.values():
        in_solution = False
        for cell in nbformat.read(path.with_suffix(".ipynb"), as_version=4).cells:
            if cell.cell_type == "markdown":
                kept = ""
                for part in re.split(r"(?=^:::\{solution-)", cell.source, flags=re.MULTILINE):
                    in_solution = part.startswith(":::{solution-start}") or (
                        in_solution and not part.startswith(":::{solution-end}")
                    )
                    if in_solution:
                        for piece in pieces_of_prose(PIECE.sub("", part)):
                            found[piece] = f"{path.stem}, solution"
                    else:
                        kept += part
                public.add(squeeze(kept))
                continue
            lines = code_lines(cell.source)
            for output in cell.outputs:
                if "text" in output:
                    lines |= code_lines(output.text)
            if in_solution:
                found |= dict.fromkeys(lines, f"{path.stem}, solution")
            elif HIDDEN not in tags(cell):
                public.add(squeeze(cell.source + "".join(o.get("text", "") for o in cell.outputs)))
        for exercise in read_chapter(path)[1]:
            if exercise.graded:
                lines = code_lines(exercise.hidden.source)
                found |= dict.fromkeys(lines, f"{exercise.label}, hidden tests")
            public.add(squeeze(exercise.stub.source if exercise.stub else ""))
            public.add(squeeze(exercise.check.source if exercise.check else ""))
    public |= {squeeze(path.read_text("utf-8")) for path in ROOT.glob("mnist_helpers/*.py")}
    together = "\n".join(public)
    return {text: where for text, where in found.items() if text not in together}


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


def strings(data):
    """All strings in what a JSON file holds."""
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict):
        for key, value in data.items():
            yield key
            yield from strings(value)
    elif isinstance(data, list):
        lines = all(isinstance(item, str) for item in data)
        yield from ["".join(data)] if lines else (s for item in data for s in strings(item))


def texts(name, content):
    """What can be read in a file: (name, text)."""
    if name.endswith(".zip"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for inner in archive.namelist():
                yield from texts(f"{name}/{inner}", archive.read(inner))
        return
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return  # a picture
    yield name, squeeze(text)
    if name.endswith(".html"):
        yield name, squeeze(BeautifulSoup(text, "html.parser").get_text())
    elif name.endswith(".ipynb"):
        joined = "\n".join(strings(json.loads(text)))
        yield name, squeeze(joined)
        # quotes in Markdown, and Markdown in HTML
        yield name, squeeze(re.sub(r"^> ?", "", joined, flags=re.MULTILINE))


def leaks(folder, secret):
    """The secrets that lie in a folder, each with the file."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            for name, text in texts(str(path.relative_to(folder)), path.read_bytes()):
                for line, where in secret.items():
                    if line in text:
                        found.setdefault(f"{where}: {line}", name)
    return found


# ---- the student's edition


@pytest.fixture(scope="session")
def student(tmp_path_factory):
    folder = tmp_path_factory.mktemp("course") / "student"
    before = git_status()
    edition("student", folder)
    assert git_status() == before, "building the edition changed the tree"
    return folder


def git_status():
    if not shutil.which("git") or not (ROOT / ".git").exists():
        return None
    command = ["git", "status", "--porcelain", "--untracked-files=all"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout


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
    exercises = read_chapter(CHAPTERS[number])[1]
    for exercise in exercises:
        assert f"**Exercise: {exercise.title}**" in text
        for cell in (exercise.stub, exercise.check):
            assert cell is None or cell.source in code
    assert code.count("# Your work here") == sum(e.stub is None for e in exercises)
    assert "<summary><b>Solution" not in text


def test_student_edition_has_no_page_of_the_teacher(student):
    assert not list((student / "site").rglob("*teaching*"))
    assert not list((student / "site").rglob("*-key*"))


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
    sources = [cell.source for cell in student_notebook(notebook).cells]
    assert sources == [notebook.cells[0].source, "a = None", "text before", "text after"]


def test_open_exercise_gets_a_place_to_write():
    notebook = book_notebook(
        ":::{exercise} A\n:label: ex-a\n\nDo.\n:::\n\n:::{solution-start} ex-a\n:::\n\nSo.\n\n"
        ":::{solution-end}\n:::\n\ntext after"
    )
    sources = [cell.source for cell in student_notebook(notebook).cells]
    assert sources == [
        ":::{exercise} A\n:label: ex-a\n\nDo.\n:::",
        "# Your work here",
        "text after",
    ]


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

    monkeypatch.setattr("make_course.make_assignments", lambda *args: None)
    monkeypatch.setattr("make_course.edition", fail)
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
    labels = [e.label for path in CHAPTERS.values() for e in read_chapter(path)[1]]
    assert len(labels) == len(set(labels))


@each_chapter
def test_chapter_has_graded_exercises_with_points(number):
    exercises = read_chapter(CHAPTERS[number])[1]
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
    for exercise in exercises:
        assert exercise.stub and exercise.check, exercise.label


@each_chapter
def test_assignment_adds_up_and_defines_what_it_uses(number):
    from nbgrader.nbgraderformat import MetadataValidator

    graded = [exercise for exercise in read_chapter(CHAPTERS[number])[1] if exercise.graded]
    notebook = assignment(CHAPTERS[number], CITE)
    ids = [cell.metadata.nbgrader["grade_id"] for cell in notebook.cells]
    assert len(ids) == len(set(ids))
    for cell in notebook.cells:
        MetadataValidator().validate_cell(cell)
        assert "glue(" not in cell.source and "{term}" not in cell.source
    points = sum(cell.metadata.nbgrader.get("points", 0) for cell in notebook.cells)
    assert points == sum(sum(exercise.points) for exercise in graded)
    assert f"{points} points in all" in notebook.cells[0].source
    setup = "".join(cell.source for cell in notebook.cells if "setup" in str(cell.metadata))
    assert ".fit(" not in setup, "an assignment trains no network"


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
    with pytest.raises(ExerciseError, match="08-.*ex-three-layers: expected a check cell"):
        read_chapter(tmp_path / path.name)


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
    setup = max(i for i, source in enumerate(sources(release())) if "def build" in source)
    assert merged.index("first = 0") > setup


@pytest.mark.parametrize(
    "value",
    [None, True, 3, 2.5, "text", b"\0", [1, (2.0, {"a": None})], {1, 2}, float("inf"), np.int64(4)],
)
def test_answers_come_over_unchanged(value):
    back = answers.decode(json.loads(json.dumps(answers.encode(value))))
    assert back == value and type(back) is type(value)


def test_arrays_come_over_and_objects_do_not():
    array = np.arange(6, dtype=">f4").reshape(2, 3)
    back = answers.decode(json.loads(json.dumps(answers.encode(array))))
    assert back.dtype == array.dtype and (back == array).all()
    with pytest.raises(TypeError, match="cannot be graded"):
        answers.encode(np.array([object()]))
    with pytest.raises(TypeError, match="cannot be graded"):
        answers.encode(object())


def test_number_that_claims_to_equal_everything_comes_over_as_a_number():
    class Liar(int):
        def __eq__(self, other):
            return True

        __hash__ = int.__hash__

    assert type(answers.decode(json.loads(json.dumps(answers.encode(Liar(5)))))) is int


FENCED = """
import os, pathlib, sqlite3, socket, subprocess, sys
exec(open({file!r}, encoding="utf-8").read())
os.chdir({box!r})
fence(python_folders(), [{box!r}])
for attempt in {attempts!r}:
    try:
        exec(attempt)
    except PermissionError as error:
        assert "closed while grading" in str(error), error
        print("closed")
    else:
        print("open")
"""


@pytest.mark.parametrize(
    ("attempts", "outcome"),
    [
        (["open('mine', 'w').write('x')", "import this", "import wave, json.tool"], "open"),
        (["open({secret!r})", "pathlib.Path({secret!r}).read_text()"], "closed"),
        (["os.open({secret!r}, os.O_RDONLY)", "os.listdir({folder!r})"], "closed"),
        (["open('../secret')", "os.chdir('..')", "os.symlink({secret!r}, 'l')"], "closed"),
        (["os.remove({secret!r})", "os.rename('mine', {secret!r})"], "closed"),
        (["sqlite3.connect({secret!r})", "os.system('true')"], "closed"),
        (
            ["subprocess.run(['true'])", "os.kill(1, 0)", "import ctypes; ctypes.CDLL(None)"],
            "closed",
        ),
        (["socket.create_connection(('127.0.0.1', 9))", "open(os.__file__, 'a')"], "closed"),
    ],
)
def test_fence(tmp_path, attempts, outcome):
    box = tmp_path / "box"
    box.mkdir()
    (box / "mine").touch()
    (tmp_path / "secret").write_text("hidden", "utf-8")
    names = {"secret": str(tmp_path / "secret"), "folder": str(tmp_path)}
    attempts = [attempt.format(**names) for attempt in attempts]
    code = FENCED.format(file=fence.__file__, box=str(box), attempts=attempts)
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8")
    assert [line for line in run.stdout.splitlines() if line in ("open", "closed")] == (
        [outcome] * len(attempts)
    ), run.stdout[-500:] + run.stderr
