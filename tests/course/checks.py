"""Try the visible checks of a chapter with many answers: ``python -m tests.course.checks 05``.

The chapter's own cells run once, as a reader runs them, without solutions and hidden tests. At each
exercise all its answers in checks.yml are tried, each in a copy of what there is then. What came
out goes to standard output, as JSON: label -> name of the answer -> [kind, words], and what no
message may hold.
"""

import ast
import contextlib
import io
import json
import os
import sys
from pathlib import Path

import yaml

from book.chapter import read_chapter, tags
from book.common import CHAPTERS, ENVIRONMENT, chapters

TABLE = yaml.safe_load(Path(__file__).with_suffix(".yml").read_text("utf-8"))


def run(source, space):
    """Run code as a cell; the value of its last line, and what it printed."""
    body = ast.parse(source).body
    last = body.pop() if isinstance(body[-1], ast.Expr) else None
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(ast.Module(body, []), "cell", "exec"), space)
        value = last and eval(compile(ast.Expression(last.value), "cell", "eval"), space)
    return value, printed.getvalue()


def outcome(answer, check, space):
    """What a check says to an answer: its kind, and the words."""
    space = dict(space)
    try:
        run(answer, space)
    except Exception as error:
        return "broken", f"{type(error).__name__}: {error}"
    try:
        value, printed = run(check, space)
    except (AssertionError, ValueError) as error:
        return "refused", str(error)
    except Exception as error:
        return "error", f"{type(error).__name__}: {error}"
    return ("correct" if value == "correct" else "refused"), f"{printed}{value}"


def try_all(number):
    """The outcomes of all answers of a chapter."""
    chapter = read_chapter(chapters()[number])
    checks = {exercise.label: exercise.check.source for exercise in chapter.exercises}
    space, found = {"__name__": "__main__"}, {}
    for piece in chapter.pieces:
        if piece.is_code and piece.role in ("lesson", "removed"):
            try:
                run(piece.source, space)
            except Exception:
                if "raises-exception" not in tags(piece.cell):
                    raise
        elif piece.role == "stub" and piece.label in TABLE:
            table = TABLE[piece.label]
            tried = {**table["right"], **table["wrong"]}
            check = checks[piece.label]
            there = dict(space)
            run(piece.source, there)  # a stub may hold more than the answer's place
            found[piece.label] = {name: outcome(code, check, there) for name, code in tried.items()}
            if "answer" in table:
                value = run(table["answer"], dict(there))[0]
                found[piece.label][""] = [f"{value}", f"{value:,}"]
    return found


if __name__ == "__main__":
    os.environ |= ENVIRONMENT | {"MPLBACKEND": "agg"}
    os.chdir(CHAPTERS)
    with contextlib.redirect_stdout(sys.stderr):
        found = try_all(sys.argv[1])
    print(json.dumps(found))
