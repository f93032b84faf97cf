"""The ladder in a real browser, on a page of its own, from a file."""

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe

from mnist_helpers import AccuracyLadder, load_mnist
from tests.browser.test_confusion import DARK, LIGHT, show  # noqa: F401


def answers():
    mnist = load_mnist()
    labels = mnist.test_labels[:250]
    better = np.where(np.random.default_rng(1).random(250) < 0.9, labels, (labels + 3) % 10)
    return {"always 1": np.ones(250, int), "a <guess>": better}, mnist.test_images[:250], labels


@pytest.fixture
def figure():
    return AccuracyLadder(*answers())


def test_accuracies_are_those_of_numpy(figure):
    given, _, labels = answers()
    assert figure.accuracy == {name: (one == labels).mean() for name, one in given.items()}
    assert len(set(figure.drawn)) == 60


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda a, i, n: ({}, i, n), "at least one way"),
        (lambda a, i, n: (a, i.reshape(250, -1), n), "images of shape"),
        (lambda a, i, n: (a, i, n[:-1]), "labels: expected 250 integers"),
        (lambda a, i, n: ({"p": np.zeros((250, 10))}, i, n), "take argmax"),
    ],
)
def test_what_does_not_fit_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        AccuracyLadder(*change(*answers()))


def named(digit):
    return f"{'an' if digit == 8 else 'a'} {digit}"


def assert_rung(page, figure, name):
    given, _, labels = answers()
    read, true = given[name][figure.drawn], labels[figure.drawn]
    shown = page.locator(".shown li").evaluate_all(
        "all => all.map((li) => [li.querySelector('canvas').ariaLabel, li.innerText.trim()])"
    )
    expected = [
        [f"{named(t)}, read right", ""] if r == t else [f"{named(t)} read as {r}", str(r)]
        for r, t in zip(read, true)
    ]
    assert shown == expected
    status = page.locator(".hint").inner_text()
    assert f"{(given[name] != labels).sum()} of 250 images misread" in status
    assert f"{(read != true).sum()} of the 60 below" in status


def test_mouse_and_keyboard_press_the_rungs(show, figure):  # noqa: F811
    page = show(figure)
    page.locator(".shown canvas").first.wait_for()
    assert_rung(page, figure, "always 1")
    rung = page.get_by_role("button", name=f"a <guess>: {figure.accuracy['a <guess>']:.1%}")
    rung.click()
    assert_rung(page, figure, "a <guess>")
    assert rung.get_attribute("aria-pressed") == "true"
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert_rung(page, figure, "always 1")


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("colors", [LIGHT, DARK], ids=["light", "dark"])
def test_axe_finds_nothing_and_nothing_is_cut(show, figure, colors, width):  # noqa: F811
    page = show(figure, colors=colors)
    page.set_viewport_size({"width": width, "height": 800})
    for name in ("always 1", "a <guess>"):
        page.get_by_role("button", name=name).click()
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_without_scripts_the_accuracies_are_there(browser, show, figure):  # noqa: F811
    context = browser.new_context(offline=True, java_script_enabled=False)
    try:
        page = show(figure, page=context.new_page())
        for name, share in figure.accuracy.items():
            assert f"{share:.1%}" in page.get_by_role("row", name=name).inner_text()
    finally:
        context.close()
