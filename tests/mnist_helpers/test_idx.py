"""Reading and writing IDX: files by hand, round trips, and every kind of damage."""

import gzip
import io
import os
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from mnist_helpers import idx
from mnist_helpers.idx import IdxError, read_idx, write_idx

# a file of each type, by hand from the description of the format: all extremes fit in two numbers
BY_HAND = {
    "0000 08 01 00000002 00 ff": np.array([0, 255], np.uint8),
    "0000 09 01 00000002 80 7f": np.array([-128, 127], np.int8),
    "0000 0b 01 00000002 8000 0102": np.array([-(2**15), 0x0102], np.int16),
    "0000 0c 01 00000002 80000000 01020304": np.array([-(2**31), 0x01020304], np.int32),
    "0000 0d 01 00000002 3fc00000 7fa00001": np.array([0x3FC00000, 0x7FA00001], "u4").view("f4"),
    "0000 0e 01 00000001 bff8000000000000": np.array([-1.5], np.float64),
    "0000 08 02 00000002 00000003 01 02 03 04 05 06": np.array([[1, 2, 3], [4, 5, 6]], np.uint8),
    "0000 08 02 00000002 00000000": np.empty((2, 0), np.uint8),
    "0000 08 00 07": np.array(7, np.uint8),
}
DTYPES = ["u1", "i1", "i2", "i4", "f4", "f8"]
SMALL = np.arange(6, dtype=np.int16).reshape(2, 3)


def assert_same(read, expected):
    """Equal in type, shape and every bit, which NaN needs; native and writable."""
    assert isinstance(read, np.ndarray)
    assert read.dtype.isnative
    assert read.dtype == expected.dtype.newbyteorder("=")
    assert read.shape == expected.shape
    assert read.tobytes() == expected.astype(read.dtype).tobytes()
    assert read.flags.writeable


@st.composite
def arrays(draw):
    """Arrays of each IDX type in both byte orders, contiguous and not."""
    dtype = np.dtype(draw(st.sampled_from(DTYPES))).newbyteorder(draw(st.sampled_from("<>")))
    shape = hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4)
    array = draw(hnp.arrays(dtype, shape))
    return draw(st.sampled_from([array, array.T, array[..., ::2] if array.ndim else array]))


@pytest.mark.parametrize("code", BY_HAND)
def test_bytes_by_hand(tmp_path, code):
    content = bytes.fromhex(code)
    assert_same(read_idx(io.BytesIO(content)), BY_HAND[code])
    write_idx(tmp_path / "x", BY_HAND[code])
    assert (tmp_path / "x").read_bytes() == content


@settings(deadline=None, max_examples=50)
@given(array=arrays(), suffix=st.sampled_from(["", ".gz"]))
def test_round_trip(tmp_path_factory, array, suffix):
    path = tmp_path_factory.getbasetemp() / f"round-trip{suffix}"
    write_idx(path, array)
    assert (path.read_bytes()[:2] == b"\x1f\x8b") == (suffix == ".gz")
    assert_same(read_idx(path), array)


@pytest.mark.parametrize("name", ["packed.gz", "plain.idx"])
def test_every_kind_of_source(tmp_path, name):
    path = tmp_path / name
    write_idx(path, SMALL)
    inside, outside = os.pipe()
    os.write(outside, path.read_bytes())
    os.close(outside)
    with open(inside, "rb") as pipe:
        for source in [path, str(path), io.BytesIO(path.read_bytes()), pipe]:
            assert_same(read_idx(source), SMALL)


def test_file_object_is_read_from_where_it_stands_and_left_open(tmp_path):
    path = tmp_path / "x"
    write_idx(path, SMALL)
    path.write_bytes(b"before" + path.read_bytes())
    with open(path, "rb") as file:
        file.seek(len(b"before"))
        assert_same(read_idx(file), SMALL)
        assert not file.closed


def test_gzip_is_told_by_content_not_by_name(tmp_path):
    write_idx(tmp_path / "x.gz", SMALL)
    write_idx(tmp_path / "y", SMALL)
    assert_same(read_idx((tmp_path / "x.gz").rename(tmp_path / "x")), SMALL)
    assert_same(read_idx((tmp_path / "y").rename(tmp_path / "y.gz")), SMALL)
    (tmp_path / "data.gz").mkdir()
    write_idx(tmp_path / "data.gz" / "z", SMALL)  # whose own name does not end so
    assert (tmp_path / "data.gz" / "z").read_bytes()[:2] == b"\0\0"


