"""The engine of the live figures in real browsers: against Keras, in a worker, from a disk."""

import base64
import gzip
import struct
import zlib

import keras
import numpy as np
import pytest
from sklearn.metrics import confusion_matrix

from book.common import ROOT
from mnist_helpers import load_mnist
from mnist_helpers.idx import write_idx
from mnist_helpers.live.digits import sprite
from tests.browser.firefox import find_firefox, run_in_firefox

LIVE = ROOT / "mnist_helpers" / "live"
WASM = base64.b64encode((LIVE / "engine.wasm").read_bytes()).decode()
SCRIPTS = "".join(
    (LIVE / f"{name}.js").read_text("utf-8") for name in ("engine", "trainer", "digits")
)
ENGINES = {"wasm": "WASM", "javascript": "undefined"}
BATCH = 32
# name -> hidden layers, their activation, the optimizer
RUNS = {
    "sgd": ([128], "relu", keras.optimizers.SGD(0.1)),
    "momentum": ([128], "relu", keras.optimizers.SGD(0.02, momentum=0.9)),
    "rmsprop": ([128], "relu", keras.optimizers.RMSprop(0.001)),
    "adam": ([128], "relu", keras.optimizers.Adam(0.001)),
    "weight decay": ([128], "relu", keras.optimizers.SGD(0.1, weight_decay=0.01)),
    "adam, weight decay": ([128], "relu", keras.optimizers.Adam(0.001, weight_decay=0.05)),
    "no hidden layer": ([], "relu", keras.optimizers.SGD(0.1)),
    "three layers, widths of no whole vectors": ([33, 18, 7], "tanh", keras.optimizers.SGD(0.1)),
    "sigmoid": ([50], "sigmoid", keras.optimizers.RMSprop(0.001)),
    "linear, a width of whole kilobytes": ([256], "linear", keras.optimizers.SGD(0.02)),
}
TOOLS = """
const bytes = (base64) => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
const floats = (base64) => new Float32Array(bytes(base64).buffer);
const made = (wasm = WASM) => makeEngine(wasm);
const until = async (holds) => {
  const start = performance.now();
  while (!holds()) {
    if (performance.now() - start > 60000) throw new Error(`in vain: ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
};
/** A Trainer whose reports and states are kept. */
function trainer(options) {
  const trainer = new Trainer({
    makeEngine, wasm: WASM, data, network: { widths: [784, 16, 10], rate: 0.1 },
    onReport: (report) => trainer.reports.push(report),
    onState: (state) => trainer.states.push(state),
    ...options,
  });
  return Object.assign(trainer, { reports: [], states: [] });
}
const rested = (trainer) => until(() => trainer.state === "paused");
"""


def page_text(more="", head=""):
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8">{head}<title>Engine</title>'
        f"</head><body><p>Engine</p><script>const WASM = '{WASM}';\n{SCRIPTS}{TOOLS}{more}</script>"
    )


def encode(array):
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


@pytest.fixture(scope="module")
def digits():
    """Images, labels, and how many of them are for training."""
    mnist = load_mnist()
    train = mnist.train_images[:10_000], mnist.train_labels[:10_000]
    held_out = mnist.test_images[:1_000], mnist.test_labels[:1_000]
    images, labels = map(np.concatenate, zip(train, held_out))
    return images, labels, len(train[0])


def data_text(digits, count=None):
    """The digits as a script; of those for training the first ``count``."""
    images, labels, train = digits
    chosen = np.r_[: min(count or train, train), train : len(images)]
    return (
        f"const data = {{ pixels: bytes('{encode(images[chosen])}'), "
        f"labels: bytes('{encode(labels[chosen].astype(np.uint8))}'), "
        f"train: {min(count or train, train)} }};"
    )


@pytest.fixture
def show(page, tmp_path):
    """Open a page from the disk with the engine in it, and what else it needs."""

    def show(more="", head=""):
        file = tmp_path / "page.html"
        file.write_text(page_text(more, head), "utf-8")
        page.goto(file.as_uri())
        return page

    return show


# ---- against Keras


