"""Open a confusion: a confusion matrix whose cells show the pictures behind them.

This module counts, and turns counts into shares; ``confusion.js`` beside it makes each cell with
errors a button, and switches between counts, shares, and networks.
"""

import numpy as np

from mnist_helpers.live.base import LiveFigure
from mnist_helpers.live.checks import check_answers
from mnist_helpers.live.digits import sprite

VIEWS = {  # name -> what its numbers are
    "counts": "Images, by what they are (row) and what they are read as (column).",
    "percent of row": "Of all images of a digit, how many percent were read as what?",
    "errors by row": "When a digit is misread, what is it taken for? Percent of the row’s errors.",
    "errors by column": "When an answer is wrong, what was it? Percent of the column’s errors.",
}
PRINTED = ("counts", "errors by row", "errors by column")


class ConfusionExplorer(LiveFigure):
    """A confusion matrix that opens: press a cell, and see the pictures behind it.

    As the last value of a notebook cell it shows itself. Switches turn the counts into shares of
    rows, of a row's errors, or of a column's errors, and lead from network to network. The
    pictures come with the probabilities that the network gave to its answer and to the label, the
    surest error first. The diagonal, the right answers, does not open. Where scripts are off,
    tables of the first network remain.

    Parameters
    ----------
    images : array_like, shape (n, rows, columns)
        Gray images; uint8 from 0 (background) to 255 (ink), or floats from 0 to 1.
    labels : array_like of int, shape (n,)
        The true classes, 0 to k - 1.
    probabilities : array_like of float, shape (n, k) or (m, n, k)
        What a network answers, in each row one probability for each class; or what m networks do,
        which were trained from the seeds 0 to m - 1.

    Attributes
    ----------
    matrices : ndarray of int, shape (m, k, k)
        The counts of each network; rows are true classes, columns predicted ones.
    matrix : ndarray of int, shape (k, k)
        Those of the first.
    errors : list of ndarray of int
        For each network the indices of the images that it misreads, the surest first.

    Raises
    ------
    ValueError
        If the shapes do not fit together, pixels or labels are out of range, or a row is not a
        row of probabilities.

    Examples
    --------
    >>> images = np.zeros((3, 28, 28), np.uint8)
    >>> explorer = ConfusionExplorer(images, [0, 1, 1], [[0.9, 0.1], [0.2, 0.8], [0.7, 0.3]])
    >>> explorer
    <ConfusionExplorer: 1 error among 3 images>
    >>> explorer.matrix
    array([[1, 0],
           [1, 1]])
    >>> explorer.shares("errors by column")
    array([[  0.,   0.],
           [100.,   0.]])
    """

    name = "confusion"
    scripts = ("sprites.js", "confusion.js")

    def __init__(self, images, labels, probabilities):
        images, labels, probabilities = map(np.asarray, (images, labels, probabilities))
        self._probabilities = probabilities if probabilities.ndim == 3 else probabilities[None]
        if not len(self._probabilities):
            raise ValueError("expected the probabilities of at least one network, got none")
        for given in self._probabilities:
            check_answers(images, labels, given)
        classes = probabilities.shape[-1]
        self._images, self._labels = images, labels
        self._answers = self._probabilities.argmax(axis=2)
        self.matrices = np.zeros((len(self._answers), classes, classes), int)
        self.errors = []
        for matrix, answers, given in zip(self.matrices, self._answers, self._probabilities):
            np.add.at(matrix, (labels, answers), 1)
            wrong = np.flatnonzero(answers != labels)
            order = np.argsort(-given[wrong].max(axis=1), kind="stable")
            self.errors.append(wrong[order])
        self.matrix = self.matrices[0]

    def __repr__(self):
        count = len(self.errors[0])
        errors = f"{count:,} error{'' if count == 1 else 's'}"
        networks = len(self.errors)
        more = f", and {networks - 1} more network{'s' * (networks > 2)}" * (networks > 1)
        return f"<ConfusionExplorer: {errors} among {len(self._labels):,} images{more}>"

    def shares(self, view, network=0):
        """The numbers of a view: counts, or percent.

        Parameters
        ----------
        view : str
            "counts", "percent of row", "errors by row", or "errors by column". The last two are
            without the diagonal.
        network : int, optional

        Returns
        -------
        ndarray, shape (k, k)
        """
        matrix = self.matrices[network]
        if view == "counts":
            return matrix
        if view != "percent of row":
            matrix = matrix - np.diag(matrix.diagonal())
        sums = matrix.sum(axis=int(view != "errors by column"), keepdims=True)
        return 100 * matrix / sums.clip(1)  # a class without images or errors has shares of 0

    def still(self):
        """Counts and errors of the first network as tables."""
        tables = "\n".join(
            _table(f"{_amount(self.matrix)} {VIEWS[view]}", self._texts(view, 0))
            for view in PRINTED
        )
        return (
            f'<div class="confusion-explorer">\n{tables}\n'
            "<p>A press on a number shows the pictures behind it wherever scripts may run, "
            "such as on the book's website or in a trusted notebook.</p>\n</div>"
        )

    def data(self):
        """The pictures of all errors, and for each network its numbers, as text, and its errors.

        An error is the place of its picture, the answer, and the probabilities of answer and label
        per mille.
        """
        shown = np.unique(np.concatenate(self.errors))
        height, width = self._images.shape[1:]
        networks = []
        for network, wrong in enumerate(self.errors):
            answers, given = self._answers[network, wrong], self._probabilities[network, wrong]
            each = np.arange(len(wrong))
            pair = np.stack([given[each, answers], given[each, self._labels[wrong]]], axis=1)
            per_mille = np.rint(1000 * pair).astype(int)
            places = np.searchsorted(shown, wrong)
            networks.append(
                {
                    "amount": _amount(self.matrices[network]),
                    "texts": [self._texts(view, network) for view in VIEWS],
                    "errors": np.column_stack([places, answers, per_mille]).tolist(),
                }
            )
        return {
            "sprite": sprite(self._images[shown]),
            "width": width,
            "height": height,
            "pictures": np.column_stack([shown, self._labels[shown]]).tolist(),
            "views": list(VIEWS.items()),
            "networks": networks,
        }

    def _texts(self, view, network):
        """The numbers of a view as rows of texts."""
        digits = int(view == "percent of row")  # where all but the diagonal is small
        rows = [
            [f"{value:.{digits}f}" if value else "0" for value in row]
            for row in self.shares(view, network)
        ]
        if view.startswith("errors"):
            for true in range(len(rows)):
                rows[true][true] = ""
        return rows


