"""Questions that readers check themselves by: the ``{quiz}`` directive, and exports for teachers.

A quiz is a YAML file, a list of questions. The directive names it, seen from the page::

    ```{quiz} 02-reading-idx-files.quiz.yml
    ```

Each question has an ``id``, a ``kind``, and an ``ask``:

- ``kind: single`` and ``kind: multiple`` have ``choices``, each with a ``text``, a ``why``, and,
  if it is right, ``right: true``;
- ``kind: number`` has an ``answer``, a ``why``, a ``hint`` for wrong answers, and may have a
  ``tolerance`` (0 if left out), a ``unit``, and a ``check``, a Python expression that gives the
  answer and that the tests compute.

Texts are one paragraph each and may hold ``code``, *emphasis*, **strong**, and ``$math$``.
With ``quiz_key = False`` in the book's configuration the pages hold the questions and room to
answer, and nothing that tells the answers.
"""

import re
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path

import yaml
from docutils import nodes
from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin
from sphinx.util.docutils import SphinxDirective

STATIC = Path(__file__).with_suffix("")  # the folder with the script and the style
HOW = {"single": "Choose one.", "multiple": "Choose all that are right.", "number": "Give a number"}
REQUIRED = {
    "single": {"id", "kind", "ask", "choices"},
    "multiple": {"id", "kind", "ask", "choices"},
    "number": {"id", "kind", "ask", "answer", "why", "hint"},
}
OPTIONAL = {"number": {"tolerance", "unit", "check"}}
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

    @property
    def how(self):
        """What a reader has to do."""
        within = f", right to within {self.tolerance:g}" if self.tolerance else ""
        return HOW[self.kind] + (f"{within}." if self.kind == "number" else "")

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
            questions.append(_question(entry))
            if [q.id for q in questions].count(questions[-1].id) > 1:
                raise QuizError(f"the id {questions[-1].id!r} is taken by another question")
        except QuizError as error:
            raise QuizError(f"{path.name}, question {number}: {error}") from error
    return questions


def _question(entry):
    """A Question from an entry of the file; QuizError if anything is wrong with it."""
    if not isinstance(entry, dict):
        raise QuizError(f"expected fields such as 'id:' and 'ask:', found {entry!r}")
    kind = entry.get("kind")
    if kind not in REQUIRED:
        raise QuizError(f"'kind' is one of {', '.join(REQUIRED)}, not {kind!r}")
    _check_fields(entry, REQUIRED[kind], OPTIONAL.get(kind, set()))
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
        if field in ("ask", "text", "why", "hint"):
            _inline(value)


# ---- the texts: inline Markdown


@cache
def _parser():
    # dollars inside words are no formulas
    parser = MarkdownIt("commonmark", {"html": False})
    parser.use(dollarmath_plugin, allow_space=False, allow_digits=False)
    parser.add_render_rule("math_inline", lambda self, tokens, i, *_: _tex(tokens[i].content))
    return parser


def _tex(formula):
    return rf"\({escape(formula)}\)"  # the delimiters of MathJax, in Moodle too


def _inline(text):
    """The inline tokens of a text; QuizError if it holds more than quizzes may."""
    known = {"text", "softbreak", "code_inline", "math_inline"}
    known |= {f"{mark}_{end}" for mark in ("em", "strong") for end in ("open", "close")}
    blocks = _parser().parse(text)
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
    return _parser().renderInline(text)


def as_nodes(text):
    """The docutils nodes of a text, for Sphinx."""
    root = current = nodes.inline()
    for token in _inline(text):
        if token.type.endswith("_open"):
            node = nodes.emphasis() if token.type == "em_open" else nodes.strong()
            current += node
            current = node
        elif token.type.endswith("_close"):
            current = current.parent
        elif token.type == "softbreak":
            current += nodes.Text("\n")
        else:
            kind = {"code_inline": nodes.literal, "math_inline": nodes.math}.get(token.type)
            current += kind(token.content, token.content) if kind else nodes.Text(token.content)
    return root.children


# ---- exports


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
            right = f"={question.answer}:{question.tolerance}#{_gift(question.why)}"
            lines = ["{#", f"\t{right}", f"\t~#{_gift(question.hint)}", "}"]
            how = f" {question.how}" + (f" Unit: {question.unit}." if question.unit else "")
        else:
            weights = _weights(question)
            choices = zip(weights, question.choices)
            lines = [f"\t{weight}{_gift(c.text)}#{_gift(c.why)}" for weight, c in choices]
            lines = ["{", *lines, "}"]
            how = f" {question.how}"
        # [html] holds for the answers and their feedback as well
        head = f"::{question.id}::[html]{_gift(question.ask)}{_escape_gift(how)} "
        blocks.append(head + "\n".join(lines))
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


# ---- the page


class tag(nodes.General, nodes.Element):
    """An HTML element; its attributes other than classes are in ``html``."""


