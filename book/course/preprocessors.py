"""The two steps of nbgrader's autograding that this course does in its own way."""

import ast
import os
import tempfile
from pathlib import Path

import nbformat
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Dict, Float

from book.course.fence import python_folders
from book.course.kernels import Kernel, KernelDied, KernelHangs, error_output

HERE = Path(__file__).parent
TESTS_PER_LIMIT = 4  # a test calls the submission's functions several times
LONGEST_SETUP = 300  # seconds; what comes before the exercises is not the student's


class SetupFailed(RuntimeError):
    """The assignment's own cells do not run: no fault of the submission."""


def grade_id(cell):
    return cell.metadata.get("nbgrader", {}).get("grade_id")


def is_(cell, what):
    return bool(cell.metadata.get("nbgrader", {}).get(what))


def merge(submitted, release):
    """A submission in the form of its assignment.

    The assignment's cells stay as they were handed out, in their order, whatever was done to
    them; only what stands in the cells for answers is taken over, and cells that were added,
    each before the cell that it stood before.

    Parameters
    ----------
    submitted, release : nbformat.NotebookNode

    Returns
    -------
    nbformat.NotebookNode
    """
    known = {grade_id(cell) for cell in release.cells}
    answers, added, waiting = {}, {}, []
    for cell in submitted.cells:
        name = grade_id(cell)
        if name in known and name not in answers:
            answers[name], added[name], waiting = cell.source, waiting, []
        elif name not in known and cell.cell_type == "code":
            waiting.append(nbformat.v4.new_code_cell(cell.source))
        elif name not in known:
            waiting.append(nbformat.v4.new_markdown_cell(cell.source))
    merged = nbformat.from_dict(release)
    merged.cells = []
    setup = True  # nothing comes before the cells that prepare the exercises
    early = []
    for cell in release.cells:
        cell = nbformat.from_dict(cell)
        setup = setup and not is_(cell, "solution")
        if setup:
            early += added.get(grade_id(cell), [])
        else:
            merged.cells += early + added.get(grade_id(cell), [])
            early = []
        if is_(cell, "solution"):
            cell.source = answers.get(grade_id(cell), cell.source)
        merged.cells.append(cell)
    merged.cells += early + waiting
    return merged


def answer_names(check):
    """The names that a check cell of an assignment calls ``check`` with."""
    for node in ast.parse(check).body:
        if isinstance(node, ast.Assign | ast.Expr) and isinstance(node.value, ast.Call):
            if getattr(node.value.func, "id", "") == "check":
                return [argument.id for argument in node.value.args]
    return []


def assignment_notebook(resources, kind):
    """The notebook as it was made or handed out; the working folder is the course's."""
    names = resources["nbgrader"]
    path = Path(kind, names["assignment"], f"{names['notebook']}.ipynb")
    return nbformat.read(path, as_version=4)


class Restore(NbGraderPreprocessor):
    """Put every cell of the assignment back, and with the tests the hidden ones."""

    def preprocess(self, nb, resources):
        release = assignment_notebook(resources, "release")
        source = assignment_notebook(resources, "source")
        tests = {grade_id(cell): cell.source for cell in source.cells if is_(cell, "grade")}
        merged = merge(nb, release)
        for cell in merged.cells:
            if is_(cell, "grade"):
                cell.source = tests[grade_id(cell)]
        return merged, resources


class RunBesideTests(NbGraderPreprocessor):
    """Run the submission in one kernel and the tests in another."""

    seconds = Float(20, help="how long a cell may take").tag(config=True)
    boxes = Dict(help="student/assignment -> the folder that the code works in").tag(config=True)
    readable = Dict(help="kind -> a folder that the code may read").tag(config=True)
    environment = Dict(help="variables for the kernels").tag(config=True)

    def preprocess(self, nb, resources):
        release = assignment_notebook(resources, "release")
        names = resources["nbgrader"]
        box = self.boxes[f"{names['student']}/{names['assignment']}"]
        grader = Grader(release, Path(box), self)
        try:
            for cell in nb.cells:
                if cell.cell_type == "code":
                    cell.outputs = grader.outputs_of(cell)
        finally:
            grader.close()
        return nb, resources


class Tests:
    """The kernel in which the tests of one assignment run, for one submission after the other.

    No code of a submission gets here, so there is nothing that one could leave behind for the
    next; each exercise starts from the names as the assignment's first cells set them.
    """

    def __init__(self, setup, settings):
        self.folder, self.connection = tempfile.TemporaryDirectory(), None
        self.kernel = Kernel(
            self.folder.name, settings.seconds * TESTS_PER_LIMIT, settings.environment
        )
        try:
            self.run(as_module("answers", HERE / "answers.py"))
            for source in setup:
                self.run(source)
            self.run("import sys as _sys\n_remote = None\n_names = dict(globals())")
        except BaseException:
            self.close()
            raise

    def close(self):
        self.kernel.close()
        self.folder.cleanup()

    def run(self, source):
        """Run what has to work."""
        for output in self.kernel.run(source, seconds=LONGEST_SETUP, quiet=True):
            if output.output_type == "error":
                raise SetupFailed(f"{output.ename}: {output.evalue}")

    def connect(self, connection, seconds):
        """Have the tests ask this kernel, if it is not the one that they asked before."""
        if connection != self.connection:
            self.run(
                "if _remote: _remote.close()\n"
                f"_remote = _sys.modules['answers'].Remote({connection!r}, {seconds!r})"
            )
            self.connection = connection

    def error_of(self, source):
        """The name and the message of the error that code ends with, if any."""
        for output in self.kernel.run(source, quiet=True):
            if output.output_type == "error":
                return output.ename, output.evalue
        return None