@pytest.fixture(scope="module", params=RUNS)
def run(request, digits):
    """One epoch in Keras: what it began with and came to."""
    images, labels, train = digits
    hidden, activation, optimizer = RUNS[request.param]
    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [
            keras.Input((784,)),
            *(keras.layers.Dense(width, activation=activation) for width in hidden),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    optimizer = type(optimizer).from_config(optimizer.get_config())
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    pixels = images.reshape(-1, 784).astype(np.float32) / 255
    start = model.get_weights()
    fitted = model.fit(
        pixels[:train], labels[:train], batch_size=BATCH, shuffle=False, verbose=0
    ).history
    outputs = [pixels[train:][:1]]
    for layer in model.layers:
        outputs.append(np.array(layer(outputs[-1])))
    momentum = getattr(optimizer, "momentum", 0)
    kind = "momentum" if momentum else type(optimizer).__name__.lower()
    return {
        "options": {
            "widths": [784, *hidden, 10],
            "activation": activation,
            "optimizer": kind,
            "rate": float(optimizer.learning_rate),
            "momentum": momentum,
            "decay": optimizer.weight_decay or 0,
            "batch": BATCH,
        },
        "start": [encode(weights) for weights in start],
        "end": model.get_weights(),
        "trained": (fitted["loss"][0], fitted["accuracy"][0]),
        "held out": model.evaluate(pixels[train:], labels[train:], verbose=0),
        "predicted": model.predict(pixels[train:], verbose=0).argmax(axis=1),
        "outputs": [output[0] for output in outputs[1:]],
        "true": labels[train:],
    }


@pytest.mark.parametrize("engine", ENGINES)
def test_one_epoch_ends_where_keras_ends(show, digits, run, engine):
    page = show(data_text(digits))
    found = page.evaluate(
        """async ([wasm, options, start]) => {
            const { Network, kind } = await makeEngine(wasm ? WASM : undefined);
            const network = new Network({ ...options, start: start.map(floats) }, data);
            const order = Int32Array.from({ length: data.train }, (_, i) => i);
            const trained = network.trainEpoch(order);
            const { confusion, ...heldOut } = network.evaluate();
            const row = data.pixels.subarray(784 * data.train, 784 * (data.train + 1));
            const input = Float32Array.from(row, (level) => level / 255);
            return { kind, trained, heldOut, confusion: [...confusion],
                weights: network.weights().map((array) => [...array]),
                outputs: network.outputs(input).map((array) => [...array]),
            };
        }""",
        [engine == "wasm", run["options"], run["start"]],
    )
    assert found["kind"] == engine
    difference = max(
        abs(np.array(ours) - theirs.ravel()).max()
        for ours, theirs in zip(found["weights"], run["end"], strict=True)
    )
    losses = [
        found["trained"]["loss"] - run["trained"][0],
        found["heldOut"]["loss"] - run["held out"][0],
    ]
    # Adam divides by the size of the gradient, however small it is: where it is all but 0, as at
    # the rim of the digits, the last bit of a sum decides on the direction of a whole step. So only
    # the losses are sure to agree, though weights within 1e-5 were seen
    if run["options"]["optimizer"] == "adam":
        assert np.abs(losses).max() <= 1e-4
    else:
        assert difference <= 1e-5
        assert np.abs(losses).max() <= 1e-5
        assert (
            found["confusion"]
            == confusion_matrix(run["true"], run["predicted"], labels=range(10)).ravel().tolist()
        )
        assert found["heldOut"]["accuracy"] == pytest.approx(run["held out"][1], abs=1e-6)
        for ours, theirs in zip(found["outputs"], run["outputs"], strict=True):
            assert abs(np.array(ours) - theirs).max() <= 1e-5


# ---- the engine by itself

SMALL = "{ widths: [784, 16, 10], rate: 0.1, batch: 20, seed: 3 }"


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid", "linear"])
@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "rmsprop", "adam"])
def test_webassembly_and_javascript_agree(show, digits, activation, optimizer):
    rate = {"sgd": 0.1, "momentum": 0.02}.get(optimizer, 0.001)
    options = {"activation": activation, "optimizer": optimizer, "rate": rate}
    page = show(data_text(digits, 400))
    wasm, plain = page.evaluate(
        """(options) => Promise.all([WASM, undefined].map(async (wasm) => {
            const { Network } = await makeEngine(wasm);
            const network = new Network({ widths: [784, 21, 6, 10], batch: 30, ...options }, data);
            const trained = [network.trainEpoch(), network.trainEpoch()];
            return { numbers: [...trained, network.evaluate()].map((result) => result.loss),
                weights: network.weights().map((array) => [...array]) };
        }))""",
        options,
    )
    assert wasm["numbers"] == pytest.approx(plain["numbers"], abs=1e-5)
    for ours, theirs in zip(wasm["weights"], plain["weights"], strict=True):
        assert abs(np.subtract(ours, theirs)).max() <= (1e-3 if optimizer == "adam" else 1e-5)


