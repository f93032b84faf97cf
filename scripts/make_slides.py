"""Make a deck of slides of each chapter: ``python scripts/make_slides.py FOLDER [NN ...]``.

FOLDER gets an HTML file for each chapter, or for those whose numbers are given, and an
``index.html`` that lists them. A file holds all that it needs, works without a network, and
prints to PDF. The decks are made from the .ipynb and their stored outputs. What goes on a slide:

- the title, the objectives of the card, and the takeaways;
- each code cell with one of these tags: ``slide`` (the code and its output), ``slide-code`` (the
  code alone), ``slide-output`` (the output alone, as for a picture);
- each picture, table, displayed formula, and list in the text; of a list's entries, the first
  sentences;
- a question that the paragraph before a tagged cell asks: it gets a slide of its own, before the
  answer;
- what the text after an output begins with: it appears below the output at the next step;
- the first exercise, and the first question of the quiz that has one right answer.

All text is for the speaker: it becomes the notes of the slide that it stands beside. The notes
also hold the answer to the quiz question, so the decks are for teachers.
"""

import re
import sys
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path

import nbformat
from jinja2 import Environment, FileSystemLoader
from markdown_it import MarkdownIt
from markupsafe import Markup, escape
from mdit_py_plugins.dollarmath import dollarmath_plugin
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "_ext"))

from notebook_downloads import (  # noqa: E402
    ConversionError,
    Page,
    citations,
    glued_values,
    plain_markdown,
)
from quiz import LETTERS, QuizError, as_html, read_quiz  # noqa: E402

TEMPLATES = Path(__file__).parent / "slides"
TAGS = {"slide", "slide-code", "slide-output"}
LINES = 15  # of code and output together; with more, the output gets a slide of its own
WIDTH, HEIGHT = 1120, 440  # room for code, in pixels
SMALLEST, LARGEST = 20, 34  # its letters
LEAD = 45  # words before a question or an output that still fit beside it
SHORT = 4  # with fewer words a sentence says too little by itself
SENTENCE = re.compile(r"(?:(?<=[.?!])|(?<=[.?!][)\"]))\s+(?=[A-Z\"(*`$])")
LOCAL_LINK = re.compile(r"(?<!!)\[((?:[^\[\]]|\[[^\]]*\])*)\]\((?!https?:)[^()\s]+\)")


class SlideError(ValueError):
    """A chapter that no slides can be made of: the message says which, why, and what to do."""


@dataclass
class Slide:
    """One slide.

    Attributes
    ----------
    heading, body : str
        HTML.
    kind : str
        A class for the style sheet, such as ``"question"``.
    notes : list of str
        What the speaker says, in Markdown.
    """

    heading: str
    body: str
    kind: str = "text"
    notes: list = field(default_factory=list)

    @property
    def output(self):
        """Whether it ends with the text that a cell printed."""
        return '<pre class="output"' in self.body


def _parser():
    parser = MarkdownIt("commonmark", {"html": True}).enable("table")
    parser.use(dollarmath_plugin, allow_digits=False)
    # the delimiters of MathJax
    parser.add_render_rule("math_inline", _inline_formula)
    parser.add_render_rule("math_block", _formula)
    return parser


# between the delimiters of MathJax
def _inline_formula(renderer, tokens, i, *_):
    return rf"\({escape(tokens[i].content)}\)"


def _formula(renderer, tokens, i, *_):
    return rf"<div>\[{escape(tokens[i].content.strip())}\]</div>"


MARKDOWN = _parser()


# ---- text


def blocks(text):
    """Split Markdown into its outermost blocks.

    Returns
    -------
    list of (str, str)
        What each is, in the words of markdown-it, and its source.

    >>> blocks("A line.\\n\\n- one\\n- two")
    [('paragraph', 'A line.'), ('bullet_list', '- one\\n- two')]
    """
    lines = text.split("\n")
    return [
        (token.type.removesuffix("_open"), "\n".join(lines[slice(*token.map)]).strip())
        for token in MARKDOWN.parse(text)
        if token.level == 0 and token.map
    ]


