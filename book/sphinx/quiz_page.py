"""The ``{quiz}`` directive: a quiz on a page, which its script brings to life.

It names the file, seen from the page::

    ```{quiz} 02-reading-idx-files.quiz.yml
    ```

With ``quiz_key = False`` in the book's configuration the pages hold the questions and room to
answer, and nothing that tells the answers.
"""

import re
from pathlib import Path

from docutils import nodes
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from book.quiz.model import QuizError, inline, read_quiz

logger = logging.getLogger(__name__)
STATIC = Path(__file__).parent / "quiz"  # nothing else: all of it goes to the site


def as_nodes(text):
    """The docutils nodes of a text, for Sphinx."""
    root = current = nodes.inline()
    for token in inline(text):
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
    rows = [number_row(question)] if question.kind == "number" else _choice_rows(question)
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
    answer = _answer(question)
    if question.section:  # which is found when the whole page is read: see link_sections
        link = make("a", as_nodes(question.section), href="#")
        link["section"] = question.section
        answer += make("p", "Read again: ", link, classes=["quiz-section"])
    return make("form", fieldset, answer, classes=["quiz-card"], **data)


def _choice_rows(question):
    kind = "radio" if question.kind == "single" else "checkbox"
    rows = []
    for place, choice in enumerate(question.choices):
        box = make("input", type=kind, name=f"quiz-{question.id}", value=place)
        text = make("span", as_nodes(choice.text))
        rows.append(make("label", box, text, classes=["quiz-choice"]))
    return rows


def number_row(question, label="Your number"):
    """A field for a number, with its label and its unit."""
    name = f"quiz-{question.id}"
    box = make("input", type="text", ids=[name], name=name, inputmode="decimal")
    label = make("label", label, for_=name)
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


def link_sections(app, doctree):
    """Lead from each question to the section that it names."""
    links = [node for node in doctree.findall(tag) if node.get("section")]
    if not links:
        return
    sections = {
        " ".join(section.next_node(nodes.title).astext().split()): section["ids"][0]
        for section in doctree.findall(nodes.section)
        if section.next_node(nodes.title)  # exercises make sections without one
    }
    for link in links:
        name = re.sub(r"[`*$]", "", link["section"])
        if name in sections:
            link["html"]["href"] = f"#{sections[name]}"
        else:
            known = ", ".join(map(repr, sections))
            logger.warning(f"a question names the section {name!r}, of: {known}", location=link)


def add_static_files(app):
    app.config.html_static_path.append(str(STATIC))


def load_where_needed(app, pagename, templatename, context, doctree):
    """Give the script and the style to the pages that have a quiz, and to no others."""
    if doctree and any("quiz" in node["classes"] for node in doctree.findall(tag)):
        app.add_css_file("quiz.css")
        if app.config.quiz_key:
            app.add_js_file("progress.js", loading_method="defer", priority=700)
            app.add_js_file("numbers.js", loading_method="defer", priority=700)
            app.add_js_file("quiz.js", loading_method="defer", priority=800)
    elif doctree and pagename == app.config.root_doc and app.config.quiz_key:
        # its table of the chapters shows which are finished
        app.add_css_file("quiz.css")
        app.add_js_file("progress.js", loading_method="defer", priority=700)


def setup(app):
    app.add_config_value("quiz_key", True, "env", bool)
    app.add_node(tag, html=(visit_tag, depart_tag), latex=(skip_tag, None), text=(skip_tag, None))
    app.add_directive("quiz", Quiz)
    app.connect("builder-inited", add_static_files)
    app.connect("doctree-read", link_sections)
    app.connect("html-page-context", load_where_needed)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
