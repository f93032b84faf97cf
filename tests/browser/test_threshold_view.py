"""The threshold to drag in a real browser, on a page of its own."""

import re

import numpy as np
import pytest

from mnist_helpers import ThresholdView
from tests.browser.figure_page import assert_sound, finger, phone, rest, without_scripts, write_page

THRESHOLDS = [*np.arange(100) / 100, 0.995, 0.999]
PRICE = 7


def answers(n=600):
    """Images that differ, labels, and probabilities of which few are sure."""
    rng = np.random.default_rng(3)
    labels = rng.integers(0, 10, n)
    images = np.zeros((n, 28, 28), np.uint8)
    images[np.arange(n), 4 + np.arange(n) % 20, 14] = 255
    sums = 2 * rng.normal(size=(n, 10)) + 5 * np.eye(10)[labels]
    powers = np.exp(sums)
    return images, labels, powers / powers.sum(axis=1, keepdims=True)


def figure():
    return ThresholdView(*answers(), price=PRICE)


@pytest.fixture
def show(open_page, tmp_path):
    def show(*args, view=None):
        page = open_page(write_page(tmp_path, view or figure(), colors=None), *args)
        page.locator(".threshold table").wait_for()
        return page

    return show


def choose(page, threshold):
    page.get_by_label("threshold", exact=True).fill(str(THRESHOLDS.index(threshold)))


def cells(page):
    rows = page.locator(".threshold tbody tr").all()
    return [row.locator("td").all_inner_texts() for row in rows]


@pytest.mark.parametrize("threshold", [0.0, 0.29, 0.5, 0.9, 0.99, 0.999])
def test_numbers_are_those_of_numpy(show, threshold):
    _, labels, p = answers()
    right, sure = p.argmax(axis=1) == labels, p.max(axis=1) >= threshold
    page = show()
    choose(page, threshold)
    for row, part in zip(cells(page), (sure, ~sure)):
        counts = [part.sum(), (part & right).sum(), (part & ~right).sum()]
        assert [int(text) for text in row[:3]] == counts
        assert row[3] == (f"{100 * counts[2] / counts[0]:.1f}%" if counts[0] else "–")
    said = page.locator(".side p").first.inner_text()
    coverage, accuracy, error = map(float, re.findall(r"\d+\.\d+", said))
    share = right[sure].mean()
    assert abs(coverage - 100 * sure.mean()) < 0.051
    assert abs(accuracy - 100 * share) < 0.0051
    assert abs(error - 100 * np.sqrt(share * (1 - share) / sure.sum())) < 0.0051
    cost = (~sure).sum() + PRICE * (sure & ~right).sum()
    assert page.locator(".side strong").inner_text() == f"{cost:,}"
    assert figure().cost(threshold) == cost


def test_bars_count_right_upward_and_wrong_downward(show):
    _, labels, p = answers()
    right, confidence = p.argmax(axis=1) == labels, p.max(axis=1)
    heights = (
        show()
        .locator("rect.right, rect.wrong")
        .evaluate_all(
            "all => all.map(({ classList: [kind], y, height }) =>"
            " [kind, y.baseVal.value, height.baseVal.value])"
        )
    )
    for kind, which in (("right", right), ("wrong", ~right)):
        counts = np.histogram(confidence[which], 20, (0, 1))[0]
        drawn = np.array([h for k, _, h in heights if k == kind])
        logs = np.where(counts, np.log10(np.maximum(counts, 1)) + 0.3, 0)
        unit = drawn.max() / logs.max()
        np.testing.assert_allclose(drawn, unit * logs, atol=0.01)
    middle = {round(y + h, 3) for kind, y, h in heights if kind == "right"}
    assert middle == {round(y, 3) for kind, y, _ in heights if kind == "wrong"} and len(middle) == 1


def test_images_are_those_next_to_the_threshold(show):
    _, labels, p = answers()
    order = np.argsort(p.max(axis=1), kind="stable")
    sureness = p.max(axis=1)[order]
    page = show()
    for threshold in (0.4, 0.62, 0.97):
        choose(page, threshold)
        first = np.searchsorted(sureness, threshold)
        lists = page.locator(".side ul").all()
        for found, expected in zip(
            lists, (order[first : first + 5], order[first - 5 : first][::-1])
        ):
            for item, i in zip(found.locator("li").all(), expected, strict=True):
                read, verdict, share = item.locator("span").all_inner_texts()
                wrong = p[i].argmax() != labels[i]
                assert read == f"read {p[i].argmax()}"
                assert verdict == (f"label {labels[i]}" if wrong else "right")
                assert 0 <= 100 * p[i].max() - float(share[:-1]) < 0.0101
                assert (item.get_attribute("class") == "wrong") == wrong
                # the one inked row of the image is where it was put
                ink = item.locator("canvas").evaluate(
                    "c => [...c.getContext('2d').getImageData(14, 0, 1, 28).data]"
                    ".filter((_, i) => i % 4 === 0).indexOf(0)"
                )
                assert ink == 4 + i % 20


