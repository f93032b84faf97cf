"""Make the book as PDF and as EPUB: ``python -m book.paper.pdf FOLDER``.

Both are made from the built site, that is from the stored outputs: nothing is run, and no network
is needed. Chromium typesets the formulas and prints. ``--edition student`` leaves the solutions
and the quizzes' answers out; ``--site FOLDER`` takes a site that is built already.
"""

import argparse
import json
import random
import re
import shutil
import sys
import tempfile
from contextlib import contextmanager
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template

from bs4 import BeautifulSoup
from playwright.sync_api import Error, sync_playwright
from pypdf import PdfReader

from book.common import CHROMIUM_FLAGS, ROOT, find_chromium
from book.paper.epub import write_epub
from book.paper.read import EDITIONS, BookError, new, read_book
from book.site import build_site

PAPER = Path(__file__).parent
NAME = "from-bytes-to-digits"
# the first version that prints what @page puts into the margins: page numbers, running heads
OLDEST = 131


@contextmanager
def open_browser():
    """A page of Chromium.

    Raises
    ------
    BookError
        If there is no Chromium, or it is too old.
    """
    path = find_chromium()
    if path is None:
        raise BookError(
            "The PDF and the EPUB are made with Chromium, and this machine has none. On Debian or "
            "Ubuntu: apt install chromium. Elsewhere set CHROMIUM to the program's path; Chrome "
            "and Edge will do."
        )
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        except Error as error:
            raise BookError(f"{path} does not start as Chromium does: {error}") from error
        if int(browser.version.split(".")[0]) < OLDEST:
            raise BookError(f"{path} is version {browser.version}; {OLDEST} or newer is needed")
        page = browser.new_context(offline=True).new_page()
        page.set_default_timeout(0)  # a busy machine may take its time
        yield page
        browser.close()


# ---- formulas


def typeset(book, page):
    """The formulas of the book, typeset by MathJax.

    Returns
    -------
    dict of str to dict
        For each formula, as it stands on the site, its "svg" for paper and its "mathml".
    """
    sources = {tag.get_text() for chapter in book.chapters for tag in chapter.body.select(".math")}
    formulas = [
        # \( in the line \), \[ on its own \]
        {"source": text, "tex": text.strip()[2:-2], "display": text.strip().startswith(r"\[")}
        for text in sorted(sources)
    ]
    page.goto("about:blank")
    page.evaluate("window.MathJax = {startup: {typeset: false}, svg: {fontCache: 'none'}}")
    script = files("sphinx-mathjax-offline") / "static" / "mathjax" / "tex-svg.js"
    page.add_script_tag(content=script.read_text("utf-8"))
    return page.evaluate(
        """async (formulas) => {
            await MathJax.startup.promise;
            return Object.fromEntries(formulas.map(({source, tex, display}) => [source, {
                svg: MathJax.tex2svg(tex, {display}).querySelector("svg").outerHTML,
                mathml: MathJax.tex2mml(tex, {display}),
            }]));
        }""",
        formulas,
    )


def set_formulas(chapter, typeset, form):
    """A chapter's HTML with its formulas as "svg" or "mathml"."""
    soup = BeautifulSoup(str(chapter.body), "html.parser")
    for tag in soup.select(".math"):
        source = tag.get_text()
        formula = BeautifulSoup(typeset[source][form], "html.parser")
        if form == "svg":
            formula.svg["role"], formula.svg["aria-label"] = "img", source.strip()[2:-2]
        tag.clear()
        tag.append(formula)
    return soup


# ---- the cover


def cover(book):
    """The cover as SVG: the bytes of an IDX file, and the digit of the logo among them."""
    logo = (ROOT / "_static" / "logo.svg").read_text("utf-8")
    paths = re.findall(r"<path[^>]*/>", logo)
    columns, rows, side = 16, 16, 210 / 16
    chance = random.Random(7)

    def field(texts, first=0):
        return "".join(
            f'<text x="{side * (i % columns + 0.5):.2f}" '
            f'y="{side * (i // columns + 0.5) + 1.9:.2f}">{text}</text>'
            for i, text in enumerate(texts, start=first)
        )

    grid = [f"M{x * side} 0V{rows * side}" for x in range(1, columns)]
    grid += [f"M0 {y * side}H210" for y in range(1, rows)]
    # the head of the file with the training images: chapter 2 reads it
    header = "00 00 08 03 00 00 ea 60 00 00 00 1c 00 00 00 1c".split()
    ink = [f"{chance.randrange(0x80, 0xFF):02x}" for _ in range(columns * rows)]
    return Template((PAPER / "cover.svg").read_text("utf-8")).substitute(
        label=escape(f"Cover: {book.title}. A 7 of blue squares among the bytes of a file."),
        seven=" ".join(re.search(r' d="([^"]+)"', path)[1] for path in paths),
        logo="".join(paths),
        header=field(header),
        zeros=field(["00"] * (columns * (rows - 1)), first=columns),
        ink=field(ink),
        grid="".join(grid),
        title=escape(book.title),
        subtitle=escape(book.subtitle),
        authors=escape(", ".join(book.authors)),
        edition="Student edition" if book.edition == "student" else "",
    )


# ---- the PDF


def styles(book, *names):
    """Styles from beside this script, and the site's colors for code, those of the light theme."""
    site = (book.site / "_static" / "pygments.css").read_text("utf-8")
    light = re.findall(r'^html\[data-theme="light"\] (\.highlight \.\w+ .*)$', site, re.MULTILINE)
    return "\n".join([*[(PAPER / name).read_text("utf-8") for name in names], *light, ""])


