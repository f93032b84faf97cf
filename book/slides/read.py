"""Read the slides out of a chapter: what they show, and what the speaker says.

A slide has the heading of its section, and shows

- a code cell with one of these tags: ``slide`` (the code and its output), ``slide-code`` (the
  code alone), ``slide-output`` (the output alone, as for a picture; so for ``slide``, too, if the
  page folds the code away);
- or a picture, a table, a displayed formula, or a list of the text.

The paragraph before a tagged cell is shown in two cases. If it ends with a question mark, what
follows its last full stop is asked in large letters, the rest stands above, and the cell comes
at the next step. And a short output without its code has its paragraph above.

All paragraphs are in the notes: what a section begins with beside its first slide, the rest
beside the slide before it. The first exercise is a slide as well, and so is the first question of
the quiz that has one right answer; this answer is in the notes, so the decks are for teachers.
"""

import re
from dataclasses import dataclass, field, replace
from html import escape

from bs4 import BeautifulSoup

from book.chapter import is_glue, output_text, tags
from book.markdown import markdown
from book.plain import glued_values, plain_markdown
from book.quiz.model import LETTERS

TAGS = {"slide", "slide-code", "slide-output"}
LINES = 17  # of code and output together; with more, the output gets a slide of its own
FEW = 5  # of these have room below a paragraph
QUIZ = "<!-- quiz -->"
GUESS, TOLD = "<!-- guess -->", "<!-- told -->"  # around a question and what is told after it
LOCAL_LINK = re.compile(r"(?<!!)\[((?:[^\[\]]|\[[^\]]*\])*)\]\((?!https?:)[^()\s]+\)")


class SlideError(ValueError):
    """A chapter that no slides can be made of: the message says which, why, and what to do."""


@dataclass
class Slide:
    """One slide.

    Attributes
    ----------
    kind : str
        Such as ``"figure"``: a class for the style sheet.
    heading : str
        Markdown.
    parts : list of (str, str)
        What each is (``text``, ``lead``, ``question``, ``code``, ``output``), and its source:
        Markdown in the first three.
    notes : list of str
        What the speaker says, in Markdown.
    """

    kind: str
    heading: str
    parts: list
    notes: list = field(default_factory=list)


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
        for token in markdown(html=True).parse(text)
        if token.level == 0 and token.map
    ]


def paragraph_parts(paragraph):
    """A paragraph as it stands on a slide.

    >>> paragraph_parts("Train both. Which one is better?")
    [('lead', 'Train both.'), ('question', 'Which one is better?')]
    >>> paragraph_parts("Train both.")
    [('lead', 'Train both.')]
    """
    if not paragraph.endswith("?"):
        return [("lead", paragraph)]
    before, stop, question = paragraph.rpartition(". ")
    return [("lead", before + stop.strip())] * bool(stop) + [("question", question)]


def cell_slides(cell, tag, heading, paragraph=""):
    """The slides of one tagged cell.

    Parameters
    ----------
    cell : nbformat.NotebookNode
    tag, heading : str
    paragraph : str, optional
        The one before it.

    Returns
    -------
    list of Slide
    """
    folded = tag == "slide" and "hide-input" in tags(cell)
    code = "" if tag == "slide-output" or folded else cell.source
    pictures, text = ([], "") if tag == "slide-code" else _outputs(cell)
    if tag != "slide-code" and not pictures and not text:
        raise SlideError(f"tagged {tag!r}, and without output: {cell.source[:60]!r}")
    shown = [(what, source) for what, source in [("code", code), ("output", text)] if source]
    lines = sum(source.count("\n") + 1 for _, source in shown)
    kind = "code" if code else "result"
    groups = [shown] if lines <= LINES else [[part] for part in shown]
    slides = [Slide(kind, heading, group) for group in groups if group]
    slides += [Slide("figure", heading, [("text", picture)]) for picture in pictures]

    words, few = paragraph_parts(paragraph), 0 < lines <= FEW
    if asks := words[-1][0] == "question":
        kind = "question"
    if asks and not few:
        slides.insert(0, Slide(kind, heading, words))
    elif asks or paragraph and few and not code:
        slides[0] = Slide(kind, heading, words + shown)
    return slides


def _outputs(cell):
    """A cell's pictures in HTML, and its other outputs as one text."""
    alt = cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "")
    pictures, texts = [], []
    for output in cell.outputs:
        data = output.get("data", {})
        if is_glue(output):
            continue
        if "image/png" in data:
            picture = data["image/png"].replace("\n", "")
            pictures.append(f'<img alt="{escape(alt)}" src="data:image/png;base64,{picture}">')
        elif "data-live-figure" in data.get("text/html", ""):
            still = BeautifulSoup(data["text/html"], "html.parser")
            pictures += [str(picture) for picture in still.select("img, table")]
        elif "text/html" in data:
            # printing a summary of Keras leaves an empty one behind
            if re.sub(r"<[^>]*>", "", data["text/html"]).strip():
                raise SlideError(f"HTML has no place on a slide: {cell.source[:60]!r}")
        else:
            texts.append(output_text(output).strip("\n"))
    return pictures, "\n".join(texts)