@pytest.mark.parametrize("engine", ENGINES)
def test_two_inputs_are_enough_for_xor(show, engine):
    """Numbers instead of pixels, in a batch of all, and points between those that were learned."""
    answers = show().evaluate(
        """async (wasm) => {
            const { Network, forward } = await makeEngine(wasm ? WASM : undefined);
            const inputs = Float32Array.of(-1, -1, -1, 1, 1, -1, 1, 1);
            const data = { inputs, labels: [0, 1, 1, 0] };
            const options = { widths: [2, 4, 2], activation: "tanh", rate: 0.5, batch: 4, seed: 5 };
            const network = new Network(options, data);
            let last;
            for (let i = 0; i < 500; i++) last = network.trainEpoch();
            const { accuracy, confusion } = network.evaluate(0, 4);
            const points = [[-1, -1], [-1, 1], [1, -1], [1, 1]];
            return { accuracy, confusion: [...confusion], loss: last.loss,
                layers: network.outputs([1, -1]).map((output) => output.length),
                second: points.map((point) => forward(network.layers(), point).at(-1)[1]) };
        }""",
        engine == "wasm",
    )
    assert answers["accuracy"] == 1 and answers["confusion"] == [2, 0, 0, 2]
    assert answers["loss"] < 0.05
    assert np.round(answers["second"]).tolist() == [0, 1, 1, 0]
    assert answers["layers"] == [4, 2]


def test_same_seed_same_training_and_another_seed_another(show, digits):
    weights = show(data_text(digits, 200)).evaluate(
        f"""async () => {{
            const {{ Network }} = await made();
            const network = new Network({SMALL}, data);
            return [3, 3, 4].map((seed) => {{
                network.reset({{ ...{SMALL}, seed }});
                network.trainEpoch();
                return [...network.weights()[0]];
            }});
        }}"""
    )
    assert weights[0] == weights[1] != weights[2]


def test_first_weights_are_uniform_as_glorot_says(show, digits):
    kernel, bias = show(data_text(digits, 100)).evaluate(
        f"""async () => {{
            const {{ Network }} = await made();
            return new Network({SMALL}, data).weights().slice(0, 2).map((array) => [...array]);
        }}"""
    )
    limit = np.sqrt(6 / (784 + 16))
    assert len(kernel) == 784 * 16 and bias == [0] * 16
    assert abs(np.array(kernel)).max() <= limit
    # of 12,544 uniform numbers: mean and spread, within five standard errors
    assert abs(np.mean(kernel)) < 5 * limit / np.sqrt(3 * len(kernel))
    assert np.std(kernel) == pytest.approx(limit / np.sqrt(3), rel=0.03)


def test_an_order_holds_every_training_image_once(show, digits):
    orders = show(data_text(digits, 300)).evaluate(
        f"""async () => {{
            const {{ Network }} = await made();
            const network = new Network({{ ...{SMALL}, images: 250 }}, data);
            return [[...network.nextOrder()], [...network.nextOrder()]];
        }}"""
    )
    assert orders[0] != orders[1]
    assert [sorted(order) for order in orders] == [list(range(250))] * 2
    assert abs(np.corrcoef(orders[0], range(250))[0, 1]) < 0.3