def test_nothing_is_refused_at_zero(show):
    page = show()
    choose(page, 0.0)
    assert page.get_by_text("Just below").is_hidden()
    assert "answers 100.0%" in page.locator(".side p").first.inner_text().lower()


def test_mouse_drags_and_keys_step(show):
    page = show()
    slider = page.get_by_label("threshold", exact=True)
    box = page.locator("svg.drag").bounding_box()
    scale = box["width"] / 300  # of the drawing, whose axis goes from 46 to 290
    page.mouse.move(box["x"] + 200 * scale, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + (46 + 0.75 * 244) * scale, box["y"] + 60, steps=3)
    page.mouse.up()
    assert slider.get_attribute("aria-valuetext") == "0.75"
    slider.focus()
    page.keyboard.press("ArrowRight")
    assert slider.get_attribute("aria-valuetext") == "0.76"
    assert cells(page)[0][0] == str(sum(figure().counts(0.76)[:2]))
    page.keyboard.press("End")
    assert slider.get_attribute("aria-valuetext") == "0.999"
    expected = f"cost {figure().cost(0.999)}."
    page.locator("[role=status]", has_text=expected).wait_for(state="attached")


def test_finger_drags(browser, tmp_path):
    context = phone(browser)
    page = context.new_page()
    page.goto(write_page(tmp_path, figure(), colors=None))
    box = page.locator("svg.drag").bounding_box()
    touch = finger(page)
    touch("touchStart", box["x"] + 80, box["y"] + 60)
    for x in (100, 150, 200):
        touch("touchMove", box["x"] + x, box["y"] + 60)
    touch("touchEnd")
    expected = (200 * 300 / box["width"] - 46) / 244
    value = page.get_by_label("threshold", exact=True).get_attribute("aria-valuetext")
    assert abs(float(value) - expected) < 0.02
    context.close()


@pytest.mark.parametrize("width, scheme", [(1440, "light"), (1440, "dark"), (360, "light")])
def test_sound_also_after_use(show, width, scheme):
    page = show(width, scheme)
    page.emulate_media(color_scheme=scheme)
    for threshold in (0.5, 0.35, 0.999):
        choose(page, threshold)
        rest(page)
        assert_sound(page)


def test_forced_colors_keep_the_bars_apart(show):
    page = show()
    page.emulate_media(forced_colors="active")
    fills = {
        page.locator(f"rect.{kind}").first.evaluate("bar => getComputedStyle(bar).fill")
        for kind in ("right", "wrong", "fog")
    }
    assert len(fills) == 3


def test_still_has_the_numbers(browser, tmp_path):
    view = figure()
    context, page = without_scripts(browser, write_page(tmp_path, view, colors=None))
    tables = page.locator("table").all()
    bins, thresholds = (table.locator("tbody tr").all_inner_texts() for table in tables)
    rows = [row.split("\t") for row in bins]
    right, wrong, *_ = view.counts(0)
    assert sum(int(row[1]) for row in rows) == right
    assert sum(int(row[2]) for row in rows) == wrong
    row = thresholds[2].split("\t")
    right, wrong, *refused = view.counts(0.9)
    assert row[:3] == ["0.9", str(right + wrong), f"{right / (right + wrong):.1%}"]
    assert row[3:] == [f"{refused[1] / sum(refused):.1%}", f"{view.cost(0.9):,}"]
    context.close()


def test_paper_shows_the_still(show):
    page = show()
    page.emulate_media(media="print")
    assert page.locator(".live").is_hidden()
    assert page.get_by_text("Right and wrong answers by their confidence").is_visible()


def test_few_answers_are_enough(show):
    images, labels, p = answers(3)
    page = show(view=ThresholdView(images, labels, p))
    choose(page, 0.999)
    choose(page, 0.0)
    assert cells(page)[0][0] == "3"
