"""What several live figures ask of the images, labels, and answers that they are given."""

import numpy as np


def check_answers(images, labels, probabilities):
    """Raise ValueError unless images, their labels, and a network's answers fit together."""
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


def check_images(images, labels):
    """Images as rows of floats from 0 to 1, and labels."""
    images, labels = np.asarray(images), np.asarray(labels)
    pixels = int(np.prod(images.shape[1:]))
    if images.ndim not in (2, 3) or pixels != 784:
        raise ValueError(f"expected images of shape (n, 784) or (n, 28, 28), got {images.shape}")
    if labels.shape != images.shape[:1]:
        raise ValueError(f"expected a label for each of {len(images)} images, got {labels.shape}")
    top = 255 if images.dtype == np.uint8 else 1
    if len(images) and not (images.min() >= 0 and images.max() <= top):
        raise ValueError(
            "expected uint8 pixels, or floats from 0 to 1, "
            f"got {images.dtype} from {images.min()} to {images.max()}"
        )
    if labels.dtype.kind not in "iu" or not np.array_equal(np.unique(labels), np.arange(10)):
        raise ValueError(f"expected labels 0 to 9, each at least once, got {np.unique(labels)}")
    rows = images.reshape(len(images), 784).astype(np.float32, copy=False)
    return rows if top == 1 else rows / np.float32(255), labels
