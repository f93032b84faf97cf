"""All images that a network misreads, as a wall: touch one for its ten probabilities.

``mistake_wall.js`` beside this module sorts and filters them.
"""

import numpy as np

from mnist_helpers.live.base import LiveFigure
from mnist_helpers.live.checks import check_answers
from mnist_helpers.live.digits import sprite
from mnist_helpers.live.still import digits_image


class MistakeWall(LiveFigure):
    """Every misread image, the surest mistake first.

    A touch on one shows its ten probabilities. The wall can be filtered, by label and by what was
    read, and sorted.

    Parameters
    ----------
    images : array_like, shape (n, rows, columns)
        Gray images; uint8 from 0 (background) to 255 (ink), or floats from 0 to 1.
    labels : array_like of int, shape (n,)
        The true classes, 0 to k - 1.
    probabilities : array_like of float, shape (n, k)
        What the network answers: in each row one probability for each class.

    Attributes
    ----------
    mistakes : ndarray of int
        Indices of the misread images, the surest first.

    Raises
    ------
    ValueError
        If the shapes do not fit together, pixels or labels are out of range, or a row is not a
        row of probabilities.

    Examples
    --------
    >>> images = np.zeros((3, 28, 28), np.uint8)
    >>> wall = MistakeWall(images, [0, 1, 1], [[0.4, 0.6], [0.2, 0.8], [0.7, 0.3]])
    >>> wall
    <MistakeWall: 2 of 3 images are misread>
    >>> wall.mistakes
    array([2, 0])
    """

    name = "mistake-wall"
    scripts = ("sprites.js", "mistake_wall.js")

    def __init__(self, images, labels, probabilities):
        images, labels, probabilities = map(np.asarray, (images, labels, probabilities))
        check_answers(images, labels, probabilities)
        wrong = np.flatnonzero(probabilities.argmax(axis=1) != labels)
        self.mistakes = wrong[np.argsort(-probabilities[wrong].max(axis=1), kind="stable")]
        self._total = len(images)
        self._images, self._labels = images[self.mistakes], labels[self.mistakes]
        self._probabilities = probabilities[self.mistakes]

    def __repr__(self):
        return f"<MistakeWall: {len(self.mistakes):,} of {self._total:,} images are misread>"

    def data(self):
        """The images, and for each its index, its label, and its probabilities per 10,000."""
        height, width = self._images.shape[1:]
        parts = np.rint(10_000 * self._probabilities).astype(int).tolist()
        return {
            "sprite": sprite(self._images),
            "width": width,
            "height": height,
            "total": self._total,
            "mistakes": [
                [int(index), int(label), row]
                for index, label, row in zip(self.mistakes, self._labels, parts)
            ],
        }

    def still(self):
        """The surest mistakes as a picture, and how often each digit is misread as a table."""
        count = len(self.mistakes)
        said = f"<p>{count:,} of {self._total:,} images are misread.</p>"
        if not count:
            return said
        read = self._probabilities.argmax(axis=1)
        first = [f"{label} read as {answer}" for label, answer in zip(self._labels, read)][:20]
        picture = digits_image(self._images[:20], f"The surest mistakes: {', '.join(first)}.")
        classes = range(self._probabilities.shape[1])
        head = "".join(f'<th scope="col">{digit}</th>' for digit in classes)
        cells = "".join(f"<td>{(self._labels == digit).sum()}</td>" for digit in classes)
        return (
            f"{said}\n<p>{picture}</p>\n<table>\n<thead><tr><th scope='col'>label</th>{head}</tr>"
            f"</thead>\n<tbody><tr><th scope='row'>misread</th>{cells}</tr></tbody>\n</table>"
        )