def first_sentences(source):
    """A list in Markdown, each entry cut after its first sentence.

    >>> first_sentences("- **One.** A thing. More of it.\\n- Two: no more.")
    '- **One.** A thing.\\n- Two: no more.'
    """
    lines = source.split("\n")
    entries = [t for t in MARKDOWN.parse(source) if t.type == "list_item_open" and t.level == 1]
    texts = [" ".join(" ".join(lines[slice(*entry.map)]).split()) for entry in entries]
    # the number of an ordered list ends in a dot, too
    marks = [re.match(r"(?:[-*+]|\d+[.)]) ", text)[0] for text in texts]
    return "\n".join(
        mark + SENTENCE.split(text.removeprefix(mark))[0] for mark, text in zip(marks, texts)
    )


def sentences(paragraph):
    """The sentences of a paragraph."""
    return SENTENCE.split(" ".join(paragraph.split()))


def split_question(paragraph):
    """The last question of a paragraph, and what is said before it.

    Returns
    -------
    tuple of str or None
        The lead, which is short or empty, and the question; None if nothing is asked.

    >>> split_question("Train both. Which one is better? Guess.")
    ('Train both.', 'Which one is better?')
    """
    said = sentences(paragraph)
    asked = [i for i, sentence in enumerate(said) if sentence.endswith("?")]
    if not asked:
        return None
    first, last = asked[-1], asked[-1] + 1
    # "Is it A? Or is it B?", and "It looks fair. Is it?"
    while first and (first - 1 in asked or len(" ".join(said[first:last]).split()) < SHORT):
        first -= 1
    return lead(said[:first]), " ".join(said[first:last])


def lead(said, keep="last"):
    """As many of the sentences as fit beside something else, the last or the first of them.

    >>> lead(["(One.", "Two.)", "Three " * 43, "Four."]).split()[:2]
    ['Three', 'Three']
    >>> lead(["One.", "Two " * 45], keep="first")
    'One.'
    """
    said, drop = list(said), -1 if keep == "first" else 0
    while said and len(" ".join(said).split()) > LEAD or _cut_in_parentheses(said):
        del said[drop]
    return " ".join(said)


def _cut_in_parentheses(said):
    text = " ".join(said)
    return text.count("(") != text.count(")")


def message(paragraph):
    """What a paragraph begins with, if that can stand by itself; else nothing.

    >>> message("It is. Both are the same. And so on.")
    'It is. Both are the same.'
    >>> message("Now draw it."), message("Is it true?")
    ('', '')
    """
    said = sentences(paragraph)
    first = " ".join(said[: 2 if len(said[0].split()) < SHORT else 1])
    leads_on = "?" in first or first.startswith("Now ")
    return "" if leads_on or len(first.split()) > LEAD else first


# ---- cells


def letter_size(*texts):
    """How large texts of fixed width can be drawn on one slide, in pixels.

    >>> letter_size("x = 1"), letter_size("x" * 85)
    (34, 21)
    """
    lines = "\n".join(texts).split("\n")
    width, height = max(map(len, lines)) * 0.61, (len(lines) + 1) * 1.35
    return max(SMALLEST, min(LARGEST, int(WIDTH / width), int(HEIGHT / height)))


def _pre(kind, html, size):
    # Chromium lets a listing be scrolled, so it should be reached by keyboard
    return f'<pre class="{kind}" style="font-size: {size}px">{html}</pre>'


def _code(source, size):
    html = highlight(source, PythonLexer(), HtmlFormatter(nowrap=True)).rstrip("\n")
    return _pre("code", f"<code>{html}</code>", size)


def _outputs(cell):
    """A cell's pictures in HTML, and its other outputs as one text."""
    alt = cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "")
    pictures, texts = [], []
    for output in cell.outputs:
        data = output.get("data", {})
        if "glue" in output.get("metadata", {}):
            continue
        if "image/png" in data:
            picture = data["image/png"].replace("\n", "")
            pictures.append(f'<img alt="{escape(alt)}" src="data:image/png;base64,{picture}">')
        elif "text/html" in data:
            # printing a summary of Keras leaves an empty one behind
            if re.sub(r"<[^>]*>", "", data["text/html"]).strip():
                raise SlideError(f"HTML has no place on a slide: {cell.source[:60]!r}")
        else:
            text = output.get("text") or data.get("text/plain") or "\n".join(output["traceback"])
            texts.append(re.sub(r"\x1b\[[0-9;]*m", "", text).strip("\n"))
    return pictures, "\n".join(texts)


