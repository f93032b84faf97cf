"""The decks of slides in a real browser: from a disk, by keyboard, on paper, for everyone."""

import re
import unicodedata

import pytest
from axe_playwright_python.sync_playwright import Axe
from pypdf import PdfReader

from book.slides.deck import make_slides
from tests.helpers import SOURCES

SMALLEST = 20  # pixels on a slide of 1280 by 720
FORMULAS = "06-inside-a-dense-layer"

# every text that can be seen on the current slide and is smaller than that: its size and beginning
SMALL_TEXTS = """smallest => {
  const slide = Reveal.getCurrentSlide(), found = [];
  const walker = document.createTreeWalker(slide, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const parent = walker.currentNode.parentElement, text = walker.currentNode.data.trim();
    const size = parseFloat(getComputedStyle(parent).fontSize);
    if (text && !parent.closest(".notes, mjx-container, sub, sup") && size < smallest - 0.01)
      found.push(`${size} ${text.slice(0, 30)}`);
  }
  return found;
}"""
# what of the current slide reaches beyond its margins, or down to its number
OUTSIDE = """() => {
  const bottom = document.querySelector(".slide-number").getBoundingClientRect().top, found = [];
  for (const part of Reveal.getCurrentSlide().querySelectorAll(".slide *")) {
    const box = part.getBoundingClientRect();
    if (box.right > innerWidth - 50 || box.bottom > bottom || box.left < 50 || box.top < 30)
      found.push(part.outerHTML.slice(0, 80));
  }
  return found;
}"""


@pytest.fixture(scope="session")
def decks(tmp_path_factory):
    folder = tmp_path_factory.mktemp("decks")
    return {path.stem: path for path in make_slides(folder)}


@pytest.fixture(params=[path.stem for path in SOURCES])
def deck(request, decks):
    return decks[request.param]


def opened(open_page, path, query="", **options):
    page = open_page(path.as_uri() + query, **options)
    page.set_viewport_size({"width": 1280, "height": 720})
    page.wait_for_function("window.Reveal && Reveal.isReady()")
    return page


def slides(page):
    """Show each slide with all that it reveals."""
    for i in range(page.evaluate("Reveal.getTotalSlides()")):
        page.evaluate(f"Reveal.slide({i}, 0, 99)")
        yield i + 1


def test_every_slide_can_be_read_and_none_is_too_full(deck, open_page):
    page = opened(open_page, deck)
    if deck.stem == FORMULAS:
        page.wait_for_selector("mjx-container svg", state="attached")
    for number in slides(page):
        assert not page.evaluate(SMALL_TEXTS, SMALLEST), number
        assert not page.evaluate(OUTSIDE), number
        pictures = "[...Reveal.getCurrentSlide().querySelectorAll('img')]"
        assert page.evaluate(f"{pictures}.every(i => i.naturalWidth && i.alt.trim())"), number


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everyone_can_use_it(decks, open_page, scheme):
    """One slide of each kind, for all decks are made alike."""
    left = {"title", "list", "question", "code", "result", "figure", "table", "math"}
    left |= {"exercise", "quiz"}
    for stem in (FORMULAS, "11-dense-against-the-classics"):
        page = opened(open_page, decks[stem], scheme=scheme)
        for number in slides(page):
            kind = page.evaluate("Reveal.getCurrentSlide().firstElementChild.classList[1]")
            if kind in left:
                left.remove(kind)
                results = Axe().run(page)
                assert results.violations_count == 0, f"{number}: {results.generate_report()}"
    assert not left


def test_list_of_decks(decks, open_page):
    folder = next(iter(decks.values())).parent
    for scheme in ("light", "dark"):
        page = open_page((folder / "index.html").as_uri(), width=375, scheme=scheme)
        results = Axe().run(page)
        assert results.violations_count == 0, results.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth <= 375")
        links = page.locator("ol a")
        assert [link.get_attribute("href") for link in links.all()] == [
            path.name for path in decks.values()
        ]
    page.locator("ol a").last.click()
    page.wait_for_function("window.Reveal && Reveal.isReady()")


