"""The head of an IDX file in hexadecimal: touch a byte, read it, break it.

``hex_view.js`` beside this module answers, and gives the errors of ``read_idx`` for a byte that
the reader changes; ``hex_view.css`` gives the looks.
"""

import base64
import gzip
import io
import os
from pathlib import Path

import numpy as np

from mnist_helpers.idx import read_idx
from mnist_helpers.live.base import LiveFigure

SHOWN = 16 + 784  # bytes: a header of three dimensions, and an image of MNIST
HEAD = 4 + 4 * 255  # the longest header that a changed byte can promise


class HexView(LiveFigure):
    """The first bytes of an IDX file of unsigned bytes, in hexadecimal, which answer to the hand.

    As the last value of a notebook cell it shows itself. A byte that is touched tells its decimal
    value and what it means; the sizes can be read in both orders; and a byte can be changed, to
    see what ``read_idx`` says to that. Where scripts are off, the header remains as a table.

    Parameters
    ----------
    data : bytes, str, or path-like
        An IDX file, or its path; compressed with gzip or not.
    name : str, optional
        What the errors call the file. By default the name in the path, or "file".

    Attributes
    ----------
    fields : list of (int, int, str)
        The parts of the header: first byte, byte after the last, meaning.

    Raises
    ------
    ValueError
        If it is not a valid IDX file of unsigned bytes with at least one dimension.
    OSError
        If the file cannot be read.

    Examples
    --------
    >>> view = HexView(bytes.fromhex("0000 08 01  00000003  05 00 04"))
    >>> view
    <HexView: file, 11 bytes>
    >>> view.fields[-1]
    (4, 8, 'how many labels')
    """

    name = "hex-view"
    scripts = ("hex_view.js",)

    def __init__(self, data, name=None):
        if isinstance(data, str | os.PathLike):
            name = name or Path(data).name.removesuffix(".gz")
            data = Path(data).read_bytes()
        if data[:2] == b"\x1f\x8b":
            data = gzip.decompress(data)
        array = read_idx(io.BytesIO(data))
        if array.dtype != np.uint8 or not array.ndim:
            raise ValueError(
                "expected an IDX file of unsigned bytes with at least one dimension, "
                f"got {array.dtype} of shape {array.shape}"
            )
        self._name = name or "file"
        self._head, self._length, self._shape = data[:HEAD], len(data), array.shape
        names = {1: ["how many labels"], 3: ["how many images", "rows", "columns"]}
        sizes = names.get(array.ndim, [f"size of dimension {i}" for i in range(array.ndim)])
        self.fields = [
            (0, 2, "two zeros"),
            (2, 3, "type of the values: 08 is the unsigned byte"),
            (3, 4, "how many dimensions"),
            *((4 + 4 * i, 8 + 4 * i, size) for i, size in enumerate(sizes)),
        ]

    def __repr__(self):
        return f"<HexView: {self._name}, {self._length:,} bytes>"

    def data(self):
        """The head of the file in base64, how much of it to show, and what its parts mean."""
        return {
            "name": self._name,
            "length": self._length,
            "shown": min(SHOWN, len(self._head)),
            "shape": list(self._shape),
            "fields": [list(field) for field in self.fields],
            "head": base64.b64encode(self._head).decode("ascii"),
        }

    def still(self):
        """The header as a table, and the first bytes after it."""
        rows = []
        for start, end, meaning in self.fields:
            part = self._head[start:end]
            number = f" = {int.from_bytes(part, 'big'):,}" if end - start == 4 else ""
            where = f"{start}" if end - start == 1 else f"{start} to {end - 1}"
            rows.append(
                f'<tr><th scope="row">{where}</th><td><code>{part.hex(" ")}</code>{number}</td>'
                f"<td>{meaning}</td></tr>"
            )
        start = self.fields[-1][1]
        rows.append(
            f'<tr><th scope="row">from {start}</th><td><code>'
            f"{self._head[start : start + 4].hex(' ')}</code> …</td><td>the values</td></tr>"
        )
        head = "".join(f'<th scope="col">{name}</th>' for name in ("byte", "content", "meaning"))
        body = "\n".join(rows)
        return (
            f"<table><caption>{self._name}, {self._length:,} bytes</caption>\n"
            f"<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody></table>"
        )
