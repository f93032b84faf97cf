"""The book as PDF and EPUB, made as a reader makes it, and looked at page by page."""

import base64
import hashlib
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest
import yaml
from bs4 import BeautifulSoup
from pypdf import PdfReader

from book.common import ROOT
from book.paper.pdf import NAME, pages_to_print, typeset
from book.paper.read import read_book
from tests import helpers

CHAPTERS = sorted((ROOT / "chapters").glob("[0-9][0-9]-*.ipynb"))
ELSEWHERE = re.compile(r"https?://(?!localhost|127\.)")
INCH = 96  # pixels of CSS
WIDTH = (210 - 2 * 24) / 25.4 * INCH  # of the text: A4 less the margins of print.css


def made(folder, site, *options):
    command = [sys.executable, "-m", "book.paper.pdf", folder, "--site", site, *options]
    run = subprocess.run(command, capture_output=True, encoding="utf-8")
    assert run.returncode == 0, run.stderr
    return Path(folder)


@pytest.fixture(scope="module")
def folder(tmp_path_factory, site):
    return made(tmp_path_factory.mktemp("made"), site)


@pytest.fixture(scope="module")
def student(tmp_path_factory, site):
    return made(tmp_path_factory.mktemp("student"), site, "--edition", "student")


@pytest.fixture(scope="module")
def pdf(folder):
    return PdfReader(folder / f"{NAME}.pdf")


@pytest.fixture(scope="module")
def texts(pdf):
    return [page.extract_text() for page in pdf.pages]


@pytest.fixture(scope="module")
def book(site):
    return read_book(site)


def epub_files(folder):
    with zipfile.ZipFile(folder / f"{NAME}.epub") as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def epub_pages(folder):
    files = epub_files(folder)
    return {
        name: BeautifulSoup(text, "html.parser")
        for name, text in files.items()
        if name.endswith(".xhtml")
    }


def annotations(pdf):
    for number, page in enumerate(pdf.pages, start=1):
        for reference in page.get("/Annots", []):
            yield number, reference.get_object()


def only_text(text):
    return re.sub(r"\s", "", text.replace("’", "'"))  # as the site sets it


# ---- the PDF


def test_links_stay_in_the_pdf(pdf):
    places, inside = pdf.named_destinations, 0
    for number, link in annotations(pdf):
        action = link.get("/A", {})
        address = str(action.get("/URI", ""))
        if address:
            assert ELSEWHERE.match(address), f"page {number}: {address}"
            continue
        place = link.get("/Dest", action.get("/D"))
        assert place is not None, f"page {number}: a link without a destination"
        if isinstance(place, str):
            assert place in places or f"/{place}".replace("//", "/") in places, (number, place)
        inside += 1
    assert inside > 400


def test_bookmarks_name_every_chapter(pdf, book):
    chapters = [item.title for item in pdf.outline if not isinstance(item, list)]
    assert chapters == ["Contents", *[chapter.title for chapter in book.chapters]]
    assert sum(isinstance(item, list) for item in pdf.outline) > 13  # with their sections


def test_contents_give_the_pages_where_chapters_begin(pdf, texts, book):
    begins = {
        item.title: pdf.get_destination_page_number(item) + 1
        for item in pdf.outline
        if not isinstance(item, list)
    }
    pages = range(begins["Contents"] - 1, begins["About this book"] - 1)
    lines = [line.strip() for i in pages for line in texts[i].split("\n")]
    for chapter in book.chapters:
        assert f"{chapter.title} {begins[chapter.title]}" in lines


def test_no_page_is_empty(pdf, texts):
    for number, (page, text) in enumerate(zip(pdf.pages, texts), start=1):
        assert [round(float(side)) for side in page.mediabox[2:]] == [595, 842], number
        # the running head is one line, the number of the page another
        assert len(text.strip().split("\n")) > 2 or page.images, f"page {number}"


def test_title_page(pdf, texts):
    text = texts[1]
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    for said in [citation["version"], citation["authors"][0]["name"], "CC BY 4.0", "BSD 3-Clause"]:
        assert said in text
    assert pdf.metadata.title == "From Bytes to Digits"
    assert pdf.trailer["/Root"]["/Lang"] == "en"


def figures(node, found):
    """The figures of a tagged PDF, from its tree of structure."""
    node = node.get_object()
    for child in node if isinstance(node, list) else [node]:
        child = child.get_object()
        if not hasattr(child, "get"):
            continue
        if child.get("/S") == "/Figure":
            found.append(str(child.get("/Alt", "")))
        if "/K" in child:
            figures(child["/K"], found)
    return found


def test_no_picture_is_missing_in_the_pdf(pdf, book):
    shown = [img["alt"] for chapter in book.chapters for img in chapter.body.select("img")]
    assert len(shown) >= sum(len(stored_pictures(path)) for path in CHAPTERS) > 50
    sys.setrecursionlimit(5000)
    described = {only_text(alt) for alt in figures(pdf.trailer["/Root"]["/StructTreeRoot"], [])}
    assert not [alt for alt in shown if only_text(alt) not in described]


# ---- as Chromium lays it out for print


@pytest.fixture(scope="module")
def sheet(browser, book, tmp_path_factory):
    """The book as one page, as wide as the text is on paper."""
    context = browser.new_context(offline=True, color_scheme="dark")
    page = context.new_page()
    page.set_default_timeout(0)
    path = tmp_path_factory.mktemp("sheet") / "book.html"
    path.write_text(pages_to_print(book, typeset(book, page)), "utf-8")
    page.set_viewport_size({"width": int(WIDTH), "height": 900})
    page.emulate_media(media="print")
    page.goto(path.as_uri())
    page.evaluate("Promise.all([...document.images].map((image) => image.decode()))")
    yield page
    context.close()


