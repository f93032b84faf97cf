"""Ways to read digits, from the dullest to the best, as rungs: touch one to see what it misreads.

``accuracy_ladder.js`` beside this module shows the images.
"""

from html import escape

import numpy as np

from mnist_helpers.live.base import LiveFigure
from mnist_helpers.live.digits import sprite


class AccuracyLadder(LiveFigure):
    """The accuracies of several ways to read digits, and some images as each of them reads them.

    Parameters
    ----------
    answers : dict of str to array_like of int, shape (n,)
        For each way what it answers to all images, in the order in which they are shown.
    images : array_like, shape (n, rows, columns)
        Gray images; uint8 from 0 (background) to 255 (ink), or floats from 0 to 1.
    labels : array_like of int, shape (n,)
        What they show.
    shown : int, default 60
        So many images are shown, drawn at random; the accuracies are those on all.
    seed : int, default 0
        Of this draw.

    Attributes
    ----------
    accuracy : dict of str to float
        The share of right answers of each way.
    drawn : ndarray of int
        Indices of the images that are shown.

    Raises
    ------
    ValueError
        If there is no way, or not an answer and a label for each image.

    Examples
    --------
    >>> images = np.zeros((4, 28, 28), np.uint8)
    >>> AccuracyLadder({"always 1": [1, 1, 1, 1]}, images, [1, 0, 1, 1], shown=2)
    <AccuracyLadder: always 1 75.0%>
    """

    name = "accuracy-ladder"
    scripts = ("sprites.js", "accuracy_ladder.js")

    def __init__(self, answers, images, labels, shown=60, seed=0):
        images, labels = np.asarray(images), np.asarray(labels)
        answers = {name: np.asarray(given) for name, given in answers.items()}
        if not answers:
            raise ValueError("expected at least one way to read, got none")
        if images.ndim != 3 or not len(images):
            raise ValueError(f"expected images of shape (n, rows, columns), got {images.shape}")
        for name, given in {"labels": labels, **answers}.items():
            if given.shape != (len(images),) or given.dtype.kind not in "iu":
                raise ValueError(
                    f"{name}: expected {len(images)} integers, one for each image, "
                    f"got {given.dtype} of shape {given.shape}: "
                    "of probabilities, take argmax(axis=1)"
                )
        self.accuracy = {name: float((given == labels).mean()) for name, given in answers.items()}
        count = min(shown, len(images))
        self.drawn = np.random.default_rng(seed).choice(len(images), count, replace=False)
        self._images, self._labels = images[self.drawn], labels[self.drawn]
        self._wrong = {name: int((given != labels).sum()) for name, given in answers.items()}
        self._answers = {name: given[self.drawn] for name, given in answers.items()}
        self._total = len(images)

    def __repr__(self):
        rungs = ", ".join(f"{name} {share:.1%}" for name, share in self.accuracy.items())
        return f"<AccuracyLadder: {rungs}>"

    def data(self):
        """The accuracies, and the images that are shown with their labels and answers."""
        height, width = self._images.shape[1:]
        return {
            "sprite": sprite(self._images),
            "width": width,
            "height": height,
            "total": self._total,
            "labels": self._labels.tolist(),
            "rungs": [
                {
                    "name": name,
                    "accuracy": round(share, 6),
                    "wrong": self._wrong[name],
                    "answers": self._answers[name].tolist(),
                }
                for name, share in self.accuracy.items()
            ],
        }

    def still(self):
        """The accuracies as a table."""
        rows = "".join(
            f'<tr><th scope="row">{escape(name)}</th><td>{share:.1%}</td>'
            f"<td>{self._wrong[name]:,}</td></tr>"
            for name, share in self.accuracy.items()
        )
        return (
            f"<table>\n<caption>{self._total:,} images</caption>\n"
            '<thead><tr><th scope="col">way to read</th><th scope="col">accuracy</th>'
            f'<th scope="col">misread</th></tr></thead>\n<tbody>{rows}</tbody>\n</table>'
        )
