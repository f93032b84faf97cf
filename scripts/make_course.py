"""Make the editions and the assignments: ``python scripts/make_course.py _build/course``.

student/      site, notebooks and notebooks.zip without solutions, hidden tests, keys, and the
              teacher's pages
instructor/   the same with all of them, the slides, and the quizzes for other platforms
assignments/  a course for nbgrader, and how to use it

All of it comes from the chapters, their quiz files, and ``teaching/``. The folder is written anew
as a whole; if anything fails, the older one stays.
"""

import re
import shutil
import sys
import tempfile
from pathlib import Path

import nbformat
import yaml
from build_site import ROOT, build_site
from exercises import HIDDEN, PIECE, chapters, read_chapter, setup_cells, tags
from export_quizzes import export
from make_slides import make_slides

sys.path.insert(0, str(ROOT / "_ext"))

from notebook_downloads import Page, citations, plain_markdown, setup_code  # noqa: E402

KEYS = "teaching/*-key.md"  # as _config.yml excludes them from the normal book
NOT_COPIED = (".*", "_build", "tests", "__pycache__", "*.egg-info")
# a paragraph that sends the reader to the teacher's pages
TEACHING = re.compile(r"^.*\]\((?:\.\./|\./)*teaching/[^)]*\).*\n+", re.MULTILINE)


# ---- editions


def student_notebook(notebook):
    """A chapter without its solutions and hidden tests, and with places to write.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        The chapter's notebook; it is not changed.

    Returns
    -------
    nbformat.NotebookNode
    """
    cells, in_solution, place_to_write = [], False, True
    for cell in notebook.cells:
        if cell.cell_type == "code":
            if not in_solution and HIDDEN not in tags(cell):
                cells.append(nbformat.from_dict(cell))
                place_to_write = True
            continue
        kept, position = "", 0
        for piece in PIECE.finditer(cell.source):
            kind, before = piece[1], cell.source[position : piece.start()]
            kept += "" if in_solution else before
            position = piece.end()
            if kind == "exercise":
                kept, place_to_write = kept + piece[0], False
            elif kind == "solution-start" and not place_to_write:
                cells.append(nbformat.v4.new_markdown_cell(kept.strip("\n")))
                cells.append(nbformat.v4.new_code_cell("# Your work here"))
                kept, place_to_write = "", True
            in_solution = kind == "solution-start"
        kept += "" if in_solution else cell.source[position:]
        if kept.strip():
            cells.append(nbformat.from_dict(cell) | {"source": kept.strip("\n")})
    student = nbformat.from_dict(notebook)
    student.cells = [nbformat.from_dict(cell) for cell in cells]
    for i, cell in enumerate(student.cells):
        cell.id = f"{i:03}"
    return student


def instructor_notebook(notebook):
    """A chapter whose hidden tests can be seen."""
    shown = nbformat.from_dict(notebook)
    for cell in shown.cells:
        if HIDDEN in tags(cell):
            cell.metadata.tags = [HIDDEN, "hide-input"]
            cell.metadata.mystnb = {
                f"code_prompt_{when}": "Hidden tests" for when in ("show", "hide")
            }
    return shown


def without_teaching(contents):
    """A table of contents without the teacher's pages.

    >>> without_teaching({"parts": [{"chapters": [{"file": "teaching/plan"}]}], "root": "intro"})
    {'parts': [], 'root': 'intro'}
    """
    if isinstance(contents, list):
        entries = [without_teaching(entry) for entry in contents]
        return [entry for entry in entries if entry]
    if not isinstance(contents, dict):
        return contents
    if str(contents.get("file", "")).startswith("teaching/"):
        return None
    new = {key: without_teaching(value) for key, value in contents.items()}
    emptied = [key for key in ("chapters", "sections") if contents.get(key) and not new[key]]
    return None if emptied and "file" not in new else new


def with_keys(contents, keys):
    """A table of contents with one more part, the keys.

    >>> with_keys({"root": "intro", "parts": []}, ["teaching/exam-key"])["parts"]
    [{'caption': 'Keys', 'chapters': [{'file': 'teaching/exam-key'}]}]
    """
    if not keys:
        return contents
    part = {"caption": "Keys", "chapters": [{"file": key} for key in keys]}
    return contents | {"parts": [*contents.get("parts", []), part]}


