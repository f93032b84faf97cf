"""A small network that reads real hands: trains mnist_helpers/hands.npz, the first page's pad.

MNIST's digits were written in one country; other people slash their zeros, flag their ones, and bar
their sevens. So the network learns from MNIST and from 8,742 digits that 134 people of several
countries wrote with a pen on a tablet: UNIPEN train_r01_v07, category 1a (International Unipen
Foundation, 1999, https://doi.org/10.5281/zenodo.1195803, CC BY 4.0). Their strokes are drawn as
the pad draws, bent as other hands would have, and some get a slash, a flag, or a bar. A fifth of
what it sees is no digit at all; the answer to that is one tenth for each digit.

A convolutional network learns from these pictures first, from each of them once, so that it does
not learn single faulty labels of the source by heart. The network for the pad learns its answers.

    python -m experiments.hands             each fold, then the network to ship: half an hour
    python -m experiments.hands 0 none      fold 0, and the network to ship, which holds out none
    python -m experiments.hands --quick     few pictures: does it run? writes into _build/hands

The writers are in five folds. Fold 0 chose the settings, of two that were tried: the first had
fewer pictures of MNIST, bent more, a larger teacher, and four epochs (of fold 0 96.9 % right, of
MNIST's held-out writers 98.2 %). Each other fold is read by a network that has seen none of its
writers, and chose nothing. The network to ship learns from all writers; it alone is asked about the
test images of MNIST.
Results go to results/hands.json as they come; a result that is there already is not computed again.

The strokes are not part of the book: $MNIST_HELPERS_DATA/unipen-digits/unipen-digits.json.gz is a
list of {"label": 0 to 9, "writer": collection and number, "strokes": lists of [x, y]}, y downward.
Beside it, qmnist/qmnist-train-labels-idx2-int.gz, of https://github.com/facebookresearch/qmnist,
names the writers of MNIST.
"""

import argparse
import collections
import gzip
import json
import os
import sys
import time
from pathlib import Path

from book.common import ENVIRONMENT, ROOT, machine
from experiments.common import add, find, read

if __name__ == "__main__":  # before Keras is imported, and not for the tests
    # oneDNN makes convolutions twice as fast
    os.environ.update(ENVIRONMENT | {"TF_ENABLE_ONEDNN_OPTS": "1"})

import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow  # noqa: E402
from keras import layers  # noqa: E402
from tqdm import tqdm  # noqa: E402

from experiments.strokes import KINDS, LONGER_SIDE, no_digit, picture, restyle, vary  # noqa: E402
from mnist_helpers import (  # noqa: E402
    DigitPad,
    distort,
    load_mnist,
    one_hot,
    read_idx,
    to_vectors,
)
from mnist_helpers.hands import WEIGHTS  # noqa: E402
from mnist_helpers.live.digit_pad import run  # noqa: E402

RESULTS = ROOT / "experiments" / "results" / "hands.json"
BUILD = ROOT / "_build" / "hands"
FOLDS = 5
RUNS = {str(fold): fold for fold in range(FOLDS)} | {"none": None}  # the fold that is held out
SURE = 0.9
BATCH = 256
PART = 4096  # pictures at a time: what they need stays in the processor's cache
SETTING = {
    "widths": [128, 64],
    "drawings": 8,  # of each digit, each bent in another way
    "no_digits": 25_000,
    "pool": 330_000,  # pictures to train on
    "shares": {"hands": 0.42, "mnist": 0.4, "no_digit": 0.18},
    "hands_distortion": {"rotation": 4, "scale": 0.04, "shear": 0.08, "shift": 0.4, "bend": 0.4},
    "mnist_distortion": {"rotation": 8, "scale": 0.08, "shear": 0.1, "shift": 0.5, "bend": 0.6},
    "smoothing": 0.05,
    "teacher_epochs": 1,
    "epochs": 10,
    "rate": 0.002,
    "seed": 0,
}
QUICK = SETTING | {"drawings": 1, "no_digits": 100, "pool": 1000, "epochs": 1}


# ---- what is read


def data_file(*parts):
    """A file below MNIST_HELPERS_DATA that the book does not bring; ValueError if it is missing."""
    path = Path(os.environ.get("MNIST_HELPERS_DATA", ""), *parts)
    if not path.is_file():
        raise ValueError(
            f"{path}: no such file. The strokes and the writers of MNIST are not part of the book; "
            "the first lines of experiments/hands.py say where they are from. Set "
            "MNIST_HELPERS_DATA to the folder that holds them. All else works without"
        )
    return path


