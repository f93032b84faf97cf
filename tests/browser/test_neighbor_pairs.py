"""Pairs of images in a real browser, on a page of its own, from a file."""

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from sklearn.neighbors import KNeighborsClassifier

from mnist_helpers import NeighborPairs, load_mnist
from tests.browser.test_confusion import DARK, LIGHT, show  # noqa: F401

NAMES = ["move, then split", "split, then move"]


def splits():
    """Twenty digits and copies of some: in one split they judge themselves, in the other not."""
    mnist = load_mnist()
    images, labels = mnist.train_images[:40], mnist.train_labels[:40]
    moved = np.roll(images, 1, axis=2)
    known = np.arange(29, -1, -1)  # a place in the training part is not an origin
    leaking = images[known], moved[20:40], known, np.arange(20, 40)
    honest = images[known], images[30:40], known, np.arange(30, 40)
    return dict(zip(NAMES, [leaking, honest])), labels


@pytest.fixture
def figure():
    return NeighborPairs(*splits())


def test_nearest_are_those_of_scikit_learn(figure):
    parts, labels = splits()
    for name, (train, judge, train_origins, judge_origins) in parts.items():
        vectors, judged = train.reshape(-1, 784) / 255, judge.reshape(-1, 784) / 255
        knn = KNeighborsClassifier(n_neighbors=1).fit(vectors, labels[train_origins])
        distance, near = knn.kneighbors(judged)
        np.testing.assert_array_equal(figure.nearest[name], near[:, 0])
        np.testing.assert_allclose(figure.distances[name], distance[:, 0], atol=1e-6)
        right = knn.score(judged, labels[judge_origins]) * len(judge)
        assert figure.counts[name]["right"] == round(right)


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda s: {}, "at least one split"),
        (lambda s: {"a": s[NAMES[0]][:3]}, "a: expected four parts"),
        (lambda s: {"a": (*s[NAMES[0]][:3], np.arange(5))}, "n origins"),
        (lambda s: {"a": (*s[NAMES[0]][:3], np.arange(100, 120))}, "origins from 0 to 39"),
        (lambda s: {"a": (s[NAMES[0]][0] / 255, *s[NAMES[0]][1:])}, "one size and type"),
    ],
)
def test_what_does_not_fit_is_refused(change, message):
    parts, labels = splits()
    with pytest.raises(ValueError, match=message):
        NeighborPairs(change(parts), labels)


def said(page):
    return page.locator(".verdict").inner_text()


def pixels(page, place):
    canvas = page.locator(".pair canvas").nth(place)
    return np.array(
        canvas.evaluate("c => [...c.getContext('2d').getImageData(0, 0, c.width, c.height).data]")
    ).reshape(112, 112, 4)[2::4, 2::4, 0]


def assert_pair(page, figure, name, i):
    parts, labels = splits()
    train, judge, train_origins, judge_origins = parts[name]
    near = figure.nearest[name][i]
    own = train_origins[near] == judge_origins[i]
    text = said(page)
    assert text.startswith("A copy of the same image" if own else "Another image")
    assert f"at distance {figure.distances[name][i]:.2f}." in text
    assert f"Read as {labels[train_origins[near]]}" in text
    for place, image in enumerate((judge[i], train[near])):
        assert abs(255.0 - image - pixels(page, place)).max() <= 255 / 15 / 2 + 1


def test_mouse_and_keyboard_go_through_the_pairs(show, figure):  # noqa: F811
    page = show(figure)
    page.locator(".pair canvas").first.wait_for()
    assert_pair(page, figure, NAMES[0], 0)
    page.get_by_role("button", name="Next").click()
    assert_pair(page, figure, NAMES[0], 1)
    page.keyboard.press("Enter")  # the button has the focus
    assert_pair(page, figure, NAMES[0], 2)
    for _ in range(3):
        page.get_by_role("button", name="Previous").click()
    assert_pair(page, figure, NAMES[0], 19)  # round the end
    page.get_by_role("radio", name=NAMES[1]).check()
    assert_pair(page, figure, NAMES[1], 0)


def test_only_copies(show, figure):  # noqa: F811
    page = show(figure)
    name = NAMES[0]
    train, judge, train_origins, judge_origins = splits()[0][name]
    own = np.flatnonzero(train_origins[figure.nearest[name]] == judge_origins)
    assert 0 < len(own) < len(judge)
    page.get_by_role("checkbox").check()
    for i in own:
        assert_pair(page, figure, name, i)
        page.get_by_role("button", name="Next").click()
    assert f"{len(own)} of {len(judge)}" in page.locator(".live tbody").inner_text()
    page.get_by_role("radio", name=NAMES[1]).check()
    assert said(page) == "No image here is decided by a copy of itself."
    assert page.locator(".pair canvas:visible").count() == 0


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("colors", [LIGHT, DARK], ids=["light", "dark"])
def test_axe_finds_nothing_and_nothing_is_cut(show, figure, colors, width):  # noqa: F811
    page = show(figure, colors=colors)
    page.set_viewport_size({"width": width, "height": 800})
    for action in (
        lambda: None,
        page.get_by_role("button", name="Next").click,
        page.get_by_role("checkbox").check,
        page.get_by_role("radio", name=NAMES[1]).check,
    ):
        action()
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_without_scripts_counts_and_pictures_are_there(browser, show, figure):  # noqa: F811
    context = browser.new_context(offline=True, java_script_enabled=False)
    try:
        page = show(figure, page=context.new_page())
        cells = page.locator("tbody td").all_inner_texts()
        counts = [str(n) for count in figure.counts.values() for n in count.values()]
        assert cells == counts
        assert page.locator("img[alt]:visible").count() == 2
    finally:
        context.close()