@pytest.mark.parametrize("engine", ENGINES)
def test_a_step_drops_outputs_and_enlarges_the_others(show, engine):
    """One input, a thousand neurons that all answer 1: what is dropped can be seen in the step."""
    found = show().evaluate(
        """async (wasm) => {
            const { Network } = await makeEngine(wasm ? WASM : undefined);
            const start = [new Float32Array(1000).fill(1), new Float32Array(1000),
                Float32Array.from({ length: 2000 }, (_, i) => (i % 2 ? -0.001 : 0.001)), [0, 0]];
            const options = { widths: [1, 1000, 2], rate: 0.1, batch: 1, start };
            const data = { inputs: Float32Array.of(1), labels: [0] };
            const rows = Int32Array.of(0);
            return [0, 0.3].map((dropout) => {
                const network = new Network({ ...options, dropout }, data);
                const before = network.evaluate(0, 1).loss;
                const { loss } = network.trainBatch(rows);
                return { before, loss, weights: network.weights().map((array) => [...array]) };
            });
        }""",
        engine == "wasm",
    )
    plain, dropped = found
    assert plain["before"] == plain["loss"] == dropped["before"]  # nothing is dropped to evaluate
    first, _, last, bias = (np.array(array) for array in dropped["weights"])
    delta = -bias / 0.1
    steps = (np.tile([0.001, -0.001], 1000) - last).reshape(1000, 2) / 0.1
    kept = abs(steps[:, 0]) > 1e-4  # of a rounding of 0.001
    assert 0.64 < kept.mean() < 0.76  # 0.7, within four standard errors
    np.testing.assert_allclose(steps[kept], np.tile(delta / 0.7, (kept.sum(), 1)), rtol=1e-3)
    score = 0.001 * kept.sum() / 0.7
    assert dropped["loss"] == pytest.approx(np.log1p(np.exp(-2 * score)), rel=1e-4)
    np.testing.assert_array_equal(first[~kept], 1)
    slope = (delta @ [0.001, -0.001]) / 0.7
    np.testing.assert_allclose((1 - first[kept]) / 0.1, slope, rtol=2e-2)


def test_the_rate_can_change_while_it_trains(show, digits):
    moved = show(data_text(digits, 100)).evaluate(
        f"""async () => {{
            const {{ Network }} = await made();
            const network = new Network({SMALL}, data);
            const step = (rate) => {{
                const before = network.weights()[0];
                network.rate = rate;
                network.trainBatch(Int32Array.of(1, 2, 3));
                return network.weights()[0].reduce((sum, w, i) => sum + Math.abs(w - before[i]), 0);
            }};
            return [step(0), step(1e-3), step(2e-3)];
        }}"""
    )
    assert moved[0] == 0
    assert moved[2] / moved[1] == pytest.approx(2, rel=0.05)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_training_that_diverges_shows_it(show, digits, engine):
    loss = show(data_text(digits, 100)).evaluate(
        f"""async (wasm) => {{
            const {{ Network }} = await makeEngine(wasm ? WASM : undefined);
            const network = new Network({{ ...{SMALL}, rate: 1e30 }}, data);
            for (let i = 0; i < 5; i++) network.trainEpoch();
            return String(network.evaluate().loss);
        }}""",
        engine == "wasm",
    )
    assert loss == "NaN"


@pytest.mark.parametrize(
    "options, words",
    [
        ({"activation": "gelu"}, "activation gelu: expected one of linear, relu"),
        ({"optimizer": "adagrad"}, "optimizer adagrad: expected one of sgd"),
        ({"widths": [784]}, "widths 784: expected two or more"),
        ({"widths": [28, 10]}, "rows of 28, got"),
        ({"widths": [784, 9]}, "label 9: expected 0 to 8"),
        ({"widths": [784, 2.5, 10]}, "widths"),
        ({"batch": 0}, "batch 0: expected 1 to"),
        ({"dropout": 1}, "dropout 1: expected 0 to 1"),
        ({"dropout": 0.5, "activation": "tanh"}, "dropout 0.5: expected 0 to 1 (excluded), with"),
        ({"images": 10**6}, "images 1000000: expected 1 to"),
        ({"start": [[0]]}, "start: expected arrays of"),
    ],
)
def test_impossible_options_are_named(show, digits, options, words):
    message = show(data_text(digits, 100)).evaluate(
        f"""async (options) => {{
            const {{ Network }} = await made();
            try {{ new Network({{ ...{SMALL}, ...options }}, data); }}
            catch (error) {{ return error.message; }}
        }}""",
        options,
    )
    assert words in message


@pytest.mark.parametrize(
    "missing", ["delete window.WebAssembly", "WebAssembly.validate = () => false"]
)
def test_where_webassembly_cannot_run_javascript_does(show, digits, missing):
    page = show(f"{missing};{data_text(digits, 100)}")
    assert page.evaluate("made().then(({ kind }) => kind)") == "javascript"


# ---- the trainer


