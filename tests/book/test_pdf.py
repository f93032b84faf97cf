"""The book on paper, from a small site: what moves, what stays out, where links lead."""

import datetime
import os
import shutil
import subprocess
import sys
import time
import zipfile
from contextlib import nullcontext
from dataclasses import replace
from unittest.mock import MagicMock
from xml.etree import ElementTree

import pytest
from bs4 import BeautifulSoup
from PIL import Image

from book.common import ROOT
from book.paper import pdf
from book.paper.epub import write_epub
from book.paper.read import BookError, read_book

TOC = """
root: intro
parts:
  - caption: One part
    chapters:
      - file: chapters/01-first
      - file: teaching/index
        sections:
          - file: teaching/plan
  - caption: Back matter
    chapters:
      - file: words
"""
PAGE = """<html><article><section id="top"><h1>{title}<a class="headerlink">#</a></h1>
{body}</section></article></html>
"""
INTRO = """
<section id="try"><h2>Draw</h2><div class="try-it"><script>draw()</script></div></section>
<p><a href="chapters/01-first.html">first</a> <a href="notebooks.zip">all of them</a>
<a href="https://example.org/">elsewhere</a> <a href="teaching/plan.html">plan</a></p>
"""
CHAPTER = """
<p>A <a href="../words.html#term-byte">byte</a>. <img src="../_images/a.svg" alt="A square">
<img src="../_images/b%20c.png" width="700" height="120" alt="A bar"></p>
<div data-live-figure="confusion-explorer"><table border="1"><colgroup></colgroup><tr>
<td style="--share:0.50">3</td></tr></table></div>
<div class="exercise admonition" id="ex-count"><p class="admonition-title">Exercise 1.1</p></div>
<div class="solution dropdown admonition" id="chapters/01-first-solution-0">
<p class="admonition-title">Solution to<a href="#ex-count"> Exercise 1.1</a></p>
<div><pre>the_solution = 1</pre></div></div>
<div class="quiz"><form class="quiz-card"><legend><span class="quiz-number">Question 1 of 2</span>
<span class="quiz-ask">Which?</span></legend><p class="quiz-how">Choose one.</p>
<label class="quiz-choice"><input type="radio"><span>left</span></label>
<label class="quiz-choice"><input type="radio"><span>right</span></label>
<button>Check</button><details class="quiz-key"><summary>Answer</summary><ul>
<li><span class="quiz-text">left</span><p><strong>Wrong.</strong> since left</p></li>
<li><span class="quiz-text">right</span><p><strong>Right.</strong> since right</p></li>
</ul></details></form>
<form class="quiz-card" data-answer="77"><legend><span class="quiz-number">Question 2 of 2</span>
<span class="quiz-ask">How many?</span></legend><p class="quiz-how">Give a number.</p>
<div class="quiz-entry"><input><span class="quiz-unit">bytes</span></div>
<details class="quiz-key"><summary>Answer</summary><p><strong>77.</strong> they were counted</p>
<p class="quiz-hint" hidden>count again</p></details></form></div>
<p>After the quiz.</p>
"""
WORDS = '<dl><dt id="term-byte">byte</dt><dd>Eight bits.</dd></dl>'
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="240" height="240"><path d="M0 0h9v9z"/></svg>'


@pytest.fixture
def root(tmp_path):
    """A book of two pages and a glossary, and in ``html`` its site."""
    (tmp_path / "_toc.yml").write_text(TOC, "utf-8")
    for name in ("CITATION.cff", "_config.yml"):
        shutil.copy(ROOT / name, tmp_path)
    site = tmp_path / "html"
    for folder in ("chapters", "teaching", "_images", "_static"):
        (site / folder).mkdir(parents=True)
    (site / "_images/a.svg").write_text(SVG, "utf-8")
    Image.new("L", (360, 120)).save(site / "_images/b c.png")
    (site / "_static/pygments.css").write_text(
        'html[data-theme="light"] .highlight .k { color: #00f }\n'
        'html[data-theme="dark"] .highlight .k { color: #ff0 }\n',
        "utf-8",
    )
    pages = {"intro": ("Home", INTRO), "words": ("Glossary", WORDS)}
    pages["chapters/01-first"] = ("1. First", CHAPTER)
    pages["teaching/index"] = ("Teaching", "<p>For you.</p>")
    pages["teaching/plan"] = ("A plan", "<details><summary>Day</summary> <p>One.</p></details>")
    for name, (title, body) in pages.items():
        text = PAGE.format(title=title, body=body)
        (site / f"{name}.html").write_text(text, "utf-8")
    return tmp_path


