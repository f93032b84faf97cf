"""From pixels and labels to what a Dense network takes. Built by hand in chapter 4."""

import numpy as np


def to_vectors(images):
    """Flatten images to vectors and scale their pixels to [0, 1].

    Parameters
    ----------
    images : ndarray of uint8, shape (n, rows, columns)
        Gray images, 0 (background) to 255 (ink).

    Returns
    -------
    ndarray of float32, shape (n, rows * columns)
        One row per image, pixels read left to right, top to bottom.

    Raises
    ------
    ValueError
        If the images are not uint8 (they may be scaled already) or not 3-D.

    Examples
    --------
    >>> images = np.array([[[0, 51], [102, 255]]], dtype=np.uint8)
    >>> to_vectors(images)
    array([[0. , 0.2, 0.4, 1. ]], dtype=float32)
    """
    images = np.asarray(images)
    if images.dtype != np.uint8:
        raise ValueError(
            f"expected images of dtype uint8 (0 to 255), got {images.dtype}: "
            "were they scaled already? Pass the images as load_mnist returns them"
        )
    if images.ndim != 3:
        raise ValueError(
            f"expected images of shape (n, rows, columns), got {images.shape}: "
            "for a single image pass image[np.newaxis]"
        )
    rows, columns = images.shape[1:]
    return images.reshape(-1, rows * columns).astype(np.float32) / 255


def one_hot(labels, num_classes=10):
    """Turn integer labels into rows with a single 1.

    Parameters
    ----------
    labels : array_like of int, shape (n,)
        Class numbers, 0 to ``num_classes - 1``.
    num_classes : int, default 10
        Length of each row.

    Returns
    -------
    ndarray of float32, shape (n, num_classes)
        Row ``i`` is 0 everywhere except for a 1 at index ``labels[i]``.

    Raises
    ------
    ValueError
        If the labels are not a 1-D array of integers from 0 to ``num_classes - 1``.

    Examples
    --------
    >>> one_hot([2, 0], num_classes=3)
    array([[0., 0., 1.],
           [1., 0., 0.]], dtype=float32)
    """
    labels = np.asarray(labels)
    if labels.ndim != 1 or not np.issubdtype(labels.dtype, np.integer):
        raise ValueError(
            f"expected a 1-D array of integer labels, got shape {labels.shape}, "
            f"dtype {labels.dtype}: are they one-hot already?"
        )
    outside = np.flatnonzero((labels < 0) | (labels >= num_classes))
    if outside.size:
        first = outside[0]
        raise ValueError(
            f"label {labels[first]} at index {first} is outside 0 to {num_classes - 1}"
        )
    # take() copies rows of the identity matrix: the fastest of the ways that chapter 4 compares
    return np.eye(num_classes, dtype=np.float32).take(labels, axis=0)