def cell_slides(cell, tag, heading):
    """The slides of one tagged code cell: one for each picture, and one or two for the text."""
    pictures, text = ([], "") if tag == "slide-code" else _outputs(cell)
    if tag != "slide-code" and not pictures and not text:
        raise SlideError(f"tagged {tag!r}, and without output: {cell.source[:60]!r}")
    code = "" if tag == "slide-output" else cell.source
    if len(f"{code}\n{text}".split("\n")) <= LINES:
        groups = [(code, text)]
    else:
        groups = [(code, ""), ("", text)]
    slides = []
    for code, text in groups:
        size = letter_size(*filter(None, [code, text])) if code or text else 0
        body = _code(code, size) if code else ""
        body += _pre("output", escape(text), size) if text else ""
        if body:
            slides.append(Slide(heading, body, "code" if code else "result"))
    return slides + [Slide(heading, picture, "figure") for picture in pictures]


# ---- a chapter


def _lead(text):
    return f'<p class="lead">{MARKDOWN.renderInline(text)}</p>' if text else ""


class Deck:
    """Gathers the slides of a chapter, and for each its notes.

    What is said after a slide belongs to it, up to the paragraph that leads on to the next one.
    Where a section begins, all belongs to the slide that follows.
    """

    def __init__(self):
        self.slides = []
        self._title = ""  # of the section, in Markdown
        self._begun = False  # whether the section has a slide
        self._said = []  # since the last slide
        self._seen = self._reads = False  # an output that is on no slide; the last text reads it

    @property
    def heading(self):
        """The title of the section, in HTML."""
        return MARKDOWN.renderInline(self._title)

    def section(self, title):
        """Begin a section."""
        self.finish()
        if self._said:  # a section without a slide
            self._said.insert(0, f"**{self._title}**")
        self._title, self._begun, self._seen = title, False, False

    def finish(self):
        """Give what was said last to the last slide, if there is one in this section."""
        if self._begun and self._said:
            slide = self.slides[-1]
            room = slide.output and slide.body.count("\n") < LINES - 5
            if room and (conclusion := message(self._said[0])):
                slide.body += f'<p class="fragment">{MARKDOWN.renderInline(conclusion)}</p>'
            slide.notes += self._said
            self._said = []

    def say(self, source):
        """Add a paragraph to the notes."""
        self._reads = self._seen
        self._seen = False
        self._said.append(source)

    def pass_over(self, cell):
        """Take note of a cell that is on no slide: the next paragraph may read its output."""
        self._seen = bool(cell.outputs) and "remove-cell" not in cell.metadata.get("tags", [])

    def _leading_on(self):
        """What of the text since the last slide belongs to the next one."""
        last = self._said[-1:]
        if not self._begun:
            return self._said
        return last if len(self._said) > 1 or last and re.search(r"[?:]", last[0][-80:]) else []

    def show(self, slides):
        """Add slides, with what leads on to them in the notes of the first."""
        before = self._leading_on()
        self._said = self._said[: len(self._said) - len(before)]
        self.finish()
        slides[0].notes = [*before, *slides[0].notes]
        self.slides += slides
        self._begun, self._said = True, []

    def show_cell(self, slides):
        """Add a cell's slides, after the question that the last paragraph asks, if it does."""
        *_, last = ["", *self._leading_on()]
        few = slides[0].kind == "result" and slides[0].body.count("\n") < 8
        if asked := split_question(last):
            before, question = asked
            body = _lead(before) + f"<p>{MARKDOWN.renderInline(question)}</p>"
            self.show([Slide(self.heading, body, "question")])
        elif few and not self._reads:
            slides[0].body = _lead(lead(sentences(last), keep="first")) + slides[0].body
        self.show(slides)

    def block(self, kind, source):
        """Add a block of text: to the slides if it can be seen, else to the notes."""
        if kind in ("bullet_list", "ordered_list"):
            short = first_sentences(source)
            notes = [] if short.split() == source.split() else [source]
            self.show([Slide(self.heading, MARKDOWN.render(short), "list", notes)])
        elif source.startswith("<img "):
            self.show([Slide(self.heading, source, "figure")])
        elif kind in ("table", "math_block"):
            self.show([Slide(self.heading, MARKDOWN.render(source), kind.split("_")[0])])
        elif kind in ("paragraph", "blockquote", "fence"):
            self.say(source)