def read(root, edition="full"):
    return read_book(root / "html", edition, root)


def whole(book):
    return BeautifulSoup("".join(str(chapter.body) for chapter in book.chapters), "html.parser")


def test_chapters_stand_in_the_order_of_the_contents(root):
    chapters = read(root).chapters
    assert [chapter.title for chapter in chapters] == [
        "About this book",
        "1. First",
        "Teaching",
        "A plan",
        "Glossary",
        "Solutions to the exercises",
        "Answers to the quizzes",
    ]
    assert [chapter.part for chapter in chapters] == ["", *["One part"] * 3, *["Back matter"] * 3]


def test_links_lead_to_places_in_the_book(root):
    soup = whole(read(root))
    links = {link.get_text(): link["href"] for link in soup.select("a")}
    assert links["first"] == "#at-01-first"
    assert links["byte"] == "#at-words--term-byte"
    assert links["elsewhere"] == "https://example.org/"
    assert "all of them" in soup.get_text() and "all of them" not in links  # only the site has it
    ids = [tag["id"] for tag in soup.select("[id]")]
    assert len(ids) == len(set(ids))
    assert all(link[1:] in ids for link in links.values() if link.startswith("#"))


def test_nothing_live_is_left(root):
    soup = whole(read(root))
    assert not soup.select("script, form, input, button, details, .try-it, .headerlink")
    assert "Draw" not in soup.get_text()
    assert soup.td["style"] == "background-color: rgba(213, 94, 0, 0.38)"


def test_questions_stay_and_answers_move_to_the_end(root):
    book = read(root)
    chapter, answers = book.chapters[1].body, book.chapters[-1].body
    questions = chapter.select(".question")
    assert [li.get_text() for li in questions[0].select("ol.choices > li")] == ["left", "right"]
    assert "____ bytes" in questions[1].get_text()
    for said in ["since left", "since right", "77", "they were counted", "the_solution"]:
        assert said not in str(chapter)
    assert "A Wrong. since left" in answers.get_text()
    assert "77. they were counted" in answers.get_text()
    assert "count again" not in answers.get_text()
    assert chapter.select_one(".quiz .pointer a")["href"] == "#" + answers.ol["id"]


def test_solutions_move_to_the_end_and_link_both_ways(root):
    book = read(root)
    exercise, solutions = book.chapters[1].body.select_one(".exercise"), book.chapters[-2].body
    assert exercise.select_one(".pointer a")["href"] == "#" + solutions.h3["id"]
    assert solutions.h3.a["href"] == "#" + exercise["id"]
    assert "the_solution = 1" in solutions.get_text()


def test_student_edition_has_no_solutions_and_no_answers(root):
    text = str(whole(read(root, "student")))
    for said in ["the_solution", "since left", "since right", "77", "counted", "pointer"]:
        assert said not in text
    assert "Which?" in text and "After the quiz." in text


def test_student_edition_has_no_pages_for_the_teacher(root):
    book = read(root, "student")
    assert "Teaching" not in [chapter.title for chapter in book.chapters]
    assert "plan" not in [link.get_text() for link in whole(book).select("a")]


def test_what_is_folded_stands_open(root):
    plan = read(root).chapters[3].body
    assert plan.get_text().split() == ["A", "plan", "Day", "One."]
    assert not plan.select("details, summary")


def test_pictures_have_the_size_they_were_drawn_for(root):
    square, bar = whole(read(root)).select("img")
    assert square["style"] == "width: 2.00in" and square["alt"] == "A square"
    assert bar["style"] == "width: 3.00in" and bar["src"].endswith("b c.png")
    assert not {"width", "height"} & bar.attrs.keys()


