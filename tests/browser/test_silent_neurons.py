"""Neurons that fall silent, in a real browser, on a page of its own, from a file."""

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe

from mnist_helpers import SilentNeurons
from tests.browser.test_confusion import DARK, LIGHT, show  # noqa: F401

MOMENTS, IMAGES, NEURONS = 6, 4, 8
LABELS = [3, 1, 4, 9]


def runs():
    rng = np.random.default_rng(0)
    calm = np.maximum(rng.normal(size=(MOMENTS, IMAGES, NEURONS)), 0).astype(np.float32)
    wild = calm * np.array([100, 1e7, 1e3, 0, 0, 0], np.float32)[:, None, None]
    return {"calm": calm, "wild": wild}


@pytest.fixture
def figure():
    return SilentNeurons(runs(), LABELS)


@pytest.mark.parametrize(
    "given, labels, message",
    [
        ({}, LABELS, "runs of one shape"),
        ({"a": np.zeros((2, 4, 3)), "b": np.zeros((3, 4, 3))}, LABELS, "runs of one shape"),
        ({"a": np.zeros((2, 4))}, LABELS, "runs of one shape"),
        ({"a": np.zeros((2, 4, 3))}, [1, 2], "expected 4 labels"),
        ({"a": np.full((2, 4, 3), -1.0)}, LABELS, "a: expected outputs of relu"),
    ],
)
def test_what_does_not_fit_is_refused(given, labels, message):
    with pytest.raises(ValueError, match=message):
        SilentNeurons(given, labels)


def slide(page, value):
    page.locator("input[type=range]").evaluate(
        f"s => {{ s.value = {value}; s.dispatchEvent(new Event('input')); }}"
    )


def test_counts_at_every_moment_are_those_of_numpy(show, figure):  # noqa: F811
    page = show(figure)
    for moment in range(MOMENTS):
        slide(page, moment)
        captions = page.locator("figcaption").all_inner_texts()
        for (name, outputs), caption in zip(runs().items(), captions):
            active = (outputs[moment] > 0).any(axis=0).sum()
            assert caption.startswith(f"{name}: {active} of {NEURONS} neurons answer")
            assert figure.active[name][moment] == active
            number = float(caption.split("output ")[1].replace(",", ""))
            assert number == pytest.approx(outputs[moment].max(), rel=0.005)


def test_overflow_is_told(show):  # noqa: F811
    given = runs()
    given["wild"][-1, 0, 0] = np.nan
    page = show(SilentNeurons(given, LABELS))
    slide(page, MOMENTS - 1)
    assert "overflowed" in page.locator("figcaption").nth(1).inner_text()


def test_mouse_and_keyboard_read_any_output(show, figure):  # noqa: F811
    page = show(figure)
    slide(page, 0)
    canvas = page.locator("figure canvas").nth(1)
    box = canvas.bounding_box()
    row, column = 2, 5

    def expect(row, column):
        value = runs()["wild"][0, row, column]
        text = page.locator(".detail").inner_text()
        head, number = text.rsplit(": ", 1)
        assert head == f"wild, a {LABELS[row]}, neuron {column}"
        assert float(number.replace(",", "")) == pytest.approx(value, rel=0.005)

    canvas.click(
        position={
            "x": (column + 0.5) * box["width"] / NEURONS,
            "y": (row + 0.5) * box["height"] / IMAGES,
        }
    )
    expect(2, 5)
    for key, place in [("Up", (1, 5)), ("Left", (1, 4)), ("Down", (2, 4)), ("Right", (2, 5))]:
        page.keyboard.press(f"Arrow{key}")
        expect(*place)
    for _ in range(NEURONS):
        page.keyboard.press("ArrowRight")
    expect(2, NEURONS - 1)  # and not beyond


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("colors", [LIGHT, DARK], ids=["light", "dark"])
def test_axe_finds_nothing_and_nothing_is_cut(show, figure, colors, width):  # noqa: F811
    page = show(figure, colors=colors)
    page.set_viewport_size({"width": width, "height": 800})
    for moment in (0, 3):
        slide(page, moment)
        page.locator("figure canvas").first.click()
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    # letters of the plot, as large as the screen shows them
    size = page.locator(".plot").evaluate(
        "p => parseFloat(getComputedStyle(p).fontSize) * p.getBoundingClientRect().width / 360"
    )
    assert size >= 11.9


def test_without_scripts_the_counts_are_there(browser, show, figure):  # noqa: F811
    context = browser.new_context(offline=True, java_script_enabled=False)
    try:
        page = show(figure, page=context.new_page())
        cells = page.locator("tbody td").all_inner_texts()
        assert cells == [str(n) for active in figure.active.values() for n in active]
    finally:
        context.close()
