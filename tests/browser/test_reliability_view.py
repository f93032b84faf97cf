"""The reliability diagram in a real browser, on a page of its own."""

import re

import numpy as np
import pytest
from scipy.special import softmax
from sklearn.calibration import calibration_curve
from sklearn.metrics import log_loss

from mnist_helpers import ReliabilityView
from tests.browser.figure_page import (
    assert_sound,
    finger,
    phone,
    rest,
    set_slider,
    without_scripts,
    write_page,
)

TEMPERATURES = np.arange(10, 61) / 20


def answers(n=3000):
    """Probabilities of which the network is too sure, and labels."""
    rng = np.random.default_rng(5)
    sums = 2 * rng.normal(size=(n, 10)) + 4 * np.eye(10)[rng.integers(0, 10, n)]
    honest = softmax(sums, axis=1)
    labels = (honest.cumsum(axis=1) > rng.random((n, 1))).argmax(axis=1)
    return softmax(1.6 * sums, axis=1), labels


@pytest.fixture(scope="module")
def figure():
    return ReliabilityView(*answers())


@pytest.fixture
def show(open_page, tmp_path, figure):
    def show(*args):
        page = open_page(write_page(tmp_path, figure, colors=None), *args)
        page.locator(".numbers").wait_for()
        return page

    return show


def choose(page, temperature):
    set_slider(page, "temperature T", int(np.flatnonzero(TEMPERATURES == temperature)[0]))


def expected(temperature):
    """Loss, error, mean confidence, and of each bin count, promise, and share right."""
    p, labels = answers()
    p = softmax(np.log(p) / temperature, axis=1)
    confidence, right = p.max(axis=1), p.argmax(axis=1) == labels
    share, promise = calibration_curve(right, confidence, n_bins=10)
    counts = np.histogram(confidence, 10, (0, 1))[0]
    counts = counts[counts > 0]
    error = (counts * abs(share - promise)).sum() / len(labels)
    return log_loss(labels, p), error, confidence.mean(), counts, promise, share


def numbers(text):
    return [float(number) for number in re.findall(r"\d+\.?\d*", text.replace(",", ""))]


@pytest.mark.parametrize("temperature", [0.5, 1, 1.6, 3])
def test_numbers_are_those_of_scikit_learn(show, temperature):
    page = show()
    choose(page, temperature)
    loss, error, confidence, counts, promise, share = expected(temperature)
    shown = page.locator(".numbers td").all_inner_texts()
    assert abs(float(shown[0]) - loss) < 6e-5
    assert abs(numbers(shown[1])[0] - 100 * error) < 0.0051
    assert abs(numbers(shown[3])[0] - 100 * confidence) < 0.051
    table = page.locator(".reliability table").last
    rows = [numbers(row) for row in table.locator("tbody tr").all_inner_texts()]
    assert [row[2] for row in rows] == counts.tolist()
    np.testing.assert_allclose([row[3] for row in rows], 100 * promise, atol=0.056)  # rounded twice
    np.testing.assert_allclose([row[4] for row in rows], 100 * share, atol=0.056)  # rounded twice


def test_band_holds_nine_in_ten_honest_networks(figure):
    """Where each answer is right with its confidence, the share right leaves it 1 time in 10."""
    p, _ = answers()
    rng = np.random.default_rng(7)
    outside, errors, found = 0, [], figure.at(1)
    _, high = found["luck"]
    confidence = p.max(axis=1)
    bin_of = (10 * confidence).astype(int)
    for _ in range(400):
        right = rng.random(len(p)) < confidence
        gaps = np.bincount(bin_of, confidence - right, 10)
        errors.append(abs(gaps).sum() / len(p))
        low, most = found["bins"][-1][4]
        share = right[bin_of == 9].mean()
        outside += not low <= share <= most
    assert 10 < outside < 80
    assert 5 < (np.array(errors) > high).sum() < 45


