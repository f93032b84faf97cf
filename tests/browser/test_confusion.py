"""The explorer of a confusion matrix in a real browser, on a page of its own."""

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from sklearn.datasets import load_digits

from mnist_helpers import ConfusionExplorer
from tests.browser.figure_page import assert_sound, phone, write_page

FOCUSED = "document.activeElement.shadowRoot.activeElement"
LIGHT, DARK = ("#ffffff", "#222832"), ("#14181e", "#ced6dd")  # ground and ink of the book


def explorer(seed=0, n=400):
    """Small real digits, each read wrongly with its own probability."""
    rng = np.random.default_rng(seed)
    digits = load_digits()
    images = np.kron(digits.images[:n] / 16, np.ones((3, 3)))  # 24 by 24
    labels = digits.target[:n]
    sums = rng.normal(size=(n, 10)) + 1.5 * np.eye(10)[labels]
    sums[:, 7] -= 20 * (labels == 1)  # no 1 is ever read as 7: a cell that stays closed
    exponentials = np.exp(sums)
    probabilities = exponentials / exponentials.sum(axis=1, keepdims=True)
    return ConfusionExplorer(images, labels, probabilities), images, labels, probabilities


def networks(n=400, count=3):
    """What several networks answer to the same digits."""
    runs = [explorer(seed, n) for seed in range(count)]
    return ConfusionExplorer(*runs[0][1:3], np.stack([run[3] for run in runs]))


def behind(labels, probabilities, true, read):
    cell = np.flatnonzero((labels == true) & (probabilities.argmax(axis=1) == read))
    return sorted(cell, key=lambda i: -probabilities[i, read])


@pytest.fixture
def show(page, tmp_path):
    """Open explorers on a page that is a file, and nothing else."""

    def show(*explorers, colors=LIGHT, page=page):
        ground, ink = colors
        outputs = "\n<hr>\n".join(explorer._repr_html_() for explorer in explorers)
        file = tmp_path / "page.html"
        file.write_text(
            '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A page</title>'
            '<meta name="viewport" content="width=device-width, initial-scale=1"></head>'
            f'<body style="background:{ground};color:{ink};font-family:sans-serif">'
            f"<main><h1>Confusions</h1>{outputs}</main>"
            '<div style="height:2000px"></div></body></html>',
            "utf-8",
        )
        page.goto(file.as_uri())
        return page

    return show


def pictures(page, root=".explorer"):
    """What the reader sees: for each picture its name, its lines, and its gray pixels."""
    return page.locator(f"{root} li").evaluate_all(
        """items => items.map((item) => {
            const canvas = item.querySelector("canvas");
            const { width, height } = canvas;
            const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
            return {
                name: canvas.getAttribute("aria-label"),
                lines: [...item.querySelectorAll("span")].map((line) => line.textContent),
                pixels: [...data].filter((_, i) => i % 4 === 0),
            };
        })"""
    )


def assert_pictures(page, images, probabilities, indices, true, read):
    shown = pictures(page)
    names = [f"image {index}, a {true} read as {read}" for index in indices]
    assert [picture["name"] for picture in shown] == names
    for picture, index in zip(shown, indices):
        pixels = np.reshape(picture["pixels"], images[index].shape)
        assert abs(255 * (1 - images[index]) - pixels).max() <= 255 / 15 / 2 + 1
        for line, digit in zip(picture["lines"], [read, true], strict=True):
            probability = probabilities[index, digit]
            if 0.005 < probability < 0.994:
                shown_digit, percent = line.rstrip("%").split(": ")
                assert int(shown_digit) == digit
                assert abs(int(percent) - 100 * probability) < 0.56


def press(page, true, read):
    page.get_by_role("button", name=f": {true} read as {read}").click()


def test_mouse_opens_the_pictures_behind_a_count(show):
    shown, images, labels, probabilities = explorer()
    page = show(shown)
    for true, read in [(3, 8), (9, 0), (0, 9)]:
        press(page, true, read)
        indices = behind(labels, probabilities, true, read)
        assert indices
        assert_pictures(page, images, probabilities, indices, true, read)
        said = f"{true} read as {read}: {len(indices)} picture"
        assert page.locator(".status").inner_text().startswith(said)
        page.get_by_role("status").filter(has_text=said).wait_for(state="attached")
        assert page.locator("[aria-pressed=true]").count() == 1
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")  # back to the count that was pressed
    assert page.locator("button:focus").get_attribute("aria-pressed") == "true"