def _amount(matrix):
    return f"{matrix.sum():,} images, {matrix.sum() - matrix.trace():,} of them misread."


def _table(caption, texts):
    """One view as an HTML table; how dark a cell of errors is goes with its number."""
    classes = len(texts)
    beside = ~np.eye(classes, dtype=bool)
    most = np.array(texts)[beside].astype(float).max(initial=0) or 1
    columns = "".join(f'<th scope="col">{name}</th>' for name in range(classes))
    rows = []
    for true, row in enumerate(texts):
        cells = "".join(
            f'<td class="right">{text}</td>'
            if true == predicted
            else f'<td style="--share:{float(text) / most:.2f}">{text}</td>'
            for predicted, text in enumerate(row)
        )
        axis = f'<th scope="rowgroup" rowspan="{classes}"><span>true</span></th>' * (true == 0)
        rows.append(f'<tr>{axis}<th scope="row">{true}</th>{cells}</tr>')
    body = "\n".join(rows)
    return f"""\
<table>
<caption>{caption}</caption>
<colgroup class="names" span="2"></colgroup>
<colgroup span="{classes}"></colgroup>
<thead>
<tr><td colspan="2" rowspan="2"></td><th scope="colgroup" colspan="{classes}">predicted</th></tr>
<tr>{columns}</tr>
</thead>
<tbody>
{body}
</tbody>
</table>"""
