"""The runs of chapter 11: eleven learners on 300 to 60,000 images, in half an hour on one core.

Everyone fits the same images, drawn from the training images by a seed, and reads the whole test
set. A setting that has candidates is chosen first, on 10,000 training images that the learner did
not fit; the test images choose nothing. The networks' epochs are chosen for each size, all other
settings up to 5,000 images: there is no choice at 60,000 that would not take hours, so what was
chosen at 5,000 stays. Results go to results/classics.json as they come; a result that is there
already is not computed again.

    python -m experiments.classics              all sizes
    python -m experiments.classics 300 1000     these two

Seconds are those of one core (`time.process_time`), of a fit without its search. ``Network`` is the
chapter's own, word for word.
"""

import argparse
import os
import sys
import time
from pathlib import Path

from book.common import ENVIRONMENT, ROOT, machine, write_json
from experiments.common import find, read

ONE_CORE = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
}
if __name__ == "__main__":  # before NumPy and Keras are imported, and not for the tests
    os.environ.update(ENVIRONMENT | ONE_CORE)

import keras  # noqa: E402
import numpy as np  # noqa: E402
from sklearn.ensemble import (  # noqa: E402
    ExtraTreesClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.linear_model import LogisticRegression  # noqa: E402
from sklearn.naive_bayes import BernoulliNB  # noqa: E402
from sklearn.neighbors import KNeighborsClassifier, NearestCentroid  # noqa: E402
from sklearn.svm import SVC, LinearSVC  # noqa: E402

from mnist_helpers import dense, load_mnist, to_vectors  # noqa: E402

RESULTS = ROOT / "experiments" / "results" / "classics.json"
PACKAGES = ["scikit-learn", "keras", "tensorflow", "numpy"]

SIZES = [300, 1_000, 5_000, 60_000]
CHOOSING = 100  # the seed of the images that choose
HELD_OUT = 10_000


class Network:
    def __init__(self, *hidden, epochs, seed=0):
        self.hidden, self.epochs, self.seed = hidden, epochs, seed

    def fit(self, x, y):
        keras.utils.set_random_seed(self.seed)
        self.model = dense(*self.hidden)
        self.model.compile("rmsprop", "sparse_categorical_crossentropy")
        self.model.fit(x, y, epochs=self.epochs, batch_size=128, verbose=0)

    def predict(self, x):
        return np.argmax(self.model(x), axis=1)


# ways to make each: from a seed, and the chosen value if there are candidates
LEARNERS = {
    "nearest mean": lambda seed: NearestCentroid(),
    "naive Bayes": lambda seed: BernoulliNB(binarize=0.5),
    "logistic regression": lambda seed, C: LogisticRegression(C=C, max_iter=5_000),
    "linear SVM": lambda seed, C: LinearSVC(C=C, random_state=seed),
    "k nearest neighbors": lambda seed, k: KNeighborsClassifier(k),
    "random forest": lambda seed: RandomForestClassifier(random_state=seed),
    "extra trees": lambda seed: ExtraTreesClassifier(random_state=seed),
    "network 128-10": lambda seed, epochs: Network(128, epochs=epochs, seed=seed),
    "network 512-10": lambda seed, epochs: Network(512, epochs=epochs, seed=seed),
    "kernel SVM": lambda seed, C: SVC(C=C),
    "gradient boosting": lambda seed: HistGradientBoostingClassifier(random_state=seed),
}
EPOCHS = {300: [5, 10, 20, 50, 100], 1_000: [5, 10, 20, 50, 100], 5_000: [5, 10, 20, 50]}
CANDIDATES = {
    "logistic regression": ("C", [0.01, 0.1, 1, 10]),
    "linear SVM": ("C", [0.001, 0.01, 0.1, 1]),
    "k nearest neighbors": ("k", [1, 3, 5, 7]),
    "kernel SVM": ("C", [1, 10, 100]),
    "network 128-10": ("epochs", None),
    "network 512-10": ("epochs", None),
}


def candidates(name, images):
    """The name of the setting to choose, and its candidates; two times None if there is none."""
    setting, values = CANDIDATES.get(name, (None, None))
    if setting == "epochs":
        values = EPOCHS.get(images, [5, 10, 20])
    return setting, values


def seeds(name, images):
    """The seeds of a learner's runs: fewer for the slowest, and where all images are the same."""
    if images < 60_000:
        return range(3 if name == "gradient boosting" else 5)
    return range(3 if "network" in name else 1)


def places():
    """Size, learner, and seed of all runs, the slowest last."""
    return [(n, name, seed) for n in SIZES for name in LEARNERS for seed in seeds(name, n)]


def choose(name, images, x, y):
    """Try the candidates of a learner on images that it did not fit; return the record."""
    setting, values = candidates(name, images)
    if setting != "epochs" and images > 5_000:
        return None  # stays what it was
    order = np.random.default_rng(CHOOSING).permutation(len(x))
    held_out = order[-min(HELD_OUT, len(x) // 6) :]
    some = order[: min(images, len(x) - len(held_out))]
    shares = []
    for value in values:
        learner = LEARNERS[name](CHOOSING, value)
        learner.fit(x[some], y[some])
        shares.append(float(np.mean(learner.predict(x[held_out]) == y[held_out])))
    return {
        "name": name,
        "images": images,
        "setting": setting,
        "tried": values,
        "shares": shares,
        "chosen": values[int(np.argmax(shares))],
        "fitted": len(some),
        "measured": len(held_out),
    }


def chosen(choices, name, images):
    """The value that was chosen for this size, or for the largest below it: a tuple, or none."""
    if name not in CANDIDATES:
        return ()
    of_it = [c for c in choices if c["name"] == name and c["images"] <= images]
    return (max(of_it, key=lambda choice: choice["images"])["chosen"],)


def measure(learner, x, y, test_x, test_y):
    """Fit, predict, and time both; what takes less than a second is predicted three times."""
    start = time.process_time()
    learner.fit(x, y)
    fit = time.process_time() - start
    seconds = []
    while len(seconds) < 3 and (not seconds or seconds[0] < 1):
        start = time.process_time()
        answers = learner.predict(test_x)
        seconds.append(time.process_time() - start)
    if isinstance(learner, (LogisticRegression, LinearSVC)):
        if np.max(learner.n_iter_) >= learner.max_iter:
            raise ValueError(f"{learner}: it has not converged; give it more iterations")
    return {
        "accuracy": float(np.mean(answers == test_y)),
        "fit_seconds": round(fit, 4),
        "predict_seconds": round(min(seconds), 4),
    }


def main(arguments=None, mnist=None):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sizes", nargs="*", type=int, metavar="IMAGES", help=f"of {SIZES}")
    parser.add_argument("--results", type=Path, default=RESULTS, metavar="FILE")
    options = parser.parse_args(arguments)
    if unknown := set(options.sizes) - set(SIZES):
        parser.error(f"no size {unknown}; there are {SIZES}")
    mnist = mnist or load_mnist("mnist", strict=True)  # no results of the stand-in
    x, test_x = to_vectors(mnist.train_images), to_vectors(mnist.test_images)
    y, test_y = mnist.train_labels, mnist.test_labels

    here = machine(PACKAGES)
    found = read(options.results) or {"data": mnist.name, "machine": here}
    found = {"choices": [], "runs": []} | found
    if found["machine"] != here:
        parser.error(
            f"{options.results} was measured on {found['machine']}, and this is {here}: times of "
            "two machines do not compare. Give --results a new file"
        )
    for images, name, seed in places():
        if options.sizes and images not in options.sizes:
            continue
        if name in CANDIDATES and not find(found["choices"], name=name, images=images):
            if choice := choose(name, images, x, y):
                found["choices"].append(choice)
                write_json(options.results, found)
        place = {"name": name, "images": images, "seed": seed}
        run = find(found["runs"], **place)
        if run is None:
            some = np.random.default_rng(seed).permutation(len(x))[:images]
            learner = LEARNERS[name](seed, *chosen(found["choices"], name, images))
            run = place | measure(learner, x[some], y[some], test_x, test_y)
            found["runs"].append(run)
            write_json(options.results, found)
        print(
            f"{images:6,} {name:20} seed {seed}  {run['accuracy']:.4f}  "
            f"fit {run['fit_seconds']:.2f} s, predict {run['predict_seconds']:.3f} s",
            flush=True,
        )


if __name__ == "__main__":
    try:
        main()
    except ValueError as error:
        sys.exit(str(error))