def test_nearly_sure_is_not_sure_and_pictures_need_not_be_square(show):
    rng = np.random.default_rng(0)
    sure = np.array([0.9996, 0.9961, 0.994, 0.6, *np.linspace(0.59, 0.51, 36)])
    images = rng.random((40, 12, 20))  # two rows of the sprite
    probabilities = np.stack([sure, 1 - sure], axis=1)
    page = show(ConfusionExplorer(images, np.ones(40, int), probabilities))
    press(page, 1, 0)
    assert_pictures(page, images, probabilities, range(40), 1, 0)
    assert [picture["lines"] for picture in pictures(page)[:4]] == [
        ["0: >99%", "1: <1%"],
        ["0: >99%", "1: <1%"],
        ["0: 99%", "1: 1%"],
        ["0: 60%", "1: 40%"],
    ]


def test_every_count_of_errors_opens_and_no_other(show):
    shown, _, labels, probabilities = explorer()
    page = show(shown)
    page.locator("canvas").first.wait_for()
    off_diagonal = shown.matrix - np.diag(shown.matrix.diagonal())
    buttons = page.locator("tbody button")
    assert buttons.count() == np.count_nonzero(off_diagonal)
    opened = 0
    for button in buttons.all():
        button.dispatch_event("click")
        assert page.locator("li").count() == int(button.inner_text())
        opened += page.locator("li").count()
    assert opened == off_diagonal.sum() == len(shown.errors[0])


def cells(page):
    """The table as the reader sees it: texts, and the contrast of each with its ground."""
    return page.locator("[data-live-figure]").first.evaluate(
        """host => {
            const context = document.createElement("canvas").getContext("2d");
            const paint = (color) => {
                context.fillStyle = color;
                context.fillRect(0, 0, 1, 1);
                return [...context.getImageData(0, 0, 1, 1).data].slice(0, 3);
            };
            const luminance = (rgb) => rgb
                .map((c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
                .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
            const rows = [...host.shadowRoot.querySelectorAll("tbody tr")];
            return rows.map((row) => [...row.querySelectorAll("td")].map((cell) => {
                const text = cell.querySelector("button") ?? cell;
                paint(getComputedStyle(host.shadowRoot.querySelector(".live")).backgroundColor);
                paint(getComputedStyle(cell).backgroundColor);
                const ground = luminance(paint(getComputedStyle(text).backgroundColor));
                const ink = luminance(paint(getComputedStyle(text).color));
                const [low, high] = [ground, ink].sort((a, b) => a - b);
                return { text: text.textContent, contrast: (high + 0.05) / (low + 0.05) };
            }));
        }"""
    )


@pytest.mark.parametrize("colors", [LIGHT, DARK], ids=["light", "dark"])
def test_switches_show_the_numbers_of_python_and_all_can_be_read(show, colors):
    shown = networks(n=1797)
    page = show(shown, colors=colors)
    page.locator("canvas").first.wait_for()
    for view in ("counts", "percent of row", "errors by row", "errors by column"):
        for network in (0, 2):
            page.get_by_label(view, exact=True).check()
            page.get_by_label(str(network), exact=True).check()
            found = cells(page)
            numbers = [[float(cell["text"] or 0) for cell in row] for row in found]
            step = 0.05 if view == "percent of row" else 0.5
            np.testing.assert_allclose(numbers, shown.shares(view, network), atol=step + 1e-9)
            assert min(cell["contrast"] for row in found for cell in row) >= 4.5
            blank = [row[digit]["text"] == "" for digit, row in enumerate(found)]
            assert set(blank) == {view.startswith("errors")}
    wrong = len(shown.errors[2])
    assert f"{wrong} of them misread" in page.locator(".explorer caption").inner_text()


def test_darkest_is_the_largest_number_of_any_network(show):
    shown = networks()
    page = show(shown)
    beside = shown.matrices * ~np.eye(10, dtype=bool)
    for network in range(3):
        page.get_by_label(str(network), exact=True).check()
        shares = page.locator(".explorer tbody td").evaluate_all(
            "all => all.map((cell) => Number(cell.style.getPropertyValue('--share')))"
        )
        expected = beside[network] / beside.max()
        np.testing.assert_allclose(np.reshape(shares, (10, 10)), expected, atol=0.001)


