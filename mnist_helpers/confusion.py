"""Open a confusion: a confusion matrix whose counts show the pictures behind them.

The table is plain HTML and holds the counts. ``confusion.js`` beside this module turns each count
of errors into a button, ``confusion.css`` gives the looks; both travel inside the output of a
cell, so that it works on the book's website, in a notebook, and in a file by itself.
"""

import base64
import hashlib
import io
import json
from html import escape
from pathlib import Path

import numpy as np
from PIL import Image

SPRITE_COLUMNS = 32
LEVELS = 16  # of gray: as many as half a byte holds
SUREST = 10  # pictures that are shown while no count is pressed


class ConfusionExplorer:
    """A confusion matrix that opens: press a count, and see the pictures behind it.

    As the last value of a notebook cell it shows itself. The pictures come with the probabilities
    that the network gave to its answer and to the label, the surest error first. Counts on the
    diagonal, the right answers, do not open. Where scripts are off, the table of counts remains.

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
    matrix : ndarray of int, shape (k, k)
        The counts; rows are true classes, columns predicted ones.
    errors : ndarray of int
        Indices of the misread images, in the order of the table's cells, row by row, and within
        a cell the surest first.

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
    >>> explorer.errors
    array([2])
    """

    def __init__(self, images, labels, probabilities):
        images, labels, probabilities = map(np.asarray, (images, labels, probabilities))
        _check(images, labels, probabilities)
        predicted = probabilities.argmax(axis=1)
        classes = probabilities.shape[1]
        self.matrix = np.zeros((classes, classes), int)
        np.add.at(self.matrix, (labels, predicted), 1)

        confidence = probabilities.max(axis=1)
        wrong = np.flatnonzero(predicted != labels)
        # lexsort: the last key counts first
        order = np.lexsort((-confidence[wrong], predicted[wrong], labels[wrong]))
        self.errors = wrong[order]

        self._pictures = images[self.errors]
        self._true, self._predicted = labels[self.errors], predicted[self.errors]
        self._of_predicted = confidence[self.errors]
        self._of_true = probabilities[self.errors, self._true]

    def __repr__(self):
        errors = f"{len(self.errors):,} error{'' if len(self.errors) == 1 else 's'}"
        return f"<ConfusionExplorer: {errors} among {self.matrix.sum():,} images>"

    def _repr_html_(self):
        """The table, and what the script needs: the same data give the same text."""
        data = json.dumps(self._data(), separators=(",", ":"))
        table = _table(self.matrix)
        # it names no element: two of the same on one page must not clash
        digest = hashlib.sha256((table + data).encode()).hexdigest()[:12]
        # without the last attribute, JupyterLab would take the arrow keys for itself
        attributes = f'data-content="{digest}" data-lm-suppress-shortcuts="true"'
        note = (
            "A press on a count shows the pictures behind it wherever scripts may run, "
            "such as on the book's website or in a trusted notebook."
        )
        return f"""\
<style>
{_beside("confusion.css")}</style>
<div class="confusion-explorer" {attributes}>
{table}
<p class="ce-status">{escape(note)}</p>
<ul class="ce-pictures"></ul>
<script type="application/json">{data}</script>
</div>
<script>
{_beside("confusion.js")}</script>"""

    def _data(self):
        """All errors in the order of the sprite: index, true, predicted, and two per mille."""
        per_mille = np.rint(1000 * np.stack([self._of_predicted, self._of_true])).astype(int)
        rows, columns = self._pictures.shape[1:]
        return {
            "sprite": _sprite(self._pictures),
            "spriteColumns": SPRITE_COLUMNS,
            "width": columns,
            "height": rows,
            "errors": np.stack(
                [self.errors, self._true, self._predicted, *per_mille], axis=1
            ).tolist(),
            "surest": np.argsort(-self._of_predicted, kind="stable")[:SUREST].tolist(),
        }


