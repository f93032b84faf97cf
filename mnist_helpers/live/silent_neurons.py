"""What the neurons of a layer answer, batch after batch, in trainings side by side.

``silent_neurons.js`` beside this module has the slider over the batches.
"""

import base64
from html import escape

import numpy as np

from mnist_helpers.live.base import LiveFigure


class SilentNeurons(LiveFigure):
    """The outputs of a layer's neurons during training: which answer, and which fall silent.

    Each run is a grid, a row for each image and a column for each neuron; a slider goes over the
    batches. A neuron with relu that answers 0 is silent.

    Parameters
    ----------
    runs : dict of str to array_like, shape (moments, images, neurons)
        For each run the outputs before the first batch, after one batch, after two, and so on. All
        runs have the same shape. NaN, from a training that overflowed, is shown as such.
    labels : array_like of int, shape (images,)
        What the images show.

    Attributes
    ----------
    active : dict of str to ndarray of int, shape (moments,)
        How many neurons answer anything but 0 to at least one of the images.

    Raises
    ------
    ValueError
        If the shapes do not fit together, or an output is negative: relu gives none.

    Examples
    --------
    >>> outputs = [[[0.5, 1.0], [0.0, 0.0]], [[0.0, 2.0], [0.0, 0.0]], [[0, 0], [0, 0]]]
    >>> SilentNeurons({"a run": outputs}, [3, 8]).active
    {'a run': array([2, 1, 0])}
    """

    name = "silent-neurons"
    scripts = ("silent_neurons.js",)

    def __init__(self, runs, labels):
        runs = {name: np.asarray(outputs, np.float32) for name, outputs in runs.items()}
        shapes = {outputs.shape for outputs in runs.values()}
        if len(shapes) != 1 or len(next(iter(shapes))) != 3 or 0 in next(iter(shapes)):
            raise ValueError(
                "expected runs of one shape, (moments, images, neurons), "
                f"got {', '.join(map(str, sorted(shapes))) or 'none'}"
            )
        self._shape = next(iter(shapes))
        labels = np.asarray(labels)
        if labels.shape != self._shape[1:2]:
            raise ValueError(f"expected {self._shape[1]} labels, got {labels.shape}")
        for name, outputs in runs.items():
            if (outputs < 0).any():
                raise ValueError(
                    f"{name}: expected outputs of relu, at least 0, got {np.nanmin(outputs)}"
                )
        # written so that NaN counts as an answer
        self.active = {
            name: (outputs != 0).any(axis=1).sum(axis=1) for name, outputs in runs.items()
        }
        self._runs, self._labels = runs, labels

    def data(self):
        """The outputs of each run as float32 in base64, and what is counted."""
        moments, images, neurons = self._shape
        return {
            "moments": moments,
            "images": images,
            "neurons": neurons,
            "labels": self._labels.tolist(),
            "runs": [
                {
                    "name": name,
                    "active": self.active[name].tolist(),
                    "outputs": base64.b64encode(outputs.astype("<f4").tobytes()).decode(),
                }
                for name, outputs in self._runs.items()
            ],
        }

    def still(self):
        """The number of active neurons at some of the moments, as a table."""
        moments, _, neurons = self._shape
        at = np.unique(np.rint(np.linspace(0, moments - 1, min(moments, 7))).astype(int))
        head = "".join(f'<th scope="col">{moment}</th>' for moment in at)
        rows = "".join(
            f'<tr><th scope="row">{escape(name)}</th>'
            + "".join(f"<td>{count}</td>" for count in active[at])
            + "</tr>"
            for name, active in self.active.items()
        )
        return (
            f"<table>\n<caption>Of {neurons} neurons, so many answer anything but 0</caption>\n"
            f'<thead><tr><th scope="col">after batches</th>{head}</tr></thead>\n'
            f"<tbody>{rows}</tbody>\n</table>"
        )
