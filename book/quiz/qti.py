"""A quiz as a QTI package, from the templates beside this module.

The dialect is the QTI 1.2 that Canvas writes when it exports a quiz ("Classic Quizzes"), and so
the one that it reads best: see ``lib/cc/qti`` and ``gems/plugins/qti_exporter`` in the source of
Canvas, https://github.com/instructure/canvas-lms. What is Canvas's own: the field
``question_type`` of each item, numbers as answer identifiers, feedback that is tied to answers by
names such as ``1000_fb``, and the settings in ``assessment_meta.xml``. The quiz arrives as a
practice quiz, one point a question, as often as a student likes; all of that can be changed there.
"""

import hashlib
from decimal import Decimal
from functools import partial
from html import escape
from pathlib import Path

from book.common import template
from book.quiz.model import as_html, read_quiz

TYPES = {
    "single": "multiple_choice_question",
    "multiple": "multiple_answers_question",
    "number": "numerical_question",
}


def as_qti(path, title):
    """A quiz as the files of a QTI package.

    Parameters
    ----------
    path : str or pathlib.Path
        The quiz file.
    title : str
        What the quiz is called in Canvas.

    Returns
    -------
    dict of str to str
        Path in the package -> content: the manifest, the questions, and the settings.

    Raises
    ------
    QuizError
        If the file is not as it should be.
    """
    # the same for each export, so that Canvas can replace what it imported before
    name = partial(identifier, title)
    values = {"title": title, "questions": read_quiz(path), "name": name}
    values |= {"types": TYPES, "bounds": bounds, "numbered": numbered}
    values |= {"as_html": as_html, "escape": escape}
    files = {
        "imsmanifest.xml": "manifest",
        f"{name()}/{name()}.xml": "questions",
        f"{name()}/assessment_meta.xml": "settings",
    }
    return {
        file: template(Path(__file__).with_name(f"qti-{part}.xml")).render(values)
        for file, part in files.items()
    }


def numbered(choices):
    """Choices with the names that Canvas gives them."""
    return list(enumerate(choices, start=1000))


def bounds(question):
    """The least, the exact, and the largest answer to a question for a number.

    Not in binary: 0.1 + 0.005 would print as 0.10500000000000001.
    """
    answer, tolerance = Decimal(str(question.answer)), Decimal(str(question.tolerance))
    return [f"{bound:f}" for bound in (answer - tolerance, answer, answer + tolerance)]


def identifier(*names):
    """A name that Canvas takes for its own kind, the same for the same words.

    >>> identifier("Reading IDX files", "magic-number")
    'g184c008ff7fee33f03b7f86bfbbf6a6c'
    """
    return "g" + hashlib.md5("/".join(names).encode(), usedforsecurity=False).hexdigest()
