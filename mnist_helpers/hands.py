"""The network behind the pad on the book's first page, which reads other hands than MNIST's too.

``experiments/hands.py`` trained it, and ``measured("hands")`` says how well it reads. Its weights
are in ``hands.npz``: ``kernel_0``, ``bias_0``, and so on, in float16.
"""

from pathlib import Path

import numpy as np

from mnist_helpers.live.digit_pad import PadLayer

WEIGHTS = Path(__file__).with_name("hands.npz")


def hands_network():
    """Load the trained network of the first page. It needs neither TensorFlow nor data.

    Returns
    -------
    list of PadLayer
        For ``DigitPad``, and for ``run`` of ``digit_pad``: 784 pixels from 0 to 1 in, ten
        probabilities out. For a picture of no digit all of them are low, unless it looks much
        like one: the letter D is read as 0.

    Examples
    --------
    >>> [(layer.kernel.shape, layer.activation) for layer in hands_network()]
    [((784, 128), 'relu'), ((128, 64), 'relu'), ((64, 10), 'softmax')]
    """
    with np.load(WEIGHTS) as stored:
        count = len(stored) // 2
        return [
            PadLayer(
                f"dense_{i}",
                stored[f"kernel_{i}"],
                stored[f"bias_{i}"],
                "relu" if i + 1 < count else "softmax",
            )
            for i in range(count)
        ]