def _check(images, labels, probabilities):
    """Raise ValueError unless the three fit together."""
    if images.ndim != 3:
        raise ValueError(
            f"expected images of shape (n, rows, columns), got {images.shape}: "
            "reshape vectors with vectors.reshape(-1, 28, 28)"
        )
    if labels.ndim != 1 or probabilities.ndim != 2:
        raise ValueError(
            "expected labels of shape (n,) and probabilities of shape (n, classes), "
            f"got {labels.shape} and {probabilities.shape}"
        )
    if not len(images) == len(labels) == len(probabilities):
        raise ValueError(
            "expected a label and a row of probabilities for each image, "
            f"got {len(images)} images, {len(labels)} labels, {len(probabilities)} rows"
        )
    if not len(images):
        raise ValueError("expected at least one image, got none")
    top = 255 if images.dtype == np.uint8 else 1
    if not (images.min() >= 0 and images.max() <= top):  # so written, NaN fails too
        raise ValueError(
            f"expected uint8 pixels, or floats from 0 to 1, "
            f"got {images.dtype} from {images.min()} to {images.max()}"
        )
    classes = probabilities.shape[1]
    if labels.dtype.kind not in "iu" or labels.min() < 0 or labels.max() >= classes:
        raise ValueError(
            f"expected integer labels from 0 to {classes - 1}, one for each column of "
            f"probabilities, got {labels.dtype} from {labels.min()} to {labels.max()}"
        )
    sums = probabilities.sum(axis=1, dtype=float)
    wrong = np.flatnonzero(~((probabilities >= 0).all(axis=1) & np.isclose(sums, 1, atol=1e-3)))
    if len(wrong):
        raise ValueError(
            "expected rows of probabilities, at least 0 and adding up to 1, but row "
            f"{wrong[0]} is {probabilities[wrong[0]]}: does the network end in a softmax?"
        )


def _sprite(pictures):
    """All pictures in one PNG of few gray levels, in base64, dark ink on white."""
    if not len(pictures):
        return ""
    _, height, width = pictures.shape
    top = 255 if pictures.dtype == np.uint8 else 1
    sheet = np.zeros((-(-len(pictures) // SPRITE_COLUMNS), height, SPRITE_COLUMNS, width), np.uint8)
    for place, picture in enumerate(np.rint(pictures / top * (LEVELS - 1))):
        row, column = divmod(place, SPRITE_COLUMNS)
        sheet[row, :, column] = picture
    sprite = Image.fromarray(sheet.reshape(-1, SPRITE_COLUMNS * width))
    grays = np.linspace(255, 0, LEVELS, dtype=np.uint8)
    sprite.putpalette(grays.repeat(3).tolist())  # red, green, and blue alike
    file = io.BytesIO()
    sprite.save(file, "PNG", bits=4, optimize=True)
    return base64.b64encode(file.getvalue()).decode("ascii")


def _table(matrix):
    """The counts as an HTML table; how dark a cell of errors is goes with its count."""
    classes = len(matrix)
    most = max(1, (matrix - np.diag(matrix.diagonal())).max())
    columns = "".join(f'<th scope="col">{name}</th>' for name in range(classes))
    rows = []
    for true in range(classes):
        cells = "".join(
            f'<td class="ce-right">{count}</td>'
            if true == predicted
            else f'<td style="--ce-share:{count / most:.2f}">{count}</td>'
            for predicted, count in enumerate(matrix[true])
        )
        axis = f'<th scope="rowgroup" rowspan="{classes}"><span>true</span></th>' * (true == 0)
        rows.append(f'<tr>{axis}<th scope="row">{true}</th>{cells}</tr>')
    body = "\n".join(rows)
    wrong = matrix.sum() - matrix.trace()
    caption = f"Confusion matrix: {matrix.sum():,} images, {wrong:,} of them misread"
    return f"""\
<table>
<caption>{caption}</caption>
<colgroup class="ce-names" span="2"></colgroup>
<colgroup span="{classes}"></colgroup>
<thead>
<tr><td colspan="2" rowspan="2"></td><th scope="colgroup" colspan="{classes}">predicted</th></tr>
<tr>{columns}</tr>
</thead>
<tbody>
{body}
</tbody>
</table>"""


def _beside(name):
    return Path(__file__).with_name(name).read_text("utf-8")
