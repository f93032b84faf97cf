"""A threshold to drag: what a network answers, what it leaves to a person, and what both cost.

``threshold_view.js`` beside this module shows the counts of a threshold, and the images next to it.
"""

import numpy as np

from mnist_helpers.live.base import LiveFigure
from mnist_helpers.live.checks import check_answers
from mnist_helpers.live.digits import sprite

THRESHOLDS = [*(hundredths / 100 for hundredths in range(100)), 0.995, 0.999]
BESIDE = 5  # images that are shown on each side of the threshold


class ThresholdView(LiveFigure):
    """Right and wrong answers over their confidence, and a threshold to drag through them.

    The confidence of an answer is its probability, the largest of the row. What lies below the
    threshold is left to a person.

    Parameters
    ----------
    images : array_like, shape (n, rows, columns)
        Gray images; uint8 from 0 (background) to 255 (ink), or floats from 0 to 1.
    labels : array_like of int, shape (n,)
        The true classes, 0 to k - 1.
    probabilities : array_like of float, shape (n, k)
        What the network answers: in each row one probability for each class.
    price : float, default 10
        Of a wrong answer, where a question to a person costs 1.

    Raises
    ------
    ValueError
        If the shapes do not fit together, pixels or labels are out of range, or a row is not a
        row of probabilities.

    Examples
    --------
    >>> images = np.zeros((3, 28, 28), np.uint8)
    >>> view = ThresholdView(images, [0, 1, 1], [[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]])
    >>> view
    <ThresholdView: 3 answers, 1 of them wrong>
    >>> view.counts(0.7)  # all three answered, at 0.5; the wrong one refused, at 0.7
    (2, 0, 0, 1)
    >>> view.cost(0.5), view.cost(0.7)
    (10, 1)
    """

    name = "threshold-view"
    scripts = ("sprites.js", "threshold_view.js")

    def __init__(self, images, labels, probabilities, price=10):
        images, labels, probabilities = map(np.asarray, (images, labels, probabilities))
        check_answers(images, labels, probabilities)
        order = np.argsort(probabilities.max(axis=1), kind="stable")
        self._images, self._labels = images[order], labels[order]
        self._confidence = probabilities.max(axis=1)[order]
        self._answers = probabilities.argmax(axis=1)[order]
        self._right = self._answers == self._labels
        self._price = price

    def __repr__(self):
        return (
            f"<ThresholdView: {len(self._right):,} answers, {(~self._right).sum():,} of them wrong>"
        )

    def counts(self, threshold):
        """Right and wrong among the answered, right and wrong among the refused.

        Parameters
        ----------
        threshold : float
            An answer is given if its confidence is at least this.

        Returns
        -------
        tuple of int
        """
        sure = self._confidence >= threshold
        parts = (sure & self._right, sure & ~self._right, ~sure & self._right, ~sure & ~self._right)
        return tuple(int(part.sum()) for part in parts)

    def cost(self, threshold):
        """One for each refused image, and the price for each wrong answer."""
        _, wrong, *refused = self.counts(threshold)
        return sum(refused) + self._price * wrong

    def data(self):
        """The counts of each threshold, and the images next to one of them, the least sure first.

        `firsts` has for each threshold the place of the first image that is answered.
        """
        firsts = np.searchsorted(self._confidence, THRESHOLDS)
        beside = firsts[:, None] + np.arange(-BESIDE, BESIDE)
        kept = np.unique(beside[(beside >= 0) & (beside < len(self._right))])
        height, width = self._images.shape[1:]
        # cut off, not rounded: what is below the threshold has to look so
        confidence = np.floor(10_000 * self._confidence[kept]).astype(int)
        return {
            "sprite": sprite(self._images[kept]),
            "width": width,
            "height": height,
            "thresholds": THRESHOLDS,
            "counts": [self.counts(threshold) for threshold in THRESHOLDS],
            "firsts": np.searchsorted(kept, firsts).tolist(),
            "images": np.stack(
                [self._labels[kept], self._answers[kept], confidence], axis=1
            ).tolist(),
            "beside": BESIDE,
            "price": self._price,
        }

    def still(self):
        """Two tables: right and wrong answers by confidence, and what some thresholds give."""
        edges = [0, 0.3, 0.5, 0.7, 0.9, 0.99]
        above = np.array([self.counts(edge)[:2] for edge in edges])
        bins = above - np.vstack([above[1:], [0, 0]])
        by_confidence = "".join(
            f'<tr><th scope="row">{low:g} to {high:g}</th><td>{right:,}</td><td>{wrong:,}</td>'
            f"<td>{_share(wrong, right + wrong)}</td></tr>"
            for low, high, (right, wrong) in zip(edges, [*edges[1:], 1], bins)
        )
        by_threshold = ""
        for threshold in (0, 0.5, 0.9, 0.99):
            right, wrong, *refused = self.counts(threshold)
            by_threshold += (
                f'<tr><th scope="row">{threshold:g}</th><td>{right + wrong:,}</td>'
                f"<td>{_share(right, right + wrong)}</td><td>{_share(refused[1], sum(refused))}"
                f"</td><td>{self.cost(threshold):,}</td></tr>"
            )
        return (
            "<table>\n<caption>Right and wrong answers by their confidence</caption>\n<thead><tr>"
            f"{_heads('confidence', 'right', 'wrong', 'share wrong')}</tr></thead>\n"
            f"<tbody>{by_confidence}</tbody>\n</table>\n<table>\n<caption>What a threshold gives; "
            f"a question costs 1, a wrong answer {self._price:g}</caption>\n<thead><tr>"
            f"{_heads('threshold', 'answered', 'right of these', 'wrong of the refused', 'cost')}"
            f"</tr></thead>\n<tbody>{by_threshold}</tbody>\n</table>"
        )


def _share(part, whole):
    return f"{part / whole:.1%}" if whole else "\N{EN DASH}"


def _heads(*names):
    return "".join(f'<th scope="col">{name}</th>' for name in names)