def test_a_link_that_leads_nowhere_stops(root):
    page = root / "html/intro.html"
    page.write_text(page.read_text("utf-8").replace("01-first.html", "01-first.html#no"), "utf-8")
    with pytest.raises(BookError, match="About this book: the link .*#at-01-first--no.* nowhere"):
        read(root)


def test_a_missing_page_stops_and_says_what_to_do(root):
    (root / "html/words.html").unlink()
    with pytest.raises(BookError, match=r"words\.html is missing: build the site with `make book`"):
        read(root)


def test_unknown_edition(root):
    with pytest.raises(BookError, match="edition 'pupil': there are full and student"):
        read(root, "pupil")


def test_epub_holds_what_its_links_name(root):
    book = read(root)
    path = root / "book.epub"
    write_epub(book, [c.body for c in book.chapters], [], "", b"picture", path)
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist()[0] == "mimetype"
        assert archive.getinfo("mimetype").compress_type == zipfile.ZIP_STORED
        files = {name.removeprefix("OEBPS/"): archive.read(name) for name in archive.namelist()}
    package = ElementTree.fromstring(files.pop("content.opf"))
    items = {item.get("id"): item.get("href") for item in package.findall(".//{*}item")}
    assert {*items.values(), "mimetype", "META-INF/container.xml"} == files.keys()
    spine = [items[entry.get("idref")] for entry in package.findall(".//{*}itemref")]
    first = ["cover.xhtml", "title.xhtml", "nav.xhtml"]
    assert spine == first + [f"{chapter.name}.xhtml" for chapter in book.chapters]
    assert items[package.find(".//{*}meta[@name='cover']").get("content")] == "cover.jpg"
    assert package.findtext(".//{*}title") == book.title
    assert package.findtext(".//{*}rights").count("; ") == len(book.licenses) - 1
    pages = {
        name: BeautifulSoup(text, "html.parser")
        for name, text in files.items()
        if name.endswith("html")
    }
    contents = pages["nav.xhtml"].nav
    assert [link["href"] for link in contents.select("a")] == spine[3:]
    outermost = [entry.find(["a", "span"]).get_text() for entry in contents.select("nav > ol > li")]
    assert outermost == ["About this book", "One part", "Back matter"]
    assert pages["at-01-first.xhtml"].a["href"] == "at-words.xhtml#at-words--term-byte"
    for soup in pages.values():
        assert not soup.select("[data-page]")
        for picture in soup.select("img"):
            assert picture["src"] in files and picture["alt"]
        for link in soup.select("a[href]"):
            file, _, fragment = link["href"].partition("#")
            if "://" not in file:
                assert not fragment or pages[file].find(id=fragment), link


def test_epub_depends_on_nothing_but_the_book(root):
    for name in ("one", "two"):
        book = read(root)  # anew: writing changes its pages
        write_epub(book, [c.body for c in book.chapters], [], "", b"picture", root / name)
    assert (root / "one").read_bytes() == (root / "two").read_bytes()
    with zipfile.ZipFile(root / "one") as archive:  # whose times are in steps of two seconds
        assert {entry.date_time[0] for entry in archive.infolist()} == {1980}


