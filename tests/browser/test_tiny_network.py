"""The tiny network in a real browser, on a page of its own."""

import re

import numpy as np
import pytest

from mnist_helpers import TinyNetwork
from tests.browser.figure_page import assert_sound, finger, phone, rest, without_scripts, write_page

INPUTS = [1.0, 0.5]
WEIGHTS = [[[0.9, 0.3], [-0.2, 0.8]], [0.1, 0.0], [[0.7, -0.3], [0.2, 0.5]], [0.0, 0.0]]
# where the list of numbers, neuron by neuron, has them: array and index
ORDER = [
    place
    for layer in (0, 2)
    for neuron in (0, 1)
    for place in [(layer, (0, neuron)), (layer, (1, neuron)), (layer + 1, neuron)]
]


def figure(label=1, inputs=INPUTS, weights=WEIGHTS):
    return TinyNetwork(inputs, weights, label)


@pytest.fixture
def show(open_page, tmp_path):
    def show(*args):
        page = open_page(write_page(tmp_path, figure(), colors=None), *args)
        page.locator(".net").wait_for()
        return page

    return show


def number(text):
    return float(text.replace("\N{MINUS SIGN}", "-"))


def of_figure(page, code):
    return page.locator("[data-live-figure]").evaluate(
        f"host => {{ const f = host.tinyNetwork; {code} }}"
    )


def change(page, name, value):
    page.get_by_label("number").select_option(name)
    page.get_by_label("value", exact=True).fill(str(value))


def press(page, name):
    page.get_by_role("button", name=name).click()


def loss(page):
    return number(page.locator(".loss").inner_text().split()[-1])


def assert_same(page, expected):
    """What the page holds, and what it shows, is what Python computes."""
    value, slopes = expected.slopes()
    state = of_figure(page, "return { ...f.compute(), weights: f.net().weights }")
    assert np.isclose(state["loss"], value, atol=1e-12)
    for found, wanted in zip(state["weights"], expected.weights, strict=True):
        np.testing.assert_allclose(found, wanted, atol=1e-12)
    for found, wanted in zip(state["slopes"], slopes, strict=True):
        np.testing.assert_allclose(found, wanted, atol=1e-12)
    assert abs(loss(page) - value) < 0.00051
    table = [row.split("\t")[-2:] for row in page.locator(".tiny tbody tr").all_inner_texts()]
    rows = [[number(cell) for cell in row] for row in table]
    wanted = [[expected.weights[k][i], slopes[k][i]] for k, i in ORDER]
    np.testing.assert_allclose(rows, wanted, atol=0.00051)
    chips = [chip.split() for chip in page.locator(".chip").all_text_contents()]
    assert len(chips) == 8 and not any(re.search("NaN|undefined", str(chip)) for chip in chips)
    shown = [
        [number(text) for text in chip.locator("text").all_text_contents()]
        for chip in page.locator(".chip").all()
    ]
    wires = [row for row, (k, _) in zip(wanted, ORDER) if k in (0, 2)]
    np.testing.assert_allclose(shown, wires, atol=0.0051)


@pytest.mark.parametrize("label", [0, 1])
def test_numbers_are_those_of_python(show, label):
    page = show()
    page.get_by_label("AB"[label], exact=True).check()
    assert_same(page, figure(label))
    expected = figure(label)
    for _ in range(4):
        press(page, "Step")
        expected = expected.step()
    assert_same(page, expected)
    losses = of_figure(page, "return f.losses()")
    assert losses == sorted(losses, reverse=True) and len(losses) == 5
    assert page.locator(".side .hint").inner_text().startswith("4 steps: ")
    press(page, "Back to the start")
    assert_same(page, figure())  # also the right answer


def test_rate_scales_the_step(show):
    page = show()
    page.get_by_label("0.1", exact=True).check()
    press(page, "Step")
    assert_same(page, figure().step(0.1))


def test_any_number_can_be_changed(show):
    page = show()
    names = page.locator("option").all_text_contents()
    assert names[:2] == ["input x₁", "input x₂"] and len(names) == 14
    for name, (k, i) in zip(names[2:], ORDER):
        press(page, "Back to the start")
        change(page, name, -1.25)
        weights = [np.array(array) for array in WEIGHTS]
        weights[k][i] = -1.25
        assert_same(page, figure(weights=weights))
    press(page, "Back to the start")
    change(page, "input x₂", 0.2)
    assert_same(page, figure(inputs=[1.0, 0.2]))
    assert page.get_by_label("value", exact=True).get_attribute("max") == "1"


