"""The digits that travel with a live figure: drawn at random, and packed as a picture.

Sixteen grays cost a network no accuracy that can be measured, and a third of the bytes of 256.
``digits.js`` reads them again. MNIST is shared under CC BY-SA 3.0: a figure that embeds its digits
says so.
"""

import base64
import struct
import zlib

import numpy as np

SPRITE_COLUMNS = 32
LEVELS = 16  # of gray: as many as half a byte holds


def sprite(images):
    """All images in one PNG of 16 grays, dark ink on white, row by row.

    Parameters
    ----------
    images : ndarray, shape (n, rows, columns)
        uint8 from 0 (background) to 255 (ink), or floats from 0 to 1.

    Returns
    -------
    str
        The PNG in base64, 32 images wide; empty if there are none. The same images give the same
        text.

    Examples
    --------
    >>> image = np.zeros((28, 28), np.uint8)
    >>> image[4:24, 12:16] = 255
    >>> import io
    >>> from PIL import Image
    >>> png = base64.b64decode(sprite(np.array([image])))
    >>> Image.open(io.BytesIO(png)).size
    (896, 28)
    """
    if not len(images):
        return ""
    _, height, width = images.shape
    top = 255 if images.dtype == np.uint8 else 1
    sheet = np.zeros((-(-len(images) // SPRITE_COLUMNS), height, SPRITE_COLUMNS, width), np.uint8)
    for place, image in enumerate(images):
        row, column = divmod(place, SPRITE_COLUMNS)
        sheet[row, :, column] = np.rint(image / top * (LEVELS - 1))
    return base64.b64encode(_png(sheet.reshape(-1, SPRITE_COLUMNS * width))).decode("ascii")


def _png(sheet):
    """A PNG of levels 0 to 15, two in a byte, in lines without a filter: digits.js wants it so.

    Pillow chooses filters, from version to version others.
    """
    height, width = sheet.shape
    lines = np.zeros((height, 1 + width // 2), np.uint8)
    lines[:, 1:] = sheet[:, ::2] << 4 | sheet[:, 1::2]
    grays = np.linspace(255, 0, LEVELS, dtype=np.uint8).repeat(3)  # red, green, and blue alike
    chunks = {
        b"IHDR": struct.pack(">2I5B", width, height, 4, 3, 0, 0, 0),  # 4 bits, with a palette
        b"PLTE": grays.tobytes(),
        b"IDAT": zlib.compress(lines.tobytes(), 9),
        b"IEND": b"",
    }
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks.items()
    )


def sample(images, labels, train, held_out, seed=0):
    """Draw images with their labels at random, none twice.

    At random, since images that lie together may have been written by the same hands, or be harder
    than the others, as the first ones of MNIST's test set are.

    Parameters
    ----------
    images : ndarray, shape (n, ...)
    labels : ndarray, shape (n,)
    train : int
        How many to draw for training.
    held_out : int
        How many more to draw for looking at what was learned.
    seed : int, optional

    Returns
    -------
    images : ndarray, shape (train + held_out, ...)
        Those for training first.
    labels : ndarray, shape (train + held_out,)

    Raises
    ------
    ValueError
        If there are fewer images than are to be drawn, or another number of labels.

    Examples
    --------
    >>> images, labels = sample(np.arange(100), np.arange(100), train=3, held_out=2)
    >>> len(images), (images == labels).all()
    (5, np.True_)
    """
    if len(images) != len(labels):
        raise ValueError(
            f"expected a label for each image, got {len(images)} images, {len(labels)} labels"
        )
    if train + held_out > len(images):
        raise ValueError(
            f"cannot draw {train} images for training and {held_out} more from {len(images)}"
        )
    drawn = np.random.default_rng(seed).permutation(len(images))[: train + held_out]
    return images[drawn], labels[drawn]
