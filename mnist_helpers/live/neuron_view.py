"""One neuron looks at a digit: weights to paint, products to see, a sum to read.

``neuron_view.js`` beside this module is what one touches, ``neuron_view.css`` gives the looks.
"""

import base64
import io

import numpy as np
from PIL import Image

from mnist_helpers.live.base import LiveFigure
from mnist_helpers.live.digits import LEVELS, sprite

EACH = 100  # images of each digit that the neuron is tried on
BLUE_TO_RED = np.array(  # as in parts.js
    [
        [5, 48, 97],
        [33, 102, 172],
        [67, 147, 195],
        [146, 197, 222],
        [209, 229, 240],
        [247, 247, 247],
        [253, 219, 199],
        [244, 165, 130],
        [214, 96, 77],
        [178, 24, 43],
        [103, 0, 31],
    ]
)


class NeuronView(LiveFigure):
    """One neuron that looks at a digit, and whose weights the reader paints.

    As the last value of a cell it shows the digit, the weights, and their product as three
    pictures, the sum, and what the neuron answers to some two hundred images of two digits. The
    rule: an output above 0 means the first digit.

    Parameters
    ----------
    images : array_like, shape (n, side, side)
        Gray images; uint8 from 0 (background) to 255 (ink), or floats from 0 to 1.
    labels : array_like of int, shape (n,)
        What each image shows. Of each of the two digits, the first 100 images are used.
    means : array_like, shape (2, side, side), optional
        The mean images of the two digits, pixels from 0 to 1. By default those of all the images.
    digits : tuple of int, optional
        The digit to answer to, and the one not to answer to.

    Attributes
    ----------
    images : ndarray of float, shape (m, side, side)
        The pixels that the figure computes with, from 0 to 1: in 16 grays, to be light.
    labels : ndarray of int, shape (m,)
        The two digits in turn, as long as there are some of both.
    weights : ndarray of float32, shape (side, side)
        Those to start from: the first mean less the second.

    Raises
    ------
    ValueError
        If the shapes do not fit together, pixels are out of range, or one of the digits is
        missing.

    Examples
    --------
    >>> images = np.zeros((2, 28, 28))
    >>> images[0, 4:24, 4:8] = 1  # a bar on the left is a 0 here
    >>> images[1, 4:24, 16:20] = 1
    >>> view = NeuronView(images, [0, 1])
    >>> (view.images * view.weights).sum(axis=(1, 2))
    array([ 80., -80.])
    """

    name = "neuron-view"
    scripts = ("neuron_view.js",)

    def __init__(self, images, labels, means=None, *, digits=(0, 1)):
        images, labels = np.asarray(images), np.asarray(labels)
        _check(images, labels, digits)
        found = [np.flatnonzero(labels == digit) for digit in digits]
        top = 255 if images.dtype == np.uint8 else 1
        if means is None:
            means = [images[places].mean(axis=0) / top for places in found]
        means = np.asarray(means, float)
        if means.shape != (2, *images.shape[1:]) or not (means.min() >= 0 and means.max() <= 1):
            raise ValueError(
                f"expected two mean images, shape {(2, *images.shape[1:])}, with pixels from 0 to "
                f"1, got shape {means.shape} from {means.min():.3g} to {means.max():.3g}"
            )
        self.digits = tuple(int(digit) for digit in digits)
        self.weights = (means[0] - means[1]).astype(np.float32)
        found = [places[:EACH] for places in found]
        rank = np.concatenate([np.arange(len(places)) for places in found])
        order = np.concatenate(found)[np.argsort(rank, kind="stable")]  # the two in turn
        self._pictures, self.labels = images[order], labels[order].astype(int)
        self.images = np.rint(self._pictures / top * (LEVELS - 1)) / (LEVELS - 1)

    def outputs(self, weights=None, bias=0.0):
        """What a neuron puts out for each of the images, before relu.

        Parameters
        ----------
        weights : ndarray, shape (side, side), optional
            ``self.weights`` by default.
        bias : float, optional

        Returns
        -------
        ndarray of float, shape (m,)
        """
        weights = self.weights if weights is None else weights
        return (self.images * weights).sum(axis=(1, 2)) + bias

    def told_apart(self, weights=None, bias=0.0):
        """How many images the neuron tells right, where an output above 0 means the first digit.

        Parameters
        ----------
        weights, bias
            As for ``outputs``.

        Returns
        -------
        int
        """
        answers = self.outputs(weights, bias) > 0
        return int((answers == (self.labels == self.digits[0])).sum())

    def data(self):
        """The digits as a sprite, their labels, and the weights to start from."""
        weights = self.weights.astype("<f4").tobytes()
        return {
            "sprite": sprite(self._pictures),
            "labels": "".join(str(int(label != self.digits[0])) for label in self.labels),
            "digits": self.digits,
            "side": len(self.weights),
            "weights": base64.b64encode(weights).decode(),
        }

    def still(self):
        """A digit, the weights to start from, and the product, with the sum and the count."""
        products = self.images[0] * self.weights
        most = abs(self.weights).max() or 1
        ink = np.repeat(255 * (1 - self.images[0])[..., np.newaxis], 3, axis=2)
        gap = np.full((len(ink), 2, 3), 255)
        parts = [ink, gap, _red_and_blue(self.weights / most), gap]
        parts.append(_red_and_blue(products / most))
        strip = Image.fromarray(np.rint(np.concatenate(parts, axis=1)).astype(np.uint8))
        strip = strip.resize((6 * strip.width, 6 * strip.height), Image.Resampling.NEAREST)
        file = io.BytesIO()
        strip.quantize(64, dither=Image.Dither.NONE).save(file, "PNG", optimize=True)
        source = base64.b64encode(file.getvalue()).decode()
        first, second = self.digits
        plus, minus = products[products > 0].sum(), products[products < 0].sum()
        return (
            f'<img src="data:image/png;base64,{source}" alt="Three pictures: a {first}; weights, '
            f"red where a {first} has more ink and blue where a {second} has; their product, "
            f'colored where the digit has ink." style="width:100%;max-width:34em">\n'
            f"<p>A {first}, the weights of a neuron, and their product. The red products add up to "
            f"{plus:.2f}, the blue ones to {_signed(minus)}, all to {_signed(plus + minus)}. Where "
            f"an output above 0 means {first}, these weights, with a bias of 0, tell "
            f"{self.told_apart()} of {len(self.labels)} images right. Where scripts run you paint "
            "the weights yourself. (Images from MNIST, CC BY-SA 3.0.)</p>"
        )


