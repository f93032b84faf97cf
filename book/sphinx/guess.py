r"""The ``{guess}`` directive: a question to the reader, whose answer waits for a guess.

::

    :::{guess} What share of the test images will it read correctly?
    :answer: test_accuracy
    :unit: %
    :range: 0 100
    It reads {glue:text}`test_accuracy`; guessing would give 10%.
    :::

The reader types a guess and sees it beside the answer, on a scale; then the text below the options
appears. Nothing is judged. Without scripts, in print, and in the notebooks to download the question
stands above that text.

``:answer:``
    The name of a value that a cell of this chapter stored with ``glue``, a number, or one of the
    choices. Left out, the guess is repeated above the text, and nothing is said of it.
``:unit:``
    What is counted. A glued ``97.9%`` brings its own.
``:range:``
    Where the scale begins and ends: two numbers. Left out, it is 0 to 100 for percent, and else
    as long as the answer and the guess need.
``:choices:``
    What to choose from, in place of a number: ``relu | tanh | softmax``.
``:covers:``
    The output of the next code cell is covered until a guess is made, or "Show me" is pressed.
"""

import re
from pathlib import Path

from docutils.parsers.rst import directives
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from book.chapter import read_chapter
from book.sphinx.quiz_page import make, tag

STATIC = Path(__file__).parent / "guess"  # nothing else: all of it goes to the site
NUMBER = re.compile(r"([-+−]?(?:\d[\d,]*\.?\d*|\.\d+)(?:e[-+]?\d+)?)\s*(\D*)", re.IGNORECASE)
logger = logging.getLogger(__name__)


def read_number(text):
    """A number with what stands behind it, or None.

    >>> read_number("97.9%"), read_number("1,000 images"), read_number("relu")
    ((97.9, '%'), (1000.0, 'images'), None)
    """
    found = NUMBER.fullmatch(text.strip())
    return found and (float(found[1].replace(",", "").replace("−", "-")), found[2].strip())


def with_unit(text, unit):
    """A number as people write it.

    >>> with_unit("60", "%"), with_unit("60", "images"), with_unit("60", "")
    ('60%', '60 images', '60')
    """
    return f"{text}{'' if unit == '%' else ' '}{unit}".strip()


def glued_text(env, name):
    """The text of a glued value of the page that is being read; None if there is none."""
    path = Path(env.doc2path(env.docname))
    if path.suffix != ".ipynb":
        return None
    kept = env.temp_data  # of this page alone
    if "guess_glued" not in kept:
        kept["guess_glued"] = {k: text for k, (text, _) in read_chapter(path).glued.items()}
    return kept["guess_glued"].get(name)


def limits(text):
    """Two numbers, the smaller one first."""
    low, high = map(float, text.split())
    if not low < high:
        raise ValueError("expected the smaller number first, as in 0 100")
    return f"{low:g} {high:g}"


def choices(text):
    found = [choice.strip() for choice in text.split("|")]
    if len(found) < 2 or not all(found) or len(set(found)) < len(found):
        raise ValueError("expected different choices with | between them")
    return found


