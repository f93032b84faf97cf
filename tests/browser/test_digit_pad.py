"""The drawing pad in a real browser, on a page of its own, from a file, with the network off."""

import base64
import io

import keras
import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from keras import layers
from matplotlib.image import imread

from mnist_helpers import DigitPad, load_mnist, to_vectors
from mnist_helpers.handwriting import prepare_digit

PAD = "document.querySelector('[data-live-figure]').digitPad"
FOCUSED = "document.querySelector('[data-live-figure]').shadowRoot.activeElement?.textContent"
SIDE = 280  # of the canvas that is drawn on

# as a hand would draw them, in the middle of a field from 0 to 100
STROKES = {
    0: [[(50, 8), (28, 20), (22, 50), (30, 82), (50, 92), (70, 82), (78, 50), (70, 18), (50, 8)]],
    2: [[(28, 30), (36, 12), (58, 8), (74, 24), (66, 46), (28, 92), (78, 90)]],
    3: [[(28, 14), (52, 8), (70, 22), (60, 42), (44, 48), (68, 56), (74, 76), (54, 92), (26, 86)]],
    7: [[(22, 14), (78, 12), (60, 50), (46, 94)]],
}


def on_canvas(digit, left=30, top=30, scale=2.2):
    """The strokes of a digit in pixels of the canvas."""
    return [[(left + scale * x, top + scale * y) for x, y in line] for line in STROKES[digit]]


@pytest.fixture(scope="session")
def mnist():
    return load_mnist()


