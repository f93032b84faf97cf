"""The laboratory for training curves: what it packs, shows on paper, and refuses."""

import base64
import re
import zlib

import numpy as np
import pytest

from mnist_helpers import TrainingLab
from mnist_helpers.live.base import FOLDER
from tests.film import digits


def lab():
    return TrainingLab(*digits(), train=1000, held_out=300)


def test_digits_come_out_in_four_grays():
    figure = lab()
    more = figure.later()
    packed = np.frombuffer(zlib.decompress(base64.b64decode(more["digits"])), np.uint8)
    levels = np.stack([packed.reshape(-1, 7, 28) >> 2 * row & 3 for row in range(4)], axis=2)
    np.testing.assert_array_equal(levels.reshape(-1, 28, 28), figure.levels)
    assert more["labels"] == "".join(map(str, figure.labels)) and len(more["labels"]) == 1300
    assert set(np.unique(levels)) == {0, 1, 2, 3}


def test_digits_are_drawn_at_random_and_none_twice():
    images, labels = digits()
    numbered = np.arange(len(labels), dtype=np.uint8)[:200]
    marked = np.zeros((200, 784), np.uint8)
    for bit in range(8):
        marked[:, bit] = 255 * (numbered >> bit & 1)
    figure = TrainingLab(marked, labels[:200], train=120, held_out=80)
    bits = figure.levels.reshape(200, 784)[:, :8] // 3
    found = (bits << np.arange(8)).sum(axis=1)
    assert sorted(found) == list(range(200)) and found.tolist() != sorted(found)
    assert (labels[found] == figure.labels).all()


def test_the_engine_travels_with_it():
    data = lab().data()
    assert base64.b64decode(data["wasm"]) == (FOLDER / "engine.wasm").read_bytes()
    assert (data["train"], data["heldOut"]) == (1000, 300)


def test_floats_and_bytes_give_the_same():
    images, labels = digits()
    as_bytes = np.rint(255 * images).astype(np.uint8)
    np.testing.assert_array_equal(lab().levels, TrainingLab(as_bytes, labels, 1000, 300).levels)


def test_the_still_tells_its_own_numbers():
    figure = lab()
    losses, held_out, accuracies = figure.example
    assert losses[-1] < 0.1 * losses[0] and accuracies[-1] > 0.8
    still = figure.still()
    lowest = held_out.argmin()
    assert f"lowest after epoch {lowest + 1}, {held_out[lowest]:.2f}" in still
    rows = re.findall(r'<tr><th scope="row">(\d+)</th><td>(.*?)</td><td>(.*?)</td>', still)
    for epoch, loss, watched in rows:
        i = int(epoch) - 1
        assert (loss, watched) == (f"{losses[i]:.2f}", f"{held_out[i]:.2f}")


@pytest.mark.parametrize(
    "images, labels, words",
    [
        (np.zeros((9, 100)), np.zeros(9, int), r"expected images of shape \(n, 784\)"),
        (np.zeros((9, 784)), np.zeros(9), "expected labels 0 to 9"),
        (np.zeros((9, 784)), np.full(9, 10), "expected labels 0 to 9"),
        (np.zeros((9, 784)), np.zeros(8, int), "expected a label for each of 9"),
    ],
)
def test_what_does_not_fit_is_named(images, labels, words):
    with pytest.raises(ValueError, match=words):
        TrainingLab(images, labels, train=5, held_out=5)


def test_few_images_are_enough():
    figure = TrainingLab(np.zeros((60, 784)), np.arange(60) % 10)
    assert (figure.train, figure.held_out) == (50, 10)
