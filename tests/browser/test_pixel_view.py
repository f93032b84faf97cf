"""Pixels that answer, in a real browser: each says what stands in the array."""

import numpy as np
import pytest

from mnist_helpers import PixelView
from tests.browser.figure_page import (
    DARK,
    LIGHT,
    assert_accessible,
    assert_readable,
    set_slider,
    without_scripts,
    write_page,
)

RNG = np.random.default_rng(0)
IMAGES = (RNG.integers(0, 256, (5, 28, 28)) * (RNG.random((5, 28, 28)) < 0.4)).astype(np.uint8)
LABELS = np.array([5, 0, 4, 1, 9])


@pytest.fixture
def show(page, tmp_path):

    def show(colors=LIGHT):
        page.goto(write_page(tmp_path, PixelView(IMAGES, LABELS), colors=colors))
        return page

    return show


def point(page, row, column):
    box = page.locator(".pixels").bounding_box()
    x = box["x"] + (column + 0.5) / 28 * box["width"]
    y = box["y"] + (row + 0.5) / 28 * box["height"]
    return x, y


def assert_tells(page, image, row, column):
    value, at = IMAGES[image, row, column], IMAGES[image].size // 28 * row + column
    assert IMAGES[image].reshape(-1)[at] == value
    assert page.locator(".where").inner_text() == f"Row {row}, column {column}: {value}"
    assert f"{row} · 28 + {column} = {at}" in page.locator(".told").inner_text()
    around = np.full((5, 5), -1)
    padded = np.pad(IMAGES[image].astype(int), 2, constant_values=-1)
    around = padded[row : row + 5, column : column + 5]
    cells = page.locator("td").all_inner_texts()
    assert [int(text) if text.strip() else -1 for text in cells] == around.ravel().tolist()


def test_mouse_and_slider(show):
    page = show()
    for row, column in [(0, 0), (27, 27), (13, 5)]:
        page.mouse.move(*point(page, row, column))
        assert_tells(page, 0, row, column)
    set_slider(page, "Image", 3)
    assert page.get_by_role("slider").get_attribute("aria-valuetext") == "3: a 1"
    assert_tells(page, 3, 13, 5)


def test_touch(browser, tmp_path):
    viewport = {"width": 360, "height": 800}
    context = browser.new_context(offline=True, has_touch=True, is_mobile=True, viewport=viewport)
    try:
        page = context.new_page()
        page.goto(write_page(tmp_path, PixelView(IMAGES, LABELS)))
        page.touchscreen.tap(*point(page, 20, 8))
        assert_tells(page, 0, 20, 8)
    finally:
        context.close()


def test_keyboard_stays_in_the_image(show):
    page = show()
    row, column = divmod(int(IMAGES[0].argmax()), 28)
    assert_tells(page, 0, row, column)
    page.keyboard.press("Tab")
    for _ in range(30):
        page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowRight")
    assert_tells(page, 0, 0, min(column + 1, 27))
    assert page.evaluate("scrollY") == 0
    page.get_by_role("status").filter(has_text="Row 0").wait_for()


@pytest.mark.parametrize("colors", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
def test_axe_finds_nothing_and_nothing_is_cut(show, colors, width):
    page = show(colors)
    page.set_viewport_size({"width": width, "height": 800})
    page.mouse.move(*point(page, 9, 9))
    assert_accessible(page)
    assert_readable(page, width)


def test_without_scripts_one_pixel_is_explained(browser, tmp_path):
    context, page = without_scripts(browser, write_page(tmp_path, PixelView(IMAGES, LABELS)))
    try:
        row, column = divmod(int(IMAGES[0].argmax()), 28)
        text = page.locator("main").inner_text()
        assert f"In row {row}, column {column} stands {IMAGES[0].max()}" in text
        assert page.locator("img").is_visible()
    finally:
        context.close()