def _signed(value):
    """A number with a true minus sign."""
    return f"{value:.2f}".replace("-", "\N{MINUS SIGN}")


def _red_and_blue(weights):
    """The colors of weights from -1 to 1."""
    at = (np.clip(weights, -1, 1) + 1) / 2 * (len(BLUE_TO_RED) - 1)
    steps = np.arange(len(BLUE_TO_RED))
    return np.stack([np.interp(at, steps, channel) for channel in BLUE_TO_RED.T], axis=-1)


def _check(images, labels, digits):
    """Raise ValueError unless there are images of both digits."""
    if images.ndim != 3:
        raise ValueError(
            f"expected images of shape (n, rows, columns), got {images.shape}: "
            "reshape vectors with vectors.reshape(-1, 28, 28)"
        )
    if images.shape[1] != images.shape[2]:
        raise ValueError(f"expected square images, got {images.shape[1]} by {images.shape[2]}")
    if labels.shape != (len(images),):
        raise ValueError(
            f"expected a label for each of {len(images)} images, got labels of shape {labels.shape}"
        )
    if len(digits) != 2 or digits[0] == digits[1]:
        raise ValueError(f"expected two different digits, got {digits}")
    for digit in digits:
        if not (labels == digit).any():
            raise ValueError(f"expected images of {digits[0]} and {digits[1]}, got none of {digit}")
    top = 255 if images.dtype == np.uint8 else 1
    if not (images.min() >= 0 and images.max() <= top):  # so written, NaN fails too
        raise ValueError(
            f"expected uint8 pixels, or floats from 0 to 1, "
            f"got {images.dtype} from {images.min()} to {images.max()}"
        )
