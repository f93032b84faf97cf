"""What the figures of chapters 2 and 3 embed and refuse; the browser's tests see the rest."""

import base64
import gzip

import numpy as np
import pytest

from mnist_helpers import BytePicture, HexView, PixelFog, PixelView

IDX = bytes.fromhex("00000803 00000002 0000001c 0000001c") + bytes(range(224)) * 7
IMAGES = np.arange(20 * 784, dtype=np.uint32).reshape(20, 28, 28).astype(np.uint8)
LABELS = np.arange(20) % 10


def decoded(text):
    return base64.b64decode(text)


def test_hex_view_reads_bytes_paths_and_gzip_alike(tmp_path):
    plain, packed = tmp_path / "train", tmp_path / "train.gz"
    plain.write_bytes(IDX)
    packed.write_bytes(gzip.compress(IDX))
    views = [HexView(IDX, "train"), HexView(plain), HexView(str(packed)), HexView(packed)]
    assert len({view._repr_html_() for view in views}) == 1
    data = views[0].data()
    assert decoded(data["head"]) == IDX[:1024] and data["length"] == len(IDX)
    assert data["shape"] == [2, 28, 28] and data["shown"] == 800


def test_hex_view_names_the_parts_of_any_header():
    meanings = [(start, end) for start, end, _ in HexView(IDX).fields]
    assert meanings == [(0, 2), (2, 3), (3, 4), (4, 8), (8, 12), (12, 16)]
    assert "<code>00 00 00 1c</code> = 28" in HexView(IDX).still()
    two = HexView(bytes.fromhex("00000802 00000001 00000002 0102"))
    assert two.fields[-1] == (8, 12, "size of dimension 1")
    assert two.data()["shown"] == 14


def test_byte_picture_cuts_as_reshape_does():
    picture = BytePicture(IDX)
    expected = np.frombuffer(IDX, np.uint8, 28 * 27, 3).reshape(28, 27)
    np.testing.assert_array_equal(picture.cut(3, 27), expected)
    assert decoded(picture.data()["bytes"]) == IDX[: 32 + 28 * 36]


def test_pixel_view_embeds_its_images():
    data = PixelView(IMAGES, LABELS).data()
    assert decoded(data["pixels"]) == IMAGES.tobytes() and data["labels"] == LABELS.tolist()


def test_pixel_fog_embeds_means_of_the_first():
    fog = PixelFog(IMAGES, LABELS)
    assert fog.counts == [1, None] and fog.accuracies is None
    means = np.frombuffer(decoded(fog.data()["means"]), np.uint8).reshape(2, 10, 28, 28)
    for digit in range(10):
        some = IMAGES[LABELS == digit]
        np.testing.assert_array_equal(means[0, digit], some[0])
        assert abs(means[1, digit] - some.mean(axis=0)).max() <= 0.5


def test_pixel_fog_reads_by_the_nearest_of_its_means():
    rng = np.random.default_rng(0)
    train, test = rng.integers(0, 256, (2, 300, 28, 28), np.uint8)
    labels, test_labels = np.arange(300) % 10, rng.integers(0, 10, 300)
    fog = PixelFog(train, labels, test, test_labels)
    for count, share in zip(fog.counts, fog.accuracies, strict=True):
        means = [train[labels == digit][:count].mean(axis=0) for digit in range(10)]
        far = [np.linalg.norm(test - mean, axis=(1, 2)) for mean in means]
        assert share == (np.argmin(far, axis=0) == test_labels).mean()
    assert f"{fog.accuracies[-1]:.1%}" in fog.still()


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: HexView(b"<!DOCTYPE html>"), "found a web page"),
        (lambda: HexView(IDX[:-1]), "1,568 bytes after the header"),
        (lambda: HexView(bytes.fromhex("00000901 00000001 05")), "got int8 of shape"),
        (lambda: HexView(bytes.fromhex("00000800 05")), r"got uint8 of shape \(\)"),
        (lambda: BytePicture(IDX[:1000]), "at least 1040 bytes, got 1000"),
        (lambda: BytePicture(IDX, offset=33), "got 33 and 28"),
        (lambda: BytePicture(IDX, columns=10), "got 16 and 10"),
        (lambda: PixelView(IMAGES.reshape(20, 784), LABELS), r"got \(20, 784\)"),
        (lambda: PixelView(IMAGES[:0], LABELS[:0]), r"got \(0, 28, 28\)"),
        (lambda: PixelView(IMAGES / 255, LABELS), "got float64: take them as"),
        (lambda: PixelView(IMAGES, LABELS[1:]), "expected 20 labels"),
        (lambda: PixelView(IMAGES, LABELS / 2), "got float64 of shape"),
        (
            lambda: PixelView(IMAGES.repeat(4, axis=0), LABELS.repeat(4)),
            "at most 60 images, got 80",
        ),
        (lambda: PixelFog(IMAGES[1:], LABELS[1:] % 9), "each at least once, got 0, 1"),
        (lambda: PixelFog(IMAGES, LABELS + 1), "labels from 0 to 9"),
        (lambda: PixelFog(IMAGES, LABELS, IMAGES, LABELS[1:]), "expected 20 labels"),
        (lambda: PixelFog(IMAGES, LABELS, IMAGES[:, 1:], LABELS), r"\(n, 28, 28\), got \(20, 27"),
    ],
)
def test_bad_input_is_named(make, message):
    with pytest.raises(ValueError, match=message):
        make()