def test_trains_in_a_worker_and_reports(show, digits):
    page = show(data_text(digits, 1000))
    found = page.evaluate(
        """async () => {
            const t = trainer({ weights: "all" });
            t.prepare();
            await until(() => t.reports.length === 1);
            t.run({ epochs: 30 });
            await rested(t);
            const { loss, accuracy } = await t.evaluate();
            const weights = await t.weights();
            const outputs = await t.outputs(new Float32Array(784));
            t.stop();
            return { kind: t.kind, states: t.states, loss, accuracy, last: t.reports.at(-1),
                reports: t.reports.map(({ epoch, batches, training, heldOut }) => (
                    { epoch, batches, training, heldOut: heldOut.loss })),
                same: weights.every((array, l) => array.every(
                    (w, i) => w === t.reports.at(-1).weights[l][i])),
                shapes: weights.map((array) => array.length),
                outputs: outputs.map((output) => output.length) };
        }"""
    )
    assert found["kind"] == "wasm"
    assert found["states"] == ["running", "paused"]
    first, *later = found["reports"]
    assert (first["epoch"], first["batches"], first["training"]) == (0, 0, None)
    assert first["heldOut"] == pytest.approx(np.log(10), abs=0.5)
    assert later[-1]["epoch"] == 30 and later[-1]["batches"] == 30 * 32
    assert later[-1]["training"]["accuracy"] > 0.9 > 0.5 > later[-1]["training"]["loss"]
    assert found["last"]["heldOut"]["loss"] == found["loss"] == later[-1]["heldOut"]
    assert sum(found["last"]["heldOut"]["confusion"]) == len(digits[0]) - digits[2]
    assert found["last"]["imagesPerSecond"] > 0
    assert found["same"] and found["shapes"] == [784 * 16, 16, 160, 10]
    assert found["outputs"] == [16, 10]


@pytest.mark.parametrize(
    "head, missing",
    [
        ("", "delete window.Worker"),
        ('<meta http-equiv="Content-Security-Policy" content="worker-src \'none\'">', ""),
    ],
)
def test_without_workers_it_trains_on_the_page_to_the_same_end(
    browser, tmp_path, digits, head, missing
):
    """In pages of its own: the refusal of a worker is written to the console."""
    losses = []
    data = data_text(digits, 500)
    for text in (page_text(data), page_text(f"{missing};{data}", head)):
        file = tmp_path / "page.html"
        file.write_text(text, "utf-8")
        page = browser.new_page()
        page.goto(file.as_uri())
        losses.append(
            page.evaluate(
                """async () => {
                    const t = trainer();
                    t.run({ epochs: 2 });
                    await rested(t);
                    t.stop();
                    return [t.reports.at(-1).batches, t.reports.at(-1).heldOut.loss];
                }"""
            )
        )
        page.close()
    assert losses[0] == losses[1]


def test_steps_resets_and_goals(show, digits):
    page = show(data_text(digits, 1000))
    found = page.evaluate(
        """async () => {
            const t = trainer(), seen = [];
            const now = async () => (await rested(t), seen.push(t.reports.at(-1).batches));
            const loss = () => t.reports.at(-1).heldOut.loss;
            t.step(); await now();
            t.step("batch"); await now();
            t.step("epoch"); await now();
            t.run({ epochs: 2 }); await now();
            const end = loss();
            t.reset();
            await until(() => t.reports.at(-1).batches === 0);
            const start = loss();
            t.run({ epochs: 3 }); await now();
            const again = loss();
            t.reset({ seed: 7, images: 320, batch: 10 });
            t.run({ epochs: 1 }); await now();
            t.stop();
            return { seen, end, start, again, other: loss() };
        }"""
    )
    assert found["seen"] == [1, 2, 32, 96, 96, 32]
    assert found["end"] == found["again"] < found["start"]
    assert found["other"] != found["end"]


