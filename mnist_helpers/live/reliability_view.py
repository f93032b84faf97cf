"""A reliability diagram with a temperature to slide: does 90% sure mean right nine times in ten?

All that the diagram shows is counted here, for each temperature; ``reliability_view.js`` beside
this module draws it.
"""

import numpy as np
from scipy.special import log_softmax

from mnist_helpers.live.base import LiveFigure

TEMPERATURES = [twentieths / 20 for twentieths in range(10, 61)]  # 0.5 to 3
BINS = 10
DRAWS = 200  # of a network that keeps its promises exactly
NINE_IN_TEN = (5, 95)  # percentiles


class ReliabilityView(LiveFigure):
    """Share right against confidence in ten bins, what luck alone gives, and a temperature.

    The temperature divides the sums before the softmax, which are known from the probabilities up
    to a constant. What luck gives comes from 200 draws, in which each answer is right with exactly
    its confidence.

    Parameters
    ----------
    probabilities : array_like of float, shape (n, k)
        What the network answers: in each row one probability for each class.
    labels : array_like of int, shape (n,)
        The true classes, 0 to k - 1.
    seed : int, default 0
        Of the draws.

    Raises
    ------
    ValueError
        If the shapes do not fit together, labels are out of range, or a row is not a row of
        probabilities.

    Examples
    --------
    >>> rows = np.array([[0.9, 0.1]] * 10 + [[0.3, 0.7]] * 10)
    >>> view = ReliabilityView(rows, [0] * 9 + [1] + [1] * 5 + [0] * 5)
    >>> view
    <ReliabilityView: 20 answers, 70.0% right>
    >>> [(low, count, float(right)) for low, count, _, right, _ in view.at(1)["bins"]]
    [(0.7, 10, 0.5), (0.9, 10, 0.9)]
    >>> print(f"{view.at(1)['error']:.2f}")  # half of the answers promise 0.2 too much
    0.10
    """

    name = "reliability-view"
    scripts = ("reliability_view.js",)

    def __init__(self, probabilities, labels, seed=0):
        probabilities, labels = np.asarray(probabilities, float), np.asarray(labels)
        if probabilities.ndim != 2 or labels.shape != probabilities.shape[:1]:
            raise ValueError(
                "expected probabilities of shape (n, classes) and labels of shape (n,), "
                f"got {probabilities.shape} and {labels.shape}"
            )
        if not len(labels) or labels.min() < 0 or labels.max() >= probabilities.shape[1]:
            raise ValueError(f"expected labels from 0 to {probabilities.shape[1] - 1}")
        if not np.allclose(probabilities.sum(axis=1), 1, atol=1e-3) or probabilities.min() < 0:
            raise ValueError("expected rows that add up to 1: does the network end in a softmax?")
        self._sums = np.log(np.maximum(probabilities, 1e-30))  # the logarithm of 0 is -inf
        self._labels = labels
        self._right = probabilities.argmax(axis=1) == labels
        # the same luck at all temperatures, or the band would jump as one slides
        self._luck = np.random.default_rng(seed).random((DRAWS, len(labels)), np.float32)

    def __repr__(self):
        return f"<ReliabilityView: {len(self._labels):,} answers, {self._right.mean():.1%} right>"

    def at(self, temperature):
        """What the diagram shows at a temperature.

        Parameters
        ----------
        temperature : float
            What the sums before the softmax are divided by.

        Returns
        -------
        dict
            ``loss``, the cross-entropy; ``confidence``, the mean; ``error``, the expected
            calibration error, and ``luck``, its 5th and 95th percentile by luck alone; ``bins``,
            for each bin that is not empty its lower edge, the number of its answers, their mean
            confidence, the share right, and the 5th and 95th percentile of that by luck.
        """
        logs = log_softmax(self._sums / temperature, axis=1)
        of_label = logs[np.arange(len(logs)), self._labels]
        confidence = np.exp(logs.max(axis=1))
        bin_of = np.minimum((BINS * confidence).astype(int), BINS - 1)
        member = np.eye(BINS, dtype=np.float32)[bin_of]
        count = member.sum(axis=0)
        promised = np.bincount(bin_of, confidence, BINS)
        right = np.bincount(bin_of, self._right, BINS)
        by_luck = (self._luck < confidence).astype(np.float32) @ member
        errors = abs(promised - by_luck).sum(axis=1) / len(logs)
        band = np.percentile(by_luck, NINE_IN_TEN, axis=0).T
        return {
            "loss": -of_label.mean(),
            "confidence": confidence.mean(),
            "error": abs(promised - right).sum() / len(logs),
            "luck": np.percentile(errors, NINE_IN_TEN),
            "bins": [
                (i / BINS, int(n), promised[i] / n, right[i] / n, band[i] / n)
                for i, n in enumerate(count)
                if n
            ],
        }

    def data(self):
        """All of `at`, for each temperature, as flat rows."""
        rows = []
        for temperature in TEMPERATURES:
            found = self.at(temperature)
            head = [found["loss"], found["confidence"], found["error"], *found["luck"]]
            bins = [[low, n, c, right, *luck] for low, n, c, right, luck in found["bins"]]
            rows.append([_rounded(head, 5), *(_rounded(row, 4) for row in bins)])
        return {
            "temperatures": TEMPERATURES,
            "rows": rows,
            "accuracy": round(float(self._right.mean()), 5),
            "answers": len(self._labels),
        }

    def still(self):
        """The diagram at a temperature of 1 as a table, and loss and error at some others."""
        bins = "".join(
            f'<tr><th scope="row">{low:.1f} to {low + 0.1:.1f}</th><td>{n:,}</td><td>{c:.1%}</td>'
            f"<td>{right:.1%}</td><td>{luck[0]:.0%} to {luck[1]:.0%}</td></tr>"
            for low, n, c, right, luck in self.at(1)["bins"]
        )
        others = ""
        for temperature in (0.5, 1, 1.25, 1.5, 2, 3):
            found = self.at(temperature)
            others += (
                f'<tr><th scope="row">{temperature:g}</th><td>{found["loss"]:.4f}</td>'
                f"<td>{found['confidence']:.1%}</td><td>{found['error']:.2%}</td>"
                "<td>{:.2%} to {:.2%}</td></tr>".format(*found["luck"])
            )
        return (
            "<table>\n<caption>Does the network keep its promises?</caption>\n<thead><tr>"
            f"{_heads('confidence', 'answers', 'promised', 'right', 'by luck alone')}</tr></thead>"
            f"\n<tbody>{bins}</tbody>\n</table>\n<table>\n<caption>With the sums divided by a "
            f"temperature; {self._right.mean():.1%} are right with each</caption>\n<thead><tr>"
            f"{_heads('temperature', 'loss', 'promised', 'calibration error', 'by luck alone')}"
            f"</tr></thead>\n<tbody>{others}</tbody>\n</table>"
        )


def _rounded(values, digits):
    return [round(float(value), digits) for value in values]


def _heads(*names):
    return "".join(f'<th scope="col">{name}</th>' for name in names)