def edition(name, folder, book=ROOT):
    """Build the student's or the instructor's site and notebooks.

    Parameters
    ----------
    name : {"student", "instructor"}
    folder : pathlib.Path
        Gets ``site``, ``notebooks``, and ``notebooks.zip``.
    book : pathlib.Path
        The book, which stays as it is.
    """
    change = {"student": student_notebook, "instructor": instructor_notebook}[name]
    with tempfile.TemporaryDirectory() as work:
        copy = Path(work, "book")
        shutil.copytree(book, copy, ignore=shutil.ignore_patterns(*NOT_COPIED))
        for path in copy.glob("chapters/*.ipynb"):
            nbformat.write(change(nbformat.read(path, as_version=4)), path)
        contents = yaml.safe_load((copy / "_toc.yml").read_text("utf-8"))
        config = yaml.safe_load((copy / "_config.yml").read_text("utf-8"))
        if name == "student":
            config["sphinx"]["config"]["quiz_key"] = False
            contents = without_teaching(contents)
            shutil.rmtree(copy / "teaching", ignore_errors=True)
            for path in copy.glob("*.md"):
                path.write_text(TEACHING.sub("", path.read_text("utf-8")), "utf-8")
        else:
            named = (copy / "_toc.yml").read_text("utf-8")
            keys = [f"teaching/{path.stem}" for path in sorted(copy.glob(KEYS))]
            contents = with_keys(contents, [key for key in keys if key not in named])
            config["exclude_patterns"].remove(KEYS)
        for file, content in [("_toc.yml", contents), ("_config.yml", config)]:
            (copy / file).write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")
        build_site(folder / "site", copy)
    shutil.copytree(folder / "site" / "notebooks", folder / "notebooks")
    shutil.copy(folder / "site" / "notebooks.zip", folder)


# ---- assignments

CONFIG = '''"""The settings of nbgrader for this course."""

c = get_config()  # noqa: F821
c.CourseDirectory.course_id = "from-bytes-to-digits"
c.ClearSolutions.code_stub = {"python": ""}  # the cells say themselves where to write
'''

INTRODUCTION = """# {title}: exercises

These are the graded exercises of chapter {number}, {points} points in all. The chapter itself has
the pictures and functions that they refer to. Where an exercise asks for more than its cell, that
part is for you and earns no points.

Write into the cells that say so, and run them from top to bottom. The cell below each answer
checks it and gives a hint. It earns the first points. More tests, which you do not see, earn the
others: they try other inputs.

You may add cells. All other cells are put back as they were before the grading, so changing them
changes nothing. Keep the file's name when you hand it in."""

READ_ME = """# The assignments

A course for [nbgrader](https://nbgrader.readthedocs.io), one assignment for each chapter. No
server is needed, and no internet.

| folder | what | for |
|---|---|---|
| `release/` | the assignments | your students |
| `source/` | the same with solutions and hidden tests | you alone |
| `gradebook.db`, `nbgrader_config.py` | nbgrader's own | you alone |

## Hand out

Give each student `release/08/08.ipynb` (the assignment of chapter 8) and, once, `notebooks.zip`
from the folder `student` beside this one. In the zip is the helper package that the assignment
imports. Students unpack it, set it up as its README says, and put `08.ipynb` into the folder that
it makes, `from-bytes-to-digits`.

## Collect

Put what comes back into one folder, outside of `_build`, with a folder for each student, and in
it one for each assignment. The notebooks must have the names that they were handed out with:

```
submissions/ada/08/08.ipynb
submissions/grace/08/08.ipynb
```

## Grade

In the folder of the book:

```
.venv/bin/python scripts/grade.py submissions results
```

`results/grades.csv` has a line for each student and exercise: points, the maximum, and what
happened. `results/feedback/ada/08.html` is the page for the student: it has the points and the
messages of the tests, but not the tests.

A cell may take 20 seconds (`--seconds`). One that takes longer is stopped, one that fails or ends
Python costs its own points, and the others are graded. A notebook that is missing or cannot be
read is reported, and the other students go on.

Now and then a right answer fails a test: look at `grades.csv` before you hand out the feedback.

## What the grading withstands

The submission runs in one process, the tests in another, and only data goes from one to the
other. So it does not matter what a submission does to the checks, to NumPy, to Python, or to its
own metadata; it can print what it likes, but it never holds a hidden test.

It could look for them on the disk. A fence refuses every file but those of Python, of the data,
and its own, every program, and every connection. That stops a look around, but not a person who
is determined to break out of a process that runs as you. If you grade people whom you do not
trust, do it in a container or in an account of its own.

Nothing here sees whether an answer was copied from a friend, or whether the students have the
book's public site, which shows the solutions.
"""


def locked(cell, name):
    """Mark a cell as one that students are to leave alone."""
    cell.metadata.nbgrader = {
        "grade": False, "grade_id": name, "locked": True,
        "schema_version": 3, "solution": False, "task": False,
    }  # fmt: skip
    return cell