def make(element, /, *children, classes=(), **html):
    """A tag with children, which may be nodes, texts, and lists of nodes."""
    html = {key.rstrip("_").replace("_", "-"): value for key, value in html.items()}
    node = tag("", element=element, html=html, classes=list(classes))
    for child in children:
        node += nodes.Text(child) if isinstance(child, str) else child
    return node


def visit_tag(self, node):
    self.body.append(self.starttag(node, node["element"], "", **node["html"]))


def depart_tag(self, node):
    if node["element"] != "input":
        self.body.append(f"</{node['element']}>")


def skip_tag(self, node):
    raise nodes.SkipNode


class Quiz(SphinxDirective):
    """``{quiz} FILE``: the questions of a file, seen from the page that names it."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self):
        _, path = self.env.relfn2path(self.arguments[0])
        self.env.note_dependency(path)
        try:
            questions = read_quiz(path)
        except QuizError as error:
            raise self.error(str(error)) from error
        key = self.config.quiz_key
        cards = [
            _card(question, f"Question {number} of {len(questions)}", key)
            for number, question in enumerate(questions, start=1)
        ]
        return [make("div", *cards, classes=["quiz"])]


def _card(question, number, key):
    """One question: a form that the script brings to life, or a form to print and fill in."""
    legend = make(
        "legend",
        make("span", number, classes=["quiz-number"]),
        make("span", as_nodes(question.ask), classes=["quiz-ask"]),
    )
    how = make("p", question.how, classes=["quiz-how"])
    rows = [_number_row(question)] if question.kind == "number" else _choice_rows(question)
    if not key:
        reason = make("textarea", rows=2, ids=[f"quiz-{question.id}-reason"])
        label = make("label", "Your reason", for_=f"quiz-{question.id}-reason")
        room = make("div", label, reason, classes=["quiz-reason"])
        return make("div", make("fieldset", legend, how, *rows, room), classes=["quiz-card"])
    # without the script the button could only send the form away, so the script wakes it
    button = make("button", "Check", type="submit", disabled="", hidden="")
    status = make("div", role="status", classes=["quiz-feedback"])
    data = {"data_kind": question.kind, "autocomplete": "off"}
    if question.kind == "number":
        data |= {"data_answer": question.answer, "data_tolerance": question.tolerance}
    fieldset = make("fieldset", legend, how, *rows, button, status)
    return make("form", fieldset, _answer(question), classes=["quiz-card"], **data)


def _choice_rows(question):
    kind = "radio" if question.kind == "single" else "checkbox"
    rows = []
    for place, choice in enumerate(question.choices):
        box = make("input", type=kind, name=f"quiz-{question.id}", value=place)
        text = make("span", as_nodes(choice.text))
        rows.append(make("label", box, text, classes=["quiz-choice"]))
    return rows


def _number_row(question):
    name = f"quiz-{question.id}"
    box = make("input", type="text", ids=[name], name=name, inputmode="decimal")
    label = make("label", "Your number", for_=name)
    unit = [make("span", question.unit, classes=["quiz-unit"])] if question.unit else []
    return make("div", label, box, *unit, classes=["quiz-entry"])


def _answer(question):
    """The answer, folded away; the script takes its feedback from here."""
    if question.kind == "number":
        text = make("strong", f"{question.answer_text}.")
        right = make("span", as_nodes(question.why), classes=["quiz-why"])
        hint = make("p", as_nodes(question.hint), classes=["quiz-hint"], hidden="")
        rows = [make("p", text, " ", right), hint]
    else:
        rows = [make("ul", *map(_explained, question.choices))]
    return make("details", make("summary", "Answer"), *rows, classes=["quiz-key"])


def _explained(choice):
    word = "Right" if choice.right else "Wrong"
    head = make("span", as_nodes(choice.text), classes=["quiz-text"])
    verdict = make("strong", f"{word}.", classes=["quiz-verdict"])
    why = make("span", as_nodes(choice.why), classes=["quiz-why"])
    classes = [f"quiz-{word.lower()}"]
    return make("li", head, make("p", verdict, " ", why), classes=classes)


def add_static_files(app):
    app.config.html_static_path.append(str(STATIC))


def load_where_needed(app, pagename, templatename, context, doctree):
    """Give the script and the style to the pages that have a quiz, and to no others."""
    if doctree and any("quiz" in node["classes"] for node in doctree.findall(tag)):
        app.add_css_file("quiz.css")
        if app.config.quiz_key:
            app.add_js_file("quiz.js", loading_method="defer")


def setup(app):
    app.add_config_value("quiz_key", True, "env", bool)
    app.add_node(tag, html=(visit_tag, depart_tag), latex=(skip_tag, None), text=(skip_tag, None))
    app.add_directive("quiz", Quiz)
    app.connect("builder-inited", add_static_files)
    app.connect("html-page-context", load_where_needed)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
