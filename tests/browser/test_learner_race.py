"""The race of the learners in a real browser, on a page of its own."""

import subprocess
import sys

import numpy as np
import pytest

from mnist_helpers import LearnerRace
from tests.browser.figure_page import assert_sound, finger, phone, rest, without_scripts, write_page

SIZES = [300, 1_000, 60_000]
NAMES = ["nearest mean", "k nearest neighbors", "extra trees", "network 512-10", "a new one"]


def runs():
    """Learners that come closer to one another, and change places, as their images grow."""
    rng = np.random.default_rng(2)
    return [
        {
            "name": name,
            "images": images,
            "seed": seed,
            "accuracy": 1 - (0.3 - 0.02 * i) * (300 / images) ** (0.05 + 0.1 * i) - luck / 100,
            "fit_seconds": 0.01 * 3**i * images / 300,
            "predict_seconds": 0.02 * (1 + i % 3) * (images / 300 if i == 1 else 1) + luck / 1000,
        }
        for images in SIZES
        for i, name in enumerate(NAMES)
        for seed, luck in enumerate(rng.random(3 if images < 60_000 else 1))
    ]


def figure():
    return LearnerRace(runs())


def of(name, images):
    return [run for run in runs() if (run["name"], run["images"]) == (name, images)]


def error(name, images):
    return np.mean([1 - run["accuracy"] for run in of(name, images)])


def fastest(name, images, what):
    return min(run[f"{what}_seconds"] for run in of(name, images))


@pytest.fixture
def show(open_page, tmp_path):
    def show(*args, race=None):
        page = open_page(write_page(tmp_path, race or figure(), colors=None), *args)
        page.emulate_media(reduced_motion="reduce")
        page.locator(".race li").first.wait_for()
        return page

    return show


def choose(page, images):
    page.get_by_label("images to learn from").fill(str(SIZES.index(images)))


def row(page, name):
    return page.get_by_role("button", name=name)


def about(page):
    return page.locator(".about").inner_text()


def places(page):
    return page.locator(".learner").evaluate_all(
        "all => all.map((g) => { const t = new DOMMatrix(g.style.transform); return [t.e, t.f] })"
    )


@pytest.mark.parametrize("images", SIZES)
def test_list_has_the_errors_the_lowest_first(show, images):
    page = show()
    choose(page, images)
    found = [li.inner_text().split("\n") for li in page.locator(".race li").all()]
    order = sorted(NAMES, key=lambda name: error(name, images))
    assert [(name, share) for _, name, share in found] == [
        (name, f"{100 * error(name, images):.1f}%") for name in order
    ]
    assert [letter for letter, *_ in found] == ["ABCDE"[NAMES.index(name)] for name in order]


@pytest.mark.parametrize("kind, switch", [("predict", "time to answer"), ("fit", "time to learn")])
def test_points_stand_at_their_error_and_time(show, kind, switch):
    page = show()
    page.get_by_label(switch).check()
    drawn, values = [], []
    for images in SIZES:
        choose(page, images)
        drawn += places(page)
        values += [(fastest(name, images, kind), error(name, images)) for name in NAMES]
    for on_screen, value, upward in zip(np.transpose(drawn), np.transpose(values), (1, -1)):
        slope, start = np.polyfit(np.log10(value), on_screen, 1)
        assert slope * upward > 0
        np.testing.assert_allclose(on_screen, start + slope * np.log10(value), atol=0.1)


def test_a_bar_goes_from_the_best_run_to_the_worst(show):
    page = show()
    logs = np.log10([error(name, 300) for name in NAMES])
    scale = abs(np.polyfit(logs, np.array(places(page))[:, 1], 1))
    drawn = page.locator(".range").evaluate_all("all => all.map((p) => p.getBBox().height)")
    for name, height in zip(NAMES, drawn):
        errors = [1 - run["accuracy"] for run in of(name, 300)]
        assert height == pytest.approx(scale[0] * np.log10(max(errors) / min(errors)), abs=0.2)


@pytest.mark.parametrize("width", [1440, 360])
def test_letters_lie_on_nothing(show, width):
    page = show(width)
    for switch in ("time to answer", "time to learn"):
        page.get_by_label(switch).check()
        for images in SIZES:
            choose(page, images)
            boxes = page.locator(".learner text, .learner :is(circle, rect)").evaluate_all(
                "all => all.map((n) => n.getBoundingClientRect())"
                ".map((b) => [b.left + 2, b.top + 3, b.right - 2, b.bottom - 3])"
            )
            for i, (left, top, right, bottom) in enumerate(boxes):
                for other_left, other_top, other_right, other_bottom in boxes[:i]:
                    beside = right <= other_left or other_right <= left
                    assert beside or bottom <= other_top or other_bottom <= top, images


