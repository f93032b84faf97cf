"""A training that can be scrubbed: what a small network knew after 0, 1, 2, 4, 8 ... batches.

This module packs the snapshots; ``training_film.js`` shows them, and trains the same network from
another start with the engine.
"""

import base64
import io
import zlib

import matplotlib.pyplot as plt
import numpy as np
from PIL import Image

from mnist_helpers.live.base import LiveFigure
from mnist_helpers.live.checks import check_images
from mnist_helpers.live.digits import sample, sprite

CLOSE = 0.01  # how far an answer may be off because the weights are rounded
JUDGED = 1000  # images on which that is looked at
LEVELS = 15  # colors of the picture for paper, and white
LEARNED, WATCHED = 2000, 500  # images that travel with the film, at most, for another training
SHOWN = 10  # digits that stand below the film, one of each kind


class TrainingFilm(LiveFigure):
    """Snapshots of a network while it learned, with a slider from noise to sense.

    Put it on the last line of a cell. The page shows the weights of the hidden neurons as
    pictures, loss and accuracy on their curves, and what the network answers for ten digits and
    for the reader's own at that moment. The weights are rounded so that no answer for the first
    1,000 images changes by more than 0.01.

    Parameters
    ----------
    snapshots : dict of int to list of ndarray
        The batches seen -> ``model.get_weights()`` at that moment, of a network of 784 pixels, one
        hidden layer with relu, and ten softmax neurons.
    images : ndarray, shape (n, 784) or (n, 28, 28)
        Images that it did not learn from; uint8, or floats from 0 to 1.
    labels : ndarray of int, shape (n,)
        Their labels, each digit at least once.
    training : tuple of (images, labels), optional
        Images that it did learn from. With them the reader can train the network in the page, from
        another start: on 2,000 of these, watched on 500 of the others.

    Attributes
    ----------
    batches : list of int
        When the snapshots were taken.
    losses, accuracies : ndarray of float
        Of each snapshot on the images.
    step : float
        What the weights of the hidden layer are rounded to multiples of.

    Raises
    ------
    ValueError
        If the snapshots are not of such a network or not in order, or images and labels do not
        fit.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> shapes = (784, 16), (16,), (16, 10), (10,)
    >>> snapshots = {seen: [rng.normal(0, 0.1, shape) for shape in shapes] for seen in (0, 100)}
    >>> film = TrainingFilm(snapshots, rng.random((10, 784)), np.arange(10))
    >>> film
    <TrainingFilm: 2 snapshots of a 784-16-10 network, after 0 to 100 batches>
    """

    name = "training-film"
    scripts = (
        "drawing.js",
        "sketch.js",
        "engine.js",
        "trainer.js",
        "digits.js",
        "training_parts.js",
        "training_film.js",
    )

    def __init__(self, snapshots, images, labels, training=None):
        images, self._labels = check_images(images, labels)
        self._drawn = None
        if training is not None:
            learned = sample(*check_images(*training), min(LEARNED, len(training[1])), 0)
            watched = sample(images, self._labels, 0, min(WATCHED, len(images)))
            self._drawn = [np.concatenate(pair) for pair in zip(learned, watched)]
            self._learned = len(learned[1])
        self.batches, snapshots = _check_snapshots(snapshots)
        answers = [_answers(weights, images) for weights in snapshots]
        of_label = [rows[np.arange(len(rows)), self._labels] for rows in answers]
        self.losses = np.array([-np.log(np.maximum(p, 1e-7)).mean() for p in of_label])
        self.accuracies = np.array([np.mean(p.argmax(1) == self._labels) for p in answers])
        self._shown = [int(np.flatnonzero(self._labels == digit)[0]) for digit in range(SHOWN)]
        self._pictures = np.rint(255 * images[self._shown]).astype(np.uint8)
        self._snapshots = snapshots
        exact = [rows[:JUDGED] for rows in answers]
        for self.step in 2.0 ** -np.arange(6, 16, 0.5):
            rounded = _rounded(snapshots, self.step)
            pairs = zip(rounded, exact)
            if all(abs(_answers(w, images[:JUDGED]) - p).max() <= CLOSE for w, p in pairs):
                break

    def __repr__(self):
        pixels, hidden = self._snapshots[0][0].shape
        return (
            f"<TrainingFilm: {len(self.batches)} snapshots of a {pixels}-{hidden}-10 network, "
            f"after {self.batches[0]} to {self.batches[-1]:,} batches>"
        )

    def data(self):
        """Curves, ten digits, and the first snapshot, which is there before the first touch."""
        return {
            "hidden": self._snapshots[0][0].shape[1],
            "step": float(self.step),
            "scale": self.scale,
            "batches": self.batches,
            "losses": self.losses.round(4).tolist(),
            "accuracies": self.accuracies.round(4).tolist(),
            "images": len(self._labels),
            "digits": _base64(self._pictures.tobytes()),
            "trains": self._drawn and [self._learned, len(self._drawn[1]) - self._learned],
            **self._packed(self._snapshots[:1]),
        }

    def later(self):
        """All snapshots, and the digits to train with: those to learn from first."""
        more = self._packed(self._snapshots)
        if self._drawn is not None:
            images, labels = self._drawn
            more["sprite"] = sprite(images.reshape(-1, 28, 28))
            more["labels"] = "".join(map(str, labels))
        return more

    def _packed(self, snapshots):
        """Kernels of the hidden layer as changes from one to the next, all else in float16."""
        rest = b"".join(part.astype("<f2").tobytes() for w in snapshots for part in w[1:])
        kernels = _pack(_multiples(snapshots, self.step))
        return {"kernels": _base64(kernels), "rest": _base64(rest)}

    def still(self):
        """Four moments of the film: the weights as pictures, loss and accuracy in a table."""
        moments = np.unique(np.linspace(0, len(self.batches) - 1, 4).round().astype(int))
        cells = "".join(
            f'<tr><th scope="row">{self.batches[i]:,}</th><td>{self.losses[i]:.2f}</td>'
            f"<td>{self.accuracies[i]:.1%}</td></tr>"
            for i in moments
        )
        words = " and ".join(f"{self.batches[i]:,}" for i in moments[[0, -1]])
        picture = _base64(_picture([self._snapshots[i][0] for i in moments], self.scale))
        return (
            f'<p><img src="data:image/png;base64,{picture}" '
            'style="width:40em;max-width:100%;image-rendering:pixelated" alt="The '
            "weights of hidden neurons as small pictures, a row of them for each of "
            f"{len(moments)} moments between {words} batches: noise turns into strokes and "
            'spots of red, which raises, and blue, which lowers."></p>\n'
            f"<table><caption>The network on {len(self._labels):,} images that it does not learn "
            "from, at these moments</caption><thead><tr>"
            '<th scope="col">batches seen</th><th scope="col">loss</th>'
            f'<th scope="col">accuracy</th></tr></thead><tbody>{cells}</tbody></table>'
        )

    @property
    def scale(self):
        """The weight that has the full color: all but 1 in 200 of the last ones are smaller."""
        return float(np.quantile(abs(self._snapshots[-1][0]), 0.995).round(2)) or 1.0


