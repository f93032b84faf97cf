"""A quiz in GIFT, the text format that Moodle imports."""

import re

from book.quiz.model import as_html, read_quiz


def as_gift(path, category):
    """A quiz in GIFT, the text format that Moodle imports.

    Parameters
    ----------
    path : str or pathlib.Path
        The quiz file.
    category : str
        Where in the course's question bank the questions go, such as ``"Book/02 IDX files"``.

    Returns
    -------
    str
        A ``$CATEGORY`` line, and one block for each question, with feedback for each answer.

    Raises
    ------
    QuizError
        If the file is not as it should be.
    """
    blocks = [f"$CATEGORY: $course$/top/{category}"]
    for question in read_quiz(path):
        if question.kind == "number":
            kind = "#"
            answers = [f"={question.answer}:{question.tolerance}#{_gift(question.why)}"]
            answers.append(f"~#{_gift(question.hint)}")
        else:
            kind = ""
            weighted = zip(_weights(question), question.choices)
            answers = [f"{weight}{_gift(c.text)}#{_gift(c.why)}" for weight, c in weighted]
        # [html] holds for the answers and their feedback as well
        ask = f"{_gift(question.ask)} {_escape_gift(question.how_and_unit)}"
        head = f"::{question.id}::[html]{ask} {{{kind}"
        blocks.append("\n\t".join([head, *answers]) + "\n}")
    return "\n\n".join(blocks) + "\n"


def _weights(question):
    """What stands before each choice in GIFT: ``=`` or ``~``, or a share of the marks in percent.

    The right ones of a multiple choice add up to 100, the wrong ones to -100, so that ticking
    everything earns nothing.
    """
    if question.kind == "single":
        return ["=" if choice.right else "~" for choice in question.choices]
    right = sum(choice.right for choice in question.choices)
    wrong = max(1, len(question.choices) - right)
    # five digits are what Moodle knows such as 33.33333 by
    return [f"~%{100 / right if c.right else -100 / wrong:.7g}%" for c in question.choices]


def _gift(text):
    return _escape_gift(as_html(text))


def _escape_gift(text):
    r"""Escape what has a meaning in GIFT.

    >>> print(_escape_gift("{a=1}: ~50% #1"))
    \{a\=1\}\: \~50% \#1
    """
    return re.sub(r"([\\~=#{}:])", r"\\\1", text).replace("\n", " ")
