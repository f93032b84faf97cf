"""A digit whose pixels travel to shuffled places, the same way for every image.

``pixel_shuffle.js`` beside this module moves them.
"""

import numpy as np

from mnist_helpers.live.base import LiveFigure
from mnist_helpers.live.digits import sprite
from mnist_helpers.live.still import digits_image


class PixelShuffle(LiveFigure):
    """Some images, and a slider that takes each of their pixels to another place.

    Parameters
    ----------
    images : array_like, shape (n, rows, columns)
        Gray images; uint8 from 0 (background) to 255 (ink), or floats from 0 to 1.
    labels : array_like of int, shape (n,)
        What they show.
    order : array_like of int, shape (rows * columns,)
        A permutation: place ``i`` of a shuffled vector is place ``order[i]`` of the plain one, as
        in ``vectors[:, order]``.

    Attributes
    ----------
    shuffled : ndarray, shape (n, rows, columns)
        The images with all pixels at their new places.

    Raises
    ------
    ValueError
        If the shapes do not fit together, or the order is no permutation.

    Examples
    --------
    >>> images = np.arange(4, dtype=np.uint8).reshape(1, 2, 2)
    >>> PixelShuffle(images, [7], [3, 0, 1, 2]).shuffled
    array([[[3, 0],
            [1, 2]]], dtype=uint8)
    """

    name = "pixel-shuffle"
    scripts = ("sprites.js", "pixel_shuffle.js")

    def __init__(self, images, labels, order):
        images, labels, order = map(np.asarray, (images, labels, order))
        if images.ndim != 3 or not len(images) or labels.shape != images.shape[:1]:
            raise ValueError(
                "expected images of shape (n, rows, columns) and n labels, "
                f"got {images.shape} and {labels.shape}"
            )
        places = images[0].size
        if order.shape != (places,) or not np.array_equal(np.sort(order), np.arange(places)):
            raise ValueError(
                f"expected an order that has each place from 0 to {places - 1} once, as "
                f"np.random.default_rng(0).permutation({places}) gives it"
            )
        self.shuffled = images.reshape(len(images), -1)[:, order].reshape(images.shape)
        self._images, self._labels, self._order = images, labels, order

    def data(self):
        """The plain images, their labels, and the order."""
        rows, columns = self._images.shape[1:]
        return {
            "sprite": sprite(self._images),
            "width": columns,
            "height": rows,
            "labels": self._labels.tolist(),
            "order": self._order.tolist(),
        }

    def still(self):
        """The images, and below each the same with its pixels shuffled."""
        names = ", ".join(map(str, self._labels.tolist()))
        alt = f"Digits, {names}, and below each the same pixels shuffled: gray noise."
        both = np.concatenate([self._images, self.shuffled])
        return f"<p>{digits_image(both, alt, columns=len(self._images))}</p>"