def _check_snapshots(snapshots):
    """The moments, and the weights at each."""
    batches = [int(seen) for seen in snapshots]
    if len(batches) < 2 or batches != sorted(set(batches)) or batches[0] < 0:
        raise ValueError(
            f"expected two or more snapshots in order, batches seen -> weights, got {batches}"
        )
    weights = [[np.asarray(part, np.float32) for part in parts] for parts in snapshots.values()]
    for seen, parts in zip(batches, weights):
        shapes = [part.shape for part in parts]
        hidden = shapes[0][-1] if shapes and shapes[0] else 0
        if shapes != [(784, hidden), (hidden,), (hidden, 10), (10,)]:
            raise ValueError(
                f"snapshot after {seen} batches: expected the weights of two Dense layers from "
                f"784 pixels to 10 classes, as model.get_weights() gives them, got {shapes}"
            )
        if shapes != [part.shape for part in weights[0]]:
            raise ValueError(f"snapshot after {seen} batches: another network than the first")
        if not all(np.isfinite(part).all() and abs(part).max() < 60_000 for part in parts):
            raise ValueError(
                f"snapshot after {seen} batches: weights that are not finite, or huge. Has the "
                "training diverged?"
            )
    return batches, weights


def _answers(weights, images):
    """The probabilities of a network with one hidden layer."""
    kernel, bias, last_kernel, last_bias = weights
    sums = np.maximum(0, images @ kernel + bias) @ last_kernel + last_bias
    powers = np.exp(sums - sums.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def _multiples(snapshots, step):
    """Of `step`, the kernels of the hidden layer: int32, (snapshots, 784 * hidden)."""
    return np.stack([np.rint(parts[0] / step).astype(np.int32).ravel() for parts in snapshots])


def _rounded(snapshots, step):
    """The snapshots as the page has them."""
    for parts, multiples in zip(snapshots, _multiples(snapshots, step)):
        kernel = (multiples * np.float32(step)).reshape(parts[0].shape)
        yield [kernel, *(part.astype(np.float16).astype(np.float32) for part in parts[1:])]


def _pack(multiples):
    """Changes from row to row, 0 -1 1 -2 2 ... as 0 1 2 3 4 ..., low bytes first, compressed."""
    changes = np.diff(multiples, axis=0, prepend=0)
    folded = np.where(changes < 0, -2 * changes - 1, 2 * changes)
    if folded.max() > 65_535:
        raise ValueError("the weights change too much between two snapshots to be packed")
    rows = [(row & 255, row >> 8) for row in folded]
    return zlib.compress(np.array(rows, np.uint8).tobytes(), 9)


def _picture(kernels, scale):
    """A small PNG: for each kernel a row with its neurons, at most eight."""
    rows, columns = len(kernels), min(8, kernels[0].shape[1])
    sheet = np.full((rows * 30 - 2, columns * 30 - 2), LEVELS, np.uint8)
    for row, kernel in enumerate(kernels):
        for column in range(columns):
            weights = np.clip(kernel[:, column].reshape(28, 28) / (2 * scale) + 0.5, 0, 1)
            tile = np.rint(weights * (LEVELS - 1))
            sheet[30 * row : 30 * row + 28, 30 * column : 30 * column + 28] = tile
    colors = plt.get_cmap("RdBu_r", LEVELS)(np.arange(LEVELS), bytes=True)[:, :3]
    image = Image.fromarray(sheet)
    image.putpalette([*colors.ravel().tolist(), 255, 255, 255])
    file = io.BytesIO()
    image.save(file, "PNG", bits=4, optimize=True)
    return file.getvalue()


def _base64(content):
    return base64.b64encode(content).decode("ascii")
