"""A layer with dropout in a real browser, on a page of its own."""

import numpy as np
import pytest

from mnist_helpers import DropoutView
from tests.browser.figure_page import assert_sound, phone, rest, without_scripts, write_page

NEURONS, CLASSES, IMAGES = 50, 10, 3  # the last row of squares is not full


def arrays():
    rng = np.random.default_rng(5)
    images = rng.integers(0, 256, (IMAGES, 28, 28), dtype=np.uint8)
    outputs = np.maximum(rng.normal(size=(IMAGES, NEURONS)), 0).astype(np.float32)
    weights = rng.normal(size=(NEURONS, CLASSES)).astype(np.float32)
    biases = rng.normal(size=CLASSES).astype(np.float32)
    answers = (outputs @ weights + biases).argmax(axis=1)
    return images, [int(answers[0]), 8, 3], outputs, weights, biases


def figure():
    return DropoutView(*arrays())


@pytest.fixture
def show(open_page, tmp_path):
    def show(*args):
        page = open_page(write_page(tmp_path, figure(), colors=None), *args)
        page.locator(".dropout table").wait_for()
        return page

    return show


def state(page):
    """Which neurons stay, and the sum and the answer of each draw."""
    kept, draws = page.locator("[data-live-figure]").evaluate(
        "host => [host.dropoutView.kept(), host.dropoutView.draws()]"
    )
    return np.array(kept), draws


def cells(page):
    rows = page.locator(".dropout tbody tr").all()
    return [row.locator("td").all_inner_texts() for row in rows]


def press(page, name):
    page.get_by_role("button", name=name, exact=True).click()


@pytest.mark.parametrize(
    "change, message",
    [
        ({"images": np.zeros((3, 784))}, "expected images of shape"),
        ({"labels": [1, 2]}, "and a label for each"),
        ({"outputs": np.ones((2, NEURONS))}, "outputs of shape \\(3, neurons\\)"),
        ({"weights": np.ones((NEURONS + 1, CLASSES))}, "weights \\(neurons, classes\\)"),
        ({"biases": np.ones(9)}, "biases \\(classes,\\)"),
        ({"outputs": np.full((3, NEURONS), -1.0)}, "outputs of relu, at least 0"),
        ({"outputs": np.zeros((3, NEURONS))}, "for each image one above 0"),
        ({"outputs": np.full((3, NEURONS), np.nan)}, "outputs of relu, at least 0"),
    ],
)
def test_what_does_not_fit_is_refused(change, message):
    names = ["images", "labels", "outputs", "weights", "biases"]
    with pytest.raises(ValueError, match=message):
        DropoutView(**(dict(zip(names, arrays())) | change))


@pytest.mark.parametrize("scaled", [True, False])
@pytest.mark.parametrize("share", [0, 0.2, 0.5, 0.9])
def test_sum_and_answer_of_a_draw_are_those_of_numpy(show, share, scaled):
    _, labels, outputs, weights, biases = arrays()
    page = show()
    page.get_by_label("share dropped").fill(str(share))
    page.get_by_label("scale up").set_checked(scaled)
    press(page, "Drop others")
    kept, draws = state(page)
    left = np.where(kept, outputs[0], 0) / ((1 - share) if scaled else 1)
    answer = (left @ weights + biases).argmax()
    if scaled:
        assert figure().drop(0, kept, share) == (pytest.approx(left.sum(), rel=1e-5), answer)
    assert draws[-1]["sum"] == pytest.approx(left.sum(), rel=1e-5)
    assert [row[1] for row in cells(page)] == [str(kept.sum()), f"{left.sum():.1f}", str(answer)]
    whole = [str(NEURONS), f"{outputs[0].sum():.1f}", str(labels[0])]
    assert [row[0] for row in cells(page)] == whole


def test_the_mean_settles_at_the_sum_without_dropout(show):
    total = figure().sums[0]
    page = show()
    for scaled, expected in ((True, 1), (False, 0.5)):
        page.get_by_label("scale up").set_checked(scaled)
        for _ in range(4):
            press(page, "50 draws")
        _, draws = state(page)
        sums = np.array([draw["sum"] for draw in draws])
        assert len(sums) == 200
        error = sums.std() / np.sqrt(200)
        assert abs(sums.mean() - expected * total) < 4 * error < 0.15 * expected * total
        assert cells(page)[1][2] == f"mean {sums.mean():.1f}"
        right = sum(draw["answer"] == arrays()[1][0] for draw in draws)
        assert cells(page)[2][2] == f"{right} of 200 right"
        # the line ends at the mean
        middle = page.locator("circle.dot").evaluate("dot => dot.cy.baseVal.value")
        up, down = (
            page.locator("path.grid").evaluate_all("all => all.slice(5).map((p) => p.getBBox().y)")
        )[::4]
        assert (middle - up) / (down - up) == pytest.approx(sums.mean() / total / 2, abs=0.002)
    press(page, "Drop others")  # the plot is full: from the beginning
    assert len(state(page)[1]) == 1