def test_an_open_cell_stays_open_in_another_network_if_it_is_there(show):
    shown = networks()
    page = show(shown)
    page.get_by_label("errors by row").check()
    first, second, third = shown.matrices
    beside = ~np.eye(10, dtype=bool)
    true, read = np.argwhere((third > first) & (first > 0) & beside)[0]
    press(page, true, read)
    page.get_by_label("2", exact=True).check()
    expected = third[true, read]
    assert page.locator("li").count() == expected
    assert page.locator("[aria-pressed=true]").count() == 1
    page.get_by_label("errors by column").check()
    assert page.locator("li").count() == expected
    true, read = np.argwhere((second > 0) & (first == 0) & beside)[0]
    page.get_by_label("1", exact=True).check()
    press(page, true, read)
    page.get_by_label("0", exact=True).check()
    assert page.locator("[aria-pressed=true]").count() == 0
    assert page.locator(".status").inner_text().startswith("Press a number")


def test_keyboard_switches(show):
    shown = networks()
    page = show(shown)
    page.locator("canvas").first.wait_for()
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert page.get_by_label("errors by row").is_checked()
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    assert page.get_by_label("1", exact=True).is_checked()
    numbers = [[float(cell["text"] or 0) for cell in row] for row in cells(page)]
    np.testing.assert_allclose(numbers, shown.shares("errors by row", 1), atol=0.5)
    page.get_by_role("status").filter(has_text="row’s errors").wait_for(state="attached")


def test_finger_switches_and_opens(browser, tmp_path):
    context = phone(browser)
    page = context.new_page()
    shown = networks()
    page.goto(write_page(tmp_path, shown))
    page.get_by_text("errors by column").tap()
    page.get_by_role("button", name=": 3 read as 8").tap()
    assert page.locator("li").count() == shown.matrix[3, 8]
    context.close()


STEPS = {"ArrowUp": (-1, 0), "ArrowDown": (1, 0), "ArrowLeft": (0, -1), "ArrowRight": (0, 1)}


def after(matrix, place, key):
    """Where an arrow key leads: to the next count of errors in its direction, if there is one."""
    row, column = place
    while True:
        row, column = row + STEPS[key][0], column + STEPS[key][1]
        if not (0 <= row < 10 and 0 <= column < 10):
            return place
        if row != column and matrix[row, column]:
            return row, column


def test_keyboard_goes_from_count_to_count(show):
    shown, images, labels, probabilities = explorer()
    page = show(shown)
    page.locator("canvas").first.wait_for()

    def assert_focus(place):
        name = page.evaluate(f"{FOCUSED}.getAttribute('aria-label')")
        assert name == f"{shown.matrix[place]}: {place[0]} read as {place[1]}"

    page.keyboard.press("Tab")  # past the switch
    page.keyboard.press("Tab")
    place = 0, 1
    assert_focus(place)
    outline = f"getComputedStyle({FOCUSED}).outlineStyle"
    assert page.evaluate(outline) == "solid"
    assert after(shown.matrix, (0, 1), "ArrowLeft") == (0, 1)  # only the diagonal is there
    assert after(shown.matrix, (0, 1), "ArrowDown") == (2, 1)  # over the diagonal
    assert after(shown.matrix, (1, 6), "ArrowRight") == (1, 8)  # over a 0
    for key in "Left Down Right Right Up Up Left Right Right Right Right Right Down Down".split():
        page.keyboard.press(f"Arrow{key}")
        place = after(shown.matrix, place, f"Arrow{key}")
        assert_focus(place)
    for key, step in [("Enter", "ArrowLeft"), ("Space", "ArrowUp")]:
        page.keyboard.press(key)
        assert page.evaluate(f"{FOCUSED}.getAttribute('aria-pressed')") == "true"
        indices = behind(labels, probabilities, *place)
        assert_pictures(page, images, probabilities, indices, *place)
        page.keyboard.press(step)
        place = after(shown.matrix, place, step)
    # the table is one stop of the Tab key, and remembers the place
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.dataset.liveFigure") is None
    page.keyboard.press("Shift+Tab")
    assert_focus(place)
    assert page.evaluate("scrollY") == 0