def title_page(book):
    """The title page, as tags that both formats use."""
    date = f"{book.date:%B} {book.date.day}, {book.date.year}"
    imprint = [new("p", f"Version {book.version}, made on {date}.")]
    for what, name, address in book.licenses:
        imprint.append(new("p", f"{what}: ", new("a", name, href=address), "."))
    if book.edition == "student":
        imprint.insert(0, new("p", "Student edition, without solutions."))
    return [
        new("p", book.title, class_="title"),
        new("p", book.subtitle, class_="subtitle"),
        new("p", ", ".join(book.authors), class_="authors"),
        new("div", *imprint, class_="imprint"),
    ]


def contents(book):
    """The table of contents, its page numbers still to be filled in."""
    section = new("section", new("h1", "Contents"), class_="contents", id="at-contents")
    for part, chapters in book.parts():
        if part:
            section.append(new("p", part, class_="part"))
        section.append(new("ol", *map(_entry, chapters)))
    return section


def _entry(chapter):
    item = new("li", _line(chapter.title, chapter.name))
    headings = chapter.body.select("section > h2") if chapter.title[0].isdigit() else []
    if headings:
        lines = [new("li", _line(h.get_text(), h.parent["id"])) for h in headings]
        item.append(new("ol", *lines))
    return item


def _line(title, target):
    page = new("span", class_="page", data_page=target)
    return new("a", title, page, href=f"#{target}")


def running_heads(book):
    """A kind of page for each chapter, with its title above."""
    rules = []
    for i, title in enumerate(["Contents", *[chapter.title for chapter in book.chapters]]):
        heads = f"@top-left {{ content: {json.dumps(book.title)}; }} "
        heads += f"@top-right {{ content: {json.dumps(title, ensure_ascii=False)}; }}"
        rules.append(f"@page p{i} {{ {heads} @bottom-center {{ content: counter(page); }} }}")
    return "\n".join(rules)


def pages_to_print(book, formulas):
    """The whole book as one page of HTML."""
    sections = [contents(book)]
    for part, chapters in book.parts():
        for place, chapter in enumerate(chapters):
            section = set_formulas(chapter, formulas, "svg").section
            section["class"] = ["chapter"]
            for picture in section.select("img"):
                picture["src"] = Path(picture["src"]).as_uri()
            if part and place == 0:
                section.insert(0, new("p", part, class_="part"))
            sections.append(section)
    for i, section in enumerate(sections):
        section["style"] = f"page: p{i}"
    style = styles(book, "content.css", "print.css") + running_heads(book)
    first = new("section", *title_page(book), class_="title-page")
    return (
        f'<!doctype html><html lang="{book.language}"><head><meta charset="utf-8">'
        f"<title>{escape(book.title)}</title><style>{style}</style></head><body>"
        f'<div class="cover">{cover(book)}</div>{first}{"".join(map(str, sections))}</body></html>'
    )


def write_pdf(book, formulas, page, path, work):
    """Print the book: again and again, until the numbers of its pages stay as they are.

    Parameters
    ----------
    book : Book
    formulas : dict
        From ``typeset``.
    page : playwright.sync_api.Page
    path : pathlib.Path
        The PDF.
    work : pathlib.Path
        A folder for what is only needed meanwhile.
    """
    source = work / "book.html"
    source.write_text(pages_to_print(book, formulas), "utf-8")
    page.goto(source.as_uri())
    page.emulate_media(media="print", color_scheme="light")
    numbers = {}
    for _ in range(4):
        page.evaluate(
            """(numbers) => {
                for (const place of document.querySelectorAll("[data-page]"))
                    place.textContent = numbers[place.dataset.page] ?? "000";
            }""",
            numbers,
        )
        page.pdf(path=path, prefer_css_page_size=True, tagged=True, outline=True)
        reader = PdfReader(path)
        found = {
            name.lstrip("/"): reader.get_destination_page_number(place) + 1
            for name, place in reader.named_destinations.items()
        }
        if found == numbers:
            break
        numbers = found
    else:
        raise BookError("the numbers of the pages do not settle")


# ---- both


def make(folder, site=None, edition="full"):
    """Write the PDF and the EPUB into a folder; return their paths.

    Parameters
    ----------
    folder : str or pathlib.Path
        Where to write; it is made if need be. What is there stays until both are complete.
    site : str or pathlib.Path, optional
        A site that is built already.
    edition : {"full", "student"}

    Raises
    ------
    BookError
        If something is missing or amiss.
    RuntimeError
        If the site cannot be built.
    """
    folder = Path(folder)
    with open_browser() as page, tempfile.TemporaryDirectory() as work:
        work = Path(work)
        if site is None:
            site = work / "site"
            build_site(site)
        book = read_book(site, edition)
        formulas = typeset(book, page)
        made = [work / f"{NAME}.pdf", work / f"{NAME}.epub"]
        write_pdf(book, formulas, page, made[0], work)
        page.set_viewport_size({"width": 1200, "height": 1697})
        page.set_content(f"<style>body {{ margin: 0 }} svg {{ width: 100% }}</style>{cover(book)}")
        picture = page.screenshot(type="jpeg", quality=90)
        pages = [set_formulas(chapter, formulas, "mathml").section for chapter in book.chapters]
        style = styles(book, "content.css", "epub.css")
        write_epub(book, pages, title_page(book), style, picture, made[1])
        folder.mkdir(parents=True, exist_ok=True)
        return [Path(shutil.move(path, folder / path.name)) for path in made]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Make the book as PDF and as EPUB.")
    parser.add_argument("folder", help="where to write them")
    parser.add_argument("--site", help="a site that is built already")
    parser.add_argument("--edition", choices=EDITIONS, default="full")
    options = parser.parse_args()
    try:
        for path in make(**vars(options)):
            print(f"{path}: {path.stat().st_size / 1e6:.1f} MB")
    except (BookError, RuntimeError) as error:
        sys.exit(str(error))
