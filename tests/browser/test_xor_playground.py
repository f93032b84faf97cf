"""The XOR playground in a real browser, on a page of its own."""

import re

import numpy as np
import pytest

from mnist_helpers import XorPlayground
from tests.browser.figure_page import assert_sound, phone, write_page

POINTS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], float)
ANSWERS = np.array([0, 1, 1, 0])
ACTIVATIONS = {  # of a sum; slope where the value is y
    "none": (lambda x: x, lambda y: np.ones_like(y)),
    "relu": (lambda x: np.maximum(x, 0), lambda y: y > 0),
    "tanh": (np.tanh, lambda y: 1 - y**2),
}


def softmax(sums):
    powers = np.exp(sums - sums.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def answer(weights, activation, inputs):
    """The outputs of the hidden layer, if there is one, and the probabilities."""
    *hidden, kernel, bias = weights
    if hidden:
        inputs = ACTIVATIONS[activation][0](inputs @ hidden[0] + hidden[1])
    return inputs, softmax(inputs @ kernel + bias)


def train(weights, activation, steps=400, rate=0.05):
    """Adam as Keras defines it: the loss before each step, and the weights at the end."""
    m, v = [0 * w for w in weights], [0 * w for w in weights]
    losses = []
    for step in range(1, steps + 1):
        hidden, probabilities = answer(weights, activation, POINTS)
        losses.append(-np.log(probabilities[np.arange(4), ANSWERS]).mean())
        delta = (probabilities - np.eye(2)[ANSWERS]) / 4
        gradients = [hidden.T @ delta, delta.sum(axis=0)]
        if len(weights) == 4:
            delta = delta @ weights[2].T * ACTIVATIONS[activation][1](hidden)
            gradients = [POINTS.T @ delta, delta.sum(axis=0), *gradients]
        m = [a + 0.1 * (g - a) for a, g in zip(m, gradients)]
        v = [b + 0.001 * (g**2 - b) for b, g in zip(v, gradients)]
        scale = rate * np.sqrt(1 - 0.999**step) / (1 - 0.9**step)
        weights = [w - scale * a / (np.sqrt(b) + 1e-7) for w, a, b in zip(weights, m, v)]
    return losses, weights


@pytest.fixture
def show(open_page, tmp_path):
    def show(*args):
        page = open_page(write_page(tmp_path, XorPlayground(), colors=None), *args)
        page.locator(".plane").wait_for()
        return page

    return show


def of_figure(page, code):
    return page.locator("[data-live-figure]").evaluate(
        f"host => {{ const f = host.xorPlayground; {code} }}"
    )


def start_weights(page, hidden, seed):
    flat = of_figure(page, f"return f.make({seed}).weights().map((array) => [...array])")
    shapes = [(2, hidden), (hidden,), (hidden, 2), (2,)] if hidden else [(2, 2), (2,)]
    return [np.reshape(array, shape) for array, shape in zip(flat, shapes, strict=True)]


def finish(page, name="Train"):
    page.get_by_role("button", name=name).click()
    page.locator(".verdict", has_text=re.compile("Solved|Stuck|solve it")).wait_for()


@pytest.mark.parametrize(
    "hidden, activation, seed, end",
    [
        (0, "relu", 0, "Stuck: it says about 0.5 everywhere"),
        (3, "none", 2, "Stuck"),
        (3, "relu", 0, "Stuck"),
        (3, "relu", 1, "Solved"),
        (4, "tanh", 5, "Solved"),
    ],
)
def test_training_is_that_of_numpy(show, hidden, activation, seed, end):
    page = show()
    page.emulate_media(reduced_motion="reduce")  # all steps at once
    page.get_by_label("hidden neurons").fill(str(hidden))
    page.get_by_label(activation, exact=True).check()
    page.get_by_label("start", exact=True).fill(str(seed))
    start = start_weights(page, hidden, seed)
    finish(page)
    losses, weights = train(start, activation)
    shown = of_figure(page, "return f.losses()")
    assert len(shown) == 400
    np.testing.assert_allclose(shown[:100], losses[:100], atol=1e-4)
    np.testing.assert_allclose(shown, losses, atol=0.01)
    side = np.linspace(-0.5, 1.5, 41)
    plane = np.array([[x, y] for y in side for x in side])
    expected = answer(weights, activation, plane)[1][:, 1]
    values = np.ravel(of_figure(page, "return f.answers()"))
    np.testing.assert_allclose(values, expected, atol=0.03)
    probabilities = answer(weights, activation, POINTS)[1][np.arange(4), ANSWERS]
    assert (probabilities > 0.6).all() == (end == "Solved")
    verdict = page.locator(".verdict").inner_text()
    assert verdict.startswith(end)
    assert (
        abs(float(re.search(r"loss is ([\d.]+)", verdict)[1]) + np.log(probabilities).mean()) < 0.02
    )


def test_line_lies_where_the_answer_is_a_half(show):
    page = show()
    page.emulate_media(reduced_motion="reduce")
    page.get_by_label("hidden neurons").fill("4")
    page.get_by_label("tanh").check()
    finish(page)
    path = page.locator(".contour").get_attribute("d")
    ends = np.array(re.findall(r"[ML]([\d.]+),([\d.]+)", path), float)
    assert len(ends) > 40
    places = ends / 300 * 2 - 0.5
    places[:, 1] = 1 - places[:, 1]  # up
    flat = of_figure(page, "return f.network().weights().map((array) => [...array])")
    shapes = [(2, 4), (4,), (4, 2), (2,)]
    weights = [np.reshape(array, shape) for array, shape in zip(flat, shapes)]
    values = answer(weights, "tanh", places)[1][:, 1]
    assert abs(values - 0.5).max() < 0.05


def test_starts_are_counted_and_kept_by_setting(show):
    page = show()
    finish(page, "20 starts")
    page.get_by_label("hidden neurons").fill("2")
    page.get_by_label("tanh").check()
    finish(page, "20 starts")
    expected = 0
    for seed in range(20):
        _, weights = train(start_weights(page, 2, seed), "tanh")
        probabilities = answer(weights, "tanh", POINTS)[1][np.arange(4), ANSWERS]
        expected += (probabilities > 0.6).all()
    rows = [row.split("\t") for row in page.locator(".xor tbody tr").all_inner_texts()]
    assert rows == [["0", "–", "0 of 20"], ["2", "tanh", f"{expected} of 20"]]
    assert 5 < expected < 20


def test_keyboard_and_stop(show):
    page = show()
    page.get_by_label("hidden neurons").focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")  # from relu to tanh
    assert page.get_by_label("tanh").is_checked()
    page.get_by_role("button", name="Train").focus()
    page.keyboard.press("Enter")
    page.wait_for_function(
        "document.querySelector('[data-live-figure]').xorPlayground.losses().length > 5"
    )
    page.keyboard.press("Enter")  # now it says Stop
    steps = of_figure(page, "return f.losses().length")
    page.wait_for_timeout(100)
    assert of_figure(page, "return f.losses().length") == steps
    assert page.get_by_role("button", name="Train").count() == 1
    assert of_figure(page, "return f.network().weights()[1].constructor.name") == "Float32Array"


def test_finger_trains(browser, tmp_path):
    context = phone(browser)
    page = context.new_page()
    page.emulate_media(reduced_motion="reduce")
    page.goto(write_page(tmp_path, XorPlayground(), colors=None))
    page.get_by_text("tanh").tap()
    page.get_by_role("button", name="Train").tap()
    page.locator(".verdict", has_text="Stuck").wait_for()
    context.close()


@pytest.mark.parametrize("width, scheme", [(1440, "light"), (1440, "dark"), (360, "light")])
def test_sound_also_after_use(show, width, scheme):
    page = show(width, scheme)
    page.emulate_media(reduced_motion="reduce", color_scheme=scheme)
    assert_sound(page)
    page.get_by_label("hidden neurons").fill("3")
    finish(page)
    finish(page, "20 starts")
    assert_sound(page)


def test_without_scripts_the_task_is_there(browser, tmp_path):
    context = browser.new_context(offline=True, java_script_enabled=False)
    page = context.new_page()
    page.goto(write_page(tmp_path, XorPlayground(), colors=None))
    rows = [row.split("\t") for row in page.locator("tbody tr").all_inner_texts()]
    assert np.array(rows, int).tolist() == np.column_stack([POINTS, ANSWERS]).astype(int).tolist()
    context.close()
