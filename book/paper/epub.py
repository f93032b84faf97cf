"""Pack the book as an EPUB 3: pages of XHTML, pictures, and three files that say what is what."""

import uuid
from html import escape
from pathlib import Path

from book.common import template, write_zip
from book.paper.read import new

CONTAINER = """<?xml version="1.0" encoding="utf-8"?>
<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>
<rootfile full-path="OEBPS/content.opf" media-type="application/oebps-package+xml"/>
</rootfiles></container>
"""
PAGE = """<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE html>
<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops"
 lang="{language}" xml:lang="{language}">
<head><title>{title}</title><link rel="stylesheet" href="style.css"/></head>
<body>{body}</body>
</html>
"""
COVER_STYLE = "margin: 0; height: 100vh; max-height: 100%; text-align: center"
TYPES = {".png": "image/png", ".svg": "image/svg+xml", ".jpg": "image/jpeg"}


def write_epub(book, pages, title_page, style, cover, path):
    """Write the EPUB.

    Parameters
    ----------
    book : book.paper.read.Book
    pages : list of bs4.Tag
        Its chapters with formulas in MathML; they are changed.
    title_page : list of bs4.Tag
    style : str
        CSS for all pages.
    cover : bytes
        The cover as JPEG.
    path : pathlib.Path
    """
    files, items, spine = {"style.css": style, "cover.jpg": cover}, [], []

    def add(name, title, body, properties=""):
        files[name] = PAGE.format(language=book.language, title=escape(title), body=body)
        items.append((name, "application/xhtml+xml", properties))
        spine.append(name)

    alt = escape(f"Cover: {book.title}", quote=True)
    picture = f'<img src="cover.jpg" alt="{alt}" style="max-height: 100%; margin: 0 auto"/>'
    add("cover.xhtml", "Cover", f'<div style="{COVER_STYLE}">{picture}</div>')
    add("title.xhtml", book.title, "".join(map(str, title_page)))
    add("nav.xhtml", "Contents", _navigation(book), "nav")

    place = {}  # of each id: its file
    for page in pages:
        place |= {tag["id"]: f"{page['id']}.xhtml" for tag in [page, *page.select("[id]")]}
    pictures = {}
    for chapter, page in zip(book.chapters, pages, strict=True):
        for link in page.select('a[href^="#"]'):
            link["href"] = place[link["href"][1:]] + link["href"]
        for number in page.select("[data-page]"):
            number.decompose()  # a screen has no pages
        for image in page.select("img"):
            source = Path(image["src"])
            image["src"] = pictures[source] = f"images/{source.name}"
        formulas = page.select_one("math") is not None
        add(f"{page['id']}.xhtml", chapter.title, str(page), "mathml" if formulas else "")

    items.append(("style.css", "text/css", ""))
    items.append(("cover.jpg", "image/jpeg", "cover-image"))
    for source, name in pictures.items():
        files[name] = source.read_bytes()
        items.append((name, TYPES[source.suffix], ""))
    name = uuid.uuid5(uuid.NAMESPACE_URL, f"{book.title} {book.edition}")
    package = template(Path(__file__).with_name("content.opf"))
    files["content.opf"] = package.render(book=book, items=items, spine=spine, uuid=name)

    files = {f"OEBPS/{name}": content for name, content in files.items()}
    files |= {"mimetype": "application/epub+zip", "META-INF/container.xml": CONTAINER}
    write_zip(files, path, first="mimetype")  # so a program knows an EPUB


def _navigation(book):
    """The table of contents, for the reader and for the reading program."""
    parts = new("ol")
    for part, chapters in book.parts():
        entries = [new("li", new("a", c.title, href=f"{c.name}.xhtml")) for c in chapters]
        parts.extend([new("li", new("span", part), new("ol", *entries))] if part else entries)
    return f'<nav epub:type="toc" id="toc"><h1>Contents</h1>{parts}</nav>'
