"""Make of a chapter's graded exercises an assignment for nbgrader that runs by itself.

It begins with what the exercises need of the chapter's code, found from the names in them.
"""

import ast
import re
import shutil
from itertools import takewhile
from pathlib import Path

import nbformat

from book.chapter import read_chapter
from book.code import names, read_first, statements
from book.common import ROOT, chapters
from book.plain import Page, citations, plain_markdown, setup_code

HERE = Path(__file__).parent
CONFIG = '''"""The settings of nbgrader for this course."""

c = get_config()  # noqa: F821
c.CourseDirectory.course_id = "from-bytes-to-digits"
c.ClearSolutions.code_stub = {"python": ""}  # the cells say themselves where to write
'''


# ---- what the exercises need of the chapter


def needed(cells, wanted):
    """The least of some cells that sets the wanted names, and those that this needs in turn.

    Parameters
    ----------
    cells : list of str
        The sources, in order.
    wanted : set of str

    Returns
    -------
    list of str
        What remains of each cell of which anything remains.

    >>> needed(["import os, sys\\nn = 1", "m = 2\\nprint(m)", "k = n + 1"], {"k", "os"})
    ['import os\\nn = 1', 'k = n + 1']
    """
    wanted, kept = set(wanted), []
    for cell in reversed(cells):
        remaining = []
        for statement in reversed(statements(cell)):
            reads, bound, changed = names(statement)
            if (bound | changed) & wanted:
                remaining.append(_only(statement, wanted))
                wanted = wanted - bound | reads
        if remaining:
            kept.append(_joined(remaining[::-1]))
    return kept[::-1]


def _joined(parts):
    text = parts[0]
    for before, after in zip(parts, parts[1:]):
        block = any(re.search(r"^(def|class|@)", part, re.MULTILINE) for part in (before, after))
        text += ("\n\n\n" if block else "\n") + after
    return text


def _only(statement, wanted):
    """An import of the wanted names alone; any other statement as it is."""
    (node,) = ast.parse(statement).body
    if not isinstance(node, ast.Import | ast.ImportFrom):
        return statement
    node.names = [
        alias for alias in node.names if (alias.asname or alias.name).split(".")[0] in wanted
    ]
    return ast.unparse(node)


def setup_cells(chapter, exercises):
    """The cells that an assignment of these exercises begins with."""
    pieces = takewhile(lambda piece: piece.role != "exercise", chapter.pieces)
    before = [piece.source for piece in pieces if piece.is_code]
    sources = [
        source
        for e in exercises
        for source in (e.stub.source, e.answer_code, e.check.source, e.hidden.source)
    ]
    return needed(before, read_first(sources))


# ---- assignments


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
        See ``book.plain.citations``.

    Returns
    -------
    nbformat.NotebookNode
    """
    chapter = read_chapter(path)
    exercises = [exercise for exercise in chapter.exercises if exercise.graded]
    total = sum(sum(exercise.points) for exercise in exercises)
    introduction = (HERE / "introduction.md").read_text("utf-8").strip("\n")
    introduction = introduction.format(chapter=chapter, points=total)
    new_code, new_text = nbformat.v4.new_code_cell, nbformat.v4.new_markdown_cell
    cells = [locked(new_text(introduction), "introduction")]
    setup = setup_cells(chapter, exercises)
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
    from book.course.nbgrading import course_config, nbgrader

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "nbgrader_config.py").write_text(CONFIG, "utf-8")
    shutil.copy(HERE / "README.md", folder)
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
