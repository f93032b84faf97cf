import base64
import itertools
import json
import re
import shutil
import subprocess
from dataclasses import replace

import keras
import numpy as np
import pytest
from keras import layers

from mnist_helpers import DigitPad
from mnist_helpers.live.base import FOLDER
from mnist_helpers.live.digit_pad import PadLayer, fold, run


def sequential(*parts, shape=(784,)):
    """A network with weights, and statistics of normalization, as after some odd training."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input(shape=shape), *parts])
    rng = np.random.default_rng(0)
    for layer in model.layers:
        if isinstance(layer, layers.BatchNormalization):
            # away from 0 and 1, where mistakes do not show; variances are positive
            layer.set_weights([rng.uniform(0.5, 2, w.shape) for w in layer.get_weights()])
        elif layer.get_weights():
            kernel, *bias = layer.get_weights()
            layer.set_weights([kernel, *(rng.normal(0, 0.3, b.shape) for b in bias)])
    return model


def end():
    return layers.Dense(10, activation="softmax")


# made anew for each test, as a layer belongs to one network
SUPPORTED = {
    "softmax regression": lambda: [end()],
    "two hidden layers": lambda: [
        layers.Dense(32, activation="relu"),
        layers.Dense(16, activation="relu"),
        end(),
    ],
    "logits": lambda: [layers.Dense(32, activation="relu"), layers.Dense(10)],
    "a linear hidden layer": lambda: [layers.Dense(32), end()],
    "without bias": lambda: [layers.Dense(32, activation="relu", use_bias=False), end()],
    "activations as layers": lambda: [
        layers.Dense(32),
        layers.ReLU(),
        layers.Dense(16),
        layers.Activation("relu"),
        layers.Dense(10),
        layers.Softmax(),
    ],
    "dropout": lambda: [layers.Dropout(0.5), layers.Dense(32, activation="relu"), end()],
    "normalization before relu": lambda: [
        layers.Dense(32, use_bias=False),
        layers.BatchNormalization(),
        layers.Activation("relu"),
        layers.Dropout(0.3),
        end(),
    ],
    "normalization after relu": lambda: [
        layers.Dense(32, activation="relu"),
        layers.BatchNormalization(),
        layers.Dropout(0.3),
        end(),
    ],
    "normalization everywhere": lambda: [
        layers.BatchNormalization(),
        layers.Dense(32),
        layers.BatchNormalization(scale=False),
        layers.BatchNormalization(center=False, epsilon=0.1),
        layers.ReLU(),
        layers.BatchNormalization(),
        layers.BatchNormalization(),
        layers.Dense(10),
        layers.BatchNormalization(),
        layers.Softmax(),
    ],
}


@pytest.mark.parametrize("name", SUPPORTED)
def test_folding_leaves_the_answers_as_they_are(name):
    model = sequential(*SUPPORTED[name]())
    pictures = np.random.default_rng(1).random((50, 784), np.float32)
    expected = model.predict(pictures, verbose=0)
    assert expected.std() > 0.01  # else a wrong answer could not be told
    np.testing.assert_allclose(run(fold(model), pictures), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", SUPPORTED)
def test_half_precision_moves_no_probability_by_a_percent(name):
    model = sequential(*SUPPORTED[name]())
    pictures = np.random.default_rng(1).random((50, 784), np.float32)
    expected = model.predict(pictures, verbose=0)
    if name == "logits":
        expected = keras.ops.convert_to_numpy(keras.ops.softmax(expected))
    pad = DigitPad(model)
    assert all(layer.kernel.dtype == layer.bias.dtype == np.float16 for layer in pad.layers)
    np.testing.assert_allclose(run(pad.layers, pictures), expected, atol=0.01)


def test_pictures_may_come_as_28_by_28():
    model = sequential(layers.Flatten(), end(), shape=(28, 28))
    pictures = np.random.default_rng(1).random((5, 784), np.float32)
    expected = model.predict(pictures.reshape(5, 28, 28), verbose=0)
    np.testing.assert_allclose(run(DigitPad(model).layers, pictures), expected, atol=0.01)


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        (lambda: [layers.Reshape((28, 28), name="grid")], r"'grid' \(Reshape\) cannot run"),
        (lambda: [layers.Rescaling(2, name="double"), end()], r"'double' \(Rescaling\) cannot"),
        (lambda: [layers.Dense(32, activation="tanh", name="h"), end()], "'h'.* activation 'tanh'"),
        (lambda: [layers.Dense(32), layers.LeakyReLU(name="leaky"), end()], "'leaky'"),
        (lambda: [layers.ReLU(name="early"), end()], "'early'.* does not follow a Dense"),
        (lambda: [layers.Dense(9, activation="softmax", name="h"), end()], "after the softmax"),
        (lambda: [end(), layers.BatchNormalization(name="late")], "'late'.* after the softmax"),
        (lambda: [layers.Dense(10, activation="relu", name="out")], "'out'.* cannot be the last"),
        (lambda: [layers.Dense(9, name="out")], "'out' has 9 outputs, expected 10"),
        (lambda: [layers.Dropout(0.5)], "has no Dense layer"),
        (
            lambda: [
                layers.Dense(32, activation="relu"),
                layers.BatchNormalization(),
                layers.Activation("relu", name="second"),
                end(),
            ],
            "'second'.* does not follow a Dense",
        ),
        # a kind that is known, with a twist that is not
        (lambda: [layers.Dense(32), layers.ReLU(max_value=0.1), end()], "answers otherwise"),
        (  # which shows in faint pictures alone
            lambda: [layers.Dense(9, kernel_initializer="ones"), layers.ReLU(threshold=100), end()],
            "answers otherwise",
        ),
    ],
)
def test_what_the_pad_cannot_compute_is_named(parts, message):
    with pytest.raises(ValueError, match=message):
        DigitPad(sequential(*parts()))


def test_large_scores_do_not_overflow():
    model = sequential(end())
    model.set_weights([np.zeros((784, 10)), np.arange(10) * 200])
    assert run(DigitPad(model).layers, np.zeros((1, 784)))[0, -1] == 1


def test_other_inputs_are_refused():
    with pytest.raises(ValueError, match="'small' has 64 inputs, expected 784: the pixels"):
        DigitPad(sequential(layers.Dense(10, name="small"), shape=(64,)))


def test_a_network_without_known_input_is_refused():
    with pytest.raises(ValueError, match="Begin it with keras.Input"):
        DigitPad(keras.Sequential([end()]))
    with pytest.raises(ValueError, match="got str"):
        DigitPad("model.keras")


def test_layers_that_branch_are_refused():
    start = keras.Input(shape=(784,))
    shared = layers.Dense(784, activation="relu")
    model = keras.Model(start, end()(shared(shared(start))))  # twice, but listed once
    with pytest.raises(ValueError, match="answers otherwise"):
        DigitPad(model)


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e6])
def test_diverged_weights_are_refused(bad):
    model = sequential(end())
    model.set_weights([np.full((784, 10), bad), np.zeros(10)])
    with pytest.raises(ValueError, match="not finite, or beyond 65,504"):
        DigitPad(model)


def test_the_output_holds_the_weights_and_asks_for_nothing_else():
    pad = DigitPad(sequential(layers.Dense(32, activation="relu"), end()))
    output = pad._repr_html_()
    network = json.loads(re.search(r'<script type="application/json">(.*)</script>', output)[1])
    weights = np.frombuffer(base64.b64decode(network["weights"]), "<f2")
    assert len(weights) == 785 * 32 + 33 * 10
    np.testing.assert_array_equal(weights[: 784 * 32].reshape(784, 32), pad.layers[0].kernel)
    np.testing.assert_array_equal(weights[-10:], pad.layers[1].bias)
    code = output.replace(network["weights"], "")
    code = code.replace("http://www.w3.org/2000/svg", "")  # a name, not an address
    assert not re.search(r"https?:|//\w|src=|@import|url\(", code)
    # a word in a comment must not end a script early
    assert output.count("<script") == output.count("</script>") == 2


def test_the_same_weights_give_the_same_bytes():
    first = DigitPad(sequential(end()))
    assert first._repr_html_() == DigitPad(sequential(end()))._repr_html_()
    other = sequential(end())
    other.set_weights([weight + 0.1 for weight in other.get_weights()])
    assert first._repr_html_() != DigitPad(other)._repr_html_()


@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node; the browser tests do not")
def test_every_half_precision_number_is_decoded():
    code = """
        const { decodeHalf } = require(process.argv[1]);
        const numbers = Float64Array.from({ length: 65536 }, (_, bits) => decodeHalf(bits));
        process.stdout.write(Buffer.from(numbers.buffer));
    """
    done = subprocess.run(
        ["node", "-e", code, str(FOLDER / "drawing.js")], check=True, capture_output=True
    )
    expected = np.arange(65536, dtype=np.uint16).view(np.float16)
    np.testing.assert_array_equal(np.frombuffer(done.stdout), expected)


# ---- layers without Keras


def three_layers(**last):
    rng = np.random.default_rng(0)
    widths = [784, 16, 12, 10]
    made = [
        PadLayer(f"layer {i}", rng.normal(0, 0.1, (n, m)), rng.normal(0, 0.1, m), "relu")
        for i, (n, m) in enumerate(itertools.pairwise(widths))
    ]
    return [*made[:-1], replace(made[-1], **{"activation": "softmax"} | last)]


def test_a_list_of_layers_is_shown_as_its_network_is():
    model = sequential(layers.Dense(16, activation="relu"), end())
    assert DigitPad(DigitPad(model).layers)._repr_html_() == DigitPad(model)._repr_html_()
    logits = three_layers(activation="linear")
    assert DigitPad(logits).layers[-1].activation == "softmax" and logits[-1].activation == "linear"
    assert "784-16-12-10" in repr(DigitPad(three_layers()))


@pytest.mark.parametrize(
    "made, message",
    [
        (list, "a list of PadLayers"),
        (lambda: [end()], "a list of PadLayers"),
        (lambda: three_layers()[1:], "'layer 1' has 16 inputs, expected 784"),
        (lambda: three_layers()[:-1], "'layer 1' .* cannot be the last"),
        (lambda: three_layers()[::2], r"'layer 2' has a kernel of shape \(12, 10\), expected"),
        (lambda: three_layers(bias=np.zeros(9)), r"'layer 2' .* expected \(12, 9\)"),
        (lambda: three_layers(activation="tanh"), "'layer 2' .* the activation 'tanh'"),
        (lambda: three_layers() + three_layers(), "'layer 2' .* only the last may have"),
        (lambda: three_layers(bias=np.full(10, np.nan)), "'layer 2' has weights that are not fin"),
    ],
)
def test_a_wrong_list_of_layers_is_refused(made, message):
    with pytest.raises(ValueError, match=message):
        DigitPad(made())