def test_nothing_is_wider_than_the_page(sheet):
    wide = sheet.evaluate(
        """width => [...document.querySelectorAll("pre, table, img, svg, p, li, h1, h2, h3")]
            .filter((e) => !e.closest(".cover"))
            .filter((e) => e.getBoundingClientRect().right > width + 0.5
                           || e.scrollWidth > e.clientWidth + 1 && e.clientWidth)
            .map((e) => e.outerHTML.slice(0, 200))""",
        int(WIDTH),
    )
    assert not wide, wide


def test_a_line_of_code_is_one_line(sheet):
    """88 characters fit, and longer output is wrapped with a mark, not by the page's edge."""
    wrapped = sheet.evaluate(
        """() => [...document.querySelectorAll("pre")].filter((pre) => {
            const style = getComputedStyle(pre);
            const inside = pre.clientHeight - parseFloat(style.paddingTop)
                                            - parseFloat(style.paddingBottom);
            const lines = pre.textContent.replace(/\\n$/, "").split("\\n").length;
            return Math.round(inside / parseFloat(style.lineHeight)) !== lines;
        }).map((pre) => pre.textContent.slice(0, 300))"""
    )
    assert not wrapped, wrapped


def test_light_ground(sheet):
    script = "e => getComputedStyle(e).backgroundColor"
    assert sheet.locator("html").evaluate(script) == "rgb(255, 255, 255)"


def test_figures_are_sharp(sheet):
    dots = sheet.evaluate(
        """() => [...document.images]
            .filter((image) => image.src.endsWith(".png") && !image.src.includes("/live-"))
            .map((image) => [image.alt, image.naturalWidth / image.clientWidth * 96])"""
    )  # live-: the stills of live figures, whose pixels are to be seen
    assert len(dots) > 50
    assert not [(alt, round(dpi)) for alt, dpi in dots if dpi < 200]


def test_formulas_are_drawn(sheet, book):
    formulas = sum(len(chapter.body.select(".math")) for chapter in book.chapters)
    assert sheet.locator(".math svg").count() == formulas > 5


# ---- the EPUB


def stored_pictures(path):
    notebook = nbformat.read(path, as_version=4)
    return [
        output.data["image/png"]
        for cell in notebook.cells
        if cell.cell_type == "code" and "remove-cell" not in cell.metadata.get("tags", [])
        for output in cell.outputs
        if "image/png" in output.get("data", {})
    ]


def test_epub_shows_every_stored_picture(folder):
    held = {hashlib.sha256(content).hexdigest() for content in epub_files(folder).values()}
    for path in CHAPTERS:
        for picture in stored_pictures(path):
            assert hashlib.sha256(base64.b64decode(picture)).hexdigest() in held, path.name
    for soup in epub_pages(folder).values():
        for picture in soup.select("img"):
            assert len(picture["alt"]) > 20


def test_links_stay_in_the_epub(folder):
    pages = {name.removeprefix("OEBPS/"): soup for name, soup in epub_pages(folder).items()}
    for name, soup in pages.items():
        for link in soup.select("a[href]"):
            file, _, fragment = link["href"].partition("#")
            if not ELSEWHERE.match(file):
                assert file in pages, f"{name}: {link['href']}"
                assert not fragment or pages[file].find(id=fragment), f"{name}: {link['href']}"


def test_epub_has_formulas_as_mathml(folder):
    pages = epub_pages(folder).values()
    assert sum(len(soup.select("math")) for soup in pages) > 5
    assert not any(r"\(" in tag.get_text() for soup in pages for tag in soup.select(".math"))


def test_epub_passes_epubcheck(folder):
    jar = Path("/usr/share/java/epubcheck.jar")
    if not (shutil.which("java") and jar.exists()):
        pytest.skip("epubcheck is not here; on Debian or Ubuntu: apt install epubcheck")
    run = subprocess.run(
        ["java", "-jar", jar, folder / f"{NAME}.epub"], capture_output=True, encoding="utf-8"
    )
    assert run.returncode == 0, run.stdout + run.stderr


# ---- the student edition


def secrets():
    """What solutions and hidden tests say, and why the quizzes' answers are right, no spaces."""
    found = {only_text(line): where for line, where in helpers.secrets().items()}
    for path in (ROOT / "chapters").glob("*.quiz.yml"):
        for question in yaml.safe_load(path.read_text("utf-8")):
            for told in [question, *question.get("choices", [])]:
                if "why" in told and not re.search("[`$*]", told["why"]):
                    found[only_text(told["why"])] = "quiz"
    return found


def test_full_edition_has_solutions_and_answers(folder):
    text = only_text("".join(soup.get_text() for soup in epub_pages(folder).values()))
    told = [secret for secret, where in secrets().items() if where.endswith(("solution", "quiz"))]
    assert not [secret for secret in told if secret not in text]


def test_student_edition_holds_neither(student):
    everything = only_text("".join(soup.get_text() for soup in epub_pages(student).values()))
    printed = PdfReader(student / f"{NAME}.pdf")
    everything += only_text("".join(page.extract_text() for page in printed.pages))
    assert "Studentedition" in everything
    assert not [secret for secret in secrets() if secret in everything]