def test_keyboard(decks, open_page):
    page = opened(open_page, decks["02-reading-idx-files"])
    where = "Reveal.getIndices().h"
    page.keyboard.press("ArrowRight")
    assert page.evaluate(where) == 1
    page.keyboard.press("ArrowLeft")
    assert page.evaluate(where) == 0
    page.keyboard.press("o")
    assert page.evaluate("Reveal.isOverview()")
    page.keyboard.press("Escape")
    ground = "getComputedStyle(document.body).backgroundColor"
    before = page.evaluate(ground)
    page.keyboard.press("d")
    assert page.evaluate(ground) != before


def test_answer_comes_after_the_question(decks, open_page):
    """One step shows the question, the next the cell that answers it."""
    page = opened(open_page, decks["02-reading-idx-files"])
    slide = page.locator("section", has_text="What becomes of a reader that forgets this?")
    page.evaluate(f"Reveal.slide({slide.evaluate('slide => Reveal.getIndices(slide).h')})")
    code, output = slide.locator("pre.code"), slide.locator("pre.output")
    assert slide.locator(".question p.question").is_visible()
    assert not code.is_visible() and not output.is_visible()
    page.keyboard.press("ArrowRight")
    assert "present" in slide.get_attribute("class")
    assert code.is_visible() and output.is_visible()


def test_swipe(decks, browser):
    context = browser.new_context(
        offline=True, has_touch=True, viewport={"width": 375, "height": 720}
    )
    page = context.new_page()
    page.goto(decks["02-reading-idx-files"].as_uri())
    page.wait_for_function("window.Reveal && Reveal.isReady()")
    touch = context.new_cdp_session(page)
    for kind, x in [("touchStart", 300), ("touchMove", 200), ("touchMove", 100), ("touchEnd", 0)]:
        points = [{"x": x, "y": 300}] if kind != "touchEnd" else []
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    page.wait_for_function("Reveal.getIndices().h === 1")
    assert page.evaluate("document.documentElement.scrollWidth <= 375")
    context.close()


def test_speaker_view_without_a_network(decks, open_page):
    page = opened(open_page, decks["02-reading-idx-files"])
    page.keyboard.press("ArrowRight")
    with page.expect_popup() as popup:
        page.keyboard.press("s")
    speaker = popup.value
    speaker.locator(".speaker-controls-notes .value", has_text="Before you start").wait_for()
    # the two windows move together
    page.keyboard.press("ArrowRight")
    speaker.locator(
        ".speaker-controls-notes .value", has_text="A disk holds no pictures"
    ).wait_for()


def paper(page, path, **options):
    page.wait_for_function("document.querySelectorAll('.pdf-page').length > 0")
    page.pdf(path=path, prefer_css_page_size=True, **options)
    return PdfReader(path).pages


def words(text):
    # paper may join f and i to one letter
    return re.findall(r"\w+", unicodedata.normalize("NFKC", text))


@pytest.mark.parametrize("stem", ["02-reading-idx-files", FORMULAS])
def test_paper_has_a_page_for_each_slide(decks, open_page, tmp_path, stem):
    page = opened(open_page, decks[stem], "?print-pdf", scheme="dark")
    if stem == FORMULAS:
        page.wait_for_selector("mjx-container svg", state="attached")
    count = decks[stem].read_text("utf-8").count("\n<section>\n")
    pages = paper(page, tmp_path / "deck.pdf")
    assert len(pages) == count
    headings = page.locator("section :is(h1, h2)").all_text_contents()
    for sheet, heading in zip(pages, headings, strict=True):
        assert float(sheet.mediabox.width) > float(sheet.mediabox.height)
        found = words(sheet.extract_text())
        assert set(words(heading)) <= set(found), heading
    # what is revealed step by step is all there, and the notes are not
    text = " ".join(sheet.extract_text() for sheet in pages)
    if stem == "02-reading-idx-files":
        assert "1,625,948,160" in " ".join(text.split())
        assert "Before you start" not in text


def test_paper_with_notes(decks, open_page, tmp_path):
    deck = decks["02-reading-idx-files"]
    page = opened(open_page, deck, "?print-pdf&showNotes=separate-page")
    pages = paper(page, tmp_path / "deck.pdf")
    text = deck.read_text("utf-8")
    assert len(pages) == text.count("\n<section>\n") + text.count('\n<aside class="notes">\n')
    assert any("Before you start" in sheet.extract_text() for sheet in pages)