def test_every_epoch_can_be_reported_and_measured(show, digits):
    reports = show(data_text(digits, 200)).evaluate(
        """async () => {
            const network = { widths: [784, 16, 10], rate: 0.1, images: 100, batch: 30 };
            const t = trainer({ everyEpoch: true, weights: "all", network });
            t.run({ epochs: 12 });
            await rested(t);
            const { loss } = await t.evaluate(0, 100);
            const [kernel] = await t.weights();
            t.stop();
            const last = t.reports.findLast((report) => report.weights);
            const ends = t.reports.filter(({ after }) => after);
            return { reports: ends.map((r) => [r.epoch, r.training?.loss, r.after.loss, r.seconds]),
                loss, same: last.weights[0].every((w, i) => w === kernel[i]) };
        }"""
    )
    epochs, during, after, seconds = zip(*reports["reports"])
    ends = list(dict.fromkeys(epochs))
    assert ends == list(range(13)) and during[0] is None
    assert after[-1] == reports["loss"] and reports["same"]
    assert all(now > later for now, later in zip(during[1:13], after[1:13]))
    assert list(seconds) == sorted(seconds) and seconds[-1] > 0


def test_pauses_and_goes_on(show, digits):
    counts = show(data_text(digits, 1000)).evaluate(
        """async () => {
            const t = trainer();
            t.run();
            await until(() => t.reports.length > 2);
            t.pause();
            await t.weights(); // an answer: so the pause has arrived
            await new Promise((resolve) => setTimeout(resolve, 400)); // for the last report
            const counts = [t.reports.at(-1).batches, t.reports.length];
            await new Promise((resolve) => setTimeout(resolve, 300));
            counts.push(t.reports.at(-1).batches, t.reports.length, t.state);
            t.run();
            await until(() => t.reports.at(-1).batches > counts[0]);
            t.stop();
            return [...counts, t.states, t.reports[0].batches];
        }"""
    )
    assert counts[0] > 0 and counts[:2] == counts[2:4]
    assert counts[4:6] == ["paused", ["running", "paused", "running", "paused"]]
    assert counts[6] == 0  # though a run was asked for at once


def test_pace_and_rate_can_be_set_while_it_trains(show, digits):
    found = show(data_text(digits, 1000)).evaluate(
        """async () => {
            const t = trainer({ speed: 4 });
            t.prepare();
            await until(() => t.reports.length);
            const start = performance.now();
            t.run();
            await until(() => t.reports.at(-1).epoch >= 2);
            const paced = performance.now() - start;
            t.set({ rate: 0 });
            await t.weights();
            const [before] = await t.weights();
            t.set({ speed: Infinity });
            const { batches } = t.reports.at(-1);
            await until(() => t.reports.at(-1).batches > batches + 100);
            const [after] = await t.weights();
            t.stop();
            return { paced, still: before.every((w, i) => w === after[i]) };
        }"""
    )
    assert found["paced"] > 450  # two epochs at four a second, and it may not be faster
    assert found["still"]


def test_reports_come_about_ten_times_a_second(show, digits):
    gaps = show(data_text(digits, 1000)).evaluate(
        """async () => {
            const times = [];
            const t = trainer({ onReport: () => times.push(performance.now()) });
            t.run();
            await until(() => times.length > 10);
            t.stop();
            return times.slice(1).map((time, i) => time - times[i]);
        }"""
    )
    assert np.median(gaps) > 90


def test_one_trainer_on_a_page_at_a_time(show, digits):
    states = show(data_text(digits, 1000)).evaluate(
        """async () => {
            const one = trainer(), other = trainer();
            one.run();
            await until(() => one.reports.length > 1);
            other.run();
            const states = [one.state, other.state];
            await until(() => other.reports.length > 1);
            one.run();
            states.push(one.state, other.state);
            one.stop(); other.stop();
            return states;
        }"""
    )
    assert states == ["paused", "running", "running", "paused"]


def test_rests_while_the_page_is_hidden(show, digits):
    found = show(data_text(digits, 1000)).evaluate(
        """async () => {
            const hide = (hidden) => {
                Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
                document.dispatchEvent(new Event("visibilitychange"));
            };
            const t = trainer();
            t.run();
            await until(() => t.reports.length > 2);
            hide(true);
            const [before] = await t.weights();
            await new Promise((resolve) => setTimeout(resolve, 400));
            const [after] = await t.weights();
            const count = t.reports.length;
            hide(false);
            await until(() => t.reports.length > count);
            t.stop();
            return [before.every((w, i) => w === after[i]), t.states];
        }"""
    )
    assert found == [True, ["running", "paused"]]


def test_ends_when_its_figure_has_left_the_page(show, digits):
    states = show(data_text(digits, 1000)).evaluate(
        """async () => {
            const root = document.body.appendChild(document.createElement("div"));
            const t = trainer({ root });
            t.run();
            await until(() => t.reports.length > 1);
            root.remove();
            await rested(t);
            return t.states;
        }"""
    )
    assert states == ["running", "paused"]