class _Slides:
    """Gathers the slides of a chapter, and the notes of each."""

    def __init__(self, heading):
        self.slides, self.heading, self.said = [], heading, []
        self.begun = False  # whether the section has a slide
        self.paragraph = ""  # the last block that was said, if it is one

    def section(self, heading):
        self.finish()
        self.heading, self.begun = heading, False

    def finish(self):
        """Give what was said last to the last slide."""
        if self.said:
            title = [] if self.begun else [f"**{self.heading}**"]
            self.slides[-1].notes += title + self.said
        self.said, self.paragraph = [], ""

    def ask(self, question, told):
        """A guess box: the question can stand on a slide; what follows it is told with it."""
        self.said.append("\n\n".join([f"**{question}**", *told]))
        self.paragraph = question if question.endswith("?") else ""

    def say(self, kind, source):
        self.said.append(source)
        self.paragraph = source if kind == "paragraph" else ""

    def show(self, *slides):
        """Add slides; what begins the section, or stands on the first one, is said with it."""
        on_it = slides[0].parts[0][0] in ("lead", "question")  # the last paragraph
        stays = len(self.said) - on_it if self.begun else 0
        slides[0].notes = self.said[stays:] + slides[0].notes
        self.said = self.said[:stays]
        self.begun = True
        self.finish()
        self.slides += slides

    def block(self, kind, source):
        """Show a block of text if it can be seen, else say it."""
        if kind.endswith("list"):
            self.show(Slide("list", self.heading, [("text", source)]))
        elif kind in ("table", "math_block") or source.startswith("<img "):
            kind = {"table": "table", "math_block": "math"}.get(kind, "figure")
            self.show(Slide(kind, self.heading, [("text", source)]))
        elif kind in ("paragraph", "blockquote", "fence"):
            self.say(kind, source)


def read_slides(chapter, page, questions):
    """The slides of a chapter.

    Parameters
    ----------
    chapter : Chapter
        From its ``.ipynb``, with outputs.
    page : Page
        Where it stands.
    questions : list of Question
        Its quiz.

    Returns
    -------
    list of Slide

    Raises
    ------
    SlideError
        If no cell is tagged, or a tagged one has nothing to show.
    """
    page = replace(page, glued=glued_values(chapter.notebook), quiz=lambda path: QUIZ, guess=_guess)
    deck = _Slides(chapter.title)
    tagged = 0
    single = [question for question in questions if question.kind == "single"]
    for piece in chapter.pieces:
        if piece.is_code:
            for tag in sorted(TAGS & set(tags(piece.cell))):
                if piece.role != "lesson":
                    raise SlideError(f"tagged {tag!r}, a {piece.role} cell: {piece.source[:60]!r}")
                deck.show(*cell_slides(piece.cell, tag, deck.heading, deck.paragraph))
                tagged += 1
        elif piece.role == "exercise" and piece.label == chapter.exercises[0].label:
            deck.show(_exercise(chapter.exercises[0], page))
        elif piece.role == "lesson":
            found = iter(_blocks(piece.source, page))
            for kind, source in found:
                if source == GUESS:
                    question, *told = (
                        part for _, part in iter(found.__next__, ("html_block", TOLD))
                    )
                    deck.ask(question, told)
                elif kind == "heading" and deck.slides:
                    deck.section(source.lstrip("# "))
                elif kind == "blockquote" and len(deck.slides) == 1:
                    deck.slides.append(_objectives(source))
                elif kind == "paragraph" and not deck.slides:
                    deck.slides.append(Slide("title", chapter.title, [("text", source)]))
                elif source == QUIZ and single:
                    deck.show(_quiz(single[0]))
                else:
                    deck.block(kind, source)
    deck.finish()
    if not tagged:
        raise SlideError(
            "no cell is tagged 'slide'. Tag some in the .md, and carry the tags over with "
            "-m book.execute --text"
        )
    return deck.slides


def _blocks(source, page):
    return blocks(LOCAL_LINK.sub(r"\1", plain_markdown(source, page)))


def _guess(question, content):
    return ["", GUESS, "", question, "", *content, "", TOLD, ""]


def _objectives(card):
    """What the chapter's card promises; the rest of the card is for the speaker."""
    parts = blocks(re.sub(r"^> ?", "", card, flags=re.MULTILINE))
    place = next(i for i, (kind, _) in enumerate(parts) if kind == "bullet_list")
    (_, promise), shown = parts[place - 1], parts[place][1]
    notes = [source for _, source in parts[place + 1 :]]
    return Slide("list", promise.strip("*"), [("text", shown)], notes)


def _exercise(exercise, page):
    parts = [("text", "\n\n".join(source for _, source in _blocks(exercise.text, page)))]
    if exercise.stub.source.count("\n") <= 8:
        parts.append(("code", exercise.stub.source))
    notes = ["An exercise of the chapter. The notebook checks the answer and gives hints."]
    return Slide("exercise", f"Exercise: {exercise.title}", parts, notes)


def _quiz(question):
    choices = "\n".join(f"1. {choice.text}" for choice in question.choices)
    notes = [
        f"**{letter} is {'right' if choice.right else 'wrong'}.** {choice.why}"
        for letter, choice in zip(LETTERS, question.choices)
    ]
    return Slide("quiz", "Check yourself", [("text", f"{question.ask}\n\n{choices}")], notes)
