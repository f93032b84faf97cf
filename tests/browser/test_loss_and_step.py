"""Loss and step in a real browser, on a page of its own."""

from itertools import product

import numpy as np
import pytest

from mnist_helpers import LossAndStep
from tests.browser.figure_page import assert_sound, finger, phone, write_page

RATES = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20]
ENDS = {"arrived": "Arrived", "creeps": "It creeps", "jumps": "It jumps", "out": "It has flown out"}


@pytest.fixture
def show(open_page, tmp_path):
    def show(*args):
        page = open_page(write_page(tmp_path, LossAndStep(), colors=None), *args)
        page.emulate_media(reduced_motion="reduce")  # a run is over at once
        return page

    return show


def choose(page, which="one", start=-3.0, rate=2):
    page.get_by_label({"one": "one neuron", "two": "two valleys"}[which]).check()
    page.get_by_label("start", exact=True).fill(str(start))
    page.get_by_label("step size").fill(str(RATES.index(rate)))


def trace(page):
    return page.locator("[data-live-figure]").evaluate("host => host.lossAndStep.trace()")


def words(page):
    return page.locator(".words").last.inner_text()


@pytest.mark.parametrize("which", ["one", "two"])
def test_run_is_that_of_python(show, which):
    page = show()
    for start, rate in product((-4, -3, 0, 3), RATES):
        choose(page, which, start, rate)
        page.get_by_role("button", name="Run").click()
        weights, end = LossAndStep().descend(which, start, rate)
        np.testing.assert_allclose(trace(page), weights, rtol=1e-6, atol=1e-9)
        assert words(page).startswith(ENDS[end])
        assert page.get_by_role("button", name="Step").get_attribute("aria-disabled") == "true"


def test_a_step_is_the_slope_times_its_size(show):
    page = show()
    choose(page, "two", -4, 0.5)
    for _ in range(8):
        page.get_by_role("button", name="Step").click()
    rows = page.locator(".loss tbody tr").all_inner_texts()
    numbers = np.array([row.replace("\N{MINUS SIGN}", "-").split("\t") for row in rows], float)
    assert numbers[:, 0].tolist() == [3, 4, 5, 6, 7, 8]
    expected = []
    for weight in trace(page)[3:]:
        loss, slope = LossAndStep.valley("two", weight)
        expected.append([weight, loss, slope, -0.5 * slope])
    np.testing.assert_allclose(numbers[:, 1:], expected, atol=0.00051)
    assert words(page).startswith("After 8 steps")


def test_probability_by_slider_and_by_hand(show):
    page = show()
    for p in (0.01, 0.25, 0.9, 1):
        page.get_by_label("p", exact=True).fill(str(p))
        assert page.locator(".words strong").inner_text() == (
            f"\N{MINUS SIGN}ln {p:.2f} = {abs(np.log(p)):.2f}"
        )
    plot = page.locator("svg.drag").first
    box = plot.bounding_box()
    scale = box["width"] / 300  # of the drawing, whose axis goes from 46 to 290
    page.mouse.move(box["x"] + 100 * scale, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + (46 + 0.5 * 244) * scale, box["y"] + 60, steps=3)
    page.mouse.up()
    page.mouse.move(box["x"] + 60 * scale, box["y"] + 60)  # no longer held
    assert page.get_by_label("p", exact=True).input_value() == "0.5"
    page.mouse.move(box["x"] + 60 * scale, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] - 20, box["y"] + 60)
    page.mouse.up()
    assert page.get_by_label("p", exact=True).input_value() == "0.01"  # not 0: its loss is infinite


def test_keyboard_steps(show):
    page = show()
    page.get_by_label("start", exact=True).focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    _, slope = LossAndStep.valley("one", -2.9)
    np.testing.assert_allclose(trace(page), [-2.9, -2.9 - slope])


def test_run_takes_its_time_and_stops(open_page, tmp_path):
    page = open_page(write_page(tmp_path, LossAndStep(), colors=None))
    choose(page, rate=0.1)
    page.get_by_role("button", name="Run").click()
    page.wait_for_function(
        "document.querySelector('[data-live-figure]').lossAndStep.trace().length > 3"
    )
    page.get_by_role("button", name="Stop").click()
    steps = len(trace(page))
    assert steps < 61
    page.wait_for_timeout(400)
    assert len(trace(page)) == steps
    page.get_by_role("button", name="Back").click()
    assert trace(page) == [-3]


def test_finger_drags(browser, tmp_path):
    context = phone(browser)
    page = context.new_page()
    page.goto(write_page(tmp_path, LossAndStep(), colors=None))
    box = page.locator("svg.drag").first.bounding_box()
    touch = finger(page)
    touch("touchStart", box["x"] + 80, box["y"] + 60)
    for x in (100, 130, 170):
        touch("touchMove", box["x"] + x, box["y"] + 60)
    touch("touchEnd")
    expected = (170 * 300 / box["width"] - 46) / 244
    assert abs(float(page.get_by_label("p", exact=True).input_value()) - expected) < 0.02
    context.close()


@pytest.mark.parametrize("width, scheme", [(1440, "light"), (1440, "dark"), (360, "light")])
def test_sound_also_after_use(show, width, scheme):
    page = show(width, scheme)
    page.emulate_media(reduced_motion="reduce", color_scheme=scheme)
    assert_sound(page)
    choose(page, "two", -4, 10)  # numbers far away
    page.get_by_role("button", name="Run").click()
    assert_sound(page)


def test_without_scripts_the_numbers_are_there(browser, tmp_path):
    context = browser.new_context(offline=True, java_script_enabled=False)
    page = context.new_page()
    page.goto(write_page(tmp_path, LossAndStep(), colors=None))
    rows = [row.split("\t") for row in page.locator("tbody tr").all_inner_texts()]
    assert ["0.1", "2.30"] in rows
    assert [row[3] for row in rows if len(row) == 4] == [
        "still on its way",
        "arrived",
        "jumps from side to side",
    ]
    context.close()
