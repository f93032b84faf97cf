"""Read a chapter: which part of it is lesson, exercise, solution, or hidden test.

Everything that is made of a chapter (editions, notebooks, slides, assignments, tables, and the
tests of what no student may see) asks here, so that they agree. A chapter is a notebook, from its
``.md``, its ``.ipynb``, or in memory. Its cells come as pieces in their order, each with a role:

lesson    text and code, with the title, the card, the quiz, and the takeaways
removed   bookkeeping outside of solutions, tagged ``remove-cell``
exercise  an ``{exercise}``
stub      the first code cell after it, to write in
check     the second, which says whether the answer is right
solution  text and code from ``{solution-start}`` to ``{solution-end}``, with these two
hidden    a cell tagged ``hidden-tests``, after the solution of a graded exercise

nbgrader's metadata on the cells say what is graded: the stub's ``grade_id`` is the exercise's
label, the check's ends in ``-check``, the hidden tests' in ``-hidden``.
"""

import ast
import re
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby
from pathlib import Path

import nbformat

HIDDEN = "hidden-tests"
BLOCK = re.compile(
    r"(^:::\{(?:exercise|solution-start|solution-end)\}.*?^:::[ \t]*$\s*)", re.MULTILINE | re.DOTALL
)
# the same in another form would be taken for lesson, and shown: an error
OTHER = re.compile(r"^\s*(?::::+|```+|~~~+)\{(?:exercise|solution).*", re.MULTILINE)
EXERCISE = re.compile(
    r":::\{exercise\}(?P<title>.*)\n:label: *(?P<label>\S+)\n(?P<text>.*)^:::",
    re.MULTILINE | re.DOTALL,
)
ANSWER = re.compile(r"^(`{3,})\{answer\}.*?^\1[ \t]*\n", re.MULTILINE | re.DOTALL)
TITLE = re.compile(r"^# (.+)$", re.MULTILINE)
CARD = re.compile(r"You will be able to\*\*\n\n((?:- .+\n)+)")
TIME = re.compile(r"\*\*Time:\*\* about (\d+) minutes to read, ([\d.]+) (second|minute)s? to run")


class ChapterError(ValueError):
    """A chapter does not have the form that the book needs: the message says which and where."""


@dataclass(frozen=True)
class Piece:
    """A cell, or a part of a Markdown cell.

    Attributes
    ----------
    role : str
        One of those above.
    source : str
    cell : nbformat.NotebookNode
        The cell that it is, or that it stands in.
    label : str
        The exercise that it belongs to; empty for a lesson and for what is removed.
    """

    role: str
    source: str
    cell: nbformat.NotebookNode
    label: str = ""

    @property
    def is_code(self):
        return self.cell.cell_type == "code"


@dataclass
class Exercise:
    """One exercise of a chapter.

    Attributes
    ----------
    label, title, text : str
        As in the ``{exercise}``; the text is MyST Markdown.
    stub, check, hidden : nbformat.NotebookNode or None
        The cells; ``hidden`` is None if the exercise is not graded.
    solution : list of str
        The sources of the solution's code cells.
    """

    label: str
    title: str
    text: str
    stub: object = None
    check: object = None
    hidden: object = None
    solution: list = field(default_factory=list)

    @property
    def graded(self):
        return self.hidden is not None

    @property
    def points(self):
        """The points for the check and for the hidden tests."""
        return tuple(cell.metadata.nbgrader["points"] for cell in (self.check, self.hidden))

    @property
    def answers(self):
        """The names that hold the answer: what the check is called with.

        Its last line is that call.
        """
        call = ast.parse(self.check.source).body[-1].value
        return [argument.id for argument in call.args]

    @property
    def answer_code(self):
        """The solution's code as far as it gives the answer, without calling the check."""
        sources = []
        for source in self.solution:
            lines = source.splitlines()
            called = [i for i, line in enumerate(lines) if re.match(r"(assert )?check\(", line)]
            sources.append("\n".join(lines[: called[0]] if called else lines).rstrip())
            if called:
                break
        return "\n\n".join(sources)


