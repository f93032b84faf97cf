"""Point at a pixel: its row, its column, its number, and its place in the vector.

``pixel_view.js`` beside this module answers, ``pixel_view.css`` gives the looks.
"""

import base64

import numpy as np

from mnist_helpers.live.base import LiveFigure
from mnist_helpers.live.still import png

MOST = 60  # images: 47 kB


class PixelView(LiveFigure):
    """Images whose pixels answer: row, column, value, and place in the vector.

    As the last value of a notebook cell it shows itself. Where scripts are off, the first image
    remains, with one of its pixels as an example.

    Parameters
    ----------
    images : array_like of uint8, shape (n, rows, columns)
        One to 60 gray images, from 0 (background) to 255 (ink).
    labels : array_like of int, shape (n,)
        What they show.

    Raises
    ------
    ValueError
        If the shapes do not fit together, or the images are not bytes.

    Examples
    --------
    >>> PixelView(np.zeros((3, 28, 28), np.uint8), [5, 0, 4])
    <PixelView: 3 images of 28 by 28 pixels>
    """

    name = "pixel-view"
    scripts = ("pixels.js", "pixel_view.js")

    def __init__(self, images, labels):
        self._images, self._labels = check_images(images, labels)
        if len(self._images) > MOST:
            raise ValueError(
                f"expected at most {MOST} images, got {len(self._images):,}: "
                "choose some, such as images[:20]"
            )

    def __repr__(self):
        count, rows, columns = self._images.shape
        plural = "" if count == 1 else "s"
        return f"<PixelView: {count} image{plural} of {rows} by {columns} pixels>"

    def data(self):
        """All pixels as bytes in base64, and the labels."""
        count, rows, columns = self._images.shape
        return {
            "rows": rows,
            "columns": columns,
            "labels": self._labels.tolist(),
            "pixels": base64.b64encode(self._images.tobytes()).decode("ascii"),
        }

    def still(self):
        """The first image, and its darkest pixel as an example."""
        image, label = self._images[0], self._labels[0]
        row, column = divmod(int(image.argmax()), image.shape[1])
        return (
            f"<p>{png(image, 6, f'The first image, a {label}, with its pixels as squares.')}</p>\n"
            f"<p>A {label} in {image.shape[0]} rows and {image.shape[1]} columns, counted from 0. "
            f"In row {row}, column {column} stands {image[row, column]}: of all {image.size} "
            f"numbers in one line, row after row, the one at place {row} · {image.shape[1]} + "
            f"{column} = {row * image.shape[1] + column}.</p>"
        )


def check_images(images, labels):
    """Return both as arrays, or raise ValueError unless they fit together."""
    images, labels = np.asarray(images), np.asarray(labels)
    if images.ndim != 3 or not len(images):
        raise ValueError(f"expected images of shape (n, rows, columns), got {images.shape}")
    if images.dtype != np.uint8:
        raise ValueError(
            f"expected images of uint8, from 0 to 255, got {images.dtype}: "
            "take them as load_mnist() gives them"
        )
    if labels.shape != images.shape[:1] or labels.dtype.kind not in "iu":
        raise ValueError(
            f"expected {len(images)} labels, one whole number for each image, "
            f"got {labels.dtype} of shape {labels.shape}"
        )
    return images, labels
