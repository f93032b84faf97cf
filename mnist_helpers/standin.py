"""The stand-in: small real digits, prepared in the manner of MNIST, for when MNIST is out of reach.

The digits are the 1,797 of ``sklearn.datasets.load_digits``, the test part of "Optical Recognition
of Handwritten Digits" (E. Alpaydin and C. Kaynak, 1998, https://doi.org/10.24432/C50P49). Each was
a bitmap of 32x32 black or white pixels; what is left of it are 8x8 counts, 0 to 16, of the black
pixels in blocks of 4x4. From these, three steps make an image like those of MNIST:

1. Strokes: find smooth black shapes that put as much ink into each block as was counted there, by
   iterative back-projection (M. Irani and S. Peleg, "Improving resolution by image registration",
   1991, https://doi.org/10.1016/1049-9652(91)90045-L).
2. Thickness: make the strokes thinner, to that of MNIST's.
3. Size and place: scale the digit to a box of 20x20 pixels, keeping its aspect ratio, with gray
   edges, and put it into 28x28 pixels with its center of mass in the middle, as was done for MNIST
   (http://yann.lecun.com/exdb/mnist/).

The constants were chosen so that the images agree with MNIST's 60,000 training images in the mean
pixel (33), the share of pixels with ink (19 %) and the share of dark ones (13 %).
"""

from pathlib import Path

import numpy as np
from scipy import ndimage
from sklearn.datasets import load_digits

from mnist_helpers.handwriting import center_digit
from mnist_helpers.idx import write_idx

TRAINING_SIZE = 1500  # of 1,797: five in six, as the 60,000 of MNIST's 70,000 are six in seven

_FINE = 8  # fine pixels along each side of a block: with fewer, edges get steps
_ROUNDS = 5  # of back-projection: more change nothing that is seen
_STEP = 0.5  # share of a block's missing ink given back in a round: with all of it, rounds swing
_EDGE = 0.4  # how far "ink" rises from 0 to 1 at an edge while the shapes are sought; see _strokes
_REACH = 0.25  # blocks; how far around it a pixel looks to tell whether it lies at an edge
_THIN = 0.75  # the share of ink that it must see there, or is erased; 0.5 would erase nothing
_BLUR = 0.25  # pixels of the final image; softens edges until as many are gray as in MNIST


def make_stand_in(folder):
    """Write the stand-in as four IDX files with the names of MNIST's.

    The first 1,500 digits are for training, the last 297 for testing, in the order of the source.
    There the digits come form by form, each filled in by one person: the labels start over about
    every 130 digits. So apart from the first few dozen, which belong to a form that the split cuts
    in two, the test digits are on other forms than the training digits, and mostly by other
    people. Who wrote which is not recorded; see "Sample grouping" in the scikit-learn MOOC,
    https://inria.github.io/scikit-learn-mooc/python_scripts/cross_validation_grouping.html.

    Parameters
    ----------
    folder : str or path-like
        Where to write; made if it is not there.

    Raises
    ------
    OSError
        If the folder cannot be made or written to.

    Examples
    --------
    >>> import tempfile
    >>> from mnist_helpers import read_idx
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     make_stand_in(folder)
    ...     read_idx(f"{folder}/t10k-images-idx3-ubyte.gz").shape
    (297, 28, 28)
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    digits = load_digits()
    images = np.stack([_fit(ink) for ink in _strokes(digits.images)])
    labels = digits.target.astype(np.uint8)
    for part, which in (
        ("train", slice(None, TRAINING_SIZE)),
        ("t10k", slice(TRAINING_SIZE, None)),
    ):
        write_idx(folder / f"{part}-images-idx3-ubyte.gz", images[which])
        write_idx(folder / f"{part}-labels-idx1-ubyte.gz", labels[which])


def _strokes(counts):
    """Black shapes, shape (n, 80, 80) of bool, from counts of black pixels, shape (n, 8, 8)."""
    # white around the digit, for strokes that touch the border of the bitmap
    blocks = np.pad(counts / 16, ((0, 0), (1, 1), (1, 1)))
    n = blocks.shape[1]
    # as matrices both directions are quick: cubic enlargement, and the mean over each block
    enlarge = ndimage.zoom(np.eye(n), (_FINE, 1), mode="grid-constant", grid_mode=True)
    average = np.kron(np.eye(n), np.full((1, _FINE), 1 / _FINE))
    shapes = enlarge @ blocks @ enlarge.T
    for _ in range(_ROUNDS):
        # a soft threshold at 0.5: a hard one would not let an edge move by a little
        ink = np.clip((shapes - 0.5) / _EDGE + 0.5, 0, 1)
        missing = blocks - average @ ink @ average.T
        shapes += _STEP * (enlarge @ missing @ enlarge.T)
    black = (shapes > 0.5).astype(np.float32)
    # the ink seen around a pixel is 1 inside a stroke, about 0.5 at its edge
    reach = _REACH * _FINE
    return ndimage.gaussian_filter(black, (0, reach, reach), mode="constant") > _THIN


def _fit(ink):
    """One digit in MNIST's size and place, shape (28, 28) of uint8."""
    (box,) = ndimage.find_objects(ink.astype(np.uint8))
    scale = 20 / max(ink[box].shape)
    smooth = ndimage.gaussian_filter(ink[box].astype(np.float32), _BLUR / scale, mode="constant")
    small = ndimage.zoom(smooth, scale, order=1, mode="nearest", grid_mode=True)
    small = np.rint(255 * small).astype(np.uint8)
    return center_digit(small)