def read_digits():
    """The digits of UNIPEN: lists of their strokes, and arrays of labels and of writers."""
    path = data_file("unipen-digits", "unipen-digits.json.gz")
    records = json.loads(gzip.decompress(path.read_bytes()))
    strokes = [[np.array(stroke, float) for stroke in record["strokes"]] for record in records]
    return strokes, *(np.array([record[key] for record in records]) for key in ("label", "writer"))


def split(writers):
    """The fold of each digit: every collection's writers are dealt out, the most diligent first.

    >>> split(["a-1", "a-1", "a-2", "b-1"])
    array([0, 0, 1, 2])
    """
    count = collections.Counter(writers)
    order = sorted(count, key=lambda writer: (writer.partition("-")[0], -count[writer], writer))
    to_and_fro = [*range(FOLDS), *reversed(range(FOLDS))]
    fold = {writer: to_and_fro[i % len(to_and_fro)] for i, writer in enumerate(order)}
    return np.array([fold[writer] for writer in writers])


def mnist_folds(count):
    """The fold of each training image of MNIST by its writer: a tenth in each, the rest in -1."""
    labels = read_idx(data_file("qmnist", "qmnist-train-labels-idx2-int.gz"))
    _, writer = np.unique(labels[:count, 2], return_inverse=True)
    return np.where(writer % 10 < FOLDS, writer % 10, -1)


# ---- what is drawn


def draw(strokes, labels, writers, setting, path):
    """Draw what all folds train on, and keep it in a file.

    Returns
    -------
    digits : ndarray of uint8, shape (1 + drawings, n, 28, 28)
        Each as it was written, and bent in several ways.
    no_digits : ndarray of uint8, shape (no_digits, 28, 28)
        If a digit is part of number ``i``, its writer is in fold ``i % FOLDS``.
    """
    if not path.exists():
        digits = np.empty((1 + setting["drawings"], len(labels), 28, 28), np.uint8)
        for i, label in enumerate(tqdm(labels, "drawing", disable=None)):
            rng = np.random.default_rng([setting["seed"], i])
            digits[0, i] = picture(strokes[i])
            for bent in digits[1:]:
                bent[i] = picture(vary(restyle(strokes[i], label, rng), rng), any_size(rng))
        rng = np.random.default_rng(setting["seed"])
        no_digits = np.empty((setting["no_digits"], 28, 28), np.uint8)
        share = np.array(list(KINDS.values())) / sum(KINDS.values())
        for fold in range(FOLDS):
            its_own = [(strokes[i], labels[i]) for i in np.flatnonzero(split(writers) == fold)]
            kinds = rng.choice(list(KINDS), len(no_digits[fold::FOLDS]), p=share)
            no_digits[fold::FOLDS] = draw_no_digits(kinds, its_own, rng)
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez(path, digits=digits, no_digits=no_digits)
    with np.load(path) as stored:
        return stored["digits"], stored["no_digits"]


def any_size(rng):
    """Of a drawing on the canvas: the smaller it is, the thicker its lines."""
    return LONGER_SIDE * np.exp(rng.uniform(-0.5, 0.2))


def draw_no_digits(kinds, digits, rng):
    """A picture of each of these kinds, shape (n, 28, 28); ``digits`` are strokes and labels."""
    drawings = (vary(no_digit(kind, rng, digits), rng) for kind in kinds)
    sizes = (rng.uniform(2, 12) if kind == "dot" else any_size(rng) for kind in kinds)
    return np.array([picture(drawing, size) for drawing, size in zip(drawings, sizes)])