def test_each_draw_and_each_neuron_is_dropped_by_itself(show):
    page = show()
    kept = []
    for _ in range(60):
        press(page, "Drop others")
        kept.append(state(page)[0])
    kept = np.array(kept)
    assert abs(kept.mean() - 0.5) < 0.05
    assert 0.2 < kept.mean(axis=0).min() and kept.mean(axis=0).max() < 0.8
    assert len({row.tobytes() for row in kept}) == 60


def test_dropped_squares_are_marked_and_the_others_shine(show):
    page = show()
    kept, _ = state(page)
    outputs = arrays()[2][0]
    canvas = page.locator("canvas[aria-label*='dropped']")
    dots = canvas.evaluate(
        "c => Array.from({ length: 50 }, (_, i) => [...c.getContext('2d').getImageData("
        "20 * (i % 16) + 10, 20 * Math.floor(i / 16) + 10, 1, 1).data].slice(0, 3))"
    )
    for stays, value, (red, _, blue) in zip(kept, outputs, dots):
        if not stays:
            assert blue > red > 100  # the gray cross
        elif value == 0:
            assert (red, blue) == (32, 46)
        else:
            shine = np.sqrt(min(2 * value / (2 * outputs.max()), 1))
            assert abs(red - (32 + shine * (255 - 32))) < 2


def test_another_digit_has_another_layer(show):
    _, labels, outputs, *_ = arrays()
    page = show()
    press(page, "next digit")
    assert page.get_by_text("an 8, 2 of 3").is_visible()
    assert cells(page)[1][0] == f"{outputs[1].sum():.1f}"
    assert len(state(page)[1]) == 1
    press(page, "previous digit")
    press(page, "previous digit")
    assert page.get_by_text("a 3, 3 of 3").is_visible()


def test_it_plays_until_it_is_paused(show):
    page = show()
    page.clock.install()
    press(page, "Play")
    page.clock.run_for(2600)
    assert len(state(page)[1]) == 6
    press(page, "Pause")
    page.clock.run_for(2600)
    assert len(state(page)[1]) == 6


def test_who_wants_no_motion_gets_none(browser, tmp_path):
    context = browser.new_context(offline=True, reduced_motion="reduce")
    page = context.new_page()
    page.goto(write_page(tmp_path, figure(), colors=None))
    press(page, "Drop others")
    assert page.get_by_role("button", name="Play").count() == 0
    context.close()


def test_keys_and_a_finger(show, browser, tmp_path):
    page = show()
    page.get_by_role("button", name="Drop others").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Space")
    page.get_by_label("share dropped").focus()
    assert len(state(page)[1]) == 3
    page.keyboard.press("ArrowRight")
    assert page.get_by_label("share dropped").get_attribute("aria-valuetext") == "0.6"
    page.locator("[role=status]", has_text="Draw 1:").wait_for(state="attached")
    context = phone(browser)
    page = context.new_page()
    page.goto(write_page(tmp_path, figure(), colors=None))
    page.get_by_role("button", name="50 draws").tap()
    assert len(state(page)[1]) == 51
    context.close()


@pytest.mark.parametrize("width, scheme", [(1440, "light"), (1440, "dark"), (360, "light")])
def test_sound_also_after_use(show, width, scheme):
    page = show(width, scheme)
    assert_sound(page)
    press(page, "50 draws")
    page.get_by_label("share dropped").fill("0.9")
    page.get_by_label("scale up").uncheck()
    rest(page)
    assert_sound(page)


def test_still_has_the_numbers(browser, tmp_path):
    view = figure()
    context, page = without_scripts(browser, write_page(tmp_path, view, colors=None))
    rows = [row.split("\t") for row in page.locator("tbody tr").all_inner_texts()]
    for row, label, total in zip(rows, arrays()[1], view.sums, strict=True):
        assert row[0] == str(label) and row[1] == f"{total:.1f}"
        low, high = map(float, row[3].split(" to "))
        assert low < float(row[2]) < high and abs(float(row[2]) / total - 1) < 0.06
        assert 0 <= int(row[4]) <= 200
    assert "one draw" in page.locator("img").first.get_attribute("alt")
    context.close()


def test_paper_shows_the_still(show):
    page = show()
    page.emulate_media(media="print")
    assert page.locator(".live").is_hidden()
    assert page.get_by_text("in 200 draws that drop half").is_visible()
