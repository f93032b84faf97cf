"""Dropout at work: the outputs of a hidden layer for a digit, of which each draw drops others.

``dropout_view.js`` beside this module draws, and keeps the mean.
"""

import base64

import numpy as np

from mnist_helpers.live.base import LiveFigure
from mnist_helpers.live.digits import sprite
from mnist_helpers.live.still import png, wall

COLUMNS = 16  # of the picture of the layer
DRAWS = 200  # that the still counts


class DropoutView(LiveFigure):
    """A layer's outputs for some images, with a share of them dropped at random.

    What stays is divided by the share that stays. The figure follows the sum of the outputs from
    draw to draw, and what the network answers with the neurons that are left.

    Parameters
    ----------
    images : array_like, shape (n, rows, columns)
        Gray images; uint8 from 0 (background) to 255 (ink), or floats from 0 to 1.
    labels : array_like of int, shape (n,)
        What they show.
    outputs : array_like of float, shape (n, neurons)
        What the last hidden layer answers to them, without dropout; relu gives at least 0.
    weights : array_like of float, shape (neurons, classes)
    biases : array_like of float, shape (classes,)
        Of the output layer, as ``get_weights`` gives them.

    Attributes
    ----------
    sums : ndarray of float, shape (n,)
        The sums of the outputs, without dropout.

    Raises
    ------
    ValueError
        If the shapes do not fit together, an output is negative, or an image has none above 0.

    Examples
    --------
    >>> view = DropoutView(np.zeros((1, 28, 28)), [3], [[0.5, 1.5]], np.eye(2), [0, 0])
    >>> view.sums
    array([2.])
    >>> view.drop(0, [True, False], 0.5)  # the one that stays counts twice
    (1.0, 0)
    """

    name = "dropout-view"
    scripts = ("sprites.js", "dropout_view.js")

    def __init__(self, images, labels, outputs, weights, biases):
        self._images, self._labels = np.asarray(images), np.asarray(labels)
        arrays = (np.asarray(values, np.float32) for values in (outputs, weights, biases))
        self._outputs, self._weights, self._biases = arrays
        n = len(self._images)
        shapes = [self._outputs.shape, self._weights.shape, self._biases.shape]
        if self._images.ndim != 3 or not n or self._labels.shape != (n,):
            raise ValueError(
                "expected images of shape (n, rows, columns) and a label for each, "
                f"got {self._images.shape} and {self._labels.shape}"
            )
        if [len(shape) for shape in shapes] != [2, 2, 1] or (
            (n, *shapes[1]) != (*shapes[0], *shapes[2])
        ):
            raise ValueError(
                f"expected outputs of shape ({n}, neurons), weights (neurons, classes), and "
                f"biases (classes,), got {', '.join(map(str, shapes))}"
            )
        self.sums = self._outputs.sum(axis=1, dtype=float)
        if not (self._outputs >= 0).all() or not (self.sums > 0).all():
            raise ValueError(
                "expected outputs of relu, at least 0, and for each image one above 0, "
                f"got {self._outputs.min()} to {self._outputs.max()}"
            )

    def drop(self, place, kept, share):
        """The sum of an image's outputs, and the network's answer, with some neurons alone.

        Parameters
        ----------
        place : int
            Of the image.
        kept : array_like of bool, shape (neurons,)
        share : float
            The share that is dropped on average: what stays is divided by ``1 - share``.

        Returns
        -------
        total : float
        answer : int
        """
        outputs = np.where(kept, self._outputs[place], 0) / (1 - share)
        answer = (outputs @ self._weights + self._biases).argmax()
        return float(outputs.sum(dtype=float)), int(answer)

    def data(self):
        """The images, and what the network answers with, as float32 in base64."""
        height, width = self._images.shape[1:]
        return {
            "sprite": sprite(self._images),
            "width": width,
            "height": height,
            "labels": self._labels.tolist(),
            "columns": COLUMNS,
            **{
                name: base64.b64encode(values.astype("<f4").tobytes()).decode()
                for name, values in [
                    ("outputs", self._outputs),
                    ("weights", self._weights),
                    ("biases", self._biases),
                ]
            },
        }

    def still(self):
        """The layer without dropout and in one draw, and what many draws give, as a table."""
        neurons = self._outputs.shape[1]
        draws = np.random.default_rng(0).random((DRAWS, neurons)) >= 0.5
        layer = self._outputs[0] / self._outputs[0].max()
        grids = np.zeros((2, -(-neurons // COLUMNS) * COLUMNS))
        grids[:, :neurons] = layer / 2, layer * draws[0]  # twice as dark in the draw
        grids = np.rint(255 * grids).astype(np.uint8).reshape(2, -1, COLUMNS)
        alt = (
            f"The {neurons} outputs of the layer as squares, the darker the larger, for "
            f"the first image: on the left all of them, on the right one draw, in which about half "
            "are dropped and the others are twice as large."
        )
        rows = ""
        for place, (label, total) in enumerate(zip(self._labels, self.sums)):
            found = [self.drop(place, kept, 0.5) for kept in draws]
            sums, answers = np.transpose(found)
            rows += (
                f'<tr><th scope="row">{label}</th><td>{total:.1f}</td><td>{sums.mean():.1f}</td>'
                f"<td>{sums.min():.1f} to {sums.max():.1f}</td>"
                f"<td>{np.count_nonzero(answers == label)}</td></tr>"
            )
        heads = "".join(
            f'<th scope="col">{name}</th>'
            for name in ("digit", "without dropout", "mean", "from, to", "draws read right")
        )
        return (
            f"{png(wall(grids, 2, gap=1), 9, alt)}\n<table>\n<caption>The sum of the outputs, in "
            f"{DRAWS} draws that drop half of the neurons</caption>\n<thead><tr>{heads}</tr>"
            f"</thead>\n<tbody>{rows}</tbody>\n</table>"
        )