class Guess(SphinxDirective):
    """``{guess} QUESTION``: see the top of this module."""

    required_arguments = 1
    final_argument_whitespace = True
    has_content = True
    option_spec = {
        "answer": directives.unchanged_required,
        "unit": directives.unchanged_required,
        "range": limits,
        "choices": choices,
        "covers": directives.flag,
    }

    def run(self):
        self.assert_has_content()
        number = self.env.new_serialno("guess")
        data = self._choices() if "choices" in self.options else self._answer()
        name = f"guess-{number}"
        asked, _ = self.state.inline_text(self.arguments[0], self.lineno)
        ask = make("p", make("strong", asked), classes=["guess-ask"], ids=[f"{name}-ask"])
        # choices say something without scripts, too; a field to type in does not
        offered = self._choice_rows(name) if "choices" in self.options else []
        rows = [] if offered else self._number_row(name)
        buttons = make(
            "div",
            make("button", "Guess", type="submit", classes=["guess-button"]),
            make("button", "Show me", type="button", classes=["guess-button", "guess-show"]),
            classes=["guess-buttons"],
        )
        entry = make("div", *rows, buttons, classes=["guess-entry"], hidden="")
        says = make("div", role="status", classes=["guess-says"])
        told = make("div", classes=["guess-told"])
        self.state.nested_parse(self.content, self.content_offset, told)
        html = {"autocomplete": "off", "aria_labelledby": f"{name}-ask"} | data
        form = make("form", ask, *offered, entry, says, told, classes=["guess"], **html)
        form["covers"] = "covers" in self.options
        self.set_source_info(form)
        return [form]

    def _answer(self):
        """The attributes that tell the script about a number."""
        unit = self.options.get("unit", "")
        data = {"data_unit": unit}
        if "answer" in self.options:
            named = self.options["answer"]
            text = named if read_number(named) else glued_text(self.env, named)
            if text is None:
                raise self.error(f"{{guess}}: no cell of this chapter glued {named!r}")
            if not (found := read_number(text)):
                raise self.error(f"{{guess}}: {named} is {text!r}, no number: give :choices:")
            value, own = found
            unit = data["data_unit"] = unit or own
            shown = text.strip().removesuffix(own).strip()
            if own == "" and "," not in shown and value.is_integer():
                shown = f"{value:,.0f}"
            data |= {"data_answer": repr(value), "data_text": with_unit(shown, unit)}
        if scale := self.options.get("range", "0 100" if unit == "%" else ""):
            data["data_range"] = scale
        return data

    def _choices(self):
        """The same for one of several choices."""
        if "answer" not in self.options:
            return {}
        named, offered = self.options["answer"], self.options["choices"]
        text = named if named in offered else glued_text(self.env, named)
        if text not in offered:
            raise self.error(
                f"{{guess}}: the answer {named!r} is none of the choices, nor a glued value that "
                f"is one (found {text!r})"
            )
        return {"data_answer": offered.index(text)}

    def _number_row(self, name):
        is_number = "answer" in self.options or {"unit", "range"} & self.options.keys()
        mode = {"inputmode": "decimal"} if is_number else {"data_free": ""}
        box = make("input", type="text", ids=[name], name=name, **mode)
        unit = self._answer()["data_unit"]
        after = [make("span", unit, classes=["guess-unit"])] if unit else []
        label = make("label", "Your guess", for_=name)
        return [make("div", label, box, *after, classes=["guess-row"])]

    def _choice_rows(self, name):
        rows = []
        for place, choice in enumerate(self.options["choices"]):
            text, _ = self.state.inline_text(choice, self.lineno)
            box = make("input", type="radio", name=name, value=place)
            mark = make("span", classes=["guess-mark"])
            rows.append(make("label", box, make("span", text), mark, classes=["guess-choice"]))
        return rows


def cover(app, doctree):
    """Mark the outputs that wait for a guess."""
    for form in doctree.findall(tag):
        if not form.get("covers"):
            continue
        after = form.parent[form.parent.index(form) + 1 :]
        cell = next((node for node in after if "cell" in node.get("classes", [])), None)
        outputs = cell and [n for n in cell if "cell_output" in n.get("classes", [])]
        if outputs:
            outputs[0]["classes"].append("guess-covered")
        else:
            logger.warning(
                "{guess} with :covers: expects a code cell with an output after it, in its section",
                location=form,
            )


def load_where_needed(app, pagename, templatename, context, doctree):
    """Give the script and the style to the pages that ask for a guess, and to no others."""
    if doctree and any("guess" in node["classes"] for node in doctree.findall(tag)):
        app.add_css_file("guess.css")
        app.add_js_file("numbers.js", loading_method="defer", priority=700)
        app.add_js_file("guess.js", loading_method="defer", priority=800)


def setup(app):
    app.setup_extension("book.sphinx.quiz_page")  # its tags, and how numbers are read
    app.add_directive("guess", Guess)
    app.connect("builder-inited", lambda app: app.config.html_static_path.append(str(STATIC)))
    app.connect("doctree-read", cover)
    app.connect("html-page-context", load_where_needed)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
