"""The built site as a book that stands still: what the PDF and the EPUB are made from.

Every page of the table of contents becomes a chapter without scripts, forms, and buttons. Links
between pages become links within the book. Solutions and the quizzes' answers move from behind
their buttons to chapters of their own at the end, or stay out of the student edition.
"""

import base64
import datetime
import hashlib
import os
import re
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from string import ascii_uppercase
from urllib.parse import unquote, urlsplit

import yaml
from bs4 import BeautifulSoup, NavigableString
from PIL import Image

from book.common import ROOT

EDITIONS = ("full", "student")
COLUMNS = 88  # the longest line of code that the book has; longer output is wrapped
DOTS_PER_INCH = 120  # at which figures are shown: figure.dpi in book.mplstyle
PLAIN = "span:not([class], [id]), span.pre, .highlight .n, .highlight .p, .highlight .w"
MARK = "↪ "  # where a line of output had to be wrapped
LICENSES = {
    "CC-BY-4.0": ("Text and pictures", "CC BY 4.0", "https://creativecommons.org/licenses/by/4.0/"),
    "BSD-3-Clause": ("Code", "BSD 3-Clause", "https://opensource.org/license/bsd-3-clause"),
}


class BookError(Exception):
    """The book cannot be made: the message says what is amiss and what to do."""


@dataclass
class Chapter:
    """A page of the book.

    Attributes
    ----------
    name : str
        Its id in the book, and its file in the EPUB.
    title : str
    part : str
        What the table of contents groups it under; "" for none.
    body : bs4.Tag
        A <section> that holds all of it, its <h1> first.
    """

    name: str
    title: str
    part: str
    body: object


@dataclass
class Book:
    """What is read from the site, and what stands on the title page.

    Attributes
    ----------
    title, subtitle, version, language, edition : str
    authors : list of str
    licenses : list of (str, str, str)
        What each is for, its name, and its address.
    date : datetime.date
        Of the making, or that of SOURCE_DATE_EPOCH.
    chapters : list of Chapter
    site : pathlib.Path
        Where the pictures and the colors of the code are.
    """

    title: str
    subtitle: str
    version: str
    language: str
    edition: str
    authors: list
    licenses: list
    date: datetime.date
    chapters: list
    site: Path

    def parts(self):
        """Each part of the table of contents, with its chapters."""
        return groupby(self.chapters, attrgetter("part"))


def read_book(site, edition="full", root=ROOT):
    """Read a built site.

    Parameters
    ----------
    site : str or pathlib.Path
        The folder that ``book/site.py`` wrote.
    edition : {"full", "student"}
        The student edition has neither solutions nor the quizzes' answers.
    root : pathlib.Path
        The book's sources: its table of contents and CITATION.cff.

    Returns
    -------
    Book

    Raises
    ------
    BookError
        If a page is missing, or a link leads nowhere.
    """
    if edition not in EDITIONS:
        raise BookError(f"edition {edition!r}: there are {' and '.join(EDITIONS)}")
    site = Path(site).resolve()
    toc = yaml.safe_load((root / "_toc.yml").read_text("utf-8"))
    pages = {toc["root"]: ""}
    for part in toc["parts"]:
        pages |= dict.fromkeys(_files(part["chapters"]), part["caption"])
    if edition == "student":
        pages = {page: part for page, part in pages.items() if not page.startswith("teaching/")}

    chapters, solutions, answers = [], [], []
    for page, part in pages.items():
        chapter = _read_page(site, page, part, pages)
        for take_out, found in [(_solutions, solutions), (_answers, answers)]:
            if tags := take_out(chapter, edition == "full"):
                found.append((chapter, tags))
        for mend in [
            _drop_live,
            _unfold,
            _cards,
            _questions,
            _guesses,
            _explorer,
            _tables,
            _plain,
            _wrap_output,
        ]:
            mend(chapter.body)
        chapters.append(chapter)
    back = chapters[-1].part
    at_end = [("solutions", "Solutions to the exercises", solutions)]
    at_end += [("answers", "Answers to the quizzes", answers)]
    for name, title, found in at_end:
        if found:
            chapters.append(_gathered(name, title, back, found))
    _check_links(chapters)
    return Book(chapters=chapters, site=site, edition=edition, **_about(root))


