"""A tiny network with its numbers on the wires: forward, backward, and a step.

``tiny_network.js`` beside this module computes and draws it, ``tiny_network.css`` gives the looks.
"""

import numpy as np

from mnist_helpers.live.base import LiveFigure

SHAPES = [(2, 2), (2,), (2, 2), (2,)]
RATE = 0.5  # as in chapter 6


class TinyNetwork(LiveFigure):
    """Two inputs, two hidden neurons with relu, two answers with softmax, and all their numbers.

    As the last value of a cell it shows each weight on its wire and each bias in its neuron, with
    the slope of the loss below. The reader changes any of them, chooses the right answer, and takes
    steps of gradient descent.

    Parameters
    ----------
    inputs : array_like, shape (2,)
        From 0 to 1.
    weights : sequence of four array_like
        W1, b1, W2, b2 of shapes (2, 2), (2,), (2, 2), (2,), as Keras orders them.
    label : {0, 1}
        The right answer.

    Raises
    ------
    ValueError
        If a shape is another, an input is out of range, or there is no such answer.

    Examples
    --------
    >>> weights = [[[0.9, 0.3], [-0.2, 0.8]], [0.1, 0], [[0.7, -0.3], [0.2, 0.5]], [0, 0]]
    >>> tiny = TinyNetwork([1, 0.5], weights, label=1)
    >>> loss, slopes = tiny.slopes()
    >>> print(f"{loss:.3f}", slopes[1].round(3))
    1.097 [ 0.666 -0.2  ]
    >>> print(f"{tiny.step().slopes()[0]:.3f}")
    0.238
    """

    name = "tiny-network"
    scripts = ("tiny_network.js",)

    def __init__(self, inputs, weights, label):
        self.inputs = np.array(inputs, float)
        self.weights = [np.array(array, float) for array in weights]
        self.label = label
        shapes = [array.shape for array in self.weights]
        if shapes != SHAPES:
            raise ValueError(f"expected W1, b1, W2, b2 of shapes {SHAPES}, got {shapes}")
        if self.inputs.shape != (2,) or not ((self.inputs >= 0) & (self.inputs <= 1)).all():
            raise ValueError(f"expected two inputs from 0 to 1, got {inputs}")
        if label not in (0, 1):
            raise ValueError(f"expected the right answer as 0 or 1, got {label!r}")

    def slopes(self):
        """The loss, and its slope for every weight and bias.

        Returns
        -------
        loss : float
        slopes : list of ndarray
            In the order and shapes of the weights.
        """
        W1, b1, W2, b2 = self.weights
        hidden = np.maximum(0, self.inputs @ W1 + b1)
        sums = hidden @ W2 + b2
        loss = np.logaddexp(*sums) - sums[self.label]
        slope2 = np.exp(sums - np.logaddexp(*sums)) - np.eye(2)[self.label]
        slope1 = slope2 @ W2.T * (hidden > 0)
        return loss, [np.outer(self.inputs, slope1), slope1, np.outer(hidden, slope2), slope2]

    def step(self, rate=RATE):
        """The network after a step of gradient descent.

        Parameters
        ----------
        rate : float, default 0.5

        Returns
        -------
        TinyNetwork
        """
        _, slopes = self.slopes()
        moved = [array - rate * slope for array, slope in zip(self.weights, slopes)]
        return TinyNetwork(self.inputs, moved, self.label)

    def data(self):
        """The inputs, the weights, and the right answer."""
        weights = [array.tolist() for array in self.weights]
        return {"inputs": self.inputs.tolist(), "weights": weights, "label": int(self.label)}

    def still(self):
        """A table of all weights with their slopes, and what a step does to the loss."""
        loss, slopes = self.slopes()
        after = self.step()
        ends = [("x", "h"), ("h", "AB")]
        names = []
        for layer, (before, to) in enumerate(ends):
            to = to if layer else ["h1", "h2"]
            names += [f"{before}{i} \N{RIGHTWARDS ARROW} {end}" for i in (1, 2) for end in to]
            names += [f"bias of {end}" for end in to]
        rows = "".join(
            f'<tr><th scope="row">{name}</th><td>{_signed(value)}</td><td>{_signed(slope)}</td>'
            f"<td>{_signed(moved)}</td></tr>"
            for name, value, slope, moved in zip(
                names, *map(_flat, (self.weights, slopes, after.weights))
            )
        )
        first, second = self.inputs
        return (
            "<table>\n<caption>A network of two inputs, x1 and x2, two hidden neurons with relu, "
            "h1 and h2, and two answers, A and B</caption>\n<thead><tr>"
            '<th scope="col">weight</th><th scope="col">value</th><th scope="col">slope</th>'
            f'<th scope="col">after a step, rate {RATE}</th></tr></thead>\n<tbody>{rows}</tbody>\n'
            f"</table>\n<p>The inputs are {_signed(first)} and {_signed(second)}, the right answer "
            f"is {'AB'[self.label]}. The loss is {loss:.3f}; after a step, in which each weight "
            f"moves by minus the rate times its slope, it is {after.slopes()[0]:.3f}. Where "
            "scripts run you change each number and take the steps.</p>"
        )


def _flat(arrays):
    return np.concatenate([array.ravel() for array in arrays])


def _signed(value):
    """A number in three places, with a true minus sign, and no minus zero."""
    return f"{round(value, 3) + 0.0:.3f}".replace("-", "\N{MINUS SIGN}")
