"""The runs of chapter 8: what helps a network with few images, five times each.

Each row of ROWS is a network and what it trains on. Every seed draws its own images, and all are
judged by the same 10,000 that are held back; the test images stay closed. Results go to
results/remedies.json as they come; a result that is there already is not computed again. Half an
hour on one core.

Tried before, and given up: dropout 0.8 (one seed); for the learning curve 512-512 without batch
normalization (one seed), and a stop at the lowest validation loss, in batches of 128 (two seeds).

    python -m experiments.remedies              all rows
    python -m experiments.remedies dropout      those whose names begin so
"""

import argparse
import os
import sys
import time
from pathlib import Path

from book.common import ENVIRONMENT, ROOT, machine
from experiments.common import add, find, read

os.environ.update(ENVIRONMENT)  # before Keras is imported

import keras  # noqa: E402
import numpy as np  # noqa: E402
from sklearn.model_selection import train_test_split  # noqa: E402

from mnist_helpers import load_mnist, to_vectors  # noqa: E402

RESULTS = ROOT / "experiments" / "results" / "remedies.json"
SEEDS = range(5)
ROUND = 5000  # images between two looks, at least, where these decide when to stop

FEW = {"hidden": [512, 512], "images": 1000, "epochs": 40, "every": 4}
MANY = {"hidden": [512, 512], "images": 10_000, "epochs": 15, "every": 1}
ROWS = {
    # remedies against overfitting, in several strengths
    "plain": FEW,
    "dropout 0.2": FEW | {"dropout": 0.2},
    "dropout 0.5": FEW | {"dropout": 0.5},
    "batch normalization": FEW | {"normalize": True},
    "weight decay 1": FEW | {"decay": 1.0},
    "weight decay 3": FEW | {"decay": 3.0},
    # does batch normalization end higher, or is it sooner there?
    "10,000, plain": MANY,
    "10,000, batch normalization": MANY | {"normalize": True},
}
CURVES = {  # the learning curve: train until the validation accuracy rises no more
    "128": {"hidden": [128]},
    "512-512": {"hidden": [512, 512], "normalize": True},
}
for _name, _network in CURVES.items():
    for _images in (100, 1000, 10_000, 50_000):
        ROWS[f"curve {_name}, {_images}"] = _network | {"images": _images, "patience": 5}


def build(hidden, dropout=0.0, normalize=False):
    """A network as in chapter 8, untrained."""
    layers = [keras.Input(shape=(784,))]
    for width in hidden:
        layers.append(keras.layers.Dense(width))
        if normalize:
            layers.append(keras.layers.BatchNormalization())
        layers.append(keras.layers.Activation("relu"))
        if dropout:
            layers.append(keras.layers.Dropout(dropout))
    return keras.Sequential([*layers, keras.layers.Dense(10, activation="softmax")])


def hold_out(mnist):
    """The images to draw from and those held back, as pairs of vectors and labels."""
    split = train_test_split(
        to_vectors(mnist.train_images),
        mnist.train_labels,
        test_size=1 / 6,
        stratify=mnist.train_labels,
        random_state=0,
    )
    return (split[0], split[2]), (split[1], split[3])


def draw(pool, images, seed):
    """Some images of the pool and their labels."""
    chosen = np.random.default_rng(seed).permutation(len(pool[0]))[:images]
    return pool[0][chosen], pool[1][chosen]


def train(setting, seed, pool, held_back):
    """Train once; return the history."""
    x, y = draw(pool, setting["images"], seed)
    options = {"batch_size": 128, "validation_batch_size": 1000, "verbose": 0}
    if patience := setting.get("patience"):
        if len(x) < ROUND:  # few images are shown several times in a round
            again = np.resize(np.arange(len(x)), ROUND)
            x, y = x[again], y[again]
        stop = keras.callbacks.EarlyStopping("val_accuracy", mode="max", patience=patience)
        options |= {"epochs": 1000, "callbacks": [stop], "batch_size": 512}
    else:
        options |= {"epochs": setting["epochs"], "validation_freq": setting["every"]}
    keras.utils.set_random_seed(seed)
    model = build(setting["hidden"], setting.get("dropout", 0), setting.get("normalize", False))
    model.compile(
        optimizer=keras.optimizers.Adam(weight_decay=setting.get("decay")),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
        steps_per_execution=8,  # quicker, and the same result
    )
    history = model.fit(x, y, validation_data=held_back, **options).history
    return {name: [round(value, 5) for value in values] for name, values in history.items()}


def reached(record):
    """Validation accuracy: the highest if it decided when to stop, or at the end."""
    values = record["history"]["val_accuracy"]
    return max(values) if "patience" in record["settings"] else values[-1]


def main(arguments=None, mnist=None):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("rows", nargs="*", metavar="ROW", help="the beginning of a name")
    parser.add_argument("--results", type=Path, default=RESULTS, metavar="FILE")
    options = parser.parse_args(arguments)
    rows = [name for name in ROWS if name.startswith(tuple(options.rows or [""]))]
    if not rows:
        parser.error(f"no row begins so; there are {', '.join(ROWS)}")
    mnist = mnist or load_mnist("mnist", strict=True)  # no results of the stand-in
    pool, held_back = hold_out(mnist)
    for seed in SEEDS:
        for name in rows:
            run_of = {"name": name, "seed": seed}
            record = find(read(options.results), **run_of)
            if not record or record["settings"] != ROWS[name]:
                start = time.process_time()
                record = run_of | {
                    "history": train(ROWS[name], seed, pool, held_back),
                    "cpu_seconds": round(time.process_time() - start, 1),
                    "settings": ROWS[name],
                    "data": mnist.name,
                    "machine": machine(["keras", "tensorflow", "numpy"]),
                }
                add(options.results, record, run_of)
            print(f"{name:28} seed {seed}  {reached(record):.4f}", flush=True)


if __name__ == "__main__":
    try:
        main()
    except ValueError as error:
        sys.exit(str(error))
