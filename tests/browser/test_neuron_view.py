"""One neuron that looks at a digit, in a real browser, on a page of its own."""

import re

import numpy as np
import pytest
from sklearn.datasets import load_digits

from mnist_helpers import NeuronView
from tests.browser.figure_page import assert_sound, finger, phone, write_page


@pytest.fixture(scope="module")
def view():
    """Small real digits, 24 by 24."""
    digits = load_digits()
    return NeuronView(np.kron(digits.images / 16, np.ones((3, 3))), digits.target)


@pytest.fixture
def show(open_page, tmp_path, view):
    def show(*args):
        page = open_page(write_page(tmp_path, view, colors=None), *args)
        page.locator(".told strong").wait_for()  # the digits have been unpacked
        return page

    return show


def weights_of(page):
    flat = page.locator("[data-live-figure]").evaluate("host => [...host.neuronView.weights]")
    return np.reshape(flat, (24, 24))


def shown(page):
    """The row of numbers, and the three counts."""
    cells = page.locator("table.sum tbody td").all_inner_texts()
    row = [float(cell.replace("\N{MINUS SIGN}", "-")) for cell in cells]
    told, answered, firsts, quiet, seconds = re.fullmatch(
        r"(\d+) of 200 told apart: it answers to (\d+) of (\d+) images of 0, "
        r"and keeps quiet at (\d+) of (\d+) of 1\.",
        page.locator(".told").inner_text(),
    ).groups()
    assert (firsts, seconds) == ("100", "100")
    return row, [int(told), int(answered), int(quiet)]


def assert_numbers(page, view, digit=0, bias=0.0, relu=False):
    page.evaluate("new Promise(requestAnimationFrame)")
    weights = weights_of(page)
    products = view.images[digit] * weights
    up, down = products[products > 0].sum(), products[products < 0].sum()
    total = up + down + bias
    row, counts = shown(page)
    expected = [up, down, bias, total, max(0, total) if relu else total]
    np.testing.assert_allclose(row, expected, atol=0.0051)
    answers = view.outputs(weights, bias) > 0
    answered = (answers & (view.labels == 0)).sum()
    quiet = (~answers & (view.labels == 1)).sum()
    assert counts == [answered + quiet, answered, quiet]
    assert counts[0] == view.told_apart(weights, bias)
    outputs = page.locator("[data-live-figure]").evaluate("h => h.neuronView.judge().outputs")
    wanted = view.outputs(weights, bias)
    np.testing.assert_allclose(outputs, np.maximum(wanted, 0) if relu else wanted, atol=1e-6)
    says = f"says {'0' if total > 0 else '“not 0”'}"
    right = (total > 0) == (view.labels[digit] == 0)
    verdict = page.locator(".verdict").inner_text()
    assert says in verdict and ("that is right" in verdict) == right


def test_numbers_are_those_of_numpy(show, view):
    page = show()
    assert_numbers(page, view)
    assert shown(page) == ([0, 0, 0, 0, 0], [100, 0, 100])  # no weights: not above 0
    page.get_by_role("button", name="mean 0 − mean 1").click()
    np.testing.assert_array_equal(weights_of(page), view.weights)
    assert_numbers(page, view)
    page.get_by_label("bias").fill("-4.5")
    assert_numbers(page, view, bias=-4.5)
    page.get_by_role("button", name="next digit").click()
    assert_numbers(page, view, digit=1, bias=-4.5)
    page.get_by_label("relu").check()
    assert_numbers(page, view, digit=1, bias=-4.5, relu=True)
    for _ in range(2):
        page.get_by_role("button", name="previous digit").click()
    assert_numbers(page, view, digit=19, bias=-4.5, relu=True)
    page.get_by_role("button", name="chance").click()
    assert abs(weights_of(page)).max() <= 1 and weights_of(page).std() > 0.5
    assert_numbers(page, view, digit=19, bias=-4.5, relu=True)


def test_rows_are_added_up_one_by_one(show, view):
    page = show()
    page.get_by_role("button", name="mean 0 − mean 1").click()
    page.get_by_label("rows added up").fill("9")
    products = (view.images[0] * view.weights)[:9]
    row = page.locator("table.sum tbody td").all_inner_texts()
    assert row[3] == f"{products.sum():.2f}".replace("-", "\N{MINUS SIGN}") and row[4] == "…"
    assert page.get_by_role("columnheader", name="sum so far").count() == 1
    assert shown_counts(page)[0] == view.told_apart()  # the task is not touched by it


