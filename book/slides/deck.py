"""Make a deck of slides of each chapter: ``python -m book.slides.deck FOLDER [NN ...]``.

FOLDER gets an HTML file for each chapter, or for those whose numbers are given, and an
``index.html`` that lists them. A file holds all that it needs, works without a network, and
prints to PDF. The decks are made from the .ipynb and their stored outputs; what goes on a slide,
and what into its notes, says ``book/slides/read.py``.
"""

import argparse
import sys
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from book.chapter import ChapterError, read_chapter
from book.common import CHAPTERS, ROOT, chapters
from book.markdown import markdown
from book.plain import ConversionError, Page, citations
from book.quiz.model import QuizError, read_quiz
from book.slides.read import SlideError, read_slides

TEMPLATES = Path(__file__).parent
WIDTH, HEIGHT, LEFT = 1120, 500, 220  # room for code, in pixels; its height below a text
SMALLEST, LARGEST = 20, 36  # its letters
AREA = 640_000  # room for text: the square of its letters' size, times their number
LARGEST_TEXT = 34


# ---- sizes


def letter_size(texts, height=HEIGHT):
    """How large texts of fixed width can be drawn on one slide, in pixels.

    >>> letter_size(["x = 1"]), letter_size(["x" * 85])
    (36, 21)
    """
    lines = "\n".join(texts).split("\n")
    width, lines = max(map(len, lines)) * 0.61, (len(lines) + 1) * 1.35
    return max(SMALLEST, min(LARGEST, int(WIDTH / width), int(height / lines)))


def text_size(text):
    """How large a list or a paragraph can be drawn, in pixels.

    >>> text_size("word " * 100), text_size("word " * 200)
    (34, 25)
    """
    return max(SMALLEST, min(LARGEST_TEXT, int((AREA / len(text)) ** 0.5)))


def code_size(slide):
    """How large the code and the output of a slide can be drawn, in pixels."""
    texts = [text for what, text in slide.parts if what in ("code", "output")]
    return letter_size(texts, HEIGHT if len(texts) == len(slide.parts) else LEFT)


# ---- HTML


def _python(code):
    return Markup(highlight(code, PythonLexer(), HtmlFormatter(nowrap=True)).rstrip("\n"))


def _inline_script(path):
    """A script that can stand inside a page: nothing in it ends the script."""
    return Markup(
        path.read_text("utf-8").replace("</script", r"<\/script").replace("<!--", r"<\!--")
    )


def render(number, slides):
    """The deck of a chapter as a page of HTML that needs nothing else."""
    reveal = files("sphinx_revealjs") / "_static" / "revealjs"
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
        slides=slides,
        style=Markup("\n".join(styles)),
        scripts=[
            _inline_script(reveal / "dist" / "reveal.js"),
            _inline_script(reveal / "plugin" / "notes" / "notes.js"),
        ],
        mathjax=_inline_script(mathjax),
    )


def _template(name):
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True)
    environment.filters |= {
        "markdown": lambda source, html=True: Markup(markdown(html).render(source)),
        "inline": lambda source: Markup(markdown(html=True).renderInline(source)),
        "python": _python,
        "code_size": code_size,
        "text_size": text_size,
    }
    return environment.get_template(name)


def make_slides(folder, numbers=None, source=CHAPTERS):
    """Write the decks and their ``index.html`` into a folder.

    Parameters
    ----------
    folder : str or pathlib.Path
        Where to; it is made if need be, and other files in it stay.
    numbers : list of str, optional
        Those of the chapters, such as ``["08"]``; all if left out.
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
    page = Page(source, cite=citations(ROOT / "references.bib"))
    found = chapters(source)
    if unknown := set(numbers or []) - found.keys():
        raise SlideError(f"no chapter {', '.join(sorted(unknown))} in {source}")
    decks, titles = {}, {}
    for number in numbers or found:
        chapter = read_chapter(found[number].with_suffix(".ipynb"))
        try:
            slides = read_slides(chapter, page, read_quiz(found[number].with_suffix(".quiz.yml")))
        except (SlideError, ConversionError) as error:
            raise SlideError(f"{chapter.stem}.ipynb: {error}") from error
        name = f"{chapter.stem}.html"
        titles[name] = f"{chapter.number}. {chapter.title}"
        decks[name] = render(chapter.number, slides)
    decks["index.html"] = _template("index.html").render(decks=titles)
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name, html in decks.items():
        (folder / name).write_text(html, "utf-8")
    return [folder / name for name in titles]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", help="where to write")
    parser.add_argument("chapters", nargs="*", help="numbers such as 05; without one, all")
    wanted = parser.parse_args()
    try:
        written = make_slides(wanted.folder, wanted.chapters)
    except (ChapterError, QuizError, SlideError) as error:
        sys.exit(str(error))
    print(f"{len(written)} decks written: open {Path(wanted.folder, 'index.html')}")