def test_points_stand_where_they_should_and_squares_lie_outside_the_band(show, figure):
    page = show()
    for temperature in (1, 3, 1.6):  # too sure, too modest, honest
        choose(page, temperature)
        marks = page.locator(".kept, .broken").evaluate_all(
            "all => all.map((m) => [m.tagName, ...['cx', 'cy', 'x', 'y'].map((k) =>"
            " m[k] ? m[k].baseVal.value : NaN)])"
        )
        bands = page.locator(".band").evaluate_all("all => all.map((b) => b.getAttribute('d'))")
        bins = figure.at(temperature)["bins"]
        assert len(marks) == len(bands) == len(bins)
        for (tag, cx, cy, x, y), path, (_, _, promise, right, (low, high)) in zip(
            marks, bands, bins
        ):
            where = (cx, cy) if tag == "circle" else (x + 5, y + 5)
            # 46 to 290, and 252 up to 10
            np.testing.assert_allclose(where, (46 + 244 * promise, 252 - 242 * right), atol=0.1)
            top, bottom = map(float, re.findall(r"[,V]([\d.]+)", path))
            np.testing.assert_allclose([top, bottom], [252 - 242 * low, 252 - 242 * high], atol=0.1)
            assert (tag == "circle") == (low <= right <= high)
    assert page.locator(".broken").count() < 3


def test_loss_is_smallest_where_the_network_is_honest(show, figure):
    losses = [figure.at(temperature)["loss"] for temperature in TEMPERATURES]
    best = TEMPERATURES[np.argmin(losses)]
    assert abs(best - 1.6) <= 0.1
    assert figure.at(best)["error"] <= figure.at(best)["luck"][1] < figure.at(1)["error"]


def test_keys_and_status(show, figure):
    page = show()
    page.get_by_label("temperature T").focus()
    page.keyboard.press("ArrowRight")
    assert page.get_by_label("temperature T").get_attribute("aria-valuetext") == "1.05"
    said = page.locator("[role=status]", has_text="Temperature 1.05")
    said.wait_for(state="attached")
    assert f"Loss {figure.at(1.05)['loss']:.4f}" in said.inner_text()


def test_mouse_drags_the_temperature(show):
    page = show()
    box = page.locator("svg.drag").bounding_box()
    scale = box["width"] / 300
    page.mouse.move(box["x"] + 60 * scale, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + (46 + 244 * 0.6) * scale, box["y"] + 40, steps=3)
    page.mouse.up()
    assert page.get_by_label("temperature T").get_attribute("aria-valuetext") == "2.00"


def test_finger_drags(browser, tmp_path, figure):
    context = phone(browser)
    page = context.new_page()
    page.goto(write_page(tmp_path, figure, colors=None))
    plot = page.locator("svg.drag")
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    touch = finger(page)
    touch("touchStart", box["x"] + 60, box["y"] + 40)
    for x in (90, 130, 180):
        touch("touchMove", box["x"] + x, box["y"] + 40)
    touch("touchEnd")
    value = float(page.get_by_label("temperature T").get_attribute("aria-valuetext"))
    assert abs(value - (0.5 + 2.5 * (180 * 300 / box["width"] - 46) / 244)) < 0.06
    context.close()


@pytest.mark.parametrize("width, scheme", [(1440, "light"), (1440, "dark"), (360, "light")])
def test_sound_also_after_use(show, width, scheme):
    page = show(width, scheme)
    page.emulate_media(color_scheme=scheme)
    assert_sound(page)
    for temperature in (0.5, 3):
        choose(page, temperature)
        rest(page)
        assert_sound(page)


def test_still_has_the_numbers(browser, tmp_path, figure):
    context, page = without_scripts(browser, write_page(tmp_path, figure, colors=None))
    tables = page.locator("table").all()
    bins, others = (table.locator("tbody tr").all_inner_texts() for table in tables)
    found = figure.at(1)
    for row, (_, count, promise, right, _) in zip(bins, found["bins"], strict=True):
        assert row.split("\t")[1:4] == [f"{count:,}", f"{promise:.1%}", f"{right:.1%}"]
    row = others[1].split("\t")
    assert row[:2] == ["1", f"{found['loss']:.4f}"] and row[3] == f"{found['error']:.2%}"
    context.close()


def test_paper_shows_the_still(show):
    page = show()
    page.emulate_media(media="print")
    assert page.locator(".live").is_hidden()
    assert page.get_by_text("Does the network keep its promises?", exact=True).is_visible()


def test_what_does_not_fit_is_refused():
    p, labels = answers(20)
    with pytest.raises(ValueError, match="does the network end in a softmax"):
        ReliabilityView(2 * p, labels)
    with pytest.raises(ValueError, match=r"got \(20, 10\) and \(19,\)"):
        ReliabilityView(p, labels[1:])
    with pytest.raises(ValueError, match="labels from 0 to 9"):
        ReliabilityView(p, labels + 5)
