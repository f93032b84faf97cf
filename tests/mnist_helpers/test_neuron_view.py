import base64
import io
import json

import numpy as np
import pytest
from PIL import Image

from mnist_helpers import NeuronView


def digits(n=60, seed=0):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (n, 28, 28), dtype=np.uint8), np.arange(n) % 3


def test_weights_are_the_difference_of_the_means_of_all_images():
    images, labels = digits(900)
    view = NeuronView(images, labels, digits=(2, 0))
    means = [images[labels == digit].mean(axis=0) / 255 for digit in (2, 0)]
    np.testing.assert_allclose(view.weights, means[0] - means[1], atol=1e-7)
    assert (view.labels == [2, 0] * 100).all()
    expected = images[labels == 2][:100] / 255
    assert abs(view.images[::2] - expected).max() <= 1 / 30 + 1e-9
    given = NeuronView(images, labels, np.stack(means), digits=(2, 0))
    np.testing.assert_array_equal(given.weights, view.weights)


def test_floats_are_taken_as_bytes_are():
    images, labels = digits()
    of_bytes, of_floats = NeuronView(images, labels), NeuronView(images / 255, labels)
    np.testing.assert_array_equal(of_bytes.images, of_floats.images)
    assert of_bytes.data()["sprite"] == of_floats.data()["sprite"]


def test_an_output_of_0_is_not_above_0():
    images, labels = digits()
    labels[labels == 2] = 0  # 40 of 0, and 20 of 1, which alone are told right
    view = NeuronView(images, labels)
    assert view.told_apart(np.zeros((28, 28))) == 20
    assert view.outputs(np.zeros((28, 28)), 0.5).tolist() == [0.5] * 60


def test_sprite_holds_the_pixels_that_count():
    images, labels = digits()
    view = NeuronView(images, labels)
    data = json.loads(json.dumps(view.data()))
    sheet = np.asarray(Image.open(io.BytesIO(base64.b64decode(data["sprite"]))).convert("L"))
    cells = sheet.reshape(-1, 28, 32, 28).swapaxes(1, 2).reshape(-1, 28, 28)[:40]
    np.testing.assert_allclose(1 - cells / 255, view.images, atol=1e-9)
    assert data["labels"] == "01" * 20
    weights = np.frombuffer(base64.b64decode(data["weights"]), "<f4")
    np.testing.assert_array_equal(weights, view.weights.ravel())


@pytest.mark.parametrize(
    "change, message",
    [
        ({"images": np.zeros((6, 784))}, r"reshape vectors"),
        ({"images": np.zeros((6, 28, 20))}, "square images, got 28 by 20"),
        ({"labels": [0, 1]}, "a label for each of 6 images"),
        ({"labels": [0] * 6}, "got none of 1"),
        ({"images": np.full((6, 28, 28), 2.0)}, "floats from 0 to 1"),
        ({"digits": (1, 1)}, "two different digits"),
        ({"means": np.zeros((10, 28, 28))}, r"two mean images, shape \(2, 28, 28\)"),
        ({"means": np.full((2, 28, 28), 255)}, "pixels from 0 to 1"),
    ],
)
def test_what_does_not_fit_is_named(change, message):
    given = {"images": np.zeros((6, 28, 28)), "labels": [0, 1] * 3, **change}
    with pytest.raises(ValueError, match=message):
        NeuronView(**given)


def test_output_is_light():
    rng = np.random.default_rng(0)
    images = np.zeros((400, 28, 28), np.uint8)
    images[:, 4:24, 4:24] = rng.integers(0, 256, (400, 20, 20))  # the worst that can be
    assert len(json.dumps(NeuronView(images, np.arange(400) % 2).data())) < 100_000
