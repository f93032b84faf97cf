"""Pages for the tests of single live figures: a file that holds figures, and nothing else."""

from axe_playwright_python.sync_playwright import Axe

LIGHT, DARK = ("#ffffff", "#222832"), ("#14181e", "#ced6dd")  # ground and ink of the book

# How small text is where it is shown: an SVG scales its own
TEXT_SIZES = """host => [...host.shadowRoot.querySelectorAll("*")]
    .filter((node) => [...node.childNodes].some((n) => n.nodeType === 3 && n.data.trim()))
    .filter((node) => node.getClientRects().length && node.tagName !== "STYLE")
    .map((node) => {
        const svg = node.ownerSVGElement;
        const scale = svg ? svg.getBoundingClientRect().width / svg.viewBox.baseVal.width : 1;
        return [scale * parseFloat(getComputedStyle(node).fontSize), node.textContent];
    })"""


def write_page(folder, *figures, colors=LIGHT):
    """Write the page, and return its address. No colors: those of the browser's scheme."""
    body = "background:{};color:{}".format(*colors) if colors else ""
    outputs = "\n<hr>\n".join(figure._repr_html_() for figure in figures)
    file = folder / "page.html"
    file.write_text(
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A page</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        "<style>:root { color-scheme: light dark }</style></head>"
        f'<body style="{body};font-family:sans-serif">'
        f"<main><h1>Figures</h1>{outputs}</main>"
        '<div style="height:2000px"></div></body></html>',
        "utf-8",
    )
    return file.as_uri()


def rest(page):
    """Wait until the figure has drawn what was asked for."""
    page.evaluate(
        "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
    )


def assert_accessible(page):
    rest(page)
    found = Axe().run(page)
    assert [(v["id"], [n["html"] for n in v["nodes"]]) for v in found.response["violations"]] == []


def set_slider(page, name, value):
    """As a hand does: the value, and the event."""
    page.get_by_role("slider", name=name).evaluate(
        "(input, value) => { input.value = value;"
        ' input.dispatchEvent(new Event("input", { bubbles: true })) }',
        value,
    )


def assert_readable(page, width):
    """Nothing scrolls sideways, and no text is smaller than 12 px."""
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    small = page.locator(".live").first.evaluate(
        """root => [...root.querySelectorAll("*")].filter((node) => {
            if (![...node.childNodes].some((n) => n.nodeType === 3 && n.data.trim())) return false;
            const svg = node.ownerSVGElement;
            const scale = svg ? svg.getBoundingClientRect().width / svg.viewBox.baseVal.width : 1;
            return parseFloat(getComputedStyle(node).fontSize) * scale < 11.9;
        }).map((node) => node.outerHTML)"""
    )
    assert small == []


def without_scripts(browser, address):
    """What the page shows: a context to close, and the page."""
    context = browser.new_context(offline=True, java_script_enabled=False)
    page = context.new_page()
    page.goto(address)
    return context, page


def assert_sound(page):
    """axe finds nothing, nothing is cut, and no text is small."""
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    width = page.viewport_size["width"]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    sizes = page.locator("[data-live-figure]").evaluate(TEXT_SIZES)
    assert [(size, text) for size, text in sizes if size < 11.9] == []


def finger(page):
    """Touch a page that a context with ``has_touch`` has opened: (kind, x, y) or (kind)."""
    session = page.context.new_cdp_session(page)

    def touch(kind, *place):
        points = [dict(zip("xy", place))] if place else []
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    return touch


def phone(browser):
    """A context with a touch screen, 360 pixels wide, and without a network."""
    return browser.new_context(
        offline=True, has_touch=True, is_mobile=True, viewport={"width": 360, "height": 740}
    )
