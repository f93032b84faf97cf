"""A quiz as plain Markdown."""

from book.quiz.model import LETTERS, read_quiz


def as_markdown(path, key=True):
    """A quiz as plain Markdown, for notebooks and for paper.

    Parameters
    ----------
    path : str or pathlib.Path
        The quiz file.
    key : bool
        Whether to add the answers, folded away in ``<details>``.

    Returns
    -------
    str
        Markdown that needs nothing but CommonMark, the HTML of ``<details>``, and ``$math$``.

    Raises
    ------
    QuizError
        If the file is not as it should be.
    """
    parts = []
    for number, question in enumerate(read_quiz(path), start=1):
        parts.append(f"**{number}.** {question.ask} *{question.how}*")
        if question.kind == "number":
            parts.append(f"Your answer: \\_\\_\\_\\_\\_\\_\\_\\_ {question.unit}".rstrip())
        else:
            letters = zip(LETTERS, question.choices)
            parts.append("\n".join(f"- **{letter}.** {choice.text}" for letter, choice in letters))
        if key:
            answer = "\n\n".join(_key(question))
            parts.append(f"<details>\n<summary>Answer</summary>\n\n{answer}\n\n</details>")
    return "\n\n".join(parts) + "\n"


def _key(question):
    """The paragraphs of a question's answer."""
    if question.kind == "number":
        return [f"**{question.answer_text}.** {question.why}"]
    lines = []
    for letter, choice in zip(LETTERS, question.choices):
        lines.append(f"- **{letter}** is {'right' if choice.right else 'wrong'}. {choice.why}")
    return ["\n".join(lines)]
