"""Turn, scale, slant, shift, and bend images of digits, fast enough to keep up with training.

A pixel of the new image looks up a place in the old one, and takes the mean of the four pixels
around that place, weighted by how near they are. So each new pixel is a weighted sum of old ones,
and a whole distortion is a matrix with four entries in a row: the same matrix for every image.
``distort`` makes one such matrix for a few images, and one sparse product distorts them all.

The bending is the elastic distortion of Simard, Steinkraus, and Platt, *Best Practices for
Convolutional Neural Networks Applied to Visual Document Analysis* (2003): random displacements,
smoothed so that neighbors move together.
"""

import numpy as np
from scipy import sparse

_FIELDS = 256  # distortions at a time: what they need stays in the processor's cache


def distort(
    images,
    rng,
    *,
    rotation=15.0,
    scale=0.15,
    shear=0.15,
    shift=2.0,
    bend=1.5,
    smoothness=5.0,
    share=16,
):
    """Distort each image at random, a little as another hand would have written it.

    What is drawn is uniform between minus and plus the strength; zero for all strengths leaves the
    images as they are. Image ``i`` of the result comes from image ``i``, so the labels stay.

    Parameters
    ----------
    images : ndarray of uint8 or float, shape (n, rows, columns)
        The background is 0.
    rng : numpy.random.Generator
        Chooses the distortions: the same seed, the same result.
    rotation : float, default 15
        Degrees to turn by, at most.
    scale : float, default 0.15
        The height and the width are multiplied by up to ``1 + scale``, or divided by it, each on
        its own.
    shear : float, default 0.15
        Pixels by which a row moves sideways for each row above the middle, at most.
    shift : float, default 2
        Pixels to move by, at most, upright and sideways.
    bend : float, default 1.5
        Strength of the elastic distortion: the standard deviation of a pixel's displacement, in
        pixels, upright and sideways.
    smoothness : float, default 5
        Pixels over which the displacements are smoothed, the standard deviation of a Gaussian:
        small values crumple, large ones turn and shift.
    share : int, default 16
        How many images share a distortion. They lie 256 apart, so a batch has as many different
        ones as images, or 256. With 1 each image has its own, which takes several times as long.

    Returns
    -------
    ndarray, shape and dtype of images
        Beyond the old image lies background. uint8 is rounded.

    Raises
    ------
    ValueError
        If the images are not 3-D, or neither uint8 nor float, or if a strength is negative,
        smoothness is not positive, or share is not a positive integer.

    Examples
    --------
    >>> images = np.zeros((2, 28, 28), np.float32)
    >>> images[:, 5:23, 12:16] = 1
    >>> bent = distort(images, np.random.default_rng(0), share=1)
    >>> bent.shape, bent.dtype, bool(np.any(bent[0] != bent[1]))
    ((2, 28, 28), dtype('float32'), True)
    """
    images = _check(images)
    strengths = {"rotation": rotation, "scale": scale, "shear": shear, "shift": shift, "bend": bend}
    for name, strength in strengths.items():
        if not 0 <= strength < np.inf:
            raise ValueError(f"expected {name} of 0 or more, got {strength}")
    if not smoothness > 0:
        raise ValueError(f"expected a positive smoothness, got {smoothness}: for none, bend=0")
    if share != int(share) or share < 1:
        raise ValueError(f"expected share to be a positive integer, got {share}")

    smooth = [_smoother(side, smoothness) for side in images.shape[1:]]
    distorted = np.empty_like(images)
    for start in range(0, len(images), _FIELDS * share):
        part = slice(start, start + _FIELDS * share)
        count = min(_FIELDS, len(images) - start)
        places = _affine(images.shape[1:], rng, count, rotation, scale, shear, shift)
        if bend:
            noise = rng.standard_normal((2, count, *images.shape[1:]), np.float32)
            places += np.float32(bend) * (smooth[0] @ noise @ smooth[1].T)
        distorted[part] = _look_up(images[part], places)
    return distorted


def deskew(images):
    """Set slanting digits upright: shift each row sideways, in proportion to its height.

    The slant is the covariance of the ink's rows and columns over the variance of its rows. The
    row of the center of mass stays where it is, and all ink that stays in the image is kept.

    Parameters
    ----------
    images : ndarray of uint8 or float, shape (n, rows, columns)
        The background is 0. An image without ink, or with all of it in one row, stays as it is.

    Returns
    -------
    ndarray, shape and dtype of images

    Raises
    ------
    ValueError
        If the images are not 3-D, or neither uint8 nor float.

    Examples
    --------
    A line that slants becomes upright.

    >>> deskew(np.eye(5)[np.newaxis])[0].argmax(axis=1)
    array([2, 2, 2, 2, 2])
    """
    images = _check(images)
    upright = np.empty_like(images)
    for start in range(0, len(images), _FIELDS):
        part = slice(start, start + _FIELDS)
        places = _places(images.shape[1:], len(images[part]))
        ink = images[part] / np.maximum(images[part].sum(axis=(1, 2), keepdims=True), 1e-9)
        rows, columns = (
            side - (ink * side).sum(axis=(1, 2), keepdims=True) for side in places.astype(float)
        )
        variance = (ink * rows**2).sum(axis=(1, 2), keepdims=True)
        covariance = (ink * rows * columns).sum(axis=(1, 2), keepdims=True)
        slant = np.divide(covariance, variance, out=np.zeros_like(variance), where=variance > 1e-9)
        places[1] += slant * rows
        upright[part] = _look_up(images[part], places)
    return upright