def chapter_slides(notebook, page, questions):
    """The slides of a chapter.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        The .ipynb, with outputs.
    page : notebook_downloads.Page
        Where it stands.
    questions : list of quiz.Question
        Its quiz.

    Returns
    -------
    list of Slide

    Raises
    ------
    SlideError
        If no cell is tagged, or a tagged one has nothing to show.
    """
    page = Page(page.folder, glued_values(notebook), page.cite, lambda path: "")
    deck, part = Deck(), "title"
    tagged = 0
    for cell in notebook.cells:
        if cell.cell_type == "code":
            tags = TAGS & set(cell.metadata.get("tags", []))
            if tags and part not in ("title", "lesson"):
                raise SlideError(f"slides end where the exercises begin: {cell.source[:60]!r}")
            for tag in sorted(tags):
                deck.show_cell(cell_slides(cell, tag, deck.heading))
                tagged += 1
            if not tags:
                deck.pass_over(cell)
            if part == "exercise":  # the first, whose text came just before
                deck.slides[-1].body += _starter(cell.source)
                deck.slides += _quiz(questions)
                part = "checks"  # one exercise is enough; what follows holds answers
            continue
        text = plain_markdown(cell.source, page)
        for kind, source in blocks(LOCAL_LINK.sub(r"\1", text)):
            if kind == "heading":
                part = {"Exercises": "exercises", "Takeaways": "takeaways"}.get(
                    source.lstrip("# "), part if part == "exercises" else "lesson"
                )
                if source.startswith("# "):
                    title, part = source[2:], "title"
                deck.section(source.lstrip("# "))
            elif part == "title" and kind == "paragraph" and not deck.slides:
                body = MARKDOWN.render(source)
                deck.slides.append(Slide(MARKDOWN.renderInline(title), body, "title"))
            elif part == "title" and kind == "blockquote" and len(deck.slides) == 1:
                deck.slides.append(_objectives(source))
            elif part == "exercises" and kind == "blockquote":
                deck.slides.append(_exercise(source))
                part = "exercise"
            elif part == "takeaways" and "list" in kind:
                deck.show([Slide("Takeaways", MARKDOWN.render(source), "list")])
            elif part in ("title", "lesson", "takeaways"):
                deck.block(kind, source)
    deck.finish()
    if not tagged:
        raise SlideError(
            "no cell is tagged 'slide'. Tag some in the .md, and carry the tags over with "
            "scripts/execute_notebooks.py --text"
        )
    return deck.slides


def _unquote(source):
    return re.sub(r"^> ?", "", source, flags=re.MULTILINE)


def _objectives(card):
    """What the chapter's card promises; the rest of the card is for the speaker."""
    parts = blocks(_unquote(card))
    place = next(i for i, (kind, _) in enumerate(parts) if kind == "bullet_list")
    promise = parts[place - 1][1].strip("*")
    notes = [source for _, source in parts[place + 1 :]]
    return Slide(MARKDOWN.renderInline(promise), MARKDOWN.render(parts[place][1]), "list", notes)


def _exercise(source):
    (_, title), *rest = blocks(_unquote(source))
    body = "\n\n".join(source for _, source in rest)
    notes = ["An exercise of the chapter. The notebook checks the answer and gives hints."]
    return Slide(MARKDOWN.renderInline(title.strip("*")), MARKDOWN.render(body), "exercise", notes)


def _starter(source):
    """The cell to answer in, as readers find it; nothing if it holds anything else."""
    if "None" not in source or "SOLUTION" in source or source.count("\n") > 8:
        return ""
    return _code(source, letter_size(source))