def test_second_press_closes(show):
    shown, _, labels, probabilities = explorer()
    page = show(shown)
    page.locator("canvas").first.wait_for()
    surest = [picture["name"] for picture in pictures(page)]
    wrong = probabilities.argmax(axis=1) != labels
    first = np.where(wrong, probabilities.max(axis=1), 0).argmax()
    assert surest[0].startswith(f"image {first},")
    press(page, 3, 8)
    press(page, 3, 8)
    assert [picture["name"] for picture in pictures(page)] == surest
    assert page.locator("[aria-pressed=true]").count() == 0


def test_explorers_on_one_page_do_not_clash(show):
    shown, *_ = explorer()
    other, _, other_labels, other_probabilities = explorer(seed=1)
    page = show(shown, other, shown)
    page.locator(".explorer >> nth=2 >> canvas").first.wait_for()
    before = [pictures(page, f".explorer >> nth={i} >>") for i in (0, 2)]
    true, read = 3, 5
    second = page.locator(".explorer >> nth=1")
    second.get_by_role("button", name=f": {true} read as {read}").click()
    indices = behind(other_labels, other_probabilities, true, read)
    names = [p["name"] for p in pictures(page, ".explorer >> nth=1 >>")]
    assert indices and names == [f"image {i}, a {true} read as {read}" for i in indices]
    assert [pictures(page, f".explorer >> nth={i} >>") for i in (0, 2)] == before
    assert page.locator("[aria-pressed=true]").count() == 1
    assert page.locator(".explorer [id]").count() == 0


@pytest.mark.parametrize("colors", [LIGHT, DARK], ids=["light", "dark"])
def test_axe_finds_nothing(show, colors):
    # many errors: axe does not judge the contrast of a single figure
    shown = networks(n=1797)
    off_diagonal = shown.matrix - np.diag(shown.matrix.diagonal())
    darkest = divmod(off_diagonal.argmax(), 10)
    assert off_diagonal.max() >= 10
    page = show(shown, colors=colors)
    page.locator("canvas").first.wait_for()
    for _ in range(2):
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        press(page, *darkest)
        page.get_by_label("errors by column").check()


@pytest.mark.parametrize("width", [1440, 375, 320])
def test_nothing_is_cut_or_scrolls_sideways(show, width):
    page = show(networks())
    page.set_viewport_size({"width": width, "height": 800})
    press(page, 3, 8)
    assert_sound(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    cut = page.locator(".explorer :is(td, th, button, li, span)").evaluate_all(
        "all => all.filter((e) => e.scrollWidth > e.clientWidth + 1).map((e) => e.outerHTML)"
    )
    # an inline element has no client width of its own; the axis label is the only one
    assert [html for html in cut if html != "<span>true</span>"] == []
    heights = page.locator("tbody button").evaluate_all(
        "all => all.map((e) => Math.min(e.offsetHeight, e.offsetWidth))"
    )
    assert min(heights) >= 24


def test_without_scripts_the_table_is_there(browser, show):
    context = browser.new_context(offline=True, java_script_enabled=False)
    try:
        shown, *_ = explorer()
        page = show(shown, page=context.new_page())
        first = page.locator("table").first
        cells = [int(text) for text in first.locator("tbody td").all_inner_texts()]
        np.testing.assert_array_equal(np.reshape(cells, (10, 10)), shown.matrix)
        assert "scripts" in page.locator(".confusion-explorer p").inner_text()
        assert page.locator("button").count() == 0  # none that does nothing
    finally:
        context.close()


def test_paper_gets_counts_and_errors_as_tables(show):
    shown = networks()
    page = show(shown)
    page.locator(".explorer canvas").first.wait_for()
    page.emulate_media(media="print")
    assert not page.locator(".live").is_visible()
    tables = page.locator(".confusion-explorer table")
    assert tables.count() == 3 and all(table.is_visible() for table in tables.all())
    rows = tables.nth(2).locator("tbody tr").all()
    numbers = [[float(t or 0) for t in row.locator("td").all_inner_texts()] for row in rows]
    np.testing.assert_allclose(numbers, shown.shares("errors by column"), atol=0.5 + 1e-9)


def test_reader_without_errors_says_so(show):
    images = np.zeros((10, 28, 28))
    page = show(ConfusionExplorer(images, np.arange(10), np.eye(10)))
    assert "nothing to open" in page.locator(".status").inner_text()
    assert page.locator("button").count() == 0