def _files(entries):
    """The pages of a part of the table of contents, with those below them, in order."""
    for entry in entries:
        if "file" in entry:
            yield entry["file"]
        yield from _files(entry.get("sections", []))


def _about(root):
    """What CITATION.cff and _config.yml say of the book."""
    citation = yaml.safe_load((root / "CITATION.cff").read_text("utf-8"))
    config = yaml.safe_load((root / "_config.yml").read_text("utf-8"))
    title, _, subtitle = citation["title"].partition(": ")
    seconds = os.environ.get("SOURCE_DATE_EPOCH")
    now = datetime.datetime.fromtimestamp(int(seconds), datetime.UTC) if seconds else None
    return {
        "title": title,
        "subtitle": subtitle[:1].upper() + subtitle[1:],
        "version": citation["version"],
        "language": config["sphinx"]["config"]["language"],
        "authors": [
            author.get("name") or f"{author['given-names']} {author['family-names']}"
            for author in citation["authors"]
        ],
        "licenses": [LICENSES[name] for name in LICENSES if name in citation["license"]],
        "date": (now or datetime.datetime.now()).date(),
    }


# ---- a page


def new(name, *children, **attributes):
    """A tag with children, which may be tags and texts; ``class_`` gives the classes.

    >>> print(new("p", "See ", new("a", "here", href="#there"), class_="to"))
    <p class="to">See <a href="#there">here</a></p>
    """
    attributes = {key.rstrip("_").replace("_", "-"): value for key, value in attributes.items()}
    tag = BeautifulSoup("", "html.parser").new_tag(name, attrs=attributes)
    tag.extend(children)
    return tag


def identifier(page, fragment=""):
    """The id within the book of a place on a page.

    >>> identifier("chapters/02-reading-idx-files", "images-by-hand")
    'at-02-reading-idx-files--images-by-hand'
    """
    name = "at-" + page.rpartition("/")[2]
    return re.sub(r"[^\w.-]", "-", f"{name}--{fragment}" if fragment else name)


def _read_page(site, page, part, pages):
    """A page with ids, links, and pictures as the book needs them."""
    path = site / f"{page}.html"
    if not path.is_file():
        raise BookError(f"{path} is missing: build the site with `make book`, and give its folder")
    soup = BeautifulSoup(path.read_text("utf-8"), "html.parser")
    body = soup.select_one("article > section")
    for extra in body.select("script, style, .headerlink, .toctree-wrapper, .begin"):
        extra.decompose()
    for tag in body.select("[id]"):
        tag["id"] = identifier(page, tag["id"])
    # the section's own id becomes that of the page, which links without a fragment mean too
    body.insert(0, new("span", id=identifier(page, body["id"])))
    body["id"] = identifier(page)
    for link in body.select("a[href]"):
        link["href"] = _address(link["href"], page, path, site, pages)
        if not link["href"]:
            link.unwrap()  # to something that only the website has
    for picture in body.select("img"):
        if picture["src"].startswith("data:"):  # of a live figure, with a width
            picture["src"] = str(_save(picture["src"], site.resolve() / "_images"))
        else:
            picture["src"] = str((path.parent / unquote(picture["src"])).resolve())
            _set_width(picture)
    title = body.h1
    if part == "":
        title.string = "About this book"  # its own title is on the cover
    return Chapter(body["id"], title.get_text(), part, body)


def _save(address, folder):
    """Make a file of a picture that stands in the page itself, as base64."""
    kind, content = re.fullmatch(r"data:image/(\w+);base64,(.*)", address, re.DOTALL).groups()
    path = folder / f"live-{hashlib.sha256(content.encode()).hexdigest()[:12]}.{kind}"
    path.write_bytes(base64.b64decode(content))
    return path