def test_the_date_can_be_given_and_is_that_of_greenwich(root, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    assert read(root).date == datetime.date(1970, 1, 1)
    monkeypatch.undo()
    time.tzset()


def test_cover_is_the_same_at_every_making_and_takes_any_title(root):
    book = replace(read(root), title="Bits & <bytes>")
    assert pdf.cover(book) == pdf.cover(book)
    assert "Bits & <bytes>" in "".join(ElementTree.fromstring(pdf.cover(book)).itertext())
    assert "Student edition" in pdf.cover(read(root, "student"))


def test_sheet_has_all_chapters_with_their_titles_above_and_light_colors(root):
    book = read(root)
    book.chapters[1] = replace(book.chapters[1], title='Größen "von oben"')
    text = pdf.pages_to_print(book, {})
    heads = ['"From Bytes to Digits"', r'"Größen \"von oben\""']
    above = " ".join(f"@top-{s} {{ content: {h}; }}" for s, h in zip(("left", "right"), heads))
    assert f"@page p2 {{ {above} " in text  # p0 is the contents, p1 the first page
    assert "#00f" in text and "#ff0" not in text
    soup = BeautifulSoup(text, "html.parser")
    named = [section["style"] for section in soup.select("section.contents, section.chapter")]
    assert named == [f"page: p{i}" for i in range(1 + len(book.chapters))]
    parts = [tag.get_text() for tag in soup.select("section.chapter > p.part")]
    assert parts == ["One part", "Back matter"]
    lines = {place["data-page"] for place in soup.select(".contents [data-page]")}
    assert lines >= {chapter.name for chapter in book.chapters}


def reader(pages):
    """What pypdf would read: a place, on one page after the other."""
    found = MagicMock(named_destinations={"/at-words": None})
    found.get_destination_page_number.side_effect = lambda place: next(pages)
    return lambda path: found


def test_printing_goes_on_until_the_pages_stay(root, monkeypatch):
    given = []
    page = MagicMock()
    page.evaluate.side_effect = lambda script, numbers: given.append(numbers)
    monkeypatch.setattr(pdf, "PdfReader", reader(iter([3, 4, 4])))
    pdf.write_pdf(read(root), {}, page, root / "book.pdf", root)
    assert given == [{}, {"at-words": 4}, {"at-words": 5}]  # pages count from 1
    monkeypatch.setattr(pdf, "PdfReader", reader(iter(range(99))))
    with pytest.raises(BookError, match="do not settle"):
        pdf.write_pdf(read(root), {}, page, root / "book.pdf", root)


def test_older_files_stay_until_both_are_made(root, monkeypatch):
    book, folder = read(root), root / "out"
    folder.mkdir()
    (folder / f"{pdf.NAME}.pdf").write_bytes(b"old")
    monkeypatch.setattr(pdf, "open_browser", lambda: nullcontext(MagicMock()))
    monkeypatch.setattr(pdf, "read_book", lambda *args: book)
    monkeypatch.setattr(pdf, "typeset", lambda *args: {})
    monkeypatch.setattr(pdf, "write_pdf", lambda *args: args[3].write_bytes(b"new"))
    monkeypatch.setattr(pdf, "write_epub", MagicMock(side_effect=BookError))
    with pytest.raises(BookError):
        pdf.make(folder, root / "html")
    assert (folder / f"{pdf.NAME}.pdf").read_bytes() == b"old"
    monkeypatch.setattr(pdf, "write_epub", lambda *args: args[5].write_bytes(b"new"))
    assert [path.read_bytes() for path in pdf.make(folder, root / "html")] == [b"new"] * 2


@pytest.mark.parametrize(("version", "good"), [("99.0.1", False), ("131.0.6", True)])
def test_an_old_chromium_is_named(monkeypatch, version, good):
    playwright = MagicMock()
    browser = playwright.return_value.__enter__.return_value.chromium.launch.return_value
    browser.version = version
    monkeypatch.setattr(pdf, "sync_playwright", playwright)
    monkeypatch.setattr(pdf, "find_chromium", lambda: "/opt/chromium")
    with nullcontext() if good else pytest.raises(BookError, match="chromium is version 99.0.1"):
        with pdf.open_browser():
            browser.new_context.assert_called_with(offline=True)


def test_without_chromium_it_says_what_to_install(tmp_path):
    environment = {key: value for key, value in os.environ.items() if key != "CHROMIUM"}
    run = subprocess.run(
        [sys.executable, "-m", "book.paper.pdf", tmp_path / "out"],
        env=environment | {"PATH": str(tmp_path)},
        capture_output=True,
        encoding="utf-8",
    )
    assert run.returncode == 1 and "apt install chromium" in run.stderr
    assert "Traceback" not in run.stderr and not (tmp_path / "out").exists()