class Pool:
    """Keeps the tests' kernel from one submission to the next of the same assignment."""

    def __init__(self):
        self.setup, self.tests = None, None

    def get(self, setup, settings):
        if self.tests is None or self.setup != setup:
            self.close()
            self.tests, self.setup = Tests(setup, settings), setup
        return self.tests

    def close(self):
        if self.tests is not None:
            self.tests.close()
        self.tests = None


POOL = Pool()


class Grader:
    """What runs one submission.

    Parameters
    ----------
    release : nbformat.NotebookNode
        The assignment.
    box : pathlib.Path
        Where the submission's code works.
    settings : RunBesideTests
    """

    def __init__(self, release, box, settings):
        self.box, self.settings = box, settings
        self.stubs = {grade_id(c): c.source for c in release.cells if is_(c, "solution")}
        self.setup = [
            cell.source
            for cell in release.cells
            if cell.cell_type == "code" and not is_(cell, "solution") and not is_(cell, "grade")
        ]
        self.fault = None  # why the last answer could not be fetched
        self.start_code()

    def close(self):
        self.code.close()

    def start_code(self):
        """Start a kernel for the submission, with what it needs and the fence."""
        environment = self.settings.environment | {
            "TMPDIR": str(self.box),
            "TEMP": str(self.box),
            "KERAS_HOME": str(self.box / ".keras"),
        }
        self.code = Kernel(self.box, self.settings.seconds, environment)
        imports = [
            ast.unparse(node)
            for source in self.setup
            for node in ast.parse(source).body
            if isinstance(node, ast.Import | ast.ImportFrom)
        ]
        readable = [*python_folders(), *self.settings.readable.values()]
        fence = (HERE / "fence.py").read_text("utf-8")
        closing = (
            f"import types as _t\n_m = _t.ModuleType('fence')\nexec({fence!r}, vars(_m))\n"
            f"_m.fence({readable!r}, {[str(self.box)]!r})\ndel _t, _m"
        )
        opening = ["\n".join(imports), as_module("answers", HERE / "answers.py"), closing]
        for source in opening:
            for output in self.code.run(source, seconds=LONGEST_SETUP, quiet=True):
                if output.output_type == "error":
                    raise SetupFailed(f"{output.ename}: {output.evalue}")

    def restart_code(self):
        """After the kernel died: a new one, in which the other exercises go on."""
        self.code.close()
        self.start_code()
        for source in self.setup:
            self.code.run(source, seconds=LONGEST_SETUP, quiet=True)

    def outputs_of(self, cell):
        """What a cell of the merged notebook puts out."""
        if is_(cell, "grade"):
            return self.test(cell)
        mine = grade_id(cell) and not is_(cell, "solution")
        for again in (True, False):
            try:
                return self.code.run(cell.source, seconds=LONGEST_SETUP if mine else None)
            except KernelDied as error:
                self.restart_code()
                # a cell before this one may have ended the kernel: then this one runs now
                if not again or isinstance(error, KernelHangs):
                    return [error_output("KernelDied", str(error))]

    def test(self, cell):
        """Run a test on its side; only an error's name and message come out."""
        names = answer_names(cell.source)
        if names:  # the check comes first, and the hidden tests use the same answers
            self.fault = None
        if self.fault is None:
            if not self.code.is_idle():
                self.restart_code()
            problem = self.problem_with(cell, names)
        else:
            problem = self.fault
        if problem is None:
            return [nbformat.v4.new_output("stream", name="stdout", text="passed\n")]
        return [error_output(*problem)]

    def problem_with(self, cell, names):
        """The name and the message of the error in a test, if any."""
        tests = POOL.get(self.setup, self.settings)
        try:
            if names:
                label = grade_id(cell).removesuffix("-check")
                connection, limit = self.code.client.get_connection_info(), self.settings.seconds
                tests.run(f"_test = dict(_names)\nexec({self.stubs[label]!r}, _test)")
                tests.connect(connection, limit)
                self.fault = tests.error_of(f"_test.update(_remote.fetch({names!r}))")
            problem = self.fault or tests.error_of(f"exec({cell.source!r}, _test)")
        except KernelDied as error:
            problem = "TimeoutError", f"stopped: {error}"
        if problem and problem[0] == "TimeoutError" and "stopped" in problem[1]:
            POOL.close()  # it may have been halfway through changing something
            self.fault = problem
        return problem


def as_module(name, path):
    """Code that makes a module of a file's text, so that a kernel needs no path to it."""
    text = path.read_text("utf-8")
    return (
        f"import sys as _s, types as _t\n_s.modules[{name!r}] = _m = _t.ModuleType({name!r})\n"
        f"exec({text!r}, vars(_m))\ndel _s, _t, _m"
    )


def environment():
    """Variables that all kernels of a grading get."""
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "0"}
    return (
        quiet
        | {"PYTHONDONTWRITEBYTECODE": "1", "OPENBLAS_NUM_THREADS": "1"}
        | {key: value for key, value in os.environ.items() if key.startswith("MNIST_HELPERS_")}
        | {"MNIST_HELPERS_DATASET": "mnist"}
    )