def test_data_may_come_late_be_changed_or_be_wrong(show, digits):
    found = show(data_text(digits, 1000)).evaluate(
        """async () => {
            const errors = [], onError = (error) => errors.push(error.message);
            let asked = 0;
            const late = async () => (asked++, data);
            const t = trainer({ data: late, onError });
            const before = asked;
            t.step();
            await rested(t);
            const xor = { inputs: Float32Array.of(0, 0, 0, 1, 1, 0, 1, 1), labels: [0, 1, 1, 0] };
            t.setData(xor, { widths: [2, 3, 2] });
            t.step("epoch");
            await rested(t);
            const { heldOut, batches } = t.reports.at(-1);
            t.setData(() => { throw new Error("no digits"); });
            t.run();
            await until(() => errors.length === 1);
            t.setData(xor, { widths: [3, 2] });
            t.run();
            await until(() => errors.length === 2);
            return { before, asked, heldOut, batches, errors, state: t.state };
        }"""
    )
    assert (found["before"], found["asked"]) == (0, 1)
    assert (found["heldOut"], found["batches"]) == (None, 1)
    assert found["errors"] == ["no digits", "expected 4 rows of 3, got 8 numbers"]
    assert found["state"] == "paused"


def test_the_page_never_stutters(show, digits):
    """No task of the page's takes 50 ms while a large network trains and sends its weights.

    Whatever else the machine does can only add to what is measured: the best of some tries counts.
    """
    longest = show(data_text(digits)).evaluate(
        """async () => {
            const tries = [];
            while (tries.length < 5 && !(Math.min(...tries) < 50)) {
                const tasks = [0], watch = new PerformanceObserver((list) => {
                    tasks.push(...list.getEntries().map(({ duration }) => duration));
                });
                watch.observe({ type: "longtask" });
                const t = trainer({ network: { widths: [784, 512, 10] }, weights: "first" });
                t.run();
                await until(() => t.reports.length > 8);
                t.stop();
                await new Promise((resolve) => setTimeout(resolve, 50)); // for the last entries
                watch.disconnect();
                tries.push(Math.max(...tasks));
            }
            return Math.min(...tries);
        }"""
    )
    assert longest < 50


# ---- digits


def test_a_sprite_comes_out_as_it_went_in(show, digits):
    images, _, _ = digits
    levels = np.rint(images[:70] / 255 * 15).astype(np.uint8) * 17
    page = show(f"const SPRITE = '{sprite(images[:70])}';")
    for source in ("SPRITE", "`data:image/png;base64,${SPRITE}`"):
        pixels = page.evaluate(f"readSprite({source}, 70).then((pixels) => [...pixels])")
        np.testing.assert_array_equal(np.reshape(pixels, levels.shape), levels)
    odd = page.evaluate(
        "([source, count]) => readSprite(source, count, 5).then((pixels) => [...pixels])",
        [sprite(images[:40, 10:15, 10:15]), 33],
    )
    np.testing.assert_array_equal(np.reshape(odd, (-1, 5, 5)), levels[:33, 10:15, 10:15])


@pytest.mark.parametrize("kind", range(5))
def test_each_filter_of_png_is_undone(show, kind):
    """A line's bytes may be stored as differences from what is to the left and above."""
    packed = np.random.default_rng(kind).integers(0, 256, (8, 8), dtype=np.uint8)  # 16 levels wide
    up = np.pad(packed, ((1, 0), (0, 0)))[:-1].astype(int)
    left = np.pad(packed, ((0, 0), (1, 0)))[:, :-1].astype(int)
    corner = np.pad(up, ((0, 0), (1, 0)))[:, :-1]
    far = np.abs([up - corner, left - corner, left + up - 2 * corner])
    nearest = np.choose(far.argmin(axis=0), [left, up, corner])  # the first of equals
    guess = [0 * up, left, up, (left + up) // 2, nearest][kind]
    lines = np.insert((packed - guess).astype(np.uint8), 0, kind, axis=1)
    header = struct.pack(">IIBBBBB", 16, 8, 4, 3, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(lines.tobytes())), (b"IEND", b"")]
    file = b"\x89PNG\r\n\x1a\n"
    for name, content in chunks:
        file += struct.pack(">I", len(content)) + name + content + bytes(4)
    text = base64.b64encode(file).decode()
    pixels = show().evaluate("(text) => readSprite(text, 2, 8).then((pixels) => [...pixels])", text)
    levels = np.stack([packed >> 4, packed & 15], axis=-1).reshape(8, 2, 8).swapaxes(0, 1)
    np.testing.assert_array_equal(np.reshape(pixels, (2, 8, 8)), 17 * levels)


