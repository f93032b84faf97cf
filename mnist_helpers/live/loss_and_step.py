"""Loss and step: what a probability costs, and how steps go down a valley.

``loss_and_step.js`` beside this module draws both and takes the steps.
"""

import numpy as np

from mnist_helpers.live.base import LiveFigure

MOST = 60  # steps of a run
FLAT = 0.001  # a slope below it is the bottom
TAIL = 10  # weights at the end that tell creeping from jumping
OUT = 1000  # a weight beyond it has flown out


class LossAndStep(LiveFigure):
    """A probability to drag with its loss beside it, and a weight that steps down a valley.

    There are two valleys. "one" is the loss of a neuron with one weight w and a sigmoid on three
    images in which its pixel has ink, two of the right digit and one of another: the mean of -ln p,
    with p = 1 / (1 + exp(-w)) for the first two and 1 - p for the third. "two" is a curve with a
    low valley on the left and a higher one on the right.

    Examples
    --------
    >>> figure = LossAndStep()
    >>> loss, slope = figure.valley("one", 0.0)
    >>> print(f"{loss:.3f} {slope:.3f}")
    0.693 -0.167
    >>> figure.descend("one", start=-3.0, rate=2.0)[1]
    'arrived'
    """

    name = "loss-and-step"
    scripts = ("loss_and_step.js",)

    @staticmethod
    def valley(which, weight):
        """Loss and slope at a weight.

        Parameters
        ----------
        which : {"one", "two"}
        weight : float

        Returns
        -------
        loss, slope : float
        """
        if which == "one":
            loss = (2 * np.logaddexp(0, -weight) + np.logaddexp(0, weight)) / 3
            return loss, 1 / (1 + np.exp(-weight)) - 2 / 3
        if which == "two":
            u = weight / 2.5
            return 0.3 * (u * u - 1) ** 2 + 0.12 * weight + 0.6, 0.48 * u * (u * u - 1) + 0.12
        raise ValueError(f'expected "one" or "two", got {which!r}')

    def descend(self, which, start, rate):
        """Steps of gradient descent: each is minus the rate times the slope.

        Parameters
        ----------
        which : {"one", "two"}
        start : float
            The first weight.
        rate : float
            The step size.

        Returns
        -------
        weights : list of float
            At most 61: before the first step and after each.
        end : {"arrived", "creeps", "jumps", "out"}
            Arrived where the slope is below 0.001; after 60 steps still on its way, or jumping from
            side to side; or farther than 1,000 from 0.
        """
        weights = [float(start)]
        while len(weights) <= MOST:
            slope = self.valley(which, weights[-1])[1]
            if abs(slope) < FLAT:
                return weights, "arrived"
            weights.append(float(weights[-1] - rate * slope))
            if abs(weights[-1]) > OUT:
                return weights, "out"
        if abs(self.valley(which, weights[-1])[1]) < FLAT:
            return weights, "arrived"
        directions = set(np.sign(np.diff(weights[-TAIL:])))
        return weights, "creeps" if len(directions) == 1 else "jumps"

    def data(self):
        """Nothing: the script knows both valleys."""
        return {}

    def still(self):
        """Two tables: losses of some probabilities, and ends of some runs."""
        losses = "".join(
            f"<tr><td>{p}</td><td>{-np.log(p):.2f}</td></tr>" for p in (0.99, 0.9, 0.5, 0.1, 0.01)
        )
        runs = ""
        for rate in (0.1, 2, 20):
            weights, end = self.descend("one", -3.0, rate)
            word = {"creeps": "still on its way", "jumps": "jumps from side to side"}.get(end, end)
            last = f"{weights[-1]:.2f}".replace("-", "\N{MINUS SIGN}")
            runs += f"<tr><td>{rate}</td><td>{len(weights) - 1}</td><td>{last}</td>"
            runs += f"<td>{word}</td></tr>"
        return (
            "<table>\n<caption>What a probability of the right digit costs</caption>\n<thead><tr>"
            '<th scope="col">probability p</th><th scope="col">loss, \N{MINUS SIGN}ln p</th></tr>'
            f"</thead>\n<tbody>{losses}</tbody>\n</table>\n<table>\n<caption>One weight steps down "
            "a valley, from \N{MINUS SIGN}3; its bottom is at 0.69</caption>\n<thead><tr>"
            '<th scope="col">step size</th><th scope="col">steps</th><th scope="col">last weight'
            f'</th><th scope="col">what happened</th></tr></thead>\n<tbody>{runs}</tbody>\n</table>'
        )
