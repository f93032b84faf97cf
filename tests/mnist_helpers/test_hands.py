import numpy as np

from mnist_helpers import DigitPad, hands_network
from mnist_helpers.live.digit_pad import run


def test_the_network_is_whole_and_can_be_shown():
    layers = hands_network()
    assert all(layer.kernel.dtype == layer.bias.dtype == np.float16 for layer in layers)
    assert [layer.activation for layer in layers] == ["relu", "relu", "softmax"]
    pictures = np.random.default_rng(0).random((5, 784))
    shown = DigitPad(layers).layers
    np.testing.assert_array_equal(run(shown, pictures), run(layers, pictures))
    np.testing.assert_allclose(run(layers, pictures).sum(axis=1), 1)
