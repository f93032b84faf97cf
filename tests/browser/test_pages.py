"""Every page in a browser: wide and narrow, light and dark, by keyboard, without a network."""

from pathlib import Path

import axe_playwright_python
import pytest
import yaml

from book.common import ROOT

AXE = next(Path(axe_playwright_python.__file__).parent.rglob("axe.min.js")).read_text("utf-8")
TOC = yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8"))
PAGES = ["index", "search", "genindex"]
PAGES += [chapter["file"] for part in TOC["parts"] for chapter in part["chapters"]]
# contrast, the slow rule, depends on the theme and hardly on the width: once for each theme
SETTINGS = {
    "wide light": (1440, "light", []),
    "narrow dark": (375, "dark", []),
    "wide dark": (1440, "dark", ["color-contrast"]),
    "narrow light": (375, "light", ["color-contrast"]),
}


def axe(page, without=()):
    """What axe-core finds wrong with a page, in words."""
    page.evaluate(AXE)
    options = {"preload": False, "resultTypes": ["violations"]}
    options["rules"] = {rule: {"enabled": False} for rule in without}
    found = page.evaluate("options => axe.run(document, options)", options)["violations"]
    return [f"{v['id']}: {n['html'][:200]}" for v in found for n in v["nodes"]]


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("name", PAGES)
def test_page_from_a_disk_has_no_fault(site, open_page, name, setting):
    width, scheme, without = SETTINGS[setting]
    page = open_page((site / f"{name}.html").as_uri(), width, scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("document.documentElement.dataset.theme") == scheme
    fonts = "[...document.fonts].filter(font => font.status !== 'unloaded').length"
    assert page.evaluate(fonts) == 0, "the icons are drawings; their font is 150 kB"
    assert axe(page, without) == []


# What of these pages is wider than its place, in words: text that is printed, and tables
CUT = """() => [...document.querySelectorAll("article .cell_output pre, article table")]
.filter(e => !e.closest("[data-live-figure]"))
.filter(e => {
  const box = e.matches("pre") ? e : e.parentElement;
  return box.clientWidth && box.scrollWidth > box.clientWidth
         || e.getBoundingClientRect().right > innerWidth;
}).map(e => e.innerText.slice(0, 120))"""


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("name", [page for page in PAGES if page[:11] < "chapters/06"])
def test_no_output_is_cut(site, open_page, name, width):
    page = open_page((site / f"{name}.html").as_uri(), width)
    assert page.evaluate(CUT) == []
    page.evaluate("document.querySelectorAll('details').forEach(fold => (fold.open = true))")
    assert page.evaluate(CUT) == []
    if width == 360:
        code = "[...document.querySelectorAll('article .cell_input pre')]"
        cut = page.evaluate(f"{code}.filter(e => e.scrollWidth > e.clientWidth).length")
        assert cut == 0


def test_axe_would_find_a_fault(page):
    page.set_content("<html lang=en><title>t</title><main><h1>t</h1><img src='data:,'></main>")
    assert any(fault.startswith("image-alt") for fault in axe(page))


def test_pages_from_a_server_ask_no_other_host(address, open_page):
    for name in PAGES:
        open_page(f"{address}/{name}.html").context.close()


def test_a_request_to_another_host_would_be_noticed(address, open_page):
    page = open_page(f"{address}/genindex.html")
    with page.expect_event("requestfailed"):
        page.evaluate("new Image().src = 'http://127.0.0.1:9/x.png'")
    assert open_page.faults[0] == "request to http://127.0.0.1:9/x.png"
    page.context.close()  # or more would be said about it later
    open_page.faults.clear()


@pytest.mark.parametrize("place", ["server", "disk"])
@pytest.mark.parametrize(
    ("words", "title"),
    [
        ("one-hot", "Preparing images and labels"),
        ("magic number", "Reading IDX files"),
        ("confusion", "Confusion matrices"),
    ],
)
def test_search_finds(site, address, open_page, place, words, title):
    start = address if place == "server" else site.as_uri()
    page = open_page(f"{start}/search.html?q={words.replace(' ', '+')}")
    page.wait_for_selector("#search-results ul.search li a")
    page.wait_for_function("!/Searching/.test(document.querySelector('#search-results').innerText)")
    assert title in page.inner_text("#search-results")


def test_search_opens_from_the_keyboard(address, open_page):
    page = open_page(f"{address}/index.html")
    page.keyboard.press("Control+k")
    page.keyboard.type("softmax")
    page.keyboard.press("Enter")
    page.wait_for_selector("#search-results ul.search li a")


@pytest.mark.parametrize("width", [1440, 375])
@pytest.mark.parametrize("name", ["index", "chapters/05-a-first-dense-network"])
def test_keyboard_reaches_everything_and_shows_where_it_is(site, open_page, name, width):
    page = open_page((site / f"{name}.html").as_uri(), width)
    wanted = page.evaluate(
        """() => [...document.querySelectorAll("a[href], button, input, summary, [tabindex='0']")]
        .filter(e => e.checkVisibility({visibilityProperty: true, opacityProperty: true})
                     && e.tabIndex >= 0 && !e.disabled)
        // Tab enters a group of radio buttons once, arrows lead on inside
        .filter((e, i, all) => e.type !== "radio" || all.findIndex(o => o.name === e.name) === i)
        .map((e, i) => (e.dataset.wanted = i, e.outerHTML.slice(0, 120)))"""
    )
    reached, invisible = set(), []
    for _ in range(2 * len(wanted) + 20):
        page.keyboard.press("Tab")
        here = page.evaluate(
            """() => {
            let e = document.activeElement;
            while (e.shadowRoot?.activeElement) e = e.shadowRoot.activeElement;  // the digit pad
            const shown = e.closest(".sd-card") ?? e;  // such a card is one large link
            const s = getComputedStyle(shown), box = shown.getBoundingClientRect();
            return [e.dataset.wanted, e.outerHTML.slice(0, 120), e === document.body,
                    s.outlineStyle !== "none" || s.boxShadow !== "none",
                    box.width * box.height > 0]; }"""
        )
        number, html, is_body, marked, has_size = here
        if is_body:
            break
        reached.add(number)
        if not (marked and has_size):
            invisible.append(html)
    missed = [html for i, html in enumerate(wanted) if str(i) not in reached]
    assert len(wanted) > 20
    assert missed == []
    assert invisible == []


def test_theme_can_be_chosen(site, open_page):
    page = open_page((site / "index.html").as_uri(), scheme="light")
    seen = set()
    for _ in range(3):
        page.locator(".theme-switch-button:visible").click()
        seen.add(page.evaluate("document.documentElement.dataset.mode"))
    assert seen == {"light", "dark", "auto"}
    assert page.locator(".theme-switch-button svg path:visible").count() == 1


def test_reading_on_leads_through_the_book(site, open_page):
    page = open_page((site / "index.html").as_uri())
    seen = []
    while following := page.locator("a.right-next").evaluate_all("links => links.map(a => a.href)"):
        page.goto(following[0])
        seen.append(page.url)
    assert len(seen) == len(PAGES) - 3
    assert seen[0].endswith("01-what-is-a-neural-network.html")


def test_paper_shows_the_text_alone(site, open_page):
    page = open_page((site / "chapters/05-a-first-dense-network.html").as_uri())
    page.emulate_media(media="print")
    for selector in (".bd-sidebar-primary", ".bd-header-article", ".prev-next-footer"):
        assert not page.locator(selector).first.is_visible(), selector
    assert page.locator("h1").count() == 1
    assert page.locator("article h1").is_visible()
