"""Questions that readers check themselves by: the form of their files, read and checked.

A quiz is a YAML file, a list of questions. Each question has an ``id``, a ``kind``, and an ``ask``:

- ``kind: single`` and ``kind: multiple`` have ``choices``, each with a ``text``, a ``why``, and,
  if it is right, ``right: true``;
- ``kind: number`` has an ``answer``, a ``why``, a ``hint`` for wrong answers, and may have a
  ``tolerance`` (0 if left out), a ``unit``, and a ``check``, a Python expression that gives the
  answer and that the tests compute.

Each may name a ``section``, a heading of its chapter: a wrong answer leads back to it, and the
build refuses one that is not there.

Texts are one paragraph each and may hold ``code``, *emphasis*, **strong**, and ``$math$``.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import yaml

from book.markdown import markdown

HOW = {"single": "Choose one.", "multiple": "Choose all that are right.", "number": "Give a number"}
REQUIRED = {
    "single": {"id", "kind", "ask", "choices"},
    "multiple": {"id", "kind", "ask", "choices"},
    "number": {"id", "kind", "ask", "answer", "why", "hint"},
}
OPTIONAL = {
    "single": {"section"},
    "multiple": {"section"},
    "number": {"section", "tolerance", "unit", "check"},
}
LETTERS = "ABCDEFGH"


class QuizError(ValueError):
    """A quiz file that cannot be used: the message names the file, the question, and the fault."""


@dataclass(frozen=True)
class Choice:
    """One answer to choose, and why it is right or wrong."""

    text: str
    why: str
    right: bool = False


@dataclass(frozen=True)
class Question:
    """One question; which of the optional fields are set depends on its kind."""

    id: str
    kind: str
    ask: str
    choices: tuple[Choice, ...] = ()
    answer: float | None = None
    tolerance: float = 0
    unit: str = ""
    check: str = ""
    why: str = ""
    hint: str = ""
    section: str = ""

    @property
    def how(self):
        """What a reader has to do."""
        within = f", right to within {self.tolerance:g}" if self.tolerance else ""
        return HOW[self.kind] + (f"{within}." if self.kind == "number" else "")

    @property
    def how_and_unit(self):
        """The same, where no unit stands beside the field to fill in."""
        return self.how + (f" Unit: {self.unit}." if self.unit else "")

    @property
    def answer_text(self):
        """The answer as people write it: 100,352 bytes."""
        space = "" if self.unit == "%" else " "
        return f"{self.answer:,}{space}{self.unit}".strip()


# ---- reading a file


def read_quiz(path):
    """Read and check a quiz file.

    Parameters
    ----------
    path : str or pathlib.Path
        A YAML file as described at the top of this module.

    Returns
    -------
    list of Question

    Raises
    ------
    QuizError
        If the file is not YAML, or a question misses something or has too much.
    """
    path = Path(path)
    try:
        entries = yaml.safe_load(path.read_text("utf-8"))
    except OSError as error:
        raise QuizError(f"{path.name}: cannot be read ({error.strerror})") from error
    except yaml.YAMLError as error:
        hint = 'a text with ": " or " #" in it needs quotes, or ">-" and a line of its own'
        raise QuizError(f"{path.name}: is not YAML: {error}\n({hint})") from error
    if not isinstance(entries, list) or not entries:
        raise QuizError(f"{path.name}: expected a list of questions, each beginning with '- id:'")
    questions = []
    for number, entry in enumerate(entries, start=1):
        try:
            questions.append(read_question(entry))
            if [q.id for q in questions].count(questions[-1].id) > 1:
                raise QuizError(f"the id {questions[-1].id!r} is taken by another question")
        except QuizError as error:
            raise QuizError(f"{path.name}, question {number}: {error}") from error
    return questions


def read_question(entry):
    """A Question from an entry of a file; QuizError if anything is wrong with it."""
    if not isinstance(entry, dict):
        raise QuizError(f"expected fields such as 'id:' and 'ask:', found {entry!r}")
    kind = entry.get("kind")
    if kind not in REQUIRED:
        raise QuizError(f"'kind' is one of {', '.join(REQUIRED)}, not {kind!r}")
    _check_fields(entry, REQUIRED[kind], OPTIONAL[kind])
    if not re.fullmatch(r"[a-z][a-z0-9-]*", str(entry["id"])):
        raise QuizError(f"the id {entry['id']!r} should be like 'header-bytes': a-z, 0-9, hyphens")
    if kind == "number":
        return _number(entry)
    return Question(**entry | {"choices": _choices(entry["choices"], kind)})


def _number(entry):
    for field in ("answer", "tolerance"):
        value = entry.get(field, 0)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise QuizError(f"'{field}' should be a number, without commas, not {value!r}")
    if entry.get("tolerance", 0) < 0:
        raise QuizError("'tolerance' cannot be negative")
    return Question(**entry)


def _choices(entries, kind):
    if not isinstance(entries, list) or not 2 <= len(entries) <= len(LETTERS):
        raise QuizError(f"'choices' should be a list of 2 to {len(LETTERS)}")
    for number, entry in enumerate(entries, start=1):
        try:
            if not isinstance(entry, dict):
                raise QuizError(f"expected 'text:' and 'why:', found {entry!r}")
            _check_fields(entry, {"text", "why"}, {"right"})
            if not isinstance(entry.get("right", False), bool):
                raise QuizError(f"'right' should be true or false, not {entry['right']!r}")
        except QuizError as error:
            raise QuizError(f"choice {number}: {error}") from error
    choices = tuple(Choice(**entry) for entry in entries)
    if len({choice.text for choice in choices}) < len(choices):
        raise QuizError("two choices have the same text")
    right = sum(choice.right for choice in choices)
    if kind == "single" and right != 1:
        raise QuizError(f"a single choice has exactly one with 'right: true', found {right}")
    if right == 0:
        raise QuizError("at least one choice should have 'right: true'")
    return choices


def _check_fields(entry, required, optional):
    """Raise QuizError for a field that is missing, unknown, empty, or no text."""
    for field in sorted(required - entry.keys()):
        raise QuizError(f"'{field}' is missing")
    for field in entry.keys() - required - optional:
        known = ", ".join(sorted(required | optional))
        raise QuizError(f"there is no field {field!r}, only {known}")
    for field, value in entry.items():
        if field in ("choices", "answer", "tolerance", "right"):
            continue
        if not isinstance(value, str) or not value.strip():
            raise QuizError(f"'{field}' should be a text (in quotes if need be), not {value!r}")
        if field in ("ask", "text", "why", "hint", "section"):
            inline(value)


# ---- the texts: inline Markdown


def inline(text):
    """The inline tokens of a text; QuizError if it holds more than quizzes may."""
    known = {"text", "softbreak", "code_inline", "math_inline"}
    known |= {f"{mark}_{end}" for mark in ("em", "strong") for end in ("open", "close")}
    blocks = markdown().parse(text)
    if [block.type for block in blocks] != ["paragraph_open", "inline", "paragraph_close"]:
        raise QuizError(f"expected one paragraph, without lists or headings: {text!r}")
    tokens = blocks[1].children
    for token in tokens:
        if token.type not in known:
            what = token.type.removesuffix("_open").replace("_", " ")
            allowed = "a text may hold code, emphasis, math, and nothing else"
            raise QuizError(f"{allowed}; found: {what} in {text!r}")
    if re.search(r"\{[\w:-]+\}`", text):
        raise QuizError(f"roles such as {{term}} do not work in a quiz: {text!r}")
    return tokens


def as_html(text):
    """HTML of a text.

    >>> as_html("Is `a < b`, or $x^2$ *less*?")
    'Is <code>a &lt; b</code>, or \\\\(x^2\\\\) <em>less</em>?'
    """
    return markdown().renderInline(text)