def _quiz(questions):
    """A slide for the first question with one right answer; the answer is in the notes."""
    for question in questions:
        if question.kind == "single":
            choices = "".join(f"<li>{as_html(choice.text)}</li>" for choice in question.choices)
            body = f'<p>{as_html(question.ask)}</p><ol type="A">{choices}</ol>'
            notes = [
                f"**{letter} is {'right' if choice.right else 'wrong'}.** {choice.why}"
                for letter, choice in zip(LETTERS, question.choices)
            ]
            return [Slide("A question for the class", body, "quiz", notes)]
    return []


# ---- files


def _inline_script(path):
    """A script that can stand inside a page: nothing in it ends the script."""
    return Markup(
        path.read_text("utf-8").replace("</script", r"<\/script").replace("<!--", r"<\!--")
    )


def render(number, slides):
    """The deck of a chapter as a page of HTML that needs nothing else."""
    reveal = files("sphinx_revealjs") / "_static" / "revealjs"
    pages = [
        {
            "heading": Markup(slide.heading),
            "body": Markup(slide.body),
            "kind": slide.kind,
            "notes": Markup("".join(MARKDOWN.render(note) for note in slide.notes)),
        }
        for slide in slides
    ]
    html = "".join(page["body"] + page["notes"] for page in pages)
    mathjax = files("sphinx-mathjax-offline") / "static" / "mathjax" / "tex-svg.js"
    light, dark = (HtmlFormatter(style=f"a11y-high-contrast-{name}") for name in ("light", "dark"))
    styles = [
        (reveal / "dist" / "reveal.css").read_text("utf-8"),
        light.get_style_defs("pre.code"),
        f"@media screen {{ {dark.get_style_defs('.dark pre.code')} }}",
        (TEMPLATES / "slides.css").read_text("utf-8"),
    ]
    return _template("deck.html").render(
        number=number,
        title=Markup(slides[0].heading).striptags(),
        slides=pages,
        style=Markup("\n".join(styles)),
        scripts=[
            _inline_script(reveal / "dist" / "reveal.js"),
            _inline_script(reveal / "plugin" / "notes" / "notes.js"),
        ],
        mathjax=_inline_script(mathjax) if r"\(" in html or r"\[" in html else None,
    )


def _template(name):
    return Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True).get_template(name)


def make_slides(folder, chapters=None, source=ROOT / "chapters"):
    """Write the decks and their ``index.html`` into a folder.

    Parameters
    ----------
    folder : str or pathlib.Path
        Where to; it is made if need be, and other files in it stay.
    chapters : list of str, optional
        The numbers of the chapters, such as ``["08"]``; all if left out.
    source : pathlib.Path, optional
        The folder with the chapters.

    Returns
    -------
    list of pathlib.Path
        The decks.

    Raises
    ------
    SlideError
        If there is no such chapter, or no slides can be made of one. Nothing is written then.
    """
    cite = citations(ROOT / "references.bib")
    paths = sorted(source.glob("[0-9][0-9]-*.ipynb"))
    if unknown := set(chapters or []) - {path.name[:2] for path in paths}:
        raise SlideError(f"no chapter {', '.join(sorted(unknown))} in {source}")
    decks, titles = {}, {}
    for path in paths:
        if chapters and path.name[:2] not in chapters:
            continue
        notebook = nbformat.read(path, as_version=4)
        try:
            questions = read_quiz(path.with_suffix(".quiz.yml"))
            slides = chapter_slides(notebook, Page(source, cite=cite), questions)
        except (SlideError, ConversionError) as error:
            raise SlideError(f"{path.name}: {error}") from error
        name = f"{path.stem}.html"
        number = int(path.name[:2])
        titles[name] = f"{number}. {Markup(slides[0].heading).striptags()}"
        decks[name] = render(number, slides)
    decks["index.html"] = _template("index.html").render(decks=titles)
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name, html in decks.items():
        (folder / name).write_text(html, "utf-8")
    return [folder / name for name in titles]


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    try:
        written = make_slides(sys.argv[1], sys.argv[2:])
    except (QuizError, SlideError) as error:
        sys.exit(str(error))
    print(f"{len(written)} decks written: open {Path(sys.argv[1], 'index.html')}")