@dataclass
class Chapter:
    """What there is in a chapter; what it lacks is a ChapterError when it is asked for.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        It is not changed.
    stem : str, optional
        The name of its file, such as ``"02-reading-idx-files"``.

    Examples
    --------
    >>> from book.common import chapters
    >>> chapter = read_chapter(chapters()["02"])
    >>> chapter.number, chapter.title, chapter.exercises[0].label
    (2, 'Reading IDX files', 'ex-read-header')
    """

    notebook: nbformat.NotebookNode
    stem: str = "this chapter"

    @property
    def number(self):
        return int(self.stem[:2])

    @cached_property
    def pieces(self):
        """The cells in their order, each as one or more pieces: a list of Piece."""
        try:
            return list(_split(self.notebook))
        except ChapterError as error:
            raise ChapterError(f"{self.stem}: {error}") from error

    @cached_property
    def lesson(self):
        """The text of the lesson alone: no code, exercise, or solution."""
        kept = [p.source for p in self.pieces if p.role == "lesson" and not p.is_code]
        return "\n\n".join(kept) + "\n"

    @property
    def title(self):
        return self._find(TITLE, "title, a line that begins with '# '")[1]

    @property
    def headings(self):
        return re.findall(r"^#{2,6} (.+)$", self.lesson, re.MULTILINE)

    @property
    def objectives(self):
        """As on the card, without the mark at the end."""
        card = self._find(CARD, "card with the line **You will be able to** and a list")
        return [line[2:].rstrip(";.") for line in card[1].splitlines()]

    @property
    def minutes(self):
        """Those to read and those to run, from the card."""
        card = self._find(TIME, "card with a line - **Time:** about 12 minutes to read, ...")
        return int(card[1]), float(card[2]) / (60 if card[3] == "second" else 1)

    def _find(self, pattern, expected):
        if found := pattern.search(self.lesson):
            return found
        raise ChapterError(f"{self.stem}: found no {expected}")

    @property
    def glued(self):
        """The records that its cells stored with ``glue``: name -> (text, record)."""
        cells = [cell for cell in self.notebook.cells if cell.cell_type == "code"]
        return {k: v for cell in cells for k, v in glued(cell.outputs).items()}

    @cached_property
    def exercises(self):
        """The exercises, complete: a list of Exercise."""
        found = []
        for piece in self.pieces:
            if piece.role == "exercise":
                title, label, text = EXERCISE.match(piece.source).groups()
                found.append(Exercise(label, title.strip(), text.strip()))
            elif piece.role in ("stub", "check", "hidden"):
                setattr(found[-1], piece.role, piece.cell)
            elif piece.role == "solution" and piece.is_code:
                found[-1].solution.append(piece.source)
        for exercise in found:
            self._verify(exercise)
        return found

    def _verify(self, exercise):
        for name, suffix in [("stub", ""), ("check", "-check"), ("hidden", "-hidden")]:
            cell = getattr(exercise, name)
            if cell is None and name != "hidden":
                raise ChapterError(f"{self.stem}, {exercise.label}: found no {name} cell after it")
            found = cell and cell.metadata.get("nbgrader", {}).get("grade_id")
            if exercise.graded and found != exercise.label + suffix:
                raise ChapterError(
                    f"{self.stem}, {exercise.label}: expected a {name} cell with the grade_id "
                    f"{exercise.label + suffix}, found {found}"
                )


def read_chapter(path):
    """Read a chapter's ``.md``, or its ``.ipynb`` with the stored outputs.

    Parameters
    ----------
    path : str or pathlib.Path

    Returns
    -------
    Chapter
    """
    path = Path(path)
    if path.suffix == ".ipynb":
        return Chapter(nbformat.read(path, as_version=4), path.stem)
    import jupytext  # which the site, made from .ipynb, does without

    return Chapter(jupytext.read(path), path.stem)


def tags(cell):
    return cell.metadata.get("tags", [])


def _split(notebook):
    """The pieces of a notebook."""
    label, in_solution, awaited = "", False, []
    for cell in notebook.cells:
        if cell.cell_type == "code":
            if HIDDEN in tags(cell):
                role = "hidden"
            elif in_solution:
                role = "solution"
            elif "remove-cell" in tags(cell):
                role = "removed"
            else:
                role = awaited.pop(0) if awaited else "lesson"
            yield Piece(role, cell.source, cell, "" if role in ("lesson", "removed") else label)
            continue
        for part in filter(None, BLOCK.split(cell.source)):
            block = part[4 : part.index("}")] if BLOCK.match(part) else None
            expected = in_solution == (block == "solution-end") if block else not OTHER.search(part)
            if not expected:
                raise ChapterError(f"unexpected, or not between lines of ':::': {part[:200]!r}")
            if block == "exercise":
                if not (head := EXERCISE.match(part)):
                    raise ChapterError(f"expected a :label: in the line below {part[:200]!r}")
                label, awaited = head["label"], ["stub", "check"]
            elif block == "solution-start":
                named = part.splitlines()[0].partition("}")[2].strip()
                if named != (label or named):
                    raise ChapterError(f"the solution of {named!r} stands after {label!r}")
                label, in_solution, awaited = named, True, []
            role = "exercise" if block == "exercise" else "solution" if in_solution else "lesson"
            yield Piece(role, part, cell, "" if role == "lesson" else label)
            in_solution = in_solution and block != "solution-end"
    if in_solution:
        raise ChapterError(f"the {{solution-start}} of {label} has no {{solution-end}}")


def cells(pieces):
    """The cells that some pieces make up: pieces of one cell are joined again.

    Parameters
    ----------
    pieces : list of Piece

    Returns
    -------
    list of nbformat.NotebookNode
        Copies; those of all pieces of a notebook are equal to its cells.
    """
    made = []
    for _, group in groupby(pieces, key=lambda piece: id(piece.cell)):
        parts = list(group)
        made.append(nbformat.from_dict(parts[0].cell))
        made[-1].source = "".join(part.source for part in parts)
    return made


# ---- what its cells put out


def is_glue(output):
    return "glue" in output.get("metadata", {})  # not what is glued and shown as well


def output_text(output):
    """A cell's output as text, without the colors of a terminal."""
    data = output.get("data", {})
    text = output.get("text") or data.get("text/plain") or "\n".join(output["traceback"])
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def glued(outputs):
    """The glue records among a cell's outputs: name -> (text, record).

    The record has the value itself, its ``spec``, and its ``tolerance``.
    """
    records = {}
    for output in filter(is_glue, outputs):
        (text,) = output["data"].values()
        metadata = output["metadata"]
        records[metadata["scrapbook"]["name"]] = (ast.literal_eval(text), metadata["glue"])
    return records