def shown_counts(page):
    return [int(n) for n in re.findall(r"\d+", page.locator(".told").inner_text())]


def brushed(*cells):
    """Cells around these, as (rows, columns)."""
    around = [(0, 0), (1, 0), (-1, 0), (0, 1), (0, -1)]
    return tuple(zip(*{(y + down, x + right) for y, x in cells for down, right in around}))


def test_mouse_paints_and_erases(show, view):
    page = show()
    box = page.get_by_role("application").bounding_box()

    def at(row, column):
        side = box["width"] / 24
        return box["x"] + (column + 0.5) * side, box["y"] + (row + 0.5) * side

    def drag(start, end):
        page.mouse.move(*at(*start))
        page.mouse.down()
        page.mouse.move(*at(*end))  # a quick hand: one event for the whole way
        page.mouse.up()

    drag((5, 4), (5, 12))
    expected = np.zeros((24, 24))
    expected[brushed(*[(5, x) for x in range(4, 13)])] = 1
    np.testing.assert_array_equal(weights_of(page), expected)
    page.get_by_label("lower").check()
    drag((5, 8), (9, 12))
    expected[brushed(*[(5 + i, 8 + i) for i in range(5)])] = -1
    np.testing.assert_array_equal(weights_of(page), expected)
    page.get_by_label("erase").check()
    drag((2, 6), (20, 6))
    expected[brushed(*[(y, 6) for y in range(2, 21)])] = 0
    np.testing.assert_array_equal(weights_of(page), expected)
    assert_numbers(page, view)
    page.mouse.move(*at(5, 12))
    pixel = view.images[0, 5, 12]
    text = f"row 5, column 12: pixel {pixel:.2f} × weight 1.00 = {pixel:.2f}"
    assert page.locator(".pixel").inner_text() == text
    page.mouse.move(5, 5)
    assert page.locator(".spot:visible").count() == 0


def test_keyboard_paints(show, view):
    page = show()
    page.get_by_role("application").focus()
    page.keyboard.press("ArrowUp")
    assert not weights_of(page).any()  # the brush is up
    for key in ["Space", "ArrowLeft", "ArrowLeft", "Space", "ArrowUp"]:
        page.keyboard.press(key)
    expected = np.zeros((24, 24))
    expected[brushed((11, 12), (11, 11), (11, 10))] = 1
    np.testing.assert_array_equal(weights_of(page), expected)
    assert page.evaluate("scrollY") == 0
    page.wait_for_function(
        "document.querySelector('[data-live-figure]').shadowRoot"
        ".querySelector('[role=status]').textContent.startsWith('Brush up, row 10')"
    )
    assert_numbers(page, view)


def test_finger_paints_and_does_not_scroll(browser, tmp_path, view):
    context = phone(browser)
    page = context.new_page()
    page.goto(write_page(tmp_path, view, colors=None))
    page.locator(".told strong").wait_for()
    box = page.get_by_role("application").bounding_box()
    touch = finger(page)
    x, y, side = box["x"], box["y"], box["width"]
    touch("touchStart", x + 0.5 * side, y + 0.3 * side)
    for part in (0.4, 0.5, 0.6, 0.7):
        touch("touchMove", x + 0.5 * side, y + part * side)
    touch("touchEnd")
    weights = weights_of(page)
    assert weights[8:16, 12].all() and not weights[:, :10].any()
    assert page.evaluate("scrollY") == 0
    assert_numbers(page, view)
    context.close()


@pytest.mark.parametrize("width, scheme", [(1440, "light"), (1440, "dark"), (360, "light")])
def test_sound_also_after_use(show, width, scheme):
    page = show(width, scheme)
    page.get_by_role("application").focus()
    page.keyboard.press("Space")
    assert_sound(page)
    page.get_by_role("button", name="mean 0 − mean 1").click()
    page.get_by_label("rows added up").fill("9")
    assert_sound(page)


def test_without_scripts_the_picture_and_its_numbers_show(browser, tmp_path, view):
    context = browser.new_context(offline=True, java_script_enabled=False)
    page = context.new_page()
    page.goto(write_page(tmp_path, view, colors=None))
    assert page.get_by_role("img").evaluate("image => image.naturalWidth") > 200
    total = (view.images[0] * view.weights).sum()
    text = page.locator("p").inner_text()
    assert f"all to {total:.2f}" in text and f"tell {view.told_apart()} of 200" in text
    context.close()