def _address(href, page, path, site, pages):
    """Where a link of a page leads to in the book; "" if the book does not hold it."""
    parts = urlsplit(href)
    if parts.scheme:
        return href
    if not parts.path:
        return "#" + identifier(page, unquote(parts.fragment))
    target = (path.parent / unquote(parts.path)).resolve()
    name = Path(os.path.relpath(target, site)).with_suffix("").as_posix()
    if target.suffix != ".html" or name not in pages:
        return ""
    return "#" + identifier(name, unquote(parts.fragment))


def _set_width(picture):
    """Show a figure at the size that it was drawn for; the style makes it fit the page."""
    path = Path(picture["src"])
    if given := re.search(r"width:\s*([\d.]+)px", picture.get("style", "")):
        pixels = float(given[1])
    elif path.suffix == ".svg":
        pixels = float(re.search(r'<svg[^>]* width="([\d.]+)"', path.read_text("utf-8"))[1])
    else:
        with Image.open(path) as image:
            pixels = image.width
    picture["style"] = f"width: {pixels / DOTS_PER_INCH:.2f}in"
    for attribute in ("width", "height"):
        del picture[attribute]


def _check_links(chapters):
    ids = {chapter.name for chapter in chapters}
    ids.update(tag["id"] for chapter in chapters for tag in chapter.body.select("[id]"))
    for chapter in chapters:
        for link in chapter.body.select('a[href^="#"]'):
            if link["href"][1:] not in ids:
                raise BookError(f"{chapter.title}: the link {link} leads nowhere in the book")


# ---- what has to stand still


def _pointer(text, target):
    """A link that says its page on paper: make_pdf.py fills it in."""
    page = new("span", class_="page", data_page=target)
    return new("p", new("a", text, page, href=f"#{target}"), class_="pointer")


def _drop_live(body):
    """The first page's drawing pad, with the section that invites to use it."""
    for pad in body.select(".try-it"):
        pad.find_parent("section").decompose()


def _unfold(body):
    """What is folded away on the site stands open, but for the quizzes' answers."""
    for details in body.select("details"):
        if "hide" in details.get("class", []):  # code, which says itself what it is
            details.summary.decompose()
        details.name = "div"
        for summary in details.select("summary"):
            summary.name = "p"


def _cards(body):
    """The link that covers a card goes into its text."""
    for card in body.select(".sd-card"):
        link, name = card.select_one("a.sd-stretched-link"), card.select_one("strong")
        if link and name:
            name.wrap(new("a", href=link["href"]))
        if link:
            link.decompose()


def _questions(body):
    """Each question of a quiz as it stands on paper, with a box to tick or a line to fill in.

    A field in an exercise has no place there.
    """
    for extra in body.select(".answer, :not(.answer) > .answer-instead"):
        extra.decompose()
    for card in body.select(".quiz-card"):
        asked = new("p", *_children(card, ".quiz-ask"), class_="question-ask")
        number = new("p", card.select_one(".quiz-number").get_text(), class_="question-number")
        how = new("p", card.select_one(".quiz-how").get_text(), class_="question-how")
        if choices := card.select(".quiz-choice > span"):
            items = [new("li", *list(choice.contents)) for choice in choices]
            rows = new("ol", *items, class_="choices", type="A")
        else:
            unit = card.select_one(".quiz-unit")
            unit = " " + unit.get_text() if unit else ""
            rows = new("p", "Your number: ", "_" * 12, unit, class_="question-entry")
        card.replace_with(new("div", number, asked, how, rows, class_="question"))


def _guesses(body):
    """A question, and what is told after it."""
    for form in body.select("form.guess"):
        offered = [
            new("li", *choice.contents)
            for choice in form.select(".guess-choice > span:not([class])")
        ]
        if offered:
            form.select_one(".guess-ask").insert_after(new("ul", *offered))
        for extra in form.select(".guess-entry, .guess-says, .guess-choice"):
            extra.decompose()
        form.select_one(".guess-told").unwrap()
        form.name, form.attrs = "div", {}