def test_slopes_are_explained(show):
    page = show()
    words = page.locator(".words")
    assert words.inner_text().endswith("1.000 × 0.666 = 0.666.")
    page.get_by_label("number").select_option("weight h₂ → B")
    assert words.inner_text().endswith("0.700 × (−0.666) = −0.466.")
    page.get_by_label("number").select_option("bias of h₁")
    assert words.inner_text().endswith("0.700 × 0.666 + (−0.300) × (−0.666) = 0.666.")
    page.get_by_label("number").select_option("bias of B")
    assert words.inner_text().endswith("p − y, 0.334 − 1 = −0.666.")
    change(page, "bias of h₂", -1)
    assert "lets no slope back" in words.inner_text()
    # what the chapter asks: five of the twelve slopes are 0
    slopes = of_figure(page, "return f.compute().slopes.flat(2)")
    assert slopes.count(0) == 5
    assert page.locator(".chip .slope", has_text=re.compile("^0$")).count() == 4


def test_hand_drags_a_number(show):
    page = show()
    box = page.locator(".chip rect").first.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 1, y)  # trembling is a tap
    assert of_figure(page, "return f.net().weights[0][0][0]") == 0.9
    page.mouse.move(x + 30, y, steps=4)
    page.mouse.up()
    page.mouse.move(x + 60, y)  # no longer held
    weights = [np.array(array) for array in WEIGHTS]
    weights[0][0, 0] = 1.4
    assert_same(page, figure(weights=weights))
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 900, y)
    page.mouse.up()
    assert of_figure(page, "return f.net().weights[0][0][0]") == 3


def test_keyboard(show):
    page = show()
    page.get_by_label("number").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    assert of_figure(page, "return f.net().weights[0][1][0]") == -0.15
    page.get_by_role("button", name="Step").focus()
    page.keyboard.press("Enter")
    assert of_figure(page, "return f.losses().length") == 2
    page.locator("[role=status]", has_text="1 step: ").wait_for(state="attached")
    press(page, "Back to the start")
    page.locator("[role=status]", has_text="Loss: −ln 0.334 = 1.097").wait_for(state="attached")


def test_finger_drags_and_steps(browser, tmp_path):
    context = phone(browser)
    page = context.new_page()
    page.goto(write_page(tmp_path, figure(), colors=None))
    box = page.locator(".chip rect").first.bounding_box()
    x, y = box["x"] + 15, box["y"] + 15
    touch = finger(page)
    touch("touchStart", x, y)
    for far in (10, 20, 30):
        touch("touchMove", x + far, y)
    touch("touchEnd")
    rest(page)
    # a browser may begin to count where it has seen that it is no tap
    assert 1.1 < of_figure(page, "return f.net().weights[0][0][0]") <= 1.4
    page.get_by_role("button", name="Step").tap()
    assert of_figure(page, "return f.losses().length") == 2
    context.close()


@pytest.mark.parametrize("width, scheme", [(1440, "light"), (1440, "dark"), (360, "light")])
def test_sound_also_after_use(show, width, scheme):
    page = show(width, scheme)
    page.emulate_media(color_scheme=scheme)
    assert_sound(page)
    change(page, "bias of h₂", -2.55)
    page.get_by_label("2", exact=True).check()
    for _ in range(12):
        press(page, "Step")
    assert_sound(page)
    # every text within its box, also with long numbers in a wide font
    page.add_style_tag(content="body { font-family: 'DejaVu Sans', sans-serif !important }")
    wide = of_figure(
        page,
        """return [...host.shadowRoot.querySelectorAll(".number")].flatMap((node) => {
            const { left, right } = node.querySelector("rect").getBoundingClientRect();
            return [...node.querySelectorAll("text")].filter((text) => {
                const box = text.getBoundingClientRect();
                return box.left < left - 1 || box.right > right + 1;
            }).map((text) => text.textContent);
        })""",
    )
    assert wide == []


def test_without_scripts_and_on_paper_the_numbers_are_there(browser, open_page, tmp_path):
    address = write_page(tmp_path, figure(), colors=None)
    context, page = without_scripts(browser, address)
    rows = [row.split("\t") for row in page.locator("tbody tr").all_inner_texts()]
    moved = figure().step().weights
    _, slopes = figure().slopes()
    wanted = [
        array
        for k in range(4)
        for array in zip(np.ravel(WEIGHTS[k]), np.ravel(slopes[k]), np.ravel(moved[k]))
    ]
    np.testing.assert_allclose(
        [[number(cell) for cell in row[1:]] for row in rows], wanted, atol=0.00051
    )
    assert [row[0] for row in rows[:5]] == [
        "x1 → h1",
        "x1 → h2",
        "x2 → h1",
        "x2 → h2",
        "bias of h1",
    ]
    assert "The loss is 1.097; after a step" in page.locator("main").inner_text()
    context.close()
    page = open_page(address)
    page.emulate_media(media="print")
    assert page.get_by_text("x1 → h1").is_visible() and not page.locator(".live").is_visible()
