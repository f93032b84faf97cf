"""Who has seen whom: the training image that decided, beside the image that it judged.

``neighbor_pairs.js`` beside this module goes from pair to pair.
"""

from html import escape

import numpy as np

from mnist_helpers.live.base import LiveFigure
from mnist_helpers.live.digits import sprite
from mnist_helpers.live.still import digits_image

PARTS = "(training images, judging images, origins of the former, origins of the latter)"


class NeighborPairs(LiveFigure):
    """Pairs of a judging image and the training image nearest to it, for several splits.

    The nearest training image is the one at the smallest distance: the root of the sum of squared
    differences of pixels from 0 to 1. An *origin* says which image a copy was made from, so that
    the figure can tell when an image is judged by a copy of itself.

    Parameters
    ----------
    splits : dict of str to tuple
        For each name of a split what ``train_test_split(images, origins)`` gives: training images,
        judging images, shape (n, rows, columns), and the origins of both, shape (n,). Pixels are
        uint8 from 0 to 255, or floats from 0 to 1.
    labels : array_like of int
        The label of each origin: ``labels[origins]`` are the labels of the images.
    shown : int, default 60
        So many pairs of each split can be looked at, the first ones; all are counted.

    Attributes
    ----------
    nearest : dict of str to ndarray of int
        For each split and each judging image the place of its nearest training image.
    distances : dict of str to ndarray of float
        How far away that is.
    counts : dict of str to dict of str to int
        For each split: how many images are ``judged``, how many of them by a copy of themselves,
        ``copies``, and how many are read ``right``.

    Raises
    ------
    ValueError
        If a split has not these four parts, or they do not fit together.

    Examples
    --------
    >>> images = np.zeros((4, 28, 28))
    >>> images[1], images[3] = 1, 0.9
    >>> pairs = NeighborPairs({"a split": (images[:2], images[2:], [0, 1], [0, 2])}, [5, 7, 7])
    >>> pairs.counts
    {'a split': {'judged': 2, 'copies': 1, 'right': 2}}
    >>> pairs.distances["a split"].round(1).tolist()
    [0.0, 2.8]
    """

    name = "neighbor-pairs"
    scripts = ("sprites.js", "neighbor_pairs.js")

    def __init__(self, splits, labels, shown=60):
        labels = np.asarray(labels)
        if not splits or shown < 1:
            raise ValueError("expected at least one split, and at least one pair to show")
        self.nearest, self.distances, self.counts = {}, {}, {}
        self._pictures, self._pairs = [], {}
        for name, parts in splits.items():
            train, judge, train_origins, judge_origins = _check(name, parts, labels)
            near, distance = _nearest(train, judge)
            copies = train_origins[near] == judge_origins
            read, true = labels[train_origins[near]], labels[judge_origins]
            self.nearest[name], self.distances[name] = near, distance
            self.counts[name] = {
                "judged": len(judge),
                "copies": int(copies.sum()),
                "right": int((read == true).sum()),
            }
            for i in range(min(shown, len(judge))):
                self._pictures += [judge[i], train[near[i]]]
            facts = zip(true, read, copies, distance)
            self._pairs[name] = [
                [int(label), int(answer), int(copy), round(float(d), 2)]
                for label, answer, copy, d in facts
            ][:shown]
        shapes = {picture.shape for picture in self._pictures}
        if len(shapes) > 1:
            raise ValueError(f"expected images of one size in all splits, got {sorted(shapes)}")

    def data(self):
        """The counts and the pairs of each split, and the images, one pair after the other."""
        height, width = self._pictures[0].shape
        return {
            "sprite": sprite(np.stack(self._pictures)),
            "width": width,
            "height": height,
            "splits": [
                {"name": name, **self.counts[name], "pairs": self._pairs[name]}
                for name in self.counts
            ],
        }

    def still(self):
        """The counts as a table, and the first pairs of each split as a picture."""
        rows, pictures, at = [], [], 0
        for name, count in self.counts.items():
            rows.append(
                f'<tr><th scope="row">{escape(name)}</th><td>{count["judged"]}</td>'
                f"<td>{count['copies']}</td><td>{count['right']}</td></tr>"
            )
            first = np.stack(self._pictures[at : at + 20])
            alt = (
                f"{name}: the first judging images, above, and below each the training image "
                "nearest to it."
            )
            both = np.concatenate([first[::2], first[1::2]])
            pictures.append(
                f"<p>{escape(name)}:<br>{digits_image(both, alt, columns=len(first) // 2)}</p>"
            )
            at += 2 * len(self._pairs[name])
        return (
            "<table>\n<caption>Who judges whom</caption>\n"
            '<thead><tr><th scope="col">order</th><th scope="col">images that judge</th>'
            '<th scope="col">decided by a copy of itself</th>'
            '<th scope="col">read right</th></tr></thead>\n'
            f"<tbody>{''.join(rows)}</tbody>\n</table>\n{''.join(pictures)}"
        )


def _check(name, parts, labels):
    """The four parts of a split as arrays, images as floats from 0 to 1."""
    if len(parts) != 4:
        raise ValueError(f"{name}: expected four parts, {PARTS}, got {len(parts)}")
    train, judge, *origins = map(np.asarray, parts)
    for images, origin in zip((train, judge), origins):
        if images.ndim != 3 or origin.shape != images.shape[:1] or not len(images):
            raise ValueError(
                f"{name}: expected {PARTS}, images of shape (n, rows, columns) and n origins, "
                f"got {images.shape} and {origin.shape}"
            )
        if origin.dtype.kind not in "iu" or origin.min() < 0 or origin.max() >= len(labels):
            raise ValueError(
                f"{name}: expected origins from 0 to {len(labels) - 1}, one for each of the "
                f"labels, got {origin.dtype} from {origin.min()} to {origin.max()}"
            )
    if train.shape[1:] != judge.shape[1:] or train.dtype != judge.dtype:
        raise ValueError(
            f"{name}: expected images of one size and type, got {train.shape[1:]} of "
            f"{train.dtype} and {judge.shape[1:]} of {judge.dtype}"
        )
    top = 255 if train.dtype == np.uint8 else 1
    return train / top, judge / top, *origins


def _nearest(train, judge):
    """For each judging image the place of the nearest training image, and its distance."""
    train, judge = train.reshape(len(train), -1), judge.reshape(len(judge), -1)
    squares = (train**2).sum(axis=1) - 2 * judge @ train.T  # without what is the same for all
    near = squares.argmin(axis=1)
    return near, np.linalg.norm(judge - train[near], axis=1)
