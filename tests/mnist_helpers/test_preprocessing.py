import numpy as np
import pytest

from mnist_helpers import one_hot, to_vectors


def test_vectors_keep_order_and_scale():
    images = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)
    vectors = to_vectors(images)
    assert vectors.dtype == np.float32
    np.testing.assert_array_equal(vectors, np.arange(24, dtype=np.float32).reshape(2, 12) / 255)


def test_full_range_becomes_zero_to_one():
    assert to_vectors(np.array([[[0, 255]]], np.uint8)).tolist() == [[0, 1]]


def test_no_images_give_no_vectors():
    assert to_vectors(np.empty((0, 28, 28), np.uint8)).shape == (0, 784)


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (np.zeros((1, 2, 2), np.float32), "dtype uint8 .* got float32"),
        (np.zeros((2, 2), np.uint8), r"\(n, rows, columns\), got \(2, 2\)"),
    ],
)
def test_images_scaled_already_or_single_are_refused(images, message):
    with pytest.raises(ValueError, match=message):
        to_vectors(images)


def test_one_hot_is_the_identity_for_labels_in_order():
    rows = one_hot(np.arange(10))
    assert rows.dtype == np.float32
    np.testing.assert_array_equal(rows, np.eye(10))


def test_one_hot_reads_back():
    labels = np.array([5, 0, 4, 1, 9, 9], np.uint8)
    np.testing.assert_array_equal(one_hot(labels).argmax(axis=1), labels)
    np.testing.assert_array_equal(one_hot(labels).sum(axis=1), 1)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([0, 10, 11], "label 10 at index 1 is outside 0 to 9"),
        ([-1], "label -1 at index 0"),
        ([[0, 1]], "1-D array of integer labels"),
        ([0.0, 1.0], "1-D array of integer labels"),
    ],
)
def test_labels_that_are_none_are_refused(labels, message):
    with pytest.raises(ValueError, match=message):
        one_hot(labels)
