"""The runs of chapter 12: the networks of five articles, five times each, in ten minutes.

Each row of the chapter's table is trained from its seeds, and judged after its last epoch on images
that it did not train on. Results go to results/articles.json as they come; a result that is there
already is not computed again.

    python -m experiments.articles              all rows
    python -m experiments.articles A1 A4        these two

``build`` and ``run`` are the chapter's own, word for word. Where a loss flew off, the file has
``NaN``, which Python's json reads.
"""

import argparse
import os
import sys
import time
from collections import namedtuple
from pathlib import Path

from book.common import ENVIRONMENT, ROOT, machine
from experiments.common import add, find, read

os.environ.update(ENVIRONMENT)  # before Keras is imported

import keras  # noqa: E402
import numpy as np  # noqa: E402
from sklearn.model_selection import train_test_split  # noqa: E402

from mnist_helpers import load_mnist, one_hot, to_vectors  # noqa: E402

RESULTS = ROOT / "experiments" / "results" / "articles.json"

Article = namedtuple("Article", "hidden optimizer epochs batch_size")
A1 = Article([512], "rmsprop", 5, 128)
A3 = Article([784, 32], "sgd", 20, 500)
ROWS = {  # of the chapter's table: the article and the seeds
    "A1": (A1, range(5)),
    "A2": (A1, range(5, 10)),  # the same network: ten runs of it
    "A3 unscaled": (A3, range(5)),
    "A3 scaled": (A3, range(5)),
    "A4": (Article([128], "sgd", 20, 128), range(5)),
    "A5": (Article([512, 512], "adam", 5, 128), range(5)),
}


def build(article):
    """Build the network of an article, untrained."""
    layers = [keras.layers.Dense(n, activation="relu") for n in article.hidden]
    output = keras.layers.Dense(10, activation="softmax")
    return keras.Sequential([keras.Input(shape=(784,)), *layers, output])


def run(article, train, test, seed, **options):
    """Train an article's network; return its history, with the test accuracy."""
    keras.utils.set_random_seed(seed)
    model = build(article)
    sparse = "sparse_" if train[1].ndim == 1 else ""  # integers, or one-hot rows
    loss = f"{sparse}categorical_crossentropy"
    quicker = {"steps_per_execution": 20}  # and the same result
    model.compile(article.optimizer, loss, metrics=["accuracy"], **quicker)
    options |= {"epochs": article.epochs, "batch_size": article.batch_size}
    history = model.fit(*train, **options, verbose=0).history
    _, accuracy = model.evaluate(*test, batch_size=500, verbose=0)
    return history | {"test_accuracy": accuracy}


class StopWhenStuck(keras.callbacks.Callback):
    """Ends a training when an epoch has changed nothing but the last biases.

    They do not look at the image, so the epochs to come could not change anything else either.
    """

    def on_epoch_begin(self, epoch, logs=None):
        self.before = self.model.get_weights()[:-1]  # all but the last biases

    def on_epoch_end(self, epoch, logs=None):
        pairs = zip(self.before, self.model.get_weights()[:-1])
        stuck = all(np.array_equal(old, new, equal_nan=True) for old, new in pairs)
        self.model.stop_training = stuck


def data(row, mnist, seed):
    """What a row trains on and what it is judged by: two pairs of vectors and labels."""
    x, new_x = to_vectors(mnist.train_images), to_vectors(mnist.test_images)
    if row == "A1":
        return (x, mnist.train_labels), (new_x, mnist.test_labels)
    y, new_y = one_hot(mnist.train_labels), one_hot(mnist.test_labels)
    if row == "A4":  # which leaves the test images alone
        x, new_x, y, new_y = train_test_split(x, y, test_size=0.25, random_state=seed)
    if row.startswith("A3"):  # which holds the last tenth back
        kept = int(0.9 * len(x))
        x, y = x[:kept], y[:kept]
    if row == "A3 unscaled":
        x, new_x = 255 * x, 255 * new_x
    return (x, y), (new_x, new_y)


def measure(row, seed, mnist):
    """Train a row once; return the record."""
    article = ROWS[row][0]
    train, test = data(row, mnist, seed)
    options = {
        "A3 unscaled": {"callbacks": [StopWhenStuck()]},
        "A5": {"validation_data": test},  # for the end of the chapter
    }
    start = time.process_time(), time.perf_counter()
    history = run(article, train, test, seed, **options.get(row, {}))
    return {
        "name": row,
        "seed": seed,
        "history": history,
        "cpu_seconds": round(time.process_time() - start[0], 1),
        "wall_seconds": round(time.perf_counter() - start[1], 1),
        "settings": article._asdict(),
        "data": mnist.name,
        "images": {"training": len(train[0]), "measured": len(test[0])},
        "machine": machine(["keras", "tensorflow", "numpy"]),
    }


def main(arguments=None, mnist=None):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"of {', '.join(ROWS)}")
    parser.add_argument("--results", type=Path, default=RESULTS, metavar="FILE")
    options = parser.parse_args(arguments)
    if unknown := [row for row in options.rows if row not in ROWS]:
        parser.error(f"no row {', '.join(unknown)}; there are {', '.join(ROWS)}")
    mnist = mnist or load_mnist("mnist", strict=True)  # no results of the stand-in
    for row in options.rows or ROWS:
        article, seeds = ROWS[row]
        for seed in seeds:
            run_of = {"name": row, "seed": seed}
            record = find(read(options.results), **run_of)
            if not record or record["settings"] != article._asdict():
                record = measure(row, seed, mnist)
                add(options.results, record, run_of)
            accuracy, seconds = record["history"]["test_accuracy"], record["cpu_seconds"]
            print(f"{row:11} seed {seed}  {accuracy:.4f}  {seconds:.0f} s of all cores", flush=True)


if __name__ == "__main__":
    try:
        main()
    except ValueError as error:
        sys.exit(str(error))