def _children(tag, selector):
    return list(tag.select_one(selector).contents)


def _explorer(body):
    """The colors of the confusion explorer's table come from the styles here."""
    for live in body.select(".ce-status, .ce-pictures"):  # of outputs stored before the base class
        live.decompose()
    for cell in body.select("[style*='share:']"):
        share = float(re.search(r"share:\s*([\d.]+)", cell["style"])[1])
        cell["style"] = f"background-color: rgba(213, 94, 0, {0.75 * share:.2f})"


def _tables(body):
    """Attributes that today's HTML does not have."""
    for table in body.select("table"):
        del table["border"]
    for group in body.select("colgroup"):
        group.decompose()


def _plain(body):
    """No tags around words that look like the rest: a tagged PDF is half as large without."""
    for span in body.select(PLAIN):
        span.unwrap()
    body.smooth()


def _wrap_output(body):
    for listing in body.select("pre"):
        wrap(listing)


def wrap(listing, columns=COLUMNS):
    """Break lines that are too long for a page at a space, and mark where.

    >>> text = "<pre>one two <b>three</b> four seven x\\n5</pre>"
    >>> listing = BeautifulSoup(text, "html.parser").pre
    >>> wrap(listing, 13)
    >>> print(listing)
    <pre>one two <b>three</b>
    ↪  four seven
    ↪  x
    5</pre>
    """
    if max(map(len, listing.get_text().split("\n"))) <= columns:
        return
    column = 0
    for text in [t for t in listing.descendants if isinstance(t, NavigableString)]:
        done = ""
        for piece in re.findall(rf"\n|\s?[^\s]{{1,{columns - len(MARK)}}}|\s", text):
            if piece == "\n":
                column = 0
            elif column + len(piece) > columns:
                done = done.rstrip(" ") + "\n" + MARK
                column = len(MARK)
            done += piece
            column += 0 if piece == "\n" else len(piece)
        text.replace_with(done)


# ---- the end matter


def _solutions(chapter, keep):
    """Take the solutions out of a chapter; if they are kept, each exercise says where."""
    found = []
    for solution in chapter.body.select(".solution"):
        link = solution.select_one(".admonition-title a")
        exercise = chapter.body.find(id=link["href"][1:])
        if keep:
            exercise.append(_pointer("Solution", exercise["id"] + "-solution"))
        title = new("h3", new("a", link.get_text().strip(), href=link["href"]))
        title["id"] = exercise["id"] + "-solution"
        solution.select_one(".admonition-title").replace_with(title)
        _wrap_output(solution)
        found.append(new("div", *list(solution.contents), class_="solved"))
        solution.decompose()
    return found if keep else []


def _answers(chapter, keep):
    """Take the answers out of a chapter's quiz; if they are kept, the quiz says where."""
    cards = chapter.body.select(".quiz-card:has(.quiz-key)")
    items = []
    for card in cards:
        key = card.select_one(".quiz-key").extract()
        for extra in key.select("summary, .quiz-hint, .quiz-section"):
            extra.decompose()
        if key.ul is None:
            items.append(new("li", *list(key.contents)))
            continue
        choices = new("ul")
        for letter, choice in zip(ascii_uppercase, key.select("li")):
            verdict = choice.select_one("p")
            choices.append(new("li", new("strong", letter), " ", *list(verdict.contents)))
        items.append(new("li", choices))
    if not items or not keep:
        return []
    target = chapter.name + "--answers"
    cards[-1].insert_after(_pointer("Answers", target))
    return [new("ol", *items, class_="answers", id=target)]


def _gathered(name, title, part, found):
    """A chapter of what was taken out of others."""
    name = identifier(name)
    body = new("section", new("h1", title), id=name)
    for chapter, tags in found:
        body.append(new("section", new("h2", chapter.title), *tags))
    return Chapter(name, title, part, body)
