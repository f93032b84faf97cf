"""Learners as points of error against time, and a slider for the images that they learn from.

``learner_race.js`` beside this module moves the points. This module needs no NumPy: chapter 11
shows the figure before it tells NumPy how many cores to use.
"""

from html import escape
from statistics import mean

from mnist_helpers.live.base import LiveFigure

HOW = {  # how each learner of chapter 11 decides
    "nearest mean": "picks the digit whose mean image is nearest",
    "naive Bayes": "asks each pixel by itself how often it is inked in each digit",
    "logistic regression": "one weighted sum of the pixels per digit, then softmax",
    "linear SVM": "one weighted sum per digit, as far as can be from the other digits' images",
    "kernel SVM": "weighs how similar the image is to the training images that lie near a border",
    "k nearest neighbors": "lets the training images most like this one vote",
    "random forest": "a hundred trees of yes-or-no questions about single pixels vote",
    "extra trees": "as the forest, but the thresholds in its questions are drawn by lot",
    "gradient boosting": "adds up small trees, each grown to correct the sum of those before it",
    "network 128-10": "128 relu neurons look at the pixels, ten softmax neurons at these",
    "network 512-10": "512 relu neurons look at the pixels, ten softmax neurons at these",
}


class LearnerRace(LiveFigure):
    """Error against seconds, both on logarithmic axes, for several sizes of the training set.

    Parameters
    ----------
    runs : list of dict
        Each with ``name`` of the learner, ``images`` that it fitted, ``accuracy`` on new ones,
        ``fit_seconds``, and ``predict_seconds``; as in ``measured("classics")["runs"]``.
    how : dict of str to str, optional
        How each learner decides, in a line; without it, what is known of chapter 11's.
    answers : int, default 10000
        The images that each learner read in the time to predict.

    Raises
    ------
    ValueError
        If there are no runs, one lacks an entry, or a learner has none for one of the sizes.

    Examples
    --------
    >>> run = {"name": "nearest mean", "images": 300, "fit_seconds": 0.01, "predict_seconds": 0.03}
    >>> race = LearnerRace([run | {"accuracy": 0.79}, run | {"accuracy": 0.75}])
    >>> race
    <LearnerRace: 1 learner on 300 images>
    >>> race.at("nearest mean", 300)["errors"]  # the mean, the lowest, and the highest
    (0.23, 0.21, 0.25)
    """

    name = "learner-race"
    scripts = ("learner_race.js",)

    def __init__(self, runs, how=None, answers=10_000):
        needed = {"name", "images", "accuracy", "fit_seconds", "predict_seconds"}
        if not runs or any(needed - run.keys() for run in runs):
            raise ValueError(f"expected runs, each with {', '.join(sorted(needed))}")
        self._runs, self._answers = list(runs), answers
        self._how = HOW if how is None else how
        self.learners = list(dict.fromkeys(run["name"] for run in runs))
        self.sizes = sorted({run["images"] for run in runs})
        for learner in self.learners:
            for size in self.sizes:
                if not self._of(learner, size):
                    raise ValueError(f"{learner} has no run with {size:,} images")

    def __repr__(self):
        count = len(self.learners)
        sizes = ", ".join(f"{size:,}" for size in self.sizes)
        return f"<LearnerRace: {count} learner{'s' * (count > 1)} on {sizes} images>"

    def _of(self, learner, size):
        return [r for r in self._runs if r["name"] == learner and r["images"] == size]

    def at(self, learner, size):
        """What is shown of a learner that has fitted so many images.

        Returns
        -------
        dict
            ``errors``, the mean of its runs, the lowest, and the highest; ``fit`` and ``predict``,
            the seconds of its fastest run; ``runs``, how many there are.
        """
        runs = self._of(learner, size)
        errors = [1 - run["accuracy"] for run in runs]
        return {
            "errors": tuple(round(e, 6) for e in (mean(errors), min(errors), max(errors))),
            "fit": min(run["fit_seconds"] for run in runs),
            "predict": min(run["predict_seconds"] for run in runs),
            "runs": len(runs),
        }

    def data(self):
        """All of `at`, and how each learner decides."""
        return {
            "answers": self._answers,
            "sizes": self.sizes,
            "learners": [
                {
                    "name": learner,
                    "how": self._how.get(learner, ""),
                    "network": learner.startswith("network"),
                    "at": [self.at(learner, size) for size in self.sizes],
                }
                for learner in self.learners
            ],
        }

    def still(self):
        """Errors with each number of images, and the seconds to predict, as tables."""
        errors, seconds = "", ""
        for learner in self.learners:
            at = [self.at(learner, size) for size in self.sizes]
            cells = "".join(f"<td>{_span(*found['errors'][1:])}</td>" for found in at)
            errors += f'<tr><th scope="row">{escape(learner)}</th>{cells}</tr>'
            cells = "".join(f"<td>{found['predict']:.2g}</td>" for found in at)
            seconds += f'<tr><th scope="row">{escape(learner)}</th>{cells}</tr>'
        heads = "".join(f'<th scope="col">{size:,}</th>' for size in self.sizes)
        head = f'<thead><tr><th scope="col">images</th>{heads}</tr></thead>'
        return (
            "<table>\n<caption>Errors after learning from so many images, lowest to highest run"
            f"</caption>\n{head}\n<tbody>{errors}</tbody>\n</table>\n<table>\n<caption>Seconds to "
            f"read {self._answers:,} images</caption>\n{head}\n<tbody>{seconds}</tbody>\n</table>"
        )


def _span(low, high):
    texts = f"{low:.1%}", f"{high:.1%}"
    return texts[0] if texts[0] == texts[1] else "\N{EN DASH}".join(texts)
