"""How far can a Dense network go? The long runs of the climb: ``make frontier``, an hour or more.

Every setting in LADDER is trained with each seed on the training images but 10,000, and measured on
these. Results go to results/frontier.json as they come; a result that is there already is not
computed again. A run that was stopped goes on after its last finished epoch.

    python -m experiments.frontier                    all settings, three seeds
    python -m experiments.frontier plain elastic      these two
    python -m experiments.frontier plain --seeds 7    another seed
    python -m experiments.frontier plain --final      the end of it: see below

With ``--final`` the networks are trained on all training images, and the test set is opened for
them. A setting must have its results on the held-out images first, and once the test set has been
opened for it, it cannot be changed under its name.
"""

import argparse
import hashlib
import json
import os
import sys
import time
import zipfile
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from book.common import ENVIRONMENT, ROOT, machine
from experiments.common import add, find, read

os.environ.update(ENVIRONMENT)  # before Keras is imported

import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow  # noqa: E402
from sklearn.model_selection import train_test_split  # noqa: E402
from tqdm import tqdm  # noqa: E402

from mnist_helpers import deskew, distort, load_mnist, one_hot, to_vectors  # noqa: E402

RESULTS = ROOT / "experiments" / "results" / "frontier.json"
CHECKPOINTS = ROOT / "_build" / "frontier"
HELD_OUT = 10_000
SEEDS = (0, 1, 2)
STILL = dict.fromkeys(("rotation", "scale", "shear", "shift", "bend"), 0)
XLA = True  # a third less time, after some seconds of compiling


@dataclass(frozen=True)
class Setting:
    """A network, how it is trained, and how it is asked.

    Attributes
    ----------
    widths : tuple of int
        Neurons in each hidden layer.
    normalize : bool
        Batch normalization before each activation.
    epochs, batch_size : int
    rate : float
        Of learning, with Adam.
    decay : bool
        Let the rate rise during the first twentieth of the steps, and fall to zero in half a
        cosine wave after that.
    distortion : dict
        Strengths for ``distort``, which makes new training images for each epoch; those not named
        are 0. Empty for none.
    deskew : bool
        Set all images upright first.
    smoothing : float
        Of the labels: this share of 1 is spread evenly over the ten classes.
    views : int
        Answers to average for each image: one to the image itself, the others to distorted copies.
    view_distortion : dict
        As ``distortion``, for the views.
    members : int
        Networks whose answers are averaged, each from a seed of its own.
    teacher : str
        The name of the setting whose networks, those of seed 0, give the probabilities to learn
        instead of the true labels. It may see the images upright where the pupil does not.
    """

    widths: tuple[int, ...] = (512, 512)
    normalize: bool = False
    epochs: int = 15
    batch_size: int = 256
    rate: float = 0.001
    decay: bool = False
    distortion: dict = field(default_factory=dict)
    deskew: bool = False
    smoothing: float = 0.0
    views: int = 1
    view_distortion: dict = field(default_factory=dict)
    members: int = 1
    teacher: str = ""


PLAIN = Setting()
STRENGTHS = {"rotation": 10, "scale": 0.1, "shear": 0.1, "shift": 1}
STRONGER = {"rotation": 12, "scale": 0.12, "shear": 0.12, "shift": 1, "bend": 1.2, "smoothness": 5}
MILD = {"rotation": 5, "scale": 0.05, "shear": 0.05, "shift": 0.5, "bend": 0.4, "smoothness": 5}
LADDER = {"plain": PLAIN}
for name, lower, step in [  # one step at a time: what it changes of which setting
    ("normalized", "plain", {"normalize": True}),
    ("decay", "normalized", {"rate": 0.002, "decay": True}),  # on average the rate of before
    ("affine", "decay", {"distortion": STRENGTHS}),
    ("elastic", "affine", {"distortion": STRENGTHS | {"bend": 0.8, "smoothness": 5}}),
    ("deskewed", "elastic", {"deskew": True}),
    ("smoothed", "deskewed", {"smoothing": 0.1}),
    ("wide", "smoothed", {"widths": (1024, 1024, 1024)}),
    ("long", "wide", {"epochs": 40, "distortion": STRONGER}),
    ("views", "long", {"views": 9, "view_distortion": MILD}),
    ("ensemble", "long", {"members": 3}),  # without the views, which brought nothing
    # for the drawing pad, which does not set digits upright: alone, and with a teacher
    ("small", "elastic", {"widths": (256, 128), "smoothing": 0.1}),
    ("pupil", "small", {"smoothing": 0.0, "teacher": "ensemble"}),
]:
    LADDER[name] = replace(LADDER[lower], **step)