def test_gzip_in_several_parts(tmp_path):
    content = bytes.fromhex("00000801 00000003 050004")
    packed = gzip.compress(content[:5]) + gzip.compress(content[5:])
    assert_same(read_idx(io.BytesIO(packed)), np.array([5, 0, 4], np.uint8))


def test_memory_that_grows(monkeypatch):
    monkeypatch.setattr(idx, "_TRUST", 10)
    monkeypatch.setattr(idx, "_PIECE", 7)
    array = np.arange(100, dtype=np.int32)
    content = bytes.fromhex("00000c01 00000064") + array.astype(">i4").tobytes()
    assert_same(read_idx(io.BytesIO(content)), array)
    with pytest.raises(IdxError, match=r"expected 400 bytes .* found more than 400;"):
        read_idx(io.BytesIO(content + b"x"))


HEADER_2_3 = bytes.fromhex("0000 08 02 00000002 00000003")
DAMAGED = {
    "empty": (b"", ["at least 4 bytes", "found 0;", "download it again"]),
    "start only": (b"\0\0\x08", ["at least 4 bytes", "found 3;", "download it again"]),
    "sizes cut": (HEADER_2_3[:10], ["12 bytes for 2 dimensions", "found 10;", "download it again"]),
    "not IDX": (b"\x89PNG\r\n", ["first two bytes 00 00", "found 89 50;", "the right file"]),
    "unknown type": (b"\0\0\x0a\x01", ["08 09 0b 0c 0d 0e", "found 0a;", "the right file"]),
    "too short": (HEADER_2_3 + bytes(5), ["6 bytes", "(2, 3) of uint8", "found 5;", "download"]),
    "too long": (HEADER_2_3 + bytes(7), ["6 bytes", "(2, 3) of uint8", "more than 6;", "download"]),
    # 65,536 ** 4 is 0 in 64 bits
    "overflow": (
        bytes.fromhex("0000 08 04" + 4 * "00010000"),
        ["18,446,744,073,709,551,616 bytes", "found 0;"],
    ),
    "too many dimensions": (
        bytes.fromhex("0000 08 41" + 65 * "00000001" + "07"),
        ["a shape that NumPy can hold", "found 65 dimensions"],
    ),
    "too large beside a zero": (
        bytes.fromhex("0000 08 04" + 3 * "ffffffff" + "00000000"),
        ["a shape that NumPy can hold", "found 4 dimensions"],
    ),
    "web page": (b"<!DOCTYPE html><html>", ["web page", "download it again"]),
    "web page after blanks": (b"\r\n <html><body>", ["web page", "download it again"]),
}


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "packed"])
@pytest.mark.parametrize("damage", DAMAGED)
def test_damaged_file(tmp_path, damage, packed):
    content, essentials = DAMAGED[damage]
    path = tmp_path / "train-images.gz"
    path.write_bytes(gzip.compress(content) if packed else content)
    with pytest.raises(IdxError) as caught:
        read_idx(path)
    assert isinstance(caught.value, ValueError)
    for text in [str(path), *essentials]:
        assert text in str(caught.value)


@pytest.fixture
def packed(tmp_path):
    """What a file with SMALL, compressed, holds."""
    write_idx(tmp_path / "small.gz", SMALL)
    return (tmp_path / "small.gz").read_bytes()


def test_gzip_that_is_cut_or_goes_on(tmp_path, packed):
    path = tmp_path / "x.gz"
    for content in [*(packed[:length] for length in range(len(packed))), packed + b"garbage"]:
        path.write_bytes(content)
        with pytest.raises(
            IdxError, match=r"x.gz: expected .* found .* download it again"
        ) as error:
            read_idx(path)
    assert "x.gz: expected a complete gzip file, found a damaged one" in str(error.value)


