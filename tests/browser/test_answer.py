"""Answers to exercises that are checked in the page, by the code of the quizzes."""

import pytest
from bs4 import BeautifulSoup

from book.chapter import ANSWER
from book.quiz.model import QuizError
from book.sphinx.answer import read_answer
from tests.browser.test_pages import axe
from tests.helpers import build_book

SETTINGS = """
extensions += ["sphinx_exercise", "book.sphinx.answer"]
html_theme = "sphinx_book_theme"
html_context = {"default_mode": "light"}
myst_enable_extensions = ["colon_fence", "dollarmath"]
"""
TEXT = """# Page

:::{exercise} A header
:label: ex-header

How many labels are there?

```{answer} 10,000
:unit: labels
:why: `27` is 39, secretly.
:hint: Multiply each byte.
2710: These digits are *hexadecimal*.
```
:::

:::{exercise} A word
:label: ex-word

Which order?

```{answer} big-endian | big endian
little-endian: The other way round.
```
:::
"""
INSTEAD = "To check your answer, run the check in the notebook."


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    folder = tmp_path_factory.mktemp("book")
    return (build_book(folder, {"index.md": TEXT}, SETTINGS) / "index.html").as_uri()


def judge(form, typed):
    form.get_by_label("Your answer").fill(typed)
    form.get_by_role("button", name="Check").click()
    return form.get_attribute("data-state"), form.get_by_role("status").inner_text()


def test_number_and_word(page, address):
    page.goto(address)
    number, word = page.locator("form.answer-card").all()
    for typed in ["10000", "10,000", "10 000 labels", "1e4"]:
        assert judge(number, typed) == ("right", "Right. 27 is 39, secretly."), typed
    assert judge(number, "2,710") == ("wrong", "Not yet. These digits are hexadecimal.")
    assert judge(number, "9999") == ("wrong", "Not yet. Multiply each byte.")
    assert judge(number, "many")[0] is None
    for typed in ["big-endian", "Big  Endian", " `big-endian` "]:
        assert judge(word, typed) == ("right", "Right."), typed
    assert judge(word, "Little-endian") == ("wrong", "Not yet. The other way round.")
    assert judge(word, "small") == ("wrong", "Not yet. Try again.")
    assert judge(word, " ") == (None, "Type a word first.")
    assert not page.get_by_text(INSTEAD).first.is_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_keyboard_and_axe_at_360_pixels(page, address, theme):
    page.set_viewport_size({"width": 360, "height": 800})
    page.goto(address)
    page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
    faults = axe(page, ["region"])  # the theme's
    for form, typed in zip(page.locator("form.answer-card").all(), ["2710", "big-endian"]):
        form.get_by_label("Your answer").focus()
        page.keyboard.type(typed)
        page.keyboard.press("Enter")
    page.wait_for_timeout(300)
    assert faults + axe(page, ["region"]) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_without_scripts_and_on_paper_a_sentence(browser, page, address):
    context = browser.new_context(java_script_enabled=False)
    quiet = context.new_page()
    quiet.goto(address)
    page.goto(address)
    page.emulate_media(media="print")
    for shown in (quiet, page):
        assert shown.get_by_text(INSTEAD).count() == 2
        assert shown.get_by_text(INSTEAD).first.is_visible()
        assert not shown.locator("form.answer-card").first.is_visible()
        assert "secretly" not in shown.locator("article").inner_text()
    context.close()


def test_student_edition_holds_no_key(tmp_path):
    site = build_book(tmp_path, {"index.md": TEXT}, SETTINGS + "quiz_key = False\n")
    html = (site / "index.html").read_text("utf-8")
    assert BeautifulSoup(html, "html.parser").get_text().count(INSTEAD) == 2
    for secret in ["10,000", "10000", "2710", "hexadecimal", "secretly", "big-endian", "Multiply"]:
        assert secret not in html


def test_the_directive_is_found_in_a_text():
    stripped = ANSWER.sub("", TEXT)
    assert "answer}" not in stripped and "Which order?" in stripped and "ex-word" in stripped


@pytest.mark.parametrize(
    ("argument", "options", "lines", "message"),
    [
        ("10", {}, ["10.0: Right?"], "right and wrong"),
        ("10", {"tolerance": "1"}, ["9: Near."], "right and wrong"),
        ("10", {}, ["ten: In digits."], "'ten' is no number"),
        ("10", {}, ["11"], "expected 'WRONG: HINT'"),
        ("10", {"hint": "It is 10, no?"}, [], "tells the answer"),
        ("10,000", {}, ["1: It is `10,000`."], "tells the answer"),
        ("relu", {"hint": "Think of ReLU."}, [], "tells the answer"),
        ("relu", {"unit": "neurons"}, [], "is no number"),
        ("10", {"tolerance": "some"}, [], "'tolerance' should be a number"),
        ("10", {"hint": "- a list"}, [], "expected one paragraph"),
    ],
)
def test_what_cannot_be_used_is_refused(argument, options, lines, message):
    with pytest.raises(QuizError, match=message):
        read_answer(argument, options, lines)