def _check(images):
    images = np.asarray(images)
    if images.ndim != 3:
        raise ValueError(
            f"expected images of shape (n, rows, columns), got {images.shape}: "
            "for vectors pass vectors.reshape(-1, 28, 28)"
        )
    if min(images.shape[1:]) < 2:
        raise ValueError(f"expected images of 2 rows and columns or more, got {images.shape}")
    if images.dtype != np.uint8 and not np.issubdtype(images.dtype, np.floating):
        raise ValueError(f"expected images of dtype uint8 or float, got {images.dtype}")
    return images


def _smoother(side, smoothness):
    """The matrix that smooths along one side, shape (side, side).

    Each of its rows has length 1, so that smoothed noise varies as much as the noise did, at the
    border too.
    """
    distance = np.subtract.outer(np.arange(side), np.arange(side))
    weights = np.exp(-0.5 * (distance / smoothness) ** 2)
    return (weights / np.linalg.norm(weights, axis=1, keepdims=True)).astype(np.float32)


def _places(shape, count):
    """Each pixel's own row and column, shape (2, count, rows, columns)."""
    return np.repeat(np.indices(shape, np.float32)[:, np.newaxis], count, axis=1)


def _affine(shape, rng, count, rotation, scale, shear, shift):
    """The rows and columns where pixels look after an affine map, shape (2, count, *shape)."""

    def draw(strength, *size):
        return rng.uniform(-strength, strength, (*size, count, 1, 1)).astype(np.float32)

    middle = (np.array(shape, np.float32).reshape(2, 1, 1, 1) - 1) / 2
    rows, columns = _places(shape, count) - middle
    angle = np.deg2rad(draw(rotation))
    sine, cosine = np.sin(angle), np.cos(angle)
    columns += draw(shear) * rows
    turned = np.stack([cosine * rows - sine * columns, sine * rows + cosine * columns])
    return np.exp(draw(np.log1p(scale), 2)) * turned + (middle + draw(shift, 2))


def _look_up(images, places):
    """Images whose pixels are looked up at places between those of the old ones.

    Parameters
    ----------
    images : ndarray, shape (n, rows, columns)
    places : ndarray of float32, shape (2, fields, rows, columns)
        Image ``i`` uses field ``i % fields``.
    """
    n, (height, width), fields = len(images), images.shape[1:], places.shape[1]
    pixels = height * width
    last = np.array([height, width], np.int32).reshape(2, 1, 1, 1) - 1
    inside = np.clip(places, 0, last, dtype=np.float32)
    fade = np.maximum(1 - np.abs(places - inside), 0).prod(axis=0)  # background from one pixel on
    low = np.minimum(inside.astype(np.int32), last - 1)
    down, right = inside - low
    first = low[0] * width + low[1] + pixels * np.arange(fields, dtype=np.int32)[:, None, None]
    index = first[..., np.newaxis] + np.array([0, 1, width, width + 1], np.int32)
    above, below = fade * (1 - down), fade * down
    sides = [above * (1 - right), above * right, below * (1 - right), below * right]
    weight = np.stack(sides, axis=-1)
    # one block on the diagonal for each field; its images are the columns of the other factor
    matrix = sparse.csr_array(
        (weight.ravel(), index.ravel(), np.arange(0, index.size + 1, 4, dtype=np.int32)),
        shape=(fields * pixels, fields * pixels),
    )
    share = -(-n // fields)
    stacked = np.zeros((share, fields, pixels), np.float32)
    stacked.reshape(-1, pixels)[:n] = images.reshape(n, pixels)
    # whole images first, then pixels within a field: both stay in the processor's cache
    columns = stacked.swapaxes(0, 1).copy().swapaxes(1, 2).reshape(fields * pixels, share)
    looked_up = (matrix @ columns).reshape(fields, pixels, share).swapaxes(1, 2).copy()
    looked_up = looked_up.swapaxes(0, 1).reshape(-1, height, width)[:n]
    return np.rint(looked_up) if images.dtype == np.uint8 else looked_up
