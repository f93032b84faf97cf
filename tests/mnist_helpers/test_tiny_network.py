import numpy as np
import pytest

from mnist_helpers import TinyNetwork

WEIGHTS = [[[0.9, 0.3], [-0.2, 0.8]], [0.1, 0.0], [[0.7, -0.3], [0.2, 0.5]], [0.0, 0.0]]


def loss(weights, label):
    W1, b1, W2, b2 = weights
    sums = np.maximum(0, [1, 0.5] @ W1 + b1) @ W2 + b2
    return -np.log(np.exp(sums[label]) / np.exp(sums).sum())


@pytest.mark.parametrize("label", [0, 1])
@pytest.mark.parametrize("bias", [0.0, -1.0])  # with -1 the second hidden neuron is silent
def test_slopes_are_those_of_the_loss(label, bias):
    arrays = [np.array(array) for array in WEIGHTS]
    arrays[1][1] = bias
    value, slopes = TinyNetwork([1, 0.5], arrays, label).slopes()
    assert np.isclose(value, loss(arrays, label))
    for array, slope in zip(arrays, slopes):
        for i in np.ndindex(array.shape):
            array[i] += 1e-6
            above = loss(arrays, label)
            array[i] -= 2e-6
            assert np.isclose(slope[i], (above - loss(arrays, label)) / 2e-6, atol=1e-6)
            array[i] += 1e-6


def test_a_step_is_the_rate_times_the_slope_and_lowers_the_loss():
    tiny = TinyNetwork([1, 0.5], WEIGHTS, 1)
    before, slopes = tiny.slopes()
    after = tiny.step(0.1)
    for old, new, slope in zip(tiny.weights, after.weights, slopes):
        np.testing.assert_allclose(new, old - 0.1 * slope)
    assert after.slopes()[0] < before


@pytest.mark.parametrize(
    "change, words",
    [
        ({"inputs": [1, 2]}, "from 0 to 1"),
        ({"inputs": [1, np.nan]}, "from 0 to 1"),
        ({"inputs": [1, 0, 0]}, "two inputs"),
        ({"weights": WEIGHTS[:3]}, "W1, b1, W2, b2"),
        ({"weights": [*WEIGHTS[:3], [0]]}, r"\(1,\)"),
        ({"label": 2}, "0 or 1, got 2"),
    ],
)
def test_errors_say_what_was_expected(change, words):
    with pytest.raises(ValueError, match=words):
        TinyNetwork(**{"inputs": [1, 0.5], "weights": WEIGHTS, "label": 1} | change)
