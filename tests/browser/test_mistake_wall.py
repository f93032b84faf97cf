"""The wall of mistakes in a real browser, on a page of its own, from a file."""

import re

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe

from mnist_helpers import MistakeWall, load_mnist
from tests.browser.test_confusion import DARK, LIGHT, show  # noqa: F401


def answers():
    mnist = load_mnist()
    images, labels = mnist.test_images[:250], mnist.test_labels[:250]
    rng = np.random.default_rng(0)
    sums = rng.normal(size=(250, 10)) + 2 * np.eye(10)[labels]
    sums[:, 7] -= 20 * (labels == 1)  # no 1 is ever read as 7
    exponentials = np.exp(2 * sums)
    return images, labels, exponentials / exponentials.sum(axis=1, keepdims=True)


@pytest.fixture
def figure():
    return MistakeWall(*answers())


def test_mistakes_are_those_of_numpy_the_surest_first(figure):
    _, labels, probabilities = answers()
    wrong = np.flatnonzero(probabilities.argmax(axis=1) != labels)
    expected = sorted(wrong, key=lambda i: -probabilities[i].max())
    assert figure.mistakes.tolist() == expected and len(wrong) > 30


def test_rows_that_are_no_probabilities_are_refused():
    images, labels, probabilities = answers()
    with pytest.raises(ValueError, match="does the network end in a softmax"):
        MistakeWall(images, labels, 2 * probabilities)


def wall(page):
    """The indices of the images on the wall, in their order."""
    names = page.locator(".wall button").evaluate_all("all => all.map((b) => b.ariaLabel)")
    return [int(re.match(r"image (\d+):", name)[1]) for name in names]


def assert_bars(page, index):
    _, labels, probabilities = answers()
    text = page.locator(".detail p").inner_text()
    read = probabilities[index].argmax()
    assert text == f"Image {index}, a {labels[index]}, was read as {read}."
    for digit, row in enumerate(page.locator(".detail tr").all()):
        name, share, mark = re.match(r"(\d)\s+([<>]?[\d.]+)%\s*(\w*)", row.inner_text()).groups()
        assert int(name) == digit
        assert mark == {read: "read", labels[index]: "label"}.get(digit, "")
        if share[0] not in "<>":
            assert float(share) == pytest.approx(100 * probabilities[index, digit], abs=0.06)


def test_mouse_opens_the_ten_bars(show, figure):  # noqa: F811
    page = show(figure)
    page.locator(".wall button").first.wait_for()
    assert wall(page) == figure.mistakes.tolist()
    assert_bars(page, figure.mistakes[0])
    for place in (3, 17):
        page.locator(".wall button").nth(place).click()
        assert_bars(page, figure.mistakes[place])
        assert page.locator(".wall [aria-pressed=true]").count() == 1


def test_filters_and_orders(show, figure):  # noqa: F811
    _, labels, probabilities = answers()
    read = probabilities.argmax(axis=1)
    page = show(figure)
    page.get_by_label("label", exact=True).select_option("3")
    threes = [i for i in figure.mistakes if labels[i] == 3]
    assert wall(page) == threes and threes
    answer = read[threes[-1]]
    page.get_by_label("read as", exact=True).select_option(str(answer))
    both = [i for i in threes if read[i] == answer]
    assert wall(page) == both
    assert_bars(page, both[0])
    page.get_by_label("order", exact=True).select_option("doubtful")
    assert wall(page) == both[::-1]
    page.get_by_label("label", exact=True).select_option("")
    page.get_by_label("order", exact=True).select_option("label")
    same = [i for i in figure.mistakes if read[i] == answer]
    assert wall(page) == sorted(same, key=lambda i: labels[i])
    page.get_by_label("label", exact=True).select_option("1")
    page.get_by_label("read as", exact=True).select_option("7")
    assert wall(page) == [] and "No mistake of this kind." in page.locator(".hint").inner_text()


def test_keyboard_goes_along_the_wall(show, figure):  # noqa: F811
    page = show(figure)
    page.locator(".wall button").first.wait_for()
    columns = len(
        page.locator(".wall").evaluate("w => getComputedStyle(w).gridTemplateColumns").split()
    )
    for _ in range(4):  # three lists, then the wall
        page.keyboard.press("Tab")
    place = 0
    for key, step in [("Right", 1), ("Right", 1), ("Down", columns), ("Left", -1)]:
        page.keyboard.press(f"Arrow{key}")
        place += step
        assert_bars(page, figure.mistakes[place])
    page.keyboard.press("ArrowUp")
    assert_bars(page, figure.mistakes[place - columns])


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("colors", [LIGHT, DARK], ids=["light", "dark"])
def test_axe_finds_nothing_and_nothing_is_cut(show, figure, colors, width):  # noqa: F811
    page = show(figure, colors=colors)
    page.set_viewport_size({"width": width, "height": 800})
    for place in (0, 5):
        page.locator(".wall button").nth(place).click()
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    sides = page.locator(".wall button").evaluate_all(
        "all => all.map((b) => Math.min(b.offsetWidth, b.offsetHeight))"
    )
    assert min(sides) >= 24


def test_without_scripts_the_surest_are_there(browser, show, figure):  # noqa: F811
    context = browser.new_context(offline=True, java_script_enabled=False)
    try:
        page = show(figure, page=context.new_page())
        assert "surest mistakes" in page.locator("img:visible").get_attribute("alt")
        counts = [int(text) for text in page.locator("tbody td").all_inner_texts()]
        assert sum(counts) == len(figure.mistakes)
    finally:
        context.close()


def test_reader_without_mistakes_says_so(show):  # noqa: F811
    page = show(MistakeWall(np.zeros((10, 28, 28)), np.arange(10), np.eye(10)))
    assert page.locator(".title").inner_text() == "0 mistakes among 10 images"
