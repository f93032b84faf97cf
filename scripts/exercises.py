"""Read the exercises of the chapters, and what of a chapter they need.

An exercise is an ``{exercise}``, a stub to fill in, and a check; then its solution, and for a
graded one a cell of hidden tests. nbgrader's metadata on the cells say what is graded:
the stub's ``grade_id`` is the exercise's label, the check's ends in ``-check``, the hidden tests'
in ``-hidden``.
"""

import ast
import builtins
import re
import symtable
from dataclasses import dataclass, field
from pathlib import Path

import jupytext

ROOT = Path(__file__).parent.parent
CHAPTERS = ROOT / "chapters"
PIECE = re.compile(
    r"^:::\{(exercise|solution-start|solution-end)\}(.*?)\n(.*?)^:::$", re.MULTILINE | re.DOTALL
)
HIDDEN = "hidden-tests"


class ExerciseError(ValueError):
    """An exercise does not have the form that the course needs: the message says which."""


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


def tags(cell):
    return cell.metadata.get("tags", [])


def read_chapter(path):
    """A chapter's code cells before its exercises, and the exercises.

    Parameters
    ----------
    path : pathlib.Path
        The chapter's ``.md``.

    Returns
    -------
    before : list of str
        The sources of the code cells.
    exercises : list of Exercise

    Raises
    ------
    ExerciseError
        If a graded exercise lacks a cell, or its metadata do not fit its label.
    """
    before, exercises, in_solution = [], [], False
    for cell in jupytext.read(path).cells:
        if cell.cell_type == "markdown":
            for kind, title, body in PIECE.findall(cell.source):
                in_solution = kind == "solution-start"
                if kind == "exercise":
                    label, _, text = body.strip().partition("\n")
                    label = label.removeprefix(":label:").strip()
                    exercises.append(Exercise(label, title.strip(), text.strip()))
        elif not exercises:
            before.append(cell.source)
        elif HIDDEN in tags(cell):
            exercises[-1].hidden = cell
        elif in_solution:
            exercises[-1].solution.append(cell.source)
        elif exercises[-1].stub is None:
            exercises[-1].stub = cell
        elif exercises[-1].check is None:
            exercises[-1].check = cell
    for exercise in exercises:
        if exercise.graded:
            _verify(exercise, path)
    return before, exercises


def _verify(exercise, path):
    for name, suffix in [("stub", ""), ("check", "-check"), ("hidden", "-hidden")]:
        cell = getattr(exercise, name)
        found = cell and cell.metadata.get("nbgrader", {}).get("grade_id")
        if found != exercise.label + suffix:
            raise ExerciseError(
                f"{path.name}, {exercise.label}: expected a {name} cell with the grade_id "
                f"{exercise.label + suffix}, found {found}"
            )


def chapters(folder=CHAPTERS):
    """The chapters: number such as "08" -> path of the ``.md``."""
    return {path.name[:2]: path for path in sorted(Path(folder).glob("[0-9][0-9]-*.md"))}


# ---- what the exercises need of the chapter


def names(source):
    """The global names that a statement reads, that it binds, and that it changes in place.

    >>> [sorted(group) for group in names("def f(a):\\n    return a + b")]
    [['b'], ['f'], []]
    >>> [sorted(group) for group in names("for i in x:\\n    y[i] = i")]
    [['x', 'y'], ['i'], ['y']]
    """
    reads, bound, changed = set(), set(), set()

    def look(table, is_top):
        for symbol in table.get_symbols():
            if is_top or symbol.is_global():
                if symbol.is_assigned() or symbol.is_imported():
                    bound.add(symbol.get_name())
                if symbol.is_referenced():
                    reads.add(symbol.get_name())
        for child in table.get_children():
            look(child, False)

    look(symtable.symtable(source, "cell", "exec"), True)
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript | ast.Attribute) and isinstance(node.ctx, ast.Store):
            while isinstance(node, ast.Subscript | ast.Attribute):
                node = node.value
            if isinstance(node, ast.Name):
                changed.add(node.id)
    if not isinstance(tree.body[0], ast.Assign | ast.AugAssign):
        reads -= bound  # what a loop or a function reads of its own making
    return reads - set(dir(builtins)), bound, changed


def statements(source):
    """The top-level statements of a cell as text, each with the comments right above it.

    >>> statements("a = 1\\n# why\\nb = (\\n    2\\n)")
    ['a = 1', '# why\\nb = (\\n    2\\n)']
    >>> statements("%%writefile a.py\\na = 1")  # not for this kernel
    []
    """
    if source.startswith("%%writefile"):
        return []
    lines, found = source.splitlines(), []
    for node in ast.parse(source).body:
        first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
        while first > 1 and lines[first - 2].startswith("#"):
            first -= 1
        found.append("\n".join(lines[first - 1 : node.end_lineno]))
    return found


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


def setup_cells(before, exercises):
    """The cells that an assignment of these exercises begins with."""
    wanted, known = set(), set()
    for exercise in exercises:
        sources = [exercise.stub.source, exercise.answer_code, exercise.check.source]
        for source in [*sources, exercise.hidden.source]:
            for statement in statements(source):
                reads, bound, _ = names(statement)
                wanted |= reads - known
                known |= bound
    return needed(before, wanted)