@pytest.fixture(scope="session")
def trained(mnist):
    """A plain network, trained for seconds: what a reader brings."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input(shape=(784,)),
            layers.Dense(64, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", steps_per_execution=10)
    images, labels = mnist.train_images[:20_000], mnist.train_labels[:20_000]
    epochs = max(3, 45_000 // len(images))  # some hundred steps, on the stand-in too
    model.fit(to_vectors(images), labels, epochs=epochs, batch_size=128, verbose=0)
    return model


def normalized():
    """An untrained network whose batch normalization is far from doing nothing."""
    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [
            keras.Input(shape=(784,)),
            layers.Dense(32),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.BatchNormalization(),
            layers.Dense(16, activation="relu"),
            layers.Dense(10),
        ]
    )
    rng = np.random.default_rng(1)
    for layer in model.layers:
        if isinstance(layer, layers.BatchNormalization):
            layer.set_weights([rng.uniform(0.5, 2, w.shape) for w in layer.get_weights()])
    return model


@pytest.fixture
def show(page, tmp_path):
    """Open a page that is a file and holds pads and little else."""

    def show(*models, colors=("#ffffff", "#222832"), page=page, settle=True):
        ground, ink = colors
        file = tmp_path / "page.html"
        file.write_text(
            '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A page</title>'
            '<meta name="viewport" content="width=device-width, initial-scale=1"></head>'
            f'<body style="background:{ground};color:{ink};font-family:sans-serif">'
            f"<main><h1>Draw</h1>{''.join(DigitPad(model)._repr_html_() for model in models)}"
            '<div style="height:2000px"></div></main></body></html>',
            "utf-8",
        )
        page.goto(file.as_uri())
        if settle:
            rest(page)
            page.locator("details").evaluate_all("all => all.forEach((each) => (each.open = true))")
        return page

    return show


def rest(page):
    """Wait until the pad has answered: it does so before the next picture on the screen."""
    page.evaluate(
        "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
    )


def answer(page, pad=PAD):
    """What the pad shows: the digit it reads and the picture that it gave to the network."""
    rest(page)
    return page.evaluate(
        f"(() => {{ const a = {pad}.answer(); return a && {{ digit: a.order[0], "
        "probabilities: [...a.probabilities], seen: [...a.seen] } })()"
    )


def draw(page, strokes):
    """With the mouse."""
    page.locator(".drawing").scroll_into_view_if_needed()
    box = page.locator(".drawing").bounding_box()
    for line in strokes:
        points = [(box["x"] + x * box["width"] / SIDE, box["y"] + y * box["height"] / SIDE)
                  for x, y in line]  # fmt: skip
        page.mouse.move(*points[0])
        page.mouse.down()
        for point in points[1:]:
            page.mouse.move(*point, steps=4)
        page.mouse.up()


def canvas_levels(page):
    """The gray levels on the canvas, as the browser shows them."""
    url = page.locator(".drawing").evaluate("canvas => canvas.toDataURL()")
    pixels = imread(io.BytesIO(base64.b64decode(url.split(",")[1])), format="png")
    return np.round(255 * pixels[..., 0]).astype(np.uint8)


def as_text(array):
    return base64.b64encode(np.ascontiguousarray(array)).decode()


# ---- the numbers


@pytest.mark.parametrize("kind", ["plain", "normalized"])
def test_the_browser_answers_as_keras_does_on_all_test_images(kind, trained, mnist, show):
    model = trained if kind == "plain" else normalized()
    page = show(model)
    pad_layers = DigitPad(model).layers
    # Keras with the same rounded weights, without the normalization that is folded into them
    rounded = keras.Sequential([keras.Input(shape=(784,))])
    for layer in pad_layers:
        rounded.add(layers.Dense(len(layer.bias), activation=layer.activation))
    rounded.set_weights(
        [part.astype(np.float32) for layer in pad_layers for part in (layer.kernel, layer.bias)]
    )
    expected = rounded.predict(to_vectors(mnist.test_images), batch_size=1000, verbose=0)
    found = page.evaluate(
        f"""(text) => {{
            const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
            const {{ layers, forward }} = {PAD};
            const answers = [];
            for (let start = 0; start < bytes.length; start += 784) {{
                const levels = bytes.subarray(start, start + 784);
                const picture = Float32Array.from(levels, (level) => level / 255);
                answers.push([...forward(layers, picture).at(-1)]);
            }}
            return answers;
        }}""",
        as_text(mnist.test_images),
    )
    assert len(found) == len(mnist.test_images)
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_the_browser_prepares_as_python_does(show):
    page = show(normalized())
    rng = np.random.default_rng(0)
    differences = []
    for case in range(60):
        height, width = rng.integers(8, 120, size=2)
        drawing = np.zeros((height, width), np.uint8)
        for _ in range(rng.integers(1, 6)):  # bars and specks, faint ones too, up to the edge
            y, x = rng.integers(0, height), rng.integers(0, width)
            tall, wide = rng.integers(1, 40, size=2)
            drawing[y : y + tall, x : x + wide] = rng.integers(10, 256)
        drawing[rng.integers(0, height), rng.integers(0, width)] = rng.integers(26, 256)
        drawing[0, 0] = 0  # or a full frame is taken for paper
        found = page.evaluate(
            f"""([text, width, height]) => {{
                const levels = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
                const prepared = {PAD}.prepare(levels, width, height);
                return prepared && [...prepared.picture];
            }}""",
            [as_text(drawing), int(width), int(height)],
        )
        if not (drawing > 25).any():
            assert found is None
            continue
        difference = np.reshape(found, (28, 28)) - prepare_digit(drawing).astype(int)
        assert abs(difference).max() <= 1, f"case {case}, {drawing.shape}"
        differences.append(difference)
    assert np.mean(np.array(differences) != 0) < 0.01  # where a sum of floats falls on a half


def test_no_ink_is_no_picture(show):
    page = show(normalized())
    assert page.evaluate(f"{PAD}.prepare(new Uint8Array(100).fill(25), 10, 10)") is None
    assert page.evaluate(f"{PAD}.prepare(new Uint8Array(100).fill(26), 10, 10)") is not None
    specks = "Object.assign(new Uint8Array(78400), { 0: 26, 78399: 26 })"  # in two corners
    assert page.evaluate(f"{PAD}.prepare({specks}, 280, 280)") is None


# ---- drawing


@pytest.mark.parametrize("place", [(30, 30, 2.2), (12, 14, 1.1), (150, 150, 1.1)])
def test_digits_drawn_with_the_mouse_are_read_wherever_they_stand(place, trained, show):
    page = show(trained)
    for digit in STROKES:
        page.locator(".drawing").press("Delete")
        draw(page, on_canvas(digit, *place))
        assert answer(page)["digit"] == digit


def test_the_network_gets_the_drawing_prepared_or_as_it_is(trained, show):
    page = show(trained)
    draw(page, on_canvas(3, 12, 14, 1.1))
    prepared = answer(page)
    levels = canvas_levels(page)
    expected = prepare_digit(levels)
    assert abs(np.reshape(prepared["seen"], (28, 28)) - expected.astype(int)).max() <= 1
    page.get_by_role("checkbox", name="Prepare the drawing").uncheck()
    raw = answer(page)
    means = levels.reshape(28, 10, 28, 10).mean(axis=(1, 3))
    assert abs(np.reshape(raw["seen"], (28, 28)) - means).max() <= 0.5 + 1e-9
    assert raw["probabilities"] != prepared["probabilities"]
    page.get_by_role("checkbox", name="Prepare the drawing").check()
    assert answer(page) == prepared


def test_all_ready_digits_are_read(trained, mnist, show):
    page = show(trained)
    read = []
    for digit in range(10):
        page.get_by_role("button", name=f"Ready digit {digit}").click()
        read.append(answer(page)["digit"])
    if mnist.name == "stand-in":  # whose fours are closed at the top
        read[4] = 4
    assert read == list(range(10))


def test_a_finger_draws_and_the_page_stays(trained, show, browser):
    context = browser.new_context(
        offline=True, has_touch=True, is_mobile=True, viewport={"width": 375, "height": 700}
    )
    page = show(trained, page=context.new_page())
    session = context.new_cdp_session(page)
    box = page.locator(".drawing").bounding_box()
    (line,) = on_canvas(2)
    points = [
        {"x": box["x"] + x * box["width"] / SIDE, "y": box["y"] + y * box["height"] / SIDE}
        for x, y in line
    ]

    def touch(kind, *points):
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", points[0])
    for start, end in zip(points, points[1:]):
        for part in (0.25, 0.5, 0.75, 1):
            touch("touchMove", {key: start[key] + part * (end[key] - start[key]) for key in "xy"})
    touch("touchEnd")
    assert answer(page)["digit"] == 2
    # and beside the canvas a finger does scroll, so that the check above means something
    assert page.evaluate("scrollY") == 0
    touch("touchStart", {"x": 180, "y": 600})
    for y in range(580, 180, -20):
        touch("touchMove", {"x": 180, "y": y})
    touch("touchEnd")
    page.wait_for_function("scrollY > 0")
    context.close()


def test_a_second_finger_does_not_join_in(show):
    page = show(normalized())
    drawing = page.locator(".drawing")

    def point(kind, identity, x, y):
        box = drawing.bounding_box()
        drawing.dispatch_event(
            kind,
            {"pointerId": identity, "clientX": box["x"] + x, "clientY": box["y"] + y, "button": 0},
        )

    # a made-up pointer cannot be captured
    drawing.evaluate("canvas => (canvas.setPointerCapture = () => {})")
    point("pointerdown", 1, 50, 50)
    point("pointermove", 1, 60, 60)
    point("pointerdown", 2, 200, 200)
    point("pointermove", 2, 220, 220)
    rest(page)
    assert canvas_levels(page)[150:].max() == 0
    assert canvas_levels(page)[:150].max() == 255


def press(page, *keys):
    for key in keys:
        name, _, times = key.partition("*")
        for _ in range(int(times or 1)):
            page.keyboard.press(name)


def test_keys_draw_and_the_page_stays(trained, mnist, show):
    page = show(trained)
    page.locator(".drawing").focus()
    press(page, "Space", "ArrowDown*16", "Space")
    rest(page)
    ink = canvas_levels(page) > 25
    # the pen is 22 wide and began in the middle, 40 from the top
    assert ink.any(axis=0).nonzero()[0][[0, -1]] == pytest.approx([129, 150], abs=1)
    assert ink.any(axis=1).nonzero()[0][[0, -1]] == pytest.approx([29, 40 + 16 * 12 + 10], abs=1)
    press(page, "Delete", "ArrowUp*16", "ArrowLeft*5", "Space", "ArrowRight*9")
    press(page, *["ArrowDown*3", "ArrowLeft"] * 5, "Space")
    if mnist.name != "stand-in":  # which has no such straight lines
        assert answer(page)["digit"] == 7
    assert page.evaluate("scrollY") == 0
    rest(page)
    before = canvas_levels(page)
    press(page, "ArrowLeft*5")  # the pen is up
    rest(page)
    np.testing.assert_array_equal(canvas_levels(page), before)


def test_shift_moves_the_pen_finely(show):
    page = show(normalized())
    page.locator(".drawing").focus()
    widths = []
    for step in ("ArrowRight", "Shift+ArrowRight"):
        press(page, "Delete", "Space", f"{step}*3", "Space")
        rest(page)
        widths.append((canvas_levels(page).max(axis=0) > 25).sum())
    assert widths[0] - widths[1] == pytest.approx(3 * (12 - 4), abs=2)


def test_a_key_that_is_held_lowers_the_pen_once(show):
    page = show(normalized())
    page.locator(".drawing").focus()
    for _ in range(2):  # the second time as a repetition
        page.keyboard.down("Space")
    page.keyboard.up("Space")
    press(page, "ArrowDown*5")
    rest(page)
    assert (canvas_levels(page).max(axis=1) > 25).sum() == pytest.approx(5 * 12 + 22, abs=2)


def test_leaving_the_canvas_lifts_the_pen(show):
    page = show(normalized())
    page.locator(".drawing").focus()
    press(page, "Space", "ArrowDown*3")
    page.get_by_role("button", name="Clear").focus()
    page.locator(".drawing").focus()
    before = canvas_levels(page)
    press(page, "ArrowDown*3")
    rest(page)
    np.testing.assert_array_equal(canvas_levels(page), before)


def test_undo_goes_back_step_by_step(show):
    page = show(normalized())
    states = [canvas_levels(page)]
    draw(page, on_canvas(7))
    rest(page)
    states.append(canvas_levels(page))
    page.get_by_role("button", name="Ready digit 4").click()
    rest(page)
    states.append(canvas_levels(page))
    page.get_by_role("button", name="Clear").press("Enter")
    rest(page)
    assert canvas_levels(page).max() == 0
    # the button keeps the focus though it has nothing left to clear
    assert page.evaluate(FOCUSED) == "Clear"
    # by button, by key on the canvas, and by key elsewhere in the pad
    page.get_by_role("button", name="Undo").click()
    rest(page)
    np.testing.assert_array_equal(canvas_levels(page), states[2])
    page.locator(".drawing").focus()
    page.keyboard.press("Control+z")
    rest(page)
    np.testing.assert_array_equal(canvas_levels(page), states[1])
    page.get_by_role("checkbox").focus()
    page.keyboard.press("Control+z")
    rest(page)
    np.testing.assert_array_equal(canvas_levels(page), states[0])
    undo = page.get_by_role("button", name="Undo")
    assert undo.get_attribute("aria-disabled") == "true"


# ---- what is shown


def test_table_and_status_tell_the_answer(trained, show):
    page = show(trained)
    page.get_by_role("button", name="Ready digit 3").click()
    probabilities = answer(page)["probabilities"]
    rows = page.get_by_role("table").locator("tbody tr").all_inner_texts()
    for digit, (text, probability) in enumerate(zip(rows, probabilities, strict=True)):
        name, share = text.split()
        assert int(name) == digit
        if "<" not in share and ">" not in share:
            assert float(share.rstrip("%")) == pytest.approx(100 * probability, abs=0.051)
    status = page.get_by_role("status")
    page.wait_for_function(
        "document.querySelector('[data-live-figure]').shadowRoot.querySelector('[role=status]')"
        ".textContent.startsWith('The network reads 3, ')"
    )
    assert status.inner_text().endswith("%.")
    assert "784-64-10 network. Its 50,890 weights" in page.locator(".foot").inner_text()


def test_nearly_sure_is_not_sure(show):
    model = keras.Sequential([keras.Input(shape=(784,)), layers.Dense(10)])
    biases = np.array([*[0] * 7, 1000, 1001, 0])  # e**1000 is too large
    model.set_weights([np.zeros((784, 10)), biases])
    page = show(model)
    page.get_by_role("button", name="Ready digit 3").click()
    rest(page)
    shares = page.get_by_role("table").locator("tbody .number")
    assert shares.all_inner_texts() == [*["<0.1%"] * 7, "26.9%", "73.1%", "<0.1%"]
    model.set_weights([np.zeros((784, 10)), biases * (biases > 1000)])
    page = show(model)
    page.get_by_role("button", name="Ready digit 3").click()
    rest(page)
    assert page.locator(".sure").inner_text() == ">99.9%"


def test_the_status_speaks_once_after_a_burst(trained, show):
    page = show(trained)
    page.wait_for_timeout(1000)
    page.evaluate(
        """() => {
            window.said = [];
            const status = document.querySelector("[data-live-figure]").shadowRoot
                .querySelector("[role=status]");
            new MutationObserver(() => window.said.push(status.textContent))
                .observe(status, { childList: true });
        }"""
    )
    # within the page, so that a slow machine does not stretch the burst
    page.evaluate(
        """async () => {
            const ready = [...document.querySelector("[data-live-figure]").shadowRoot
                .querySelectorAll(".ready button")];
            for (const button of ready) {
                button.click();
                await new Promise(requestAnimationFrame);
            }
        }"""
    )
    page.wait_for_function("window.said.length > 0")
    page.wait_for_timeout(700)
    said = page.evaluate("window.said")
    assert len(said) == 1 and said[0].startswith("The network reads 9, ")


def test_a_neuron_is_chosen_by_click_key_or_activity(trained, show):
    page = show(trained)
    weights = page.locator(".weights")
    kernel = DigitPad(trained).layers[0].kernel.astype(np.float32)

    def chosen():
        """The neuron named, after a look whether the picture shows its weights."""
        neuron = int(page.get_by_role("slider", name="Neuron").input_value())
        votes = DigitPad(trained).layers[1].kernel[neuron]
        said = f"most for {votes.argmax()} and most against {votes.argmin()}."
        assert said in page.locator(".about").inner_text()
        assert f"weights of neuron {neuron}," in weights.get_attribute("aria-label")
        reds = weights.evaluate(
            """canvas => {
                const { data } = canvas.getContext("2d").getImageData(0, 0, 280, 280);
                return Array.from({ length: 784 }, (_, i) => {
                    const at = 4 * ((Math.floor(i / 28) * 10 + 5) * 280 + (i % 28) * 10 + 5);
                    return data[at] - data[at + 2];
                });
            }"""
        )
        # red minus blue grows with the weight, but for the very ends of the scale
        assert np.corrcoef(reds, kernel[:, neuron])[0, 1] > 0.9
        return neuron

    assert chosen() == 0
    page.get_by_role("slider", name="Neuron").focus()
    page.keyboard.press("ArrowRight")
    assert chosen() == 1
    activity = page.locator(".activity")
    activity.scroll_into_view_if_needed()
    box = activity.bounding_box()
    # 64 neurons: four rows of 16
    x, y = box["width"] * 5.5 / 16, box["height"] * 2.5 / 4
    activity.click(position={"x": x, "y": y})
    assert chosen() == 2 * 16 + 5
    page.get_by_role("button", name="Ready digit 5").click()
    seen = np.array(answer(page)["seen"]) / 255
    page.get_by_role("button", name="Most active").click()
    bias = DigitPad(trained).layers[0].bias.astype(np.float32)
    sums = seen @ kernel + bias
    assert chosen() == sums.argmax()
    label = page.locator(".activity").get_attribute("aria-label")
    assert label.startswith(f"{(sums > 0).sum()} of 64 neurons are active")


def test_pads_on_one_page_do_not_meet(trained, show):
    other = normalized()
    page = show(trained, other, trained)
    pads = [f"document.querySelectorAll('[data-live-figure]')[{i}].digitPad" for i in range(3)]
    page.get_by_role("button", name="Ready digit 2").nth(1).click()
    assert [answer(page, pad) is not None for pad in pads] == [False, True, False]
    page.get_by_role("button", name="Ready digit 2").nth(2).click()
    found = [answer(page, pad) for pad in pads]
    assert found[0] is None
    assert found[1]["seen"] == found[2]["seen"]
    assert found[1]["probabilities"] != found[2]["probabilities"]


def test_a_network_without_hidden_layer_shows_its_ten_neurons(show):
    page = show(
        keras.Sequential([keras.Input(shape=(784,)), layers.Dense(10, activation="softmax")])
    )
    page.get_by_role("button", name="Ready digit 2").click()
    rest(page)
    assert page.get_by_text("The ten neurons").is_visible()
    assert page.get_by_role("slider", name="Neuron").get_attribute("max") == "9"
    assert "Neuron 0: probability" in page.locator(".about").inner_text()


@pytest.mark.parametrize("width", [1440, 375])
@pytest.mark.parametrize(
    ("theme", "colors"),
    [("light", ("#ffffff", "#222832")), ("dark", ("#14181e", "#ced6dd"))],
)
def test_accessible_in_any_theme_and_width(width, theme, colors, trained, show, page):
    page.set_viewport_size({"width": width, "height": 900})
    show(trained, trained, colors=colors)
    assert page.locator("[data-live-figure]").first.get_attribute("data-theme") == theme
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()
    page.get_by_role("button", name="Ready digit 8").first.click()
    page.get_by_role("checkbox").first.uncheck()
    page.locator(".drawing").first.focus()
    page.wait_for_timeout(300)  # for the bars to arrive
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_theme_follows_the_page(show, page):
    show(normalized())
    pad = page.locator("[data-live-figure]")
    page.emulate_media(color_scheme="dark")  # which this page does not follow
    page.evaluate("document.body.style.color = '#eeeeee'")
    page.wait_for_function("document.querySelector('[data-live-figure]').dataset.theme === 'dark'")
    page.evaluate("document.body.style.color = '#111111'")
    page.wait_for_function("document.querySelector('[data-live-figure]').dataset.theme === 'light'")
    pad.dispatch_event("pointerenter")
    assert pad.get_attribute("data-theme") == "light"


def test_bars_move_at_once_for_those_who_want_rest(show, page):
    bar = show(normalized()).locator(".bar").first
    duration = "bar => getComputedStyle(bar).transitionDuration"
    assert bar.evaluate(duration) != "0s"
    page.emulate_media(reduced_motion="reduce")
    assert bar.evaluate(duration) == "0s"


def test_without_scripts_a_sentence_says_what_is_missing(show, browser):
    context = browser.new_context(java_script_enabled=False, offline=True)
    page = show(normalized(), page=context.new_page(), settle=False)
    assert "It needs JavaScript" in page.locator("[data-live-figure]").inner_text()
    context.close()


def test_an_answer_is_quick(trained, show):
    """No limit: how quick depends on the machine. The report says it with ``pytest -rP``."""
    page = show(trained)
    times = []
    for step in range(50):
        page.get_by_role("button", name=f"Ready digit {step % 10}").click()
        rest(page)
        times.append(page.evaluate(f"{PAD}.answer().milliseconds"))
    print(f"an answer took {np.median(times):.2f} ms (median), {min(times):.2f} ms (least)")


def test_a_thicker_pen_draws_it_all_thicker(show):
    page = show(normalized())
    page.get_by_role("button", name="Ready digit 1").click()
    rest(page)
    before = (canvas_levels(page) > 25).sum()
    page.get_by_role("slider", name="Pen").press("End")
    rest(page)
    after = (canvas_levels(page) > 25).sum()
    assert after > 1.4 * before


def test_the_hidden_layer_is_folded_until_it_is_asked_for(show):
    page = show(normalized(), settle=False)
    summary = page.get_by_text("The first hidden layer")
    assert not page.locator(".activity").is_visible()
    summary.focus()
    page.keyboard.press("Enter")
    assert page.locator(".activity").is_visible()


def test_on_a_phone_the_bars_are_in_view_while_drawing(show, page):
    page.set_viewport_size({"width": 360, "height": 740})
    show(normalized())
    page.locator(".drawing").scroll_into_view_if_needed()
    top = page.locator(".drawing").bounding_box()["y"]
    last = page.locator("tbody tr").last.bounding_box()
    assert last["y"] + last["height"] - top < 740 - 56  # below the theme's bar
