"""The film of a training: what it packs, and what it refuses."""

import base64
import json
import zlib

import numpy as np
import pytest
from bs4 import BeautifulSoup

from mnist_helpers import TrainingFilm
from mnist_helpers.live.training_film import CLOSE
from tests.film import answers, digits, film, snapshots


def unpack(more, step, hidden=16):
    """The weights that the page computes with, snapshot by snapshot."""
    rows = np.frombuffer(zlib.decompress(base64.b64decode(more["kernels"])), np.uint8)
    rows = rows.reshape(-1, 2, 784 * hidden).astype(int)
    folded = rows[:, 0] + 256 * rows[:, 1]
    kernels = np.where(folded % 2, -(folded + 1) // 2, folded // 2).cumsum(axis=0) * step
    rest = np.frombuffer(base64.b64decode(more["rest"]), "<f2").reshape(len(kernels), -1)
    parts = np.split(rest, np.cumsum([hidden, 10 * hidden]), axis=1)
    return [
        [kernel.reshape(784, hidden), bias, last.reshape(hidden, 10), last_bias]
        for kernel, bias, last, last_bias in zip(kernels, *parts)
    ]


def test_curves_are_those_of_the_snapshots():
    images, labels = digits()
    shown = film()
    assert shown.batches == [0, 1, 2, 4, 8, 16, 32, 64, 128, 200]
    for weights, loss, accuracy in zip(snapshots().values(), shown.losses, shown.accuracies):
        p = answers(weights, images[1200:])
        assert loss == pytest.approx(-np.log(p[np.arange(len(p)), labels[1200:]]).mean(), abs=1e-4)
        assert accuracy == (p.argmax(axis=1) == labels[1200:]).mean()
    assert shown.accuracies[0] < 0.3 and shown.accuracies[-1] > 0.8


def test_rounding_changes_no_answer_by_more_than_it_says():
    images, _ = digits()
    shown = film()
    unpacked = unpack(shown.later(), shown.step)
    worst = max(
        abs(answers(rounded, images[1200:]) - answers(exact, images[1200:])).max()
        for rounded, exact in zip(unpacked, snapshots().values(), strict=True)
    )
    assert 0.0005 < worst <= CLOSE + 1e-5  # coarser would be too coarse, finer too long
    first = unpack(shown.data(), shown.step)
    assert len(first) == 1 and np.array_equal(first[0][0], unpacked[0][0])


def test_data_say_how_to_train_and_hold_each_digit_once():
    images, labels = digits()
    data, more = film().data(), film().later()
    assert data["trains"] == [1200, 500] and len(more["labels"]) == 1700
    pictures = np.frombuffer(base64.b64decode(data["digits"]), np.uint8).reshape(10, 28, 28)
    for digit, picture in enumerate(pictures):
        place = 1200 + np.flatnonzero(labels[1200:] == digit)[0]
        assert abs(picture / 255 - images[place]).max() <= 0.5 / 255
    assert film(trains=False).data()["trains"] is None
    assert "sprite" not in film(trains=False).later()
    assert json.dumps(data) == json.dumps(film().data())


def test_bytes_and_floats_are_the_same_images():
    images, labels = digits()
    as_bytes = np.rint(255 * images[1200:]).astype(np.uint8)
    same = TrainingFilm(snapshots(), as_bytes, labels[1200:])
    np.testing.assert_allclose(same.losses, film().losses, atol=2e-3)


def test_still_tells_the_story():
    soup = BeautifulSoup(film()._repr_html_(), "html.parser")
    rows = [[cell.text for cell in row.select("td, th")] for row in soup.select("tbody tr")]
    assert len(rows) == 4 and rows[0][0] == "0" and rows[-1][0] == "200"
    assert rows[-1][2] == f"{film().accuracies[-1]:.1%}"
    assert "noise" in soup.img["alt"] and len(film().still()) < 40_000
    assert repr(film()) == (
        "<TrainingFilm: 10 snapshots of a 784-16-10 network, after 0 to 200 batches>"
    )


def changed(change):
    weights = [part.copy() for part in snapshots()[200]]
    change(weights)
    return {0: snapshots()[0], 200: weights}


@pytest.mark.parametrize(
    "given, message",
    [
        ({0: snapshots()[0]}, "two or more"),
        (dict(reversed(snapshots().items())), "in order"),
        (changed(lambda w: w.pop()), "after 200 batches: expected the weights of two Dense"),
        (changed(lambda w: w.__setitem__(0, w[0][:100])), "784 pixels"),
        (changed(lambda w: w[1].fill(np.nan)), "diverged"),
        ({0: snapshots(8)[0], 200: snapshots()[200]}, "another network"),
    ],
)
def test_what_is_no_film_is_refused(given, message):
    images, labels = digits()
    with pytest.raises(ValueError, match=message):
        TrainingFilm(given, images, labels)


@pytest.mark.parametrize(
    "images, labels, message",
    [
        (digits()[0][:, :20], digits()[1], "28, 28"),
        (digits()[0], digits()[1][:-1], "label for each"),
        (2 * digits()[0], digits()[1], "from 0 to 1"),
        (digits()[0], digits()[1] % 9, "each at least once"),
        (digits()[0], digits()[1].astype(float), "labels 0 to 9"),
    ],
)
def test_what_are_no_images_is_refused(images, labels, message):
    with pytest.raises(ValueError, match=message):
        TrainingFilm(snapshots(), images, labels)
