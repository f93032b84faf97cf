"""Bytes drawn as gray squares: where they begin and how they are cut into rows decides.

``byte_picture.js`` beside this module answers, ``byte_picture.css`` gives the looks.
"""

import base64

import numpy as np

from mnist_helpers.live.base import LiveFigure
from mnist_helpers.live.still import png, wall

ROWS = 28
OFFSETS = 32
COLUMNS = 20, 36


class BytePicture(LiveFigure):
    """The first bytes of a file as gray squares, with sliders for offset and columns.

    As the last value of a notebook cell it shows itself, wrongly cut at first: to find the
    picture is the reader's part. Where scripts are off, three cuts remain: a wrong offset, a
    wrong number of columns, and the right ones.

    Parameters
    ----------
    data : bytes
        Of a file that is not compressed.
    offset, columns : int, default 16 and 28
        Where the picture begins, at most 32, and how many columns it has, 20 to 36.

    Raises
    ------
    ValueError
        If there are too few bytes, or offset or columns are out of range.

    Examples
    --------
    >>> BytePicture(bytes(2000))
    <BytePicture: 1040 bytes>
    """

    name = "byte-picture"
    scripts = ("byte_picture.js",)

    def __init__(self, data, offset=16, columns=28):
        length = OFFSETS + ROWS * COLUMNS[1]
        if not (0 <= offset <= OFFSETS and COLUMNS[0] <= columns <= COLUMNS[1]):
            raise ValueError(
                f"expected an offset from 0 to {OFFSETS} and {COLUMNS[0]} to {COLUMNS[1]} columns, "
                f"got {offset} and {columns}"
            )
        if len(data) < length:
            raise ValueError(f"expected at least {length} bytes, got {len(data)}")
        self._bytes = bytes(data[:length])
        self._right = offset, columns

    def __repr__(self):
        return f"<BytePicture: {len(self._bytes)} bytes>"

    def cut(self, offset, columns):
        """28 rows of the bytes from an offset on.

        Parameters
        ----------
        offset, columns : int

        Returns
        -------
        ndarray of uint8, shape (28, columns)

        Examples
        --------
        >>> BytePicture(bytes(range(250)) * 5).cut(16, 28)[1, 0]
        np.uint8(44)
        """
        return np.frombuffer(self._bytes, np.uint8, ROWS * columns, offset).reshape(ROWS, columns)

    def data(self):
        """The bytes in base64, and the sliders' ranges."""
        return {
            "rows": ROWS,
            "offsets": OFFSETS,
            "columns": list(COLUMNS),
            "right": list(self._right),
            "bytes": base64.b64encode(self._bytes).decode("ascii"),
        }

    def still(self):
        """The picture cut wrongly and rightly."""
        offset, columns = self._right
        pictures = []
        for shown in [(0, columns), (offset, columns - 1), (offset, columns)]:
            field = np.zeros((ROWS, columns), np.uint8)
            field[:, : shown[1]] = self.cut(*shown)
            pictures.append(field)
        alt = "The same bytes three times: wrapped around, slanted, and cut rightly."
        return (
            f"<p>{png(wall(np.stack(pictures), 3, gap=4), 5, alt)}</p>\n"
            f"<p>Left, from offset 0 in rows of {columns}; middle, from offset {offset} in rows of "
            f"{columns - 1}; right, from offset {offset} in rows of {columns}.</p>"
        )
