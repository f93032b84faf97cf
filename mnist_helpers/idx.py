"""Read and write IDX, the file format of MNIST. Built by hand in chapter 2.

An IDX file is a header followed by the numbers of one array, nothing else:

=============  ==================================================================
bytes          meaning
=============  ==================================================================
0, 1           zero
2              type: 08 uint8, 09 int8, 0b int16, 0c int32, 0d float32, 0e float64
3              number of dimensions, n
4 to 4n + 3    the n sizes, four bytes each, unsigned
the rest       the numbers, the last index changing fastest (C order)
=============  ==================================================================

Whatever takes several bytes is big-endian. MNIST's own files are compressed with gzip.

Source: "The IDX file format", at the end of Yann LeCun's MNIST page,
http://yann.lecun.com/exdb/mnist/. It speaks of one dimension or more; a header with none is read
and written here as a single number, which is what NumPy's arrays without dimensions hold.
"""

import gzip
import io
import math
import os
import struct
import uuid
import zlib
from pathlib import Path

import numpy as np

_DTYPES = {
    0x08: np.dtype(">u1"),
    0x09: np.dtype(">i1"),
    0x0B: np.dtype(">i2"),
    0x0C: np.dtype(">i4"),
    0x0D: np.dtype(">f4"),
    0x0E: np.dtype(">f8"),
}
_CODES = {dtype: code for code, dtype in _DTYPES.items()}
_PIECE = 2**20  # bytes per read
_TRUST = 2**26  # bytes of memory that the mere word of a header is worth; all of MNIST fits

_AGAIN = "delete the file and download it again"
_RIGHT = "check that this is the right file"


class IdxError(ValueError):
    """A file is not valid IDX, or an array cannot be written as IDX."""


def read_idx(path_or_file):
    """Read an array from an IDX file, compressed with gzip or not.

    Gzip is recognized by its first two bytes, whatever the name of the file. The file must hold
    exactly what its header says. Memory grows with the data that are really there, so a header
    that promises terabytes, or a few bytes that unpack to gigabytes, do no harm.

    Parameters
    ----------
    path_or_file : str, path-like or binary file object
        A file object is read from its current position to its end, and need not be seekable.

    Returns
    -------
    ndarray
        Shape and type as in the header, in the machine's own byte order, writable.

    Raises
    ------
    IdxError
        If the file is not IDX, is damaged, or is shorter or longer than its header says.
    OSError
        If the file cannot be opened or read.

    Examples
    --------
    The first labels of MNIST: zeros, type 08, one dimension, of size 3, then the numbers.

    >>> read_idx(io.BytesIO(bytes.fromhex("0000 08 01  00000003  05 00 04")))
    array([5, 0, 4], dtype=uint8)
    """
    if not hasattr(path_or_file, "read"):
        with open(path_or_file, "rb") as file:
            return read_idx(file)
    name = getattr(path_or_file, "name", None)
    name = os.fsdecode(name) if name and isinstance(name, str | bytes) else "<file object>"
    if isinstance(path_or_file, io.TextIOBase):
        raise _error(name, "a binary file", "a text file", 'open it with mode "rb"')
    try:
        return _read(path_or_file, name)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise _error(name, "a complete gzip file", f"a damaged one ({error})", _AGAIN) from error