def test_what_is_said_of_a_learner(show):
    page = show()
    row(page, "extra trees").click()
    choose(page, 60_000)
    [run] = of("extra trees", 60_000)
    said = about(page)
    assert said.startswith("extra trees: as the forest, but")
    assert f"Error {100 * (1 - run['accuracy']):.1f}% in 1 run." in said
    assert f"Learned 60,000 images in {run['fit_seconds']:.0f} s" in said
    assert f"read 10,000 in {1000 * run['predict_seconds']:.0f} ms." in said
    choose(page, 300)
    low, *_, high = sorted(1 - run["accuracy"] for run in of("extra trees", 300))
    assert f"Error {100 * low:.1f}% to {100 * high:.1f}% in 3 runs." in about(page)
    row(page, "a new one").click()
    assert about(page).startswith("a new one\n")  # of which nothing more is known


def test_mouse_points_and_keys_walk(show):
    page = show()
    for i, name in enumerate(NAMES):
        box = page.locator(".learner :is(circle, rect)").nth(i).bounding_box()
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        assert about(page).startswith(name)
        assert row(page, name).get_attribute("aria-pressed") == "true"
    page.get_by_label("images to learn from").focus()
    page.keyboard.press("End")
    best = min(NAMES, key=lambda name: error(name, 60_000))
    words = f"With 60,000 images the lowest error is {100 * error(best, 60_000):.1f}%, of {best}."
    page.locator("[role=status]", has_text=words).wait_for(state="attached")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert about(page).startswith(best)
    page.locator("[role=status]", has_text=f"{best}").wait_for(state="attached")


def test_finger_taps_a_point(browser, tmp_path):
    context = phone(browser)
    page = context.new_page()
    page.goto(write_page(tmp_path, figure(), colors=None))
    point = page.locator(".learner rect").first
    point.scroll_into_view_if_needed()
    box = point.bounding_box()
    touch = finger(page)
    touch("touchStart", box["x"] + 9, box["y"] + 9)
    touch("touchEnd")
    page.locator(".about", has_text="network 512-10").wait_for()
    context.close()


@pytest.mark.parametrize("width, scheme", [(1440, "light"), (1440, "dark"), (360, "light")])
def test_sound_also_after_use(show, width, scheme):
    page = show(width, scheme)
    page.emulate_media(color_scheme=scheme)
    assert_sound(page)
    choose(page, 60_000)
    page.get_by_label("time to learn").check()
    row(page, "network 512-10").click()
    rest(page)
    assert_sound(page)


def test_networks_are_told_apart_without_colors(show):
    page = show()
    page.emulate_media(forced_colors="active")
    assert page.locator(".learner.network rect").count() == 1
    assert page.locator(".learner rect").count() == 1
    assert page.locator(".learner circle").count() == 4


def test_points_glide_only_where_motion_is_welcome(show):
    page = show()
    duration = "g => getComputedStyle(g).transitionDuration"
    assert page.locator(".learner").first.evaluate(duration) == "0s"
    page.emulate_media(reduced_motion="no-preference")
    assert page.locator(".learner").first.evaluate(duration) == "0.4s"


def test_still_has_the_numbers(browser, tmp_path):
    context, page = without_scripts(browser, write_page(tmp_path, figure(), colors=None))
    errors, seconds = (
        [row.split("\t") for row in table.locator("tbody tr").all_inner_texts()]
        for table in page.locator("table").all()
    )
    for (name, *spans), (same, *times) in zip(errors, seconds, strict=True):
        assert name == same
        for images, span, time in zip(SIZES, spans, times, strict=True):
            shares = [f"{1 - run['accuracy']:.1%}" for run in of(name, images)]
            assert {*span.split("–")} == {min(shares, key=float_of), max(shares, key=float_of)}
            assert float(time) == pytest.approx(fastest(name, images, "predict"), rel=0.06)
    assert [row[0] for row in errors] == NAMES
    context.close()


def float_of(share):
    return float(share[:-1])


def test_paper_shows_the_still(show):
    page = show()
    page.emulate_media(media="print")
    assert page.locator(".live").is_hidden()
    assert page.get_by_text("Errors after learning from so many images").is_visible()


def test_it_needs_no_numpy():
    """Chapter 11 shows it before it tells NumPy how many cores to use."""
    names = "LearnerRace, measured"
    code = f"import sys; from mnist_helpers import {names}; print('numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_what_is_no_race():
    with pytest.raises(ValueError, match="expected runs, each with accuracy, fit_seconds"):
        LearnerRace([])
    with pytest.raises(ValueError, match="expected runs"):
        LearnerRace([{"name": "nearest mean", "images": 300}])
    with pytest.raises(ValueError, match="extra trees has no run with 300 images"):
        LearnerRace([r for r in runs() if (r["name"], r["images"]) != ("extra trees", 300)])
