"""Pack the book as an EPUB 3: pages of XHTML, pictures, and three files that say what is what."""

import uuid
import zipfile
from html import escape
from pathlib import Path

from book_on_paper import new

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
PACKAGE = """<?xml version="1.0" encoding="utf-8"?>
<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="id">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:identifier id="id">urn:uuid:{uuid}</dc:identifier>
<dc:title>{title}</dc:title>
<dc:language>{language}</dc:language>
{creators}
<dc:description>{subtitle}</dc:description>
<dc:rights>{rights}</dc:rights>
<dc:date>{date}</dc:date>
<meta property="dcterms:modified">{date}T00:00:00Z</meta>
<meta property="schema:accessMode">textual</meta>
<meta property="schema:accessMode">visual</meta>
<meta property="schema:accessModeSufficient">textual</meta>
<meta property="schema:accessibilityFeature">alternativeText</meta>
<meta property="schema:accessibilityFeature">MathML</meta>
<meta property="schema:accessibilityFeature">structuralNavigation</meta>
<meta property="schema:accessibilityFeature">tableOfContents</meta>
<meta property="schema:accessibilityHazard">none</meta>
<meta name="cover" content="cover-picture"/>
</metadata>
<manifest>
{manifest}
</manifest>
<spine>
{spine}
</spine>
</package>
"""
COVER_STYLE = "margin: 0; height: 100vh; max-height: 100%; text-align: center"
TYPES = {".png": "image/png", ".svg": "image/svg+xml", ".jpg": "image/jpeg"}


def write_epub(book, pages, title_page, style, cover, path):
    """Write the EPUB.

    Parameters
    ----------
    book : book_on_paper.Book
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
    files["content.opf"] = _package(book, items, spine)

    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        # first, and as it is: so a program knows an EPUB
        archive.writestr("mimetype", "application/epub+zip", zipfile.ZIP_STORED)
        archive.writestr("META-INF/container.xml", CONTAINER)
        for name, content in files.items():
            archive.writestr(f"OEBPS/{name}", content)


def _navigation(book):
    """The table of contents, for the reader and for the reading program."""
    parts = new("ol")
    inside, part = parts, ""
    for chapter in book.chapters:
        if chapter.part != part:
            part, inside = chapter.part, new("ol")
            parts.append(new("li", new("span", part), inside))
        file = f"{chapter.name}.xhtml"
        inside.append(new("li", new("a", chapter.title, href=file)))
    return f'<nav epub:type="toc" id="toc"><h1>Contents</h1>{parts}</nav>'


def _package(book, items, spine):
    ids = {name: f"item-{i}" for i, (name, _, _) in enumerate(items)}
    ids["cover.jpg"] = "cover-picture"
    manifest = [
        f'<item id="{ids[name]}" href="{name}" media-type="{kind}"'
        + (f' properties="{properties}"/>' if properties else "/>")
        for name, kind, properties in items
    ]
    return PACKAGE.format(
        uuid=uuid.uuid5(uuid.NAMESPACE_URL, f"{book.title} {book.edition}"),
        title=escape(book.title),
        subtitle=escape(book.subtitle),
        language=book.language,
        creators="\n".join(f"<dc:creator>{escape(name)}</dc:creator>" for name in book.authors),
        rights=escape("; ".join(f"{what}: {name}" for what, name, _ in book.licenses)),
        date=book.date.isoformat(),
        manifest="\n".join(manifest),
        spine="\n".join(f'<itemref idref="{ids[name]}"/>' for name in spine),
    )