def write_idx(path, array):
    """Write an array to an IDX file.

    The file appears complete or not at all, also in the place of an older one. The same array
    always gives the same bytes.

    Parameters
    ----------
    path : str or path-like
        Where to write. A name that ends in ``.gz`` asks for compression with gzip.
    array : array_like of uint8, int8, int16, int32, float32 or float64
        The numbers, in any memory layout and byte order. Other types are refused, not converted.

    Raises
    ------
    IdxError
        If IDX has no code for the type, or a dimension is too large. Nothing is written.
    OSError
        If the file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_idx(f"{folder}/labels.gz", np.array([5, 0, 4], dtype=np.uint8))
    ...     read_idx(f"{folder}/labels.gz")
    array([5, 0, 4], dtype=uint8)
    """
    path = os.fsdecode(path)
    array = np.asarray(array)
    header = _header(array, path)
    payload = np.asarray(array, array.dtype.newbyteorder(">"), order="C")
    # not the tempfile module, which would leave the file readable by its owner alone
    temporary = Path(f"{path}.{uuid.uuid4().hex}.tmp")
    try:
        with (
            open(temporary, "xb") as file,
            # without the name and the time that gzip would put in: same array, same bytes
            gzip.GzipFile("", "wb", fileobj=file, mtime=0) if path.endswith(".gz") else file as out,
        ):
            out.write(header)
            out.write(payload)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _read(file, name):
    """Read header and payload, and make sure that nothing follows."""
    magic = file.read(4)
    if magic.startswith(b"\x1f\x8b"):
        file = gzip.GzipFile(fileobj=io.BytesIO(magic + file.read()))
        magic = file.read(4)
    dtype, shape = _read_header(magic, file, name)
    # integers of Python, which have no largest one: with NumPy's, a damaged header could wrap to 0
    size = math.prod(shape) * dtype.itemsize
    payload, filled = np.empty(min(size, _TRUST), np.uint8), 0
    while count := file.readinto(payload[filled : filled + _PIECE]):
        filled += count
        if filled == len(payload) < size:  # beyond _TRUST, memory grows with what arrives
            payload.resize(min(2 * filled, size), refcheck=False)  # safe: nobody else has seen it
    # looking past the end is also what makes gzip verify its checksum
    if filled < size or file.read(1):
        expected = f"{size:,} bytes after the header, for shape {shape} of {dtype.name}"
        found = f"{filled:,}" if filled < size else f"more than {size:,}"
        raise _error(name, expected, found, _AGAIN)
    try:
        array = payload.view(dtype).reshape(shape)
    except ValueError as error:  # over 64 dimensions, or huge ones beside a zero
        found = f"{len(shape)} dimensions ({error})"
        raise _error(name, "a shape that NumPy can hold", found, _RIGHT) from error
    return array.astype(dtype.newbyteorder("="), copy=False)


def _read_header(magic, file, name):
    """Return the dtype (big-endian) and the shape that a header states."""
    if len(magic) < 4:
        raise _error(name, "a header of at least 4 bytes", len(magic), _AGAIN)
    zeros, code, ndim = struct.unpack(">HBB", magic)
    if magic.lstrip().startswith(b"<"):
        found = "a web page: the download host probably answered with an error page"
        raise _error(name, "an IDX file", found, _AGAIN)
    if zeros:
        raise _error(name, "the first two bytes 00 00", magic[:2].hex(" "), _RIGHT)
    if code not in _DTYPES:
        expected = f"a third byte that is the code of a type ({bytes(_DTYPES).hex(' ')})"
        raise _error(name, expected, f"{code:02x}", _RIGHT)
    sizes = file.read(4 * ndim)
    if len(sizes) < 4 * ndim:
        expected = f"a header of {4 + 4 * ndim} bytes for {ndim} dimensions"
        raise _error(name, expected, 4 + len(sizes), _AGAIN)
    return _DTYPES[code], struct.unpack(f">{ndim}I", sizes)


def _header(array, path):
    """Return the header for an array, as bytes."""
    code = _CODES.get(array.dtype.newbyteorder(">"))
    if code is None:
        expected = f"an array of {', '.join(dtype.name for dtype in _CODES)}"
        advice = "convert it to one that holds all its values, such as array.astype(np.uint8)"
        raise _error(path, expected, array.dtype, advice)
    if max(array.shape, default=0) >= 2**32:
        expected = f"at most {2**32 - 1:,} along each dimension"
        raise _error(path, expected, f"shape {array.shape}", "split the array")
    return struct.pack(f">HBB{array.ndim}I", 0, code, array.ndim, *array.shape)


def _error(name, expected, found, advice):
    """Return an error in the form that all of them have."""
    return IdxError(f"{name}: expected {expected}, found {found}; {advice}")
