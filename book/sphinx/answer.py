r"""The ``{answer}`` directive: a field in an exercise, to check a number or a word in the page.

It stands in the ``{exercise}``, between backticks::

    ```{answer} 10,000
    :unit: labels
    :why: `27` is 39, and 39 times 256 and 16 more are 10,000.
    :hint: Multiply the value of each byte by its place.
    2710: These digits are hexadecimal.
    ```

After the name comes the number, or words with ``|`` between them, each of which is right (``relu
| ReLU``; neither case nor quotes matter). ``:tolerance:`` says how far off a number may be.
``:why:`` is told after a right answer, ``:hint:`` after a wrong one; each line of the content
names a wrong answer and the hint for this one. No hint may hold the answer.

A number is checked by the code of the quizzes' questions. Without scripts, in print, and in the
student edition (``quiz_key = False``) there is nothing that tells the answer, and a sentence sends
the reader to the check in the notebook.
"""

import json
import re

from docutils.parsers.rst import directives
from sphinx.util.docutils import SphinxDirective

from book.quiz.model import QuizError, inline, read_question
from book.sphinx.quiz_page import as_nodes, make, number_row

INSTEAD = "To check your answer, run the check in the notebook."
DEFAULT_HINT = "Try again."


def normal(word):
    """A word as it is compared: quiz.js does the same.

    >>> normal(' "Re  LU" ')
    're lu'
    """
    return " ".join(re.sub(r"[\"'`“”‘’]", "", word).casefold().split())


def read_answer(argument, options, lines, name="answer"):
    """The question, the words that are right, and the hints for named wrong answers.

    Parameters
    ----------
    argument : str
        What is right.
    options : dict of str to str
    lines : list of str
        ``WRONG: HINT``.
    name : str, optional
        The question's id.

    Returns
    -------
    question : book.quiz.model.Question
    words : list of str
        Empty for a number.
    hints : dict of str to str

    Raises
    ------
    QuizError
        If something is missing, is no number, or a hint tells the answer.

    >>> question, words, hints = read_answer("10,000", {"hint": "Count."}, ["2710: It is hex."])
    >>> question.answer, words, hints
    (10000, [], {'2710': 'It is hex.'})
    >>> read_answer("relu", {}, ["Relu: No."])
    Traceback (most recent call last):
    book.quiz.model.QuizError: 'Relu' is right and wrong
    """
    hints = {}
    for line in filter(str.strip, lines):
        wrong, colon, hint = line.partition(": ")
        if not colon or not wrong.strip() or not hint.strip():
            raise QuizError(f"expected 'WRONG: HINT', found {line!r}")
        hints[wrong.strip()] = hint.strip()
    entry = {"id": name, "kind": "number", "ask": "Your answer?", "answer": 0}
    entry |= {"why": "Well done.", "hint": DEFAULT_HINT} | options
    number, words = as_number(argument), []
    if number is None:
        words = [word.strip() for word in argument.split("|")]
        if {"unit", "tolerance"} & options.keys():
            raise QuizError(f"{argument!r} is no number, and has neither unit nor tolerance")
    else:
        entry["answer"] = number
    if "tolerance" in options:
        entry["tolerance"] = as_number(options["tolerance"])
    question = read_question(entry)
    accepted = {normal(word) for word in words}
    for wrong, hint in hints.items():
        inline(hint)
        value = as_number(wrong)
        if words and normal(wrong) in accepted or not words and value is None:
            raise QuizError(f"{wrong!r} is {'right and wrong' if words else 'no number'}")
        if not words and abs(value - question.answer) <= question.tolerance:
            raise QuizError(f"{wrong!r} is right and wrong")
    for hint in [question.hint, *hints.values()]:
        told = [
            w for w in words if re.search(rf"(?<!\w){re.escape(normal(w))}(?!\w)", normal(hint))
        ]
        numbers = [] if words else map(as_number, re.findall(r"[-−]?\d[\d,]*\.?\d*", hint))
        if told or question.answer in numbers:
            raise QuizError(f"this hint tells the answer: {hint!r}")
    return question, words, hints


def as_number(text):
    """A number as authors write it, with or without commas; None for what is none.

    >>> as_number("10,000"), as_number("0.25"), as_number("relu")
    (10000, 0.25, None)
    """
    try:
        value = float(text.replace(",", "").replace("−", "-"))
    except ValueError:
        return None
    return int(value) if value.is_integer() else value


class Answer(SphinxDirective):
    """``{answer} NUMBER`` or ``{answer} WORD | WORD``: see the top of this module."""

    required_arguments = 1
    final_argument_whitespace = True
    has_content = True
    option_spec = dict.fromkeys(["tolerance", "unit", "why", "hint"], directives.unchanged_required)

    def run(self):
        name = f"answer-{self.env.new_serialno('answer') + 1}"
        try:
            question, words, hints = read_answer(
                self.arguments[0], self.options, list(self.content), name
            )
        except QuizError as error:
            raise self.error(f"{{answer}}: {error}") from error
        instead = make("p", INSTEAD, classes=["answer-instead"])
        if not self.config.quiz_key:
            return [instead]
        data = {"data_kind": "number", "data_answer": question.answer}
        data |= {"data_tolerance": question.tolerance}
        row = number_row(question, "Your answer")
        if words:
            data = {"data_kind": "text", "data_answers": json.dumps([normal(w) for w in words])}
            del row.children[1]["html"]["inputmode"]
        key = [make("span", as_nodes(question.why), classes=["quiz-why"])] * ("why" in self.options)
        key += [
            make("p", as_nodes(hint), classes=["quiz-hint"], data_for=wrong)
            for wrong, hint in hints.items()
        ]
        key.append(make("p", as_nodes(question.hint), classes=["quiz-hint"]))
        form = make(
            "form",
            row,
            make("button", "Check", type="submit"),
            make("div", role="status", classes=["quiz-feedback"]),
            make("div", *key, classes=["quiz-told"], hidden=""),
            classes=["quiz-card", "answer-card"],
            autocomplete="off",
            hidden="",
            **data,
        )
        return [make("div", form, instead, classes=["quiz", "answer"])]


def setup(app):
    app.setup_extension("book.sphinx.quiz_page")
    app.add_directive("answer", Answer)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