def hold_out(labels, count=HELD_OUT):
    """Indices of the images to train on and of those to measure on, the same ones at every call.

    Every class has the same share in both.

    >>> train, held_out = hold_out(np.arange(100) % 10, count=20)
    >>> len(train), np.bincount(np.arange(100)[held_out] % 10)
    (80, array([2, 2, 2, 2, 2, 2, 2, 2, 2, 2]))
    """
    return train_test_split(
        np.arange(len(labels)), test_size=count, stratify=labels, random_state=0
    )


def build(setting, steps):
    """A compiled network; ``steps`` is the number of updates that it will have."""
    layers = [keras.Input(shape=(784,))]
    for width in setting.widths:
        layers.append(keras.layers.Dense(width, use_bias=not setting.normalize))
        if setting.normalize:
            layers.append(keras.layers.BatchNormalization())
        layers.append(keras.layers.Activation("relu"))
    model = keras.Sequential([*layers, keras.layers.Dense(10, activation="softmax")])
    rate = setting.rate
    if setting.decay:
        warm_up = max(1, steps // 20)
        rate = keras.optimizers.schedules.CosineDecay(
            0.0, max(1, steps - warm_up), warmup_target=rate, warmup_steps=warm_up
        )
    model.compile(
        keras.optimizers.Adam(rate),
        keras.losses.CategoricalCrossentropy(label_smoothing=setting.smoothing),
        jit_compile=XLA,
    )
    model.optimizer.build(model.trainable_variables)
    return model


def train(setting, seed, images, labels, checkpoint, *, teacher=None, measure=None, title=""):
    """Train one network, from where its checkpoint left off.

    Parameters
    ----------
    setting : Setting
    seed : int
        For the weights at the start, and for the order and the distortions of every epoch.
    images : ndarray of uint8, shape (n, 28, 28)
    labels : ndarray of int, shape (n,)
    checkpoint : pathlib.Path
        Written after each epoch.
    teacher : callable, optional
        Takes vectors of shape (n, 784), returns the probabilities to learn, shape (n, 10).
    measure : callable, optional
        Takes the network, returns its accuracy; called after each epoch, outside of the time.
    title : str, optional
        For the progress bar.

    Returns
    -------
    model : keras.Model
    log : dict
        ``epochs`` done, ``curve`` of what was measured after each, ``cpu_seconds`` of all cores,
        and ``wall_seconds``.
    """
    keras.utils.set_random_seed(seed)
    count = len(images) - len(images) % setting.batch_size  # whole batches
    if not count:
        raise ValueError(f"{len(images)} images are less than a batch of {setting.batch_size}")
    model = build(setting, setting.epochs * (count // setting.batch_size))
    state = [*model.variables, *model.optimizer.variables]
    log = restore(checkpoint, state)
    pixels, targets = to_vectors(images).reshape(images.shape), one_hot(labels)
    bar = tqdm(desc=title, total=setting.epochs, initial=log["epochs"], unit="epoch", disable=None)
    with bar:
        for epoch in range(log["epochs"], setting.epochs):
            start = time.process_time(), time.perf_counter()
            rng = np.random.default_rng([seed, epoch])  # so that nothing else needs to be stored
            order = rng.permutation(len(images))[:count]
            x = pixels[order]
            if setting.distortion:
                x = distort(x, rng, **STILL | setting.distortion)
            x = x.reshape(count, -1)
            y = teacher(x) if teacher else targets[order]
            model.fit(x, y, batch_size=setting.batch_size, shuffle=False, verbose=0)
            log["epochs"] += 1
            log["cpu_seconds"] += time.process_time() - start[0]
            log["wall_seconds"] += time.perf_counter() - start[1]
            if measure:
                log["curve"].append(measure(model))
                bar.set_postfix_str(f"held out {log['curve'][-1]:.2%}", refresh=False)
            store(checkpoint, state, log)
            bar.update()
    return model, log


def store(checkpoint, state, log):
    """Write variables and log into one file, which is there as a whole or not at all."""
    checkpoint.parent.mkdir(parents=True, exist_ok=True)
    arrays = {str(i): keras.ops.convert_to_numpy(variable) for i, variable in enumerate(state)}
    unfinished = checkpoint.with_suffix(f".{os.getpid()}.tmp")
    with open(unfinished, "wb") as file:
        np.savez(file, log=json.dumps(log), **arrays)
    unfinished.replace(checkpoint)


def restore(checkpoint, state):
    """Read a checkpoint into the variables, if there is one; return its log."""
    if not checkpoint.exists():
        return {"epochs": 0, "curve": [], "cpu_seconds": 0.0, "wall_seconds": 0.0}
    try:
        with np.load(checkpoint) as stored:
            for i, variable in enumerate(state):
                variable.assign(stored[str(i)])
            return json.loads(str(stored["log"]))
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise ValueError(
            f"{checkpoint}: expected the checkpoint of a run, found a damaged file ({error}); "
            "delete it to begin that run again"
        ) from error


def answer(model, images, setting):
    """Probabilities for images, averaged over the views of the setting, shape (n, 10)."""
    total = predict(model, to_vectors(images))
    for view in range(1, setting.views):
        seen = distort(images, np.random.default_rng(view), **STILL | setting.view_distortion)
        total += predict(model, to_vectors(seen))
    return total / setting.views


def predict(model, vectors):
    """What ``model.predict`` returns, but nothing is compiled for it."""
    parts = (model(vectors[i : i + 2000], training=False) for i in range(0, len(vectors), 2000))
    return np.concatenate([keras.ops.convert_to_numpy(part) for part in parts])


def networks(setting, seed, images, labels, checkpoints, *, held_out=None, title=""):
    """Train the members of a setting, their teachers first; return networks and logs.

    Images are as they were written. ``held_out``, images and labels, is measured on after each
    epoch.
    """
    teacher = measure = None
    if setting.teacher:
        guide = LADDER[setting.teacher]
        if setting.deskew and not guide.deskew:
            raise ValueError(f"{setting.teacher} has not seen upright digits: it cannot teach them")
        again = dict(title=setting.teacher, held_out=held_out)
        masters, _ = networks(guide, 0, images, labels, checkpoints, **again)

        def teacher(x):
            if guide.deskew and not setting.deskew:
                x = deskew(x.reshape(-1, *images.shape[1:])).reshape(x.shape)
            return np.mean([predict(master, x) for master in masters], axis=0)

    prepared = deskew(images) if setting.deskew else images
    if held_out:
        new_images, new_labels = held_out
        new_images = deskew(new_images) if setting.deskew else new_images

        def measure(model):
            return float(np.mean(answer(model, new_images, PLAIN).argmax(axis=1) == new_labels))

    trained = []
    for member in range(setting.members):
        own = seed * setting.members + member
        # settings that are trained alike share their networks
        key = json.dumps([of_training(setting), own, len(images), int(labels.sum())])
        path = checkpoints / f"{hashlib.sha256(key.encode()).hexdigest()[:16]}.npz"
        options = dict(teacher=teacher, measure=measure, title=f"{title}, seed {own}")
        trained.append(train(setting, own, prepared, labels, path, **options))
    return zip(*trained)


def of_training(setting):
    """What the weights of a network depend on, its teachers' included, as JSON knows it."""
    training = as_json(replace(setting, views=1, view_distortion={}, members=1))
    if setting.teacher:
        guide = LADDER[setting.teacher]
        training["teacher"] = {"members": guide.members, "each": of_training(guide)}
    return training


def as_json(setting):
    return json.loads(json.dumps(asdict(setting)))


def run(name, seed, mnist, checkpoints, *, final=False):
    """Train the networks of a setting and measure them; return the record and the networks."""
    setting = LADDER[name]
    images, labels = mnist.train_images, mnist.train_labels
    if final:
        new_images, new_labels = mnist.test_images, mnist.test_labels
    else:
        kept, held_out = hold_out(labels, min(HELD_OUT, len(labels) // 6))
        new_images, new_labels = images[held_out], labels[held_out]
        images, labels = images[kept], labels[kept]
    # the test set is not looked at on the way
    options = dict(title=name, held_out=None if final else (new_images, new_labels))
    models, logs = networks(setting, seed, images, labels, checkpoints, **options)
    if setting.deskew:
        new_images = deskew(new_images)
    answers = np.mean([answer(model, new_images, setting) for model in models], axis=0)
    right = answers[np.arange(len(new_labels)), new_labels]
    record = {
        **place(name, seed, final),
        "accuracy": float(np.mean(answers.argmax(axis=1) == new_labels)),
        "loss": float(-np.log(np.maximum(right, 1e-7)).mean()),
        "curve": logs[0]["curve"],
        "cpu_seconds": round(sum(log["cpu_seconds"] for log in logs), 1),
        "wall_seconds": round(sum(log["wall_seconds"] for log in logs), 1),
        "parameters": sum(model.count_params() for model in models),
        "settings": as_json(setting),
        "data": mnist.name,
        "images": {"training": len(labels), "measured": len(new_labels)},
        "machine": machine(["keras", "tensorflow", "numpy"]),
        "threads": tensorflow.config.threading.get_intra_op_parallelism_threads() or os.cpu_count(),
    }
    return record, models


def place(name, seed, final):
    """What tells one record from the others."""
    return {"name": name, "seed": seed, "measured_on": "test" if final else "held-out"}


def check_final(records, name, seeds):
    """Raise ValueError unless the test set may be opened for a setting."""
    setting = as_json(LADDER[name])
    for seed in seeds:
        measured = find(records, **place(name, seed, final=False))
        if not measured or measured["settings"] != setting:
            raise ValueError(
                f"{name}, seed {seed}: no result on the held-out images with the settings as they "
                "are now; the test set is for settings that are finished: run it without --final"
            )
    for record in records:
        if record["name"] == name and record["measured_on"] == "test":
            if record["settings"] != setting:
                raise ValueError(
                    f"{name}: the test set has been opened for it, with other settings. Chosen "
                    "after that, new ones would be chosen on the test set"
                )


def save(models, path):
    """Write networks as .keras files, without what only training needs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    for i, model in enumerate(models):
        number = f"-{i}" if len(models) > 1 else ""
        keras.Sequential([keras.Input((784,)), *model.layers]).save(f"{path}{number}.keras")


def main(arguments=None, mnist=None):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(LADDER)}")
    parser.add_argument("--seeds", type=int, nargs="+", default=SEEDS, metavar="N")
    parser.add_argument("--final", action="store_true", help="open the test set for NAME")
    parser.add_argument("--results", type=Path, default=RESULTS, metavar="FILE")
    parser.add_argument("--checkpoints", type=Path, default=CHECKPOINTS, metavar="FOLDER")
    parser.add_argument(
        "--threads", type=int, default=0, metavar="N", help="for TensorFlow; all cores if left out"
    )
    parser.add_argument(
        "--save", type=Path, metavar="FOLDER", help="write the networks there as .keras files"
    )
    options = parser.parse_args(arguments)
    if unknown := [name for name in options.names if name not in LADDER]:
        parser.error(f"no setting {', '.join(unknown)}; there are {', '.join(LADDER)}")
    if options.final and not options.names:
        parser.error("--final needs the names of the settings to open the test set for")

    if options.threads:
        tensorflow.config.threading.set_intra_op_parallelism_threads(options.threads)
    mnist = mnist or load_mnist(strict=True)  # no results of the stand-in
    names = options.names or list(LADDER)
    if options.final:
        for name in names:
            check_final(read(options.results), name, options.seeds)
    for name in names:
        for seed in options.seeds:
            where = place(name, seed, options.final)
            record = find(read(options.results), **where)
            if options.save or not record or record["settings"] != as_json(LADDER[name]):
                record, models = run(name, seed, mnist, options.checkpoints, final=options.final)
                add(options.results, record, where)
                if options.save:
                    save(models, options.save / f"{name}-{seed}")
            print(
                f"{name:12} seed {seed}  {record['measured_on']:8}  {record['accuracy']:.2%}  "
                f"{record['cpu_seconds']:,.0f} s of all cores",
                flush=True,
            )


if __name__ == "__main__":
    try:
        main()
    except ValueError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit("\nstopped; the same command goes on after the last finished epoch")