def strict(check):
    """A check cell that fails unless the answer is correct: "no answer yet" earns nothing.

    >>> print(strict("def check(n):\\n    return n\\n\\n\\ncheck(n)").splitlines()[-3])
    outcome = check(n)
    """
    head, _, call = check.rstrip().rpartition("\n")
    return f'{head}\noutcome = {call}\nassert outcome == "correct", outcome\noutcome'


def assignment(path, cite):
    """An assignment with solutions and hidden tests: what nbgrader calls the source version.

    Parameters
    ----------
    path : pathlib.Path
        The chapter's ``.md``.
    cite : callable
        See ``notebook_downloads.citations``.

    Returns
    -------
    nbformat.NotebookNode
    """
    before, exercises = read_chapter(path)
    exercises = [exercise for exercise in exercises if exercise.graded]
    text = path.read_text("utf-8")
    title = re.search(r"^# (.*)$", text, re.MULTILINE)[1]
    number = int(path.name[:2])
    total = sum(sum(exercise.points) for exercise in exercises)
    introduction = INTRODUCTION.format(title=f"{number}. {title}", number=number, points=total)
    new_code, new_text = nbformat.v4.new_code_cell, nbformat.v4.new_markdown_cell
    cells = [locked(new_text(introduction), "introduction")]
    setup = setup_cells(before, exercises)
    if any("mnist_helpers" in source for source in setup):
        setup.insert(0, setup_code())
    cells += [locked(new_code(source), f"setup-{i}") for i, source in enumerate(setup, start=1)]
    page = Page(path.parent, cite=cite)
    for exercise in exercises:
        first, second = exercise.points
        heading = f"## {exercise.title}\n\n*{first} + {second} points*\n\n"
        question = heading + plain_markdown(exercise.text, page)
        cells.append(locked(new_text(question), f"{exercise.label}-text"))
        solution = f"### BEGIN SOLUTION\n{exercise.answer_code}\n### END SOLUTION"
        told = "# More tests run here when your work is graded"
        for cell, source in [
            (exercise.stub, f"{exercise.stub.source}\n{solution}"),
            (exercise.check, strict(exercise.check.source)),
            (exercise.hidden, f"{told}\n{exercise.hidden.source}"),
        ]:
            cells.append(new_code(source, metadata={"nbgrader": cell.metadata.nbgrader}))
    for i, cell in enumerate(cells):
        cell.id = f"{path.name[:2]}-{i:02}"
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata.kernelspec = {
        "display_name": "Python 3", "language": "python", "name": "python3"
    }  # fmt: skip
    notebook.metadata.language_info = {"name": "python"}
    nbformat.validate(notebook)
    return notebook


def make_assignments(folder, book=ROOT, only=None):
    """Write a course for nbgrader and let it make the release.

    Parameters
    ----------
    folder : pathlib.Path
    book : pathlib.Path
    only : list of str, optional
        Numbers such as "08"; all chapters by default.

    Raises
    ------
    RuntimeError
        With nbgrader's log, if it refuses an assignment.
    """
    from grading import course_config, nbgrader

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "nbgrader_config.py").write_text(CONFIG, "utf-8")
    (folder / "README.md").write_text(READ_ME, "utf-8")
    api = nbgrader(course_config(folder))
    cite = citations(book / "references.bib")
    for number, path in chapters(book / "chapters").items():
        if only and number not in only:
            continue
        source = folder / "source" / number / f"{number}.ipynb"
        source.parent.mkdir(parents=True)
        nbformat.write(assignment(path, cite), source)
        made = api.generate_assignment(number)
        if not made["success"]:
            raise RuntimeError(f"nbgrader refuses assignment {number}:\n{made['log']}")


def make_course(folder, book=ROOT):
    """Make everything in a temporary place, then put it where the older one was."""
    folder = Path(folder)
    if (folder / "assignments" / "submitted").exists():
        raise RuntimeError(
            f"{folder / 'assignments' / 'submitted'} would be lost: move the submissions elsewhere"
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".course-") as work:
        new = Path(work, "course")
        make_assignments(new / "assignments", book)
        for name in ("student", "instructor"):
            edition(name, new / name, book)
        # with notes that hold answers
        make_slides(new / "instructor" / "slides", source=book / "chapters")
        export(new / "instructor" / "quizzes", book / "chapters")
        if folder.exists():
            folder.replace(Path(work, "older"))
        new.replace(folder)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    try:
        make_course(sys.argv[1])
    except (RuntimeError, ValueError) as error:
        sys.exit(str(error))
    print(f"The course is ready: {sys.argv[1]}")