def test_what_is_no_sprite_is_refused(show):
    page = show()
    for text in ("", "AAAA" * 20, sprite(np.zeros((3, 28, 28), np.uint8))):
        message = page.evaluate(
            "(text) => readSprite(text, 40).catch((error) => error.message)", text
        )
        assert message.startswith("expected a sprite")


def test_readers_own_files(show, digits, tmp_path):
    images, labels, _ = digits
    files = {}
    for name, values in {"images": images[:30], "labels": labels[:30].astype(np.uint8)}.items():
        write_idx(tmp_path / name, values)
        files[name] = (tmp_path / name).read_bytes()
    packed = gzip.compress(files["images"])
    damaged = {
        "cut.gz": packed[:-900],
        "short": files["images"][:-1],
        "long": files["images"] + b"x",
        "stub": files["images"][:9],
        "text": b"five",
        "empty": b"",
    }
    page = show()
    read = """([files, method]) => Promise.resolve(files.map(
        ([name, base64]) => new File([bytes(base64)], name))).then(method === "readMnist"
            ? readMnist : ([file]) => readIdx(file)).catch((error) => error.message)"""

    def evaluate(method, *names, contents=files | damaged | {"images.gz": packed}):
        found = [(name, base64.b64encode(contents[name]).decode()) for name in names]
        return page.evaluate(read, [found, method])

    for name in ("images", "images.gz"):
        found = evaluate("readIdx", name)
        assert found["shape"] == [30, 28, 28]
        np.testing.assert_array_equal(found["values"], images[:30].ravel())
    found = evaluate("readMnist", "labels", "images.gz")
    assert found["train"] == 25 and found["labels"] == labels[:30].tolist()
    for name in damaged:
        message = evaluate("readIdx", name)
        assert message.startswith(f"{name}: expected"), message
    assert "one of labels, or two of each; found 2 of images" in evaluate(
        "readMnist", "images", "images.gz"
    )
    write_idx(tmp_path / "few", labels[:7].astype(np.uint8))
    few = {"few": (tmp_path / "few").read_bytes()} | files
    message = evaluate("readMnist", "images", "few", contents=few)
    assert message == "few: expected 30 labels, one for each image of images, found 7"


# ---- size, and another browser


def test_the_scripts_are_small():
    assert len(gzip.compress((SCRIPTS + WASM).encode())) < 20_000


@pytest.mark.skipif(
    find_firefox() is None, reason="needs Firefox: on Debian, apt install firefox-esr"
)
def test_firefox_trains_as_chromium_does(show, digits, tmp_path_factory):
    images, _, _ = digits
    more = data_text(digits, 2000) + f"const SPRITE = '{sprite(images[:70])}';"
    more += """
    async function all() {
        const sum = (array) => array.reduce((total, value) => total + value, 0);
        const found = {};
        for (const optimizer of ["sgd", "adam"]) {
            const network = { widths: [784, 32, 10], rate: 0.01, optimizer };
            const t = trainer({ network });
            t.run({ epochs: 2 });
            await rested(t);
            const weights = await t.weights();
            t.stop();
            const { heldOut, batches } = t.reports.at(-1);
            const numbers = [batches, heldOut.loss, heldOut.accuracy, ...weights.map(sum)];
            found[optimizer] = [t.kind, ...numbers];
        }
        return { ...found, sprite: sum(await readSprite(SPRITE, 70)) };
    }"""
    chromium = show(more).evaluate("all()")
    firefox = run_in_firefox(page_text(more), "all()", tmp_path_factory.mktemp("firefox"))
    assert firefox["sprite"] == chromium["sprite"]
    for optimizer in ("sgd", "adam"):
        kind, *numbers = firefox[optimizer]
        assert kind == chromium[optimizer][0] == "wasm"
        assert numbers == pytest.approx(chromium[optimizer][1:], rel=1e-4, abs=1e-3)
