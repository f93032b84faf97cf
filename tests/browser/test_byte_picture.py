"""Bytes as gray squares in a real browser: each cut shows what NumPy's reshape would."""

import numpy as np
import pytest

from mnist_helpers import BytePicture
from tests.browser.figure_page import (
    DARK,
    LIGHT,
    assert_accessible,
    assert_readable,
    rest,
    set_slider,
    without_scripts,
    write_page,
)

BYTES = np.random.default_rng(0).integers(0, 256, 1100, np.uint8).tobytes()


@pytest.fixture
def show(page, tmp_path):

    def show(colors=LIGHT):
        page.goto(write_page(tmp_path, BytePicture(BYTES), colors=colors))
        return page

    return show


def seen(page, columns):
    """The gray of each square, 0 for white."""
    rest(page)
    grays = page.locator("canvas").evaluate(
        """(canvas, columns) => {
            const { width, height } = canvas;
            const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
            return Array.from({ length: 28 }, (_, y) => Array.from({ length: columns },
                (_, x) => 255 - data[4 * ((10 * y + 5) * width + 10 * x + 5)]));
        }""",
        columns,
    )
    return np.array(grays)


@pytest.mark.parametrize("offset, columns", [(16, 28), (0, 28), (16, 27), (32, 36), (5, 20)])
def test_a_cut_shows_the_bytes_as_reshape_does(show, offset, columns):
    page = show()
    set_slider(page, "Begin at byte", offset)
    set_slider(page, "Bytes in a row", columns)
    expected = np.frombuffer(BYTES, np.uint8, 28 * columns, offset).reshape(28, columns)
    np.testing.assert_array_equal(seen(page, columns), expected)
    about = page.locator(".about").inner_text()
    assert ("There it is" in about) == ((offset, columns) == (16, 28))
    if columns != 28:
        early = "early" if columns < 28 else "late"
        assert f"{abs(28 - columns)} bytes too {early}" in about


def test_keyboard_and_screen_reader(show):
    page = show()
    page.keyboard.press("Tab")
    for _ in range(16):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Tab")
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    assert "There it is" in page.locator(".about").inner_text()
    page.get_by_role("status").filter(has_text="There it is").wait_for()
    assert "There it is" in page.locator("canvas").get_attribute("aria-label")


@pytest.mark.parametrize("colors", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
def test_axe_finds_nothing_and_nothing_is_cut(show, colors, width):
    page = show(colors)
    page.set_viewport_size({"width": width, "height": 800})
    set_slider(page, "Bytes in a row", 31)
    assert_accessible(page)
    assert_readable(page, width)


def test_without_scripts_three_cuts_are_there(browser, tmp_path):
    context, page = without_scripts(browser, write_page(tmp_path, BytePicture(BYTES)))
    try:
        assert page.locator("img").get_attribute("alt").startswith("The same bytes three times")
        assert "in rows of 27" in page.locator("main").inner_text()
    finally:
        context.close()
