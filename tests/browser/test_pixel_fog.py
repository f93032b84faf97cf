"""The fog of means in a real browser: what it shows and says is what NumPy computes."""

import numpy as np
import pytest
from sklearn.datasets import load_digits

from mnist_helpers import PixelFog
from tests.browser.figure_page import (
    DARK,
    LIGHT,
    assert_accessible,
    assert_readable,
    set_slider,
    without_scripts,
    write_page,
)


def digits():
    """Small real digits: 28 by 28 pixels, bytes."""
    small = load_digits()
    images = np.pad(np.kron(small.images, np.ones((3, 3))), ((0, 0), (2, 2), (2, 2)))
    return np.rint(images * 255 / 16).astype(np.uint8), small.target


IMAGES, LABELS = digits()
TRAIN, TEST = (IMAGES[:1200], LABELS[:1200]), (IMAGES[1200:], LABELS[1200:])


@pytest.fixture
def show(page, tmp_path):

    def show(colors=LIGHT):
        fog = PixelFog(*TRAIN, *TEST)
        page.goto(write_page(tmp_path, fog, colors=colors))
        return page, fog

    return show


def accuracy(count):
    """In plain NumPy, as chapter 3 does it."""
    images, labels = TRAIN
    means = [images[labels == digit][:count].mean(axis=0) for digit in range(10)]
    far = [np.linalg.norm(TEST[0] - mean, axis=(1, 2)) for mean in means]
    return (np.argmin(far, axis=0) == TEST[1]).mean()


def test_every_step_shows_its_mean_and_its_accuracy(show):
    page, fog = show()
    assert fog.counts[:3] == [1, 2, 5] and fog.counts[-1] is None
    for step, count in enumerate(fog.counts):
        set_slider(page, "Images", step)
        for digit in (5, 1):
            page.get_by_role("button", name=f"Mean of the {digit}s").click()
            shown = page.evaluate("document.querySelector('[data-live-figure]').pixelFog.mean()")
            mean = TRAIN[0][TRAIN[1] == digit][:count].mean(axis=0)
            assert abs(np.reshape(shown, (28, 28)) - mean).max() <= 0.5
        share = accuracy(count)
        assert f"{100 * share:.1f}%" in page.locator(".reads").inner_text()
        assert fog.accuracies[step] == pytest.approx(share)
    assert "all" in page.locator(".about").inner_text()


def test_pointing_tells_the_pixel(show):
    page, fog = show()
    set_slider(page, "Images", 4)
    box = page.locator(".pixels").bounding_box()
    page.mouse.move(box["x"] + 10.5 / 28 * box["width"], box["y"] + 6.5 / 28 * box["height"])
    value = round(fog.means[4, 5, 6, 10])
    text = page.locator(".live").inner_text()
    assert f"Row 6, column 10, place {6 * 28 + 10}: {value}" in text


def test_keyboard_and_screen_reader(show):
    page, _ = show()
    page.keyboard.press("Tab")
    page.keyboard.press("End")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    assert "Row 15, column 14" in page.locator(".live").inner_text()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.locator("[aria-pressed=true]").get_attribute("aria-label") == "Mean of the 0s"
    page.get_by_role("status").filter(has_text="The mean of all").wait_for()


@pytest.mark.parametrize("colors", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
def test_axe_finds_nothing_and_nothing_is_cut(show, colors, width):
    page, _ = show(colors)
    page.set_viewport_size({"width": width, "height": 800})
    set_slider(page, "Images", 3)
    page.get_by_role("button", name="Mean of the 8s").click()
    assert_accessible(page)
    assert_readable(page, width)


def test_without_scripts_means_and_numbers_are_there(browser, tmp_path):
    address = write_page(tmp_path, PixelFog(*TRAIN, *TEST))
    context, page = without_scripts(browser, address)
    try:
        assert f"{accuracy(None):.1%}" in page.locator("table").inner_text()
        assert page.locator("img").is_visible()
    finally:
        context.close()
