"""The book on paper, from a small site: what moves, what stays out, where links lead."""

import os
import shutil
import subprocess
import sys
import zipfile

import pytest
from book_on_paper import ROOT, BookError, read_book
from bs4 import BeautifulSoup
from make_epub import write_epub

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
<p>A <a href="../words.html#term-byte">byte</a>. <img src="../_images/a.svg" alt="A square"></p>
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
    (picture,) = whole(read(root)).select("img")
    assert picture["style"] == "width: 2.00in" and picture["alt"] == "A square"


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
    pages = {
        name: BeautifulSoup(text, "html.parser")
        for name, text in files.items()
        if name.endswith("html")
    }
    for soup in pages.values():
        assert not soup.select("[data-page]")
        for picture in soup.select("img"):
            assert picture["src"] in files and picture["alt"]
        for link in soup.select("a[href]"):
            file, _, fragment = link["href"].partition("#")
            if "://" not in file:
                assert not fragment or pages[file].find(id=fragment), link


def test_without_chromium_it_says_what_to_install(tmp_path):
    environment = {key: value for key, value in os.environ.items() if key != "CHROMIUM"}
    run = subprocess.run(
        [sys.executable, ROOT / "scripts/make_pdf.py", tmp_path / "out"],
        env=environment | {"PATH": str(tmp_path)},
        capture_output=True,
        encoding="utf-8",
    )
    assert run.returncode == 1 and "apt install chromium" in run.stderr
    assert "Traceback" not in run.stderr and not (tmp_path / "out").exists()
