"""Terms that show their meaning: by mouse, keyboard, and finger, from a disk."""

import pytest

from tests.browser.test_pages import axe
from tests.helpers import build_book

SETTINGS = """
extensions += ["book.sphinx.terms"]
html_theme = "sphinx_book_theme"
html_context = {"default_mode": "light"}
myst_enable_extensions = ["colon_fence"]
"""
PAGES = {
    "index.md": "# Page\n\nA {term}`seed`, then the {term}`batch <batch>`, a {term}`seed`.\n\n"
    "```{toctree}\nwords\n```\n",
    "words.md": "# Words\n\n:::{glossary}\nseed\n    A number `<all>`, see {term}`batch`. "
    "[Chapter 1](index.md)\n\nbatch\n    Some at once.\n:::\n",
}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    return build_book(tmp_path_factory.mktemp("book"), PAGES, SETTINGS)


@pytest.fixture
def address(site):
    return (site / "index.html").as_uri()


def tip(page, text="A number <all>, see batch."):
    return page.get_by_role("tooltip", include_hidden=True).filter(has_text=text)


def test_mouse_and_escape(page, address):
    page.goto(address)
    link = page.locator("article").get_by_role("link", name="seed").first
    assert not tip(page).is_visible() and tip(page).count() == 1
    link.hover()
    tip(page).wait_for()
    assert tip(page).inner_text() == "A number <all>, see batch."
    tip(page).hover()  # the pointer may go onto it
    page.wait_for_timeout(400)
    assert tip(page).is_visible()
    page.keyboard.press("Escape")
    assert not tip(page).is_visible()
    link.click()
    page.wait_for_url("**/words.html#term-seed")


def test_keyboard(page, address):
    page.goto(address)
    link = page.locator("article").get_by_role("link", name="batch")
    page.locator("article").get_by_role("link", name="seed").first.focus()
    page.keyboard.press("Tab")
    assert link.evaluate("link => link === document.activeElement")
    assert tip(page, "Some at once.").is_visible() and not tip(page).is_visible()
    described = link.get_attribute("aria-describedby")
    assert page.locator(f"#{described}").inner_text() == "Some at once."
    page.keyboard.press("Tab")
    assert not tip(page, "Some at once.").is_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_first_tap_explains_and_second_follows(browser, address, theme):
    context = browser.new_context(has_touch=True, viewport={"width": 360, "height": 640})
    page = context.new_page()
    page.goto(address)
    page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
    link = page.locator("article").get_by_role("link", name="seed").last
    link.tap()
    assert tip(page).is_visible() and page.url == address
    box = tip(page).bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= 360
    # without the book's style the link under the finger has the theme's color
    assert [fault for fault in axe(page, ["region"]) if "std-term" not in fault] == []
    page.locator("article h1").tap()
    assert not tip(page).is_visible()
    link.tap()
    link.tap()
    page.wait_for_url("**/words.html#term-seed")
    context.close()


def test_without_scripts_the_link_leads_to_the_glossary(browser, address):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address)
    assert not tip(page).is_visible()
    page.locator("article").get_by_role("link", name="seed").first.click()
    assert page.url.endswith("words.html#term-seed")
    context.close()