def make_pool(hands, mnist, no_digits, setting, rng):
    """Pictures to train on and the answers to them, in a random order.

    Parameters
    ----------
    hands : tuple
        Bent drawings, shape (drawings, n, 28, 28), labels, and how often to take each.
    mnist : tuple
        Images and labels.
    no_digits : ndarray, shape (n, 28, 28)
    setting : dict
    rng : numpy.random.Generator

    Returns
    -------
    tuple of ndarray
        uint8, shape (pool, 28, 28), and float32, shape (pool, 10).
    """
    bent, hand_labels, often = hands
    images, image_labels = mnist
    n_hands, n_mnist, n_none = (round(setting["pool"] * s) for s in setting["shares"].values())
    digit = rng.choice(len(hand_labels), n_hands, p=often / often.sum())
    image = rng.integers(len(images), size=n_mnist)
    labels = np.concatenate([hand_labels[digit], image_labels[image]])
    answers = (1 - setting["smoothing"]) * one_hot(labels) + setting["smoothing"] / 10
    answers = np.concatenate([answers, np.full((n_none, 10), 0.1)]).astype(np.float32)
    parts = [
        (bent[rng.integers(len(bent), size=n_hands), digit], setting["hands_distortion"]),
        (images[image], setting["mnist_distortion"]),
        (no_digits[rng.integers(len(no_digits), size=n_none)], setting["hands_distortion"]),
    ]
    pictures = [
        distort(part[start : start + PART], rng, **distortion)
        for part, distortion in parts
        for start in range(0, len(part), PART)
    ]
    order = rng.permutation(len(answers))
    return np.concatenate(pictures)[order], answers[order]


# ---- what learns


def build_teacher():
    """A convolutional network, which tells hands apart better than Dense layers do."""
    return keras.Sequential(
        [
            keras.Input(shape=(784,)),
            layers.Reshape((28, 28, 1)),
            layers.Conv2D(16, 5, strides=2, padding="same", activation="relu"),
            layers.Conv2D(32, 3, strides=2, padding="same", activation="relu"),
            layers.Conv2D(64, 3, padding="same", activation="relu"),
            layers.Flatten(),
            layers.Dropout(0.3),
            layers.Dense(128, activation="relu"),
            layers.Dropout(0.3),
            layers.Dense(10, activation="softmax"),
        ]
    )


def build_pupil(widths):
    """The network for the pad."""
    hidden = [layers.Dense(width, activation="relu") for width in widths]
    output = layers.Dense(10, activation="softmax")
    return keras.Sequential([keras.Input(shape=(784,)), *hidden, output])


