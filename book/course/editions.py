"""Make the editions and the assignments: ``python -m book.course.editions _build/course``.

student/      site, notebooks and notebooks.zip without solutions, hidden tests, keys, and the
              teacher's pages
instructor/   the same with all of them, the slides, and the quizzes for other platforms
assignments/  a course for nbgrader, and how to use it

All of it comes from the chapters, their quiz files, and ``teaching/``. The folder is written anew
as a whole; if anything fails, the older one stays.
"""

import argparse
import re
import shutil
import sys
import tempfile
from pathlib import Path

import nbformat
import yaml

from book.chapter import ANSWER, HIDDEN, Chapter, cells
from book.common import NOT_COPIED, ROOT
from book.course.assignments import make_assignments
from book.quiz.export import export
from book.site import build_site
from book.slides.deck import make_slides

KEYS = "teaching/*-key.md"  # as _config.yml excludes them from the normal book
# a paragraph that sends the reader to the teacher's pages
TEACHING = re.compile(r"^.*\]\((?:\.\./|\./)*teaching/[^)]*\).*\n+", re.MULTILINE)


def student_notebook(notebook):
    """A chapter's notebook without solutions, hidden tests, and what its page could check."""
    pieces = [p for p in Chapter(notebook).pieces if p.role not in ("solution", "hidden")]
    student = nbformat.from_dict(notebook)
    student.cells = cells(pieces)
    for i, cell in enumerate(student.cells):
        cell.source, cell.id = cell.source.strip("\n"), f"{i:03}"
        if cell.cell_type == "markdown":
            cell.source = ANSWER.sub("", cell.source)
    return student


def instructor_notebook(notebook):
    """A chapter whose hidden tests can be seen."""
    shown = nbformat.from_dict(notebook)
    for piece in Chapter(shown).pieces:
        if piece.role == "hidden":
            piece.cell.metadata.tags = [HIDDEN, "hide-input"]
            piece.cell.metadata.mystnb = {
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
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", help="where to write")
    folder = parser.parse_args().folder
    try:
        make_course(folder)
    except (RuntimeError, ValueError) as error:
        sys.exit(str(error))
    print(f"The course is ready: {folder}")
