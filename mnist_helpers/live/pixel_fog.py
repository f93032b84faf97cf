"""The mean of one, of ten, of all images of a digit: what all of them share shows through fog.

``pixel_fog.js`` beside this module answers, ``pixel_fog.css`` gives the looks.
"""

import base64

import numpy as np

from mnist_helpers.live.base import LiveFigure
from mnist_helpers.live.pixel_view import check_images
from mnist_helpers.live.still import png, wall

STEPS = (1, 2, 5, 10, 30, 100, 300, 1000)  # and all


class PixelFog(LiveFigure):
    """The means of the first 1, 2, 5, and so on to all images of each digit.

    As the last value of a notebook cell it shows itself: a slider for how many images are put on
    top of each other, ten digits to choose from, and a pixel to point at. With test images it
    also tells how many of them the nearest of the ten means reads right. Where scripts are off,
    the means of all images remain, with these numbers.

    Parameters
    ----------
    images : array_like of uint8, shape (n, rows, columns)
        Gray images from 0 (background) to 255 (ink).
    labels : array_like of int, shape (n,)
        Their digits, 0 to 9, each at least once.
    test_images, test_labels : array_like, optional
        Others of the same kind, to be read by the means.

    Attributes
    ----------
    counts : list of int or None
        How many images of each digit go into a mean; the last, None, stands for all.
    means : ndarray, shape (len(counts), 10, rows, columns)
    accuracies : ndarray of float, shape (len(counts),), or None
        The share of test images whose nearest mean is that of their digit.

    Raises
    ------
    ValueError
        If the shapes do not fit together, the images are not bytes, or a digit is missing.

    Examples
    --------
    >>> images = np.arange(20, dtype=np.uint8).repeat(784).reshape(20, 28, 28)
    >>> fog = PixelFog(images, np.arange(20) % 10)
    >>> fog
    <PixelFog: means of 1 to 2 images of each digit>
    >>> fog.means[:, 3, 0, 0]  # of image 3, and of images 3 and 13
    array([3., 8.])
    """

    name = "pixel-fog"
    scripts = ("pixels.js", "pixel_fog.js")

    def __init__(self, images, labels, test_images=None, test_labels=None):
        images, labels = check_images(images, labels)
        of_digit = [images[labels == digit] for digit in range(10)]
        self._sizes = [len(some) for some in of_digit]
        if sum(self._sizes) != len(images) or not all(self._sizes):
            raise ValueError(
                "expected labels from 0 to 9, each at least once, got "
                f"{', '.join(map(str, np.unique(labels)))}"
            )
        self.counts = [n for n in STEPS if n < min(self._sizes)] + [None]
        self.means = np.stack([[some[:n].mean(axis=0) for some in of_digit] for n in self.counts])
        self.accuracies = None
        if test_images is not None:
            test_images, test_labels = check_images(test_images, test_labels)
            if test_images.shape[1:] != images.shape[1:]:
                raise ValueError(
                    f"expected test images of shape (n, {images.shape[1]}, {images.shape[2]}), "
                    f"got {test_images.shape}"
                )
            read = nearest(test_images, self.means.reshape(-1, *images.shape[1:]), of=10)
            self.accuracies = (read == test_labels).mean(axis=1)

    def __repr__(self):
        return f"<PixelFog: means of 1 to {max(self._sizes):,} images of each digit>"

    def data(self):
        """The means as bytes in base64, step by step, and how well each step reads."""
        rows, columns = self.means.shape[2:]
        rounded = np.rint(self.means).astype(np.uint8)
        accuracies = self.accuracies
        return {
            "rows": rows,
            "columns": columns,
            "counts": self.counts,
            "sizes": self._sizes,
            "accuracies": None if accuracies is None else np.round(accuracies, 6).tolist(),
            "means": base64.b64encode(rounded.tobytes()).decode("ascii"),
        }

    def still(self):
        """The means of all images, and how many test images the means of each step read."""
        rounded = np.rint(self.means[-1]).astype(np.uint8)
        alt = "The mean of all images of each digit, 0 to 9: each can be read, as through fog."
        lines = f"<p>{png(wall(rounded, 5), 4, alt)}</p>"
        if self.accuracies is not None:
            names = ["all" if n is None else f"{n:,}" for n in self.counts]
            rows = "".join(
                f'<tr><th scope="row">{name}</th><td>{share:.1%}</td></tr>'
                for name, share in zip(names, self.accuracies)
            )
            head = (
                '<tr><th scope="col">images in each mean</th><th scope="col">read right</th></tr>'
            )
            lines += f"\n<table><thead>{head}</thead><tbody>{rows}</tbody></table>"
        return lines


def nearest(images, means, of):
    """The number of the mean that each image is nearest to, for several sets of means.

    The square of the distance between an image x and a mean m is |x|² - 2 x·m + |m|². The first
    term is the same for all means, so it can be left out.

    Parameters
    ----------
    images : ndarray, shape (n, rows, columns)
    means : ndarray, shape (sets * of, rows, columns)
    of : int
        Means in a set.

    Returns
    -------
    ndarray of int, shape (sets, n)

    Examples
    --------
    >>> means = np.array([0.0, 200.0]).repeat(784).reshape(2, 28, 28)
    >>> nearest(np.full((1, 28, 28), 120, np.uint8), means, of=2)
    array([[1]])
    """
    vectors = means.reshape(len(means), -1)
    products = vectors @ images.reshape(len(images), -1).T.astype(vectors.dtype)
    scores = (vectors**2).sum(axis=1)[:, np.newaxis] - 2 * products
    return scores.reshape(-1, of, len(images)).argmin(axis=1)
