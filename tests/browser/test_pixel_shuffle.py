"""Pixels that travel, in a real browser, on a page of its own, from a file."""

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe

from mnist_helpers import PixelShuffle, load_mnist
from tests.browser.test_confusion import DARK, LIGHT, show  # noqa: F401

ORDER = np.random.default_rng(3).permutation(784)


@pytest.fixture
def figure():
    mnist = load_mnist()
    return PixelShuffle(mnist.train_images[:4], mnist.train_labels[:4], ORDER)


def pixels(page):
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 50)))")
    data = page.locator("canvas").evaluate(
        "c => [...c.getContext('2d').getImageData(0, 0, c.width, c.height).data]"
    )
    return np.reshape(data, (224, 224, 4))[4::8, 4::8, 0]


def slide(page, value):
    page.locator("input[type=range]").evaluate(
        f"s => {{ s.value = {value}; s.dispatchEvent(new Event('input')); }}"
    )


@pytest.mark.parametrize("order", [np.arange(783), np.zeros(784, int), np.arange(784.0) + 0.5])
def test_what_is_no_permutation_is_refused(order):
    with pytest.raises(ValueError, match="each place from 0 to 783 once"):
        PixelShuffle(np.zeros((1, 28, 28)), [0], order)


def test_labels_must_fit():
    with pytest.raises(ValueError, match="n labels"):
        PixelShuffle(np.zeros((2, 28, 28)), [0], ORDER)


def test_shuffled_picture_is_the_one_of_numpy(show, figure):  # noqa: F811
    page = show(figure)
    images, labels = load_mnist().train_images[:4], load_mnist().train_labels[:4]
    page.locator("canvas").wait_for()
    for i in range(4):
        shuffled = images[i].ravel()[ORDER].reshape(28, 28)
        slide(page, 100)
        assert abs(255.0 - shuffled - pixels(page)).max() <= 255 / 15 / 2 + 1
        slide(page, 0)
        assert abs(255.0 - images[i] - pixels(page)).max() <= 255 / 15 / 2 + 1
        page.get_by_role("button", name="Which digit").click()
        pixels(page)  # waits for the picture
        assert page.locator(".answer").inner_text() == f"It is a {labels[i]}."
        page.get_by_role("button", name="Next").click()
    pixels(page)
    assert page.locator(".answer").inner_text() == ""


def test_keyboard_moves_the_pixels(show, figure):  # noqa: F811
    page = show(figure)
    page.locator("canvas").wait_for()
    page.keyboard.press("Tab")
    page.keyboard.press("Home")
    assert abs(255.0 - load_mnist().train_images[0] - pixels(page)).max() <= 255 / 15 / 2 + 1
    label = page.locator("canvas").get_attribute("aria-label")
    assert label == f"a {load_mnist().train_labels[0]}, all pixels in their places"


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("colors", [LIGHT, DARK], ids=["light", "dark"])
def test_axe_finds_nothing_and_nothing_is_cut(show, figure, colors, width):  # noqa: F811
    page = show(figure, colors=colors)
    page.set_viewport_size({"width": width, "height": 800})
    for name in ("Next", "Which digit"):
        page.get_by_role("button", name=name).click()
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_without_scripts_the_picture_is_there(browser, show, figure):  # noqa: F811
    context = browser.new_context(offline=True, java_script_enabled=False)
    try:
        page = show(figure, page=context.new_page())
        assert "shuffled" in page.locator("img:visible").get_attribute("alt")
    finally:
        context.close()