def test_no_flipped_bit_of_a_gzip_file_gives_wrong_data(packed):
    survived = 0
    for bit in range(8 * len(packed)):
        content = bytearray(packed)
        content[bit // 8] ^= 1 << bit % 8
        try:
            assert_same(read_idx(io.BytesIO(content)), SMALL)
            survived += 1
        except IdxError:
            pass
    assert survived >= 48  # time, extra flags and system: 6 bytes of the header without meaning


def test_file_object_without_name_in_messages():
    with pytest.raises(IdxError, match=r"^<file object>: expected"):
        read_idx(io.BytesIO())
    with pytest.raises(IdxError, match=r"^<file object>: expected"):  # named "", by gzip
        read_idx(gzip.GzipFile(fileobj=io.BytesIO(gzip.compress(b"\0\0"))))


def test_text_file_object(tmp_path):
    path = tmp_path / "x"
    write_idx(path, SMALL)
    with (
        open(path, encoding="utf-8") as file,
        pytest.raises(IdxError, match=r'x: expected a binary file.*"rb"'),
    ):
        read_idx(file)


def disk_error(*_):
    raise OSError("disk error")


def test_errors_of_the_file_system_pass(tmp_path, monkeypatch):
    with pytest.raises(FileNotFoundError):
        read_idx(tmp_path / "missing")
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match="folder"):
        read_idx(tmp_path / "folder")
    with pytest.raises(FileNotFoundError):
        write_idx(tmp_path / "no folder" / "x", SMALL)
    write_idx(tmp_path / "x.gz", SMALL)
    monkeypatch.setattr(gzip.GzipFile, "read", disk_error)
    with pytest.raises(OSError, match="disk error"):
        read_idx(tmp_path / "x.gz")


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize(
    "header, payload, message, memory",
    [
        ("0e 03" + 3 * "00100000", b"few", "9,223,372,036,854,775,808 .* found 3;", 2**27),
        ("08 01 0000000a", bytes(2**25), "10 bytes .* found more than 10;", 2**20),
    ],
    ids=["promises terabytes", "holds more than it says"],
)
def test_memory_is_not_spent_on_what_is_not_there(pack, header, payload, message, memory):
    file = io.BytesIO(pack(bytes.fromhex("0000" + header) + payload))
    tracemalloc.start()  # NumPy reports to it, too
    with pytest.raises(IdxError, match=f"expected {message}"):
        read_idx(file)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < memory


UNSUPPORTED = [
    np.array([True]),
    np.array([1], np.int64),
    [2**40],
    np.array([1], np.uint16),
    np.array([1], np.float16),
    np.array([1j]),
    np.array([None]),
    np.array(["5"]),
    np.array(["2026-01-01"], "M8[D]"),
    np.array([(1, 2)], [("a", "u1"), ("b", "u1")]),
]


@pytest.mark.parametrize("array", UNSUPPORTED, ids=str)
def test_unsupported_type_is_refused(tmp_path, array):
    path = tmp_path / "x.gz"
    write_idx(path, SMALL)
    with pytest.raises(IdxError) as caught:
        write_idx(path, array)
    for text in [
        str(path),
        "uint8, int8, int16, int32, float32, float64",
        f"found {np.asarray(array).dtype};",
        "array.astype(np.uint8)",
    ]:
        assert text in str(caught.value)
    assert list(tmp_path.iterdir()) == [path]
    assert_same(read_idx(path), SMALL)


def test_dimension_too_large_is_refused(tmp_path):
    array = np.broadcast_to(np.uint8(0), (1, 2**32))  # takes one byte of memory
    with pytest.raises(IdxError, match=r"x: expected at most 4,294,967,295.*\(1, 4294967296\)"):
        write_idx(tmp_path / "x", array)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("owner", "function"), [(gzip.GzipFile, "write"), (os, "replace")])
def test_failed_write_leaves_the_old_file_and_no_other(tmp_path, monkeypatch, owner, function):
    path = tmp_path / "x.gz"
    write_idx(path, SMALL)
    monkeypatch.setattr(owner, function, disk_error)
    with pytest.raises(OSError, match="disk error"):
        write_idx(path, SMALL + 1)
    assert_same(read_idx(path), SMALL)
    assert list(tmp_path.iterdir()) == [path]


def test_older_file_is_complete_until_it_is_replaced(tmp_path, monkeypatch):
    path = tmp_path / "x"
    write_idx(path, SMALL)
    replaced = []

    def replace(source, target):
        assert_same(read_idx(target), SMALL)
        assert_same(read_idx(source), SMALL + 1)
        assert Path(source).parent == tmp_path  # another folder may be another disk
        replaced.append(target)

    monkeypatch.setattr(os, "replace", replace)
    write_idx(path, SMALL + 1)
    assert replaced == [str(path)]


def test_same_array_gives_the_same_bytes(tmp_path):
    for name in ["a.gz", "b.gz"]:
        write_idx(tmp_path / name, SMALL)
    content = (tmp_path / "a.gz").read_bytes()
    assert content == (tmp_path / "b.gz").read_bytes()
    # gzip, deflate, no flags and so no name; no time; best compression, unknown system
    assert content[:10] == bytes.fromhex("1f8b 08 00 00000000 02 ff")


@pytest.mark.skipif(os.name == "nt", reason="Windows has other permissions")
def test_permissions_are_those_of_any_new_file(tmp_path):
    old = os.umask(0o022)
    try:
        write_idx(tmp_path / "x", SMALL)
    finally:
        os.umask(old)
    assert (tmp_path / "x").stat().st_mode & 0o777 == 0o644
