"""The stand-in: real digits, prepared as MNIST's were, as near to MNIST as honest means get."""

import numpy as np
import pytest
from scipy import ndimage
from sklearn.datasets import load_digits
from sklearn.neighbors import KNeighborsClassifier

from mnist_helpers import read_idx
from mnist_helpers.standin import TRAINING_SIZE, make_stand_in


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made") / "stand-in"
    make_stand_in(folder)
    return folder


@pytest.fixture(scope="module")
def images(folder):
    parts = [read_idx(folder / f"{part}-images-idx3-ubyte.gz") for part in ("train", "t10k")]
    assert [len(part) for part in parts] == [TRAINING_SIZE, 1797 - TRAINING_SIZE]
    return np.concatenate(parts)


@pytest.fixture(scope="module")
def labels(folder):
    parts = [read_idx(folder / f"{part}-labels-idx1-ubyte.gz") for part in ("train", "t10k")]
    return np.concatenate(parts)


def test_holds_every_digit_of_the_source_with_its_label(images, labels):
    assert images.shape == (1797, 28, 28) and images.dtype == np.uint8
    np.testing.assert_array_equal(labels, load_digits().target)


def test_digits_fill_a_box_of_20_pixels(images):
    inked = images > 0
    height = inked.any(axis=2).sum(axis=1)
    width = inked.any(axis=1).sum(axis=1)
    assert (np.maximum(height, width) <= 20).all()
    assert (np.maximum(height, width) >= 19).mean() > 0.99


def test_center_of_mass_is_within_half_a_pixel_of_the_middle(images):
    centers = np.array([ndimage.center_of_mass(image) for image in images])
    # MNIST's own are at index 13.5 to 14.5 too
    assert np.abs(centers - 14).max() <= 0.5


def test_ink_is_as_in_mnist(images):
    # MNIST's 60,000 training images: mean 33.3; 19.1 % of the pixels have ink; 13.2 % are dark
    assert images.mean() == pytest.approx(33.3, abs=1)
    assert (images > 0).mean() == pytest.approx(0.191, abs=0.01)
    assert (images > 127).mean() == pytest.approx(0.132, abs=0.01)
    assert (images.max(axis=(1, 2)) > 240).all()


def test_digits_are_still_those_of_the_source(images, labels):
    """Neighbors among the images have the same label about as often as at the source."""
    vectors = images.reshape(len(images), -1)
    model = KNeighborsClassifier().fit(vectors[:TRAINING_SIZE], labels[:TRAINING_SIZE])
    assert model.score(vectors[TRAINING_SIZE:], labels[TRAINING_SIZE:]) > 0.9


def test_same_bytes_each_time(folder, tmp_path):
    make_stand_in(tmp_path)
    files = sorted(path.name for path in folder.iterdir())
    assert files == sorted(path.name for path in tmp_path.iterdir())
    for file in files:
        assert (folder / file).read_bytes() == (tmp_path / file).read_bytes()