def fit(model, pictures, targets, epochs, setting, title):
    """Train with Adam, whose rate rises for a twentieth of the steps and then falls to zero."""
    steps = epochs * (len(pictures) // BATCH)
    rise = 1 + steps // 20
    rate = keras.optimizers.schedules.CosineDecay(
        0.0, steps - rise, warmup_target=setting["rate"], warmup_steps=rise
    )
    model.compile(keras.optimizers.Adam(rate), "categorical_crossentropy", steps_per_execution=16)
    rng = np.random.default_rng(setting["seed"])
    for _ in tqdm(range(epochs), title, disable=None):
        order = rng.permutation(len(pictures))
        for start in range(0, len(order), 8 * PART):
            part = order[start : start + 8 * PART]
            model.fit(to_vectors(pictures[part]), targets[part], BATCH, shuffle=False, verbose=0)


def ask(model, pictures):
    """The probabilities, shape (n, 10)."""
    answer = tensorflow.function(lambda x: model(x, training=False))
    parts = (pictures[start : start + PART] for start in range(0, len(pictures), PART))
    return np.concatenate([answer(to_vectors(part)).numpy() for part in parts])


# ---- what is measured


def reading(answers, labels):
    """How well digits are read: how many, and the shares right, right and sure, wrong and sure."""
    is_right, is_sure = answers.argmax(axis=1) == labels, answers.max(axis=1) > SURE
    return {
        "count": len(labels),
        "right": float(is_right.mean()),
        "right_and_sure": float((is_right & is_sure).mean()),
        "wrong_and_sure": float((~is_right & is_sure).mean()),
    }


def reading_by(groups, answers, labels):
    """``reading`` of each group."""
    return {
        str(group): reading(answers[groups == group], labels[groups == group])
        for group in np.unique(groups)
    }


def sureness(answers):
    """How sure the answers to pictures of no digit are."""
    highest = answers.max(axis=1)
    return {
        "count": len(answers),
        "mean": float(highest.mean()),
        "over_half": float((highest > 0.5).mean()),
        "sure": float((highest > SURE).mean()),
    }


def train(fold, digits, drawn, mnist, setting):
    """Train without the writers of a fold, or with all if it is None; return record and layers."""
    start = time.process_time()
    record = {
        "held_out": fold,
        "setting": setting,
        "data": mnist.name,
        "machine": machine(["keras", "tensorflow", "numpy"]),
    }
    rng = np.random.default_rng([setting["seed"], FOLDS if fold is None else fold])
    keras.utils.set_random_seed(setting["seed"])
    strokes, labels, writers = digits
    new, mnist_new = split(writers) == fold, mnist_folds(len(mnist.train_labels)) == fold
    count = collections.Counter(writers)
    often = np.array([count[writer] for writer in writers]) ** -0.5  # or six writers outweigh all
    drawings, no_digits = drawn
    pictures, targets = make_pool(
        (drawings[1:, ~new], labels[~new], often[~new]),
        (mnist.train_images[~mnist_new], mnist.train_labels[~mnist_new]),
        no_digits[np.arange(len(no_digits)) % FOLDS != fold],
        setting,
        rng,
    )
    teacher, pupil = build_teacher(), build_pupil(setting["widths"])
    fit(teacher, pictures, targets, setting["teacher_epochs"], setting, "teacher")
    fit(pupil, pictures, ask(teacher, pictures), setting["epochs"], setting, "pupil")

    pad = DigitPad(pupil).layers  # with weights in float16

    def read_by_pad(images):
        return run(pad, to_vectors(images))

    record["parameters"] = pupil.count_params()
    if fold is None:
        record["mnist"] = reading(read_by_pad(mnist.test_images), mnist.test_labels)
    else:
        answers, right = read_by_pad(drawings[0, new]), labels[new]
        collections_ = np.array([writer.partition("-")[0] for writer in writers[new]])
        record |= {
            "writers": len(set(writers[new])),
            "hands": reading(answers, right),
            "teacher": reading(ask(teacher, drawings[0, new]), right),
            "digits": reading_by(right, answers, right),
            "collections": reading_by(collections_, answers, right),
            "mnist": reading(
                read_by_pad(mnist.train_images[mnist_new]), mnist.train_labels[mnist_new]
            ),
        }
    theirs = np.flatnonzero(new) if new.any() else np.arange(len(labels))
    theirs = [(strokes[i], labels[i]) for i in theirs]
    rng = np.random.default_rng([setting["seed"], 100])  # drawings that no network has seen
    record["no_digits"] = {
        kind: sureness(read_by_pad(draw_no_digits([kind] * 400, theirs, rng)))
        for kind in [*KINDS, "new"]
    }
    record["cpu_seconds"] = round(time.process_time() - start, 1)
    return record, pad


def save(pad, path):
    """Write the layers where hands_network finds them."""
    weights = {}
    for i, layer in enumerate(pad):
        weights |= {f"kernel_{i}": layer.kernel, f"bias_{i}": layer.bias}
    np.savez(path, **weights)


def main(arguments=None, mnist=None):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folds", nargs="*", metavar="FOLD", help=f"of {', '.join(RUNS)}")
    parser.add_argument("--quick", action="store_true", help="few pictures: does it run?")
    options = parser.parse_args(arguments)
    if unknown := [name for name in options.folds if name not in RUNS]:
        parser.error(f"no fold {', '.join(unknown)}; there are {', '.join(RUNS)}")
    setting, results, weights = SETTING, RESULTS, WEIGHTS
    if options.quick:
        setting, results, weights = QUICK, BUILD / "quick.json", BUILD / "quick.npz"
    digits = read_digits()
    mnist = mnist or load_mnist(strict=True)  # no results of the stand-in
    name = "-".join(str(setting[key]) for key in ("drawings", "no_digits", "seed"))
    drawn = draw(*digits, setting, BUILD / f"{name}.npz")
    for fold in (RUNS[name] for name in options.folds or RUNS):
        record = find(read(results), held_out=fold)
        if not record or record["setting"] != setting:
            record, pad = train(fold, digits, drawn, mnist, setting)
            if fold is None:
                save(pad, weights)
            add(results, record, {"held_out": fold})
        hands = f"hands {record['hands']['right']:.2%}  " if fold is not None else ""
        print(f"fold {fold}: {hands}MNIST {record['mnist']['right']:.2%}", flush=True)


if __name__ == "__main__":
    try:
        main()
    except ValueError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit("\nstopped; the same command goes on with the unfinished fold")
