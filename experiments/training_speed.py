"""Compare ways to train one Dense network: the same layers, images, batches, and optimizer.

The ways take turns, one epoch each in every round, so that whatever else the machine does slows all
of them alike; each round begins with another one. The first epoch of each way, in which some
compile, is timed apart. Times go to results/training_speed.json, for chapter 14 to show, and ratios
to the screen. PyTorch and JAX take part where they are installed. Some minutes on two idle cores.

    python -m experiments.training_speed            ten rounds
    python -m experiments.training_speed --quick    two rounds of a small network on a few images
"""

import argparse
import os
import sys
import time
from importlib.util import find_spec
from pathlib import Path

from book.common import ENVIRONMENT, ROOT, machine, write_json
from experiments.common import print_ratios

os.environ["TF_CPP_MIN_LOG_LEVEL"] = ENVIRONMENT["TF_CPP_MIN_LOG_LEVEL"]  # the rest is no default
os.environ["KERAS_BACKEND"] = "tensorflow"

import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
from sklearn.neural_network import MLPClassifier  # noqa: E402

from mnist_helpers import load_mnist, to_vectors  # noqa: E402

RESULTS = ROOT / "experiments" / "results" / "training_speed.json"
SETTINGS = {"widths": [512, 512], "batch_size": 128, "rate": 0.001, "images": 20_000, "rounds": 6}
QUICK = SETTINGS | {"widths": [32], "images": 1280, "rounds": 2}
PLAIN = "Keras as it comes"
PACKAGES = ["keras", "tensorflow", "numpy", "scikit-learn"]


def keras_way(x, y, settings, *, dtype=None, data=False, **options):
    """Keras with options for ``compile``; returns functions that train an epoch and that answer."""
    keras.utils.set_random_seed(0)
    layers = [keras.layers.Dense(n, "relu", dtype=dtype) for n in settings["widths"]]
    output = keras.layers.Dense(10, "softmax", dtype=dtype)
    model = keras.Sequential([keras.Input((784,)), *layers, output])
    optimizer = keras.optimizers.Adam(settings["rate"])
    model.compile(optimizer, "sparse_categorical_crossentropy", **options)
    if data:
        pairs = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(len(x))
        batches = pairs.batch(settings["batch_size"]).prefetch(tf.data.AUTOTUNE)
        given = {"x": batches, "shuffle": False}  # it has been done
    else:
        given = {"x": x, "y": y, "batch_size": settings["batch_size"]}
    return lambda: model.fit(**given, verbose=0), lambda x: np.asarray(model(x), np.float32)


def scikit_learn_way(x, y, settings):
    model = MLPClassifier(
        settings["widths"],
        batch_size=settings["batch_size"],
        learning_rate_init=settings["rate"],
        alpha=0,  # the others have no penalty on large weights either
        random_state=0,
    )
    return lambda: model.partial_fit(x, y, classes=np.arange(10)), model.predict_proba


def pytorch_way(x, y, settings):
    import torch

    torch.manual_seed(0)
    sizes = [784, *settings["widths"], 10]
    layers = [torch.nn.Linear(n, m) for n, m in zip(sizes, sizes[1:])]
    hidden = [part for layer in layers[:-1] for part in (layer, torch.nn.ReLU())]
    model = torch.nn.Sequential(*hidden, layers[-1])
    optimizer = torch.optim.Adam(model.parameters(), settings["rate"])
    loss = torch.nn.CrossEntropyLoss()
    images, labels = torch.from_numpy(x), torch.from_numpy(y)

    def epoch():
        for batch in torch.randperm(len(images)).split(settings["batch_size"]):
            optimizer.zero_grad()
            loss(model(images[batch]), labels[batch]).backward()
            optimizer.step()

    return epoch, lambda x: model(torch.from_numpy(x)).softmax(1).detach().numpy()


def jax_way(x, y, settings):
    import jax
    from jax.example_libraries import optimizers, stax

    hidden = [part for n in settings["widths"] for part in (stax.Dense(n), stax.Relu)]
    start, apply = stax.serial(*hidden, stax.Dense(10), stax.LogSoftmax)
    set_up, update, parameters = optimizers.adam(settings["rate"])
    state = set_up(start(jax.random.key(0), (-1, 784))[1])
    images, labels = jax.numpy.asarray(x), jax.numpy.asarray(y)
    size, steps, rng = settings["batch_size"], 0, np.random.default_rng(0)

    def loss(weights, x, y):
        return -jax.numpy.take_along_axis(apply(weights, x), y[:, None], axis=1).mean()

    def step(i, state, batch):
        slopes = jax.grad(loss)(parameters(state), images[batch], labels[batch])
        return update(i, slopes, state)

    step = jax.jit(step, donate_argnums=1)

    def epoch():
        nonlocal state, steps
        order = rng.permutation(len(x))
        for first in range(0, len(x), size):
            state = step(steps, state, order[first : first + size])
            steps += 1
        jax.block_until_ready(state)  # JAX returns before it is done

    return epoch, lambda x: np.exp(apply(parameters(state), x))


WAYS = {  # name: function, options, package that it needs besides
    PLAIN: (keras_way, {}, None),
    "steps_per_execution=50": (keras_way, {"steps_per_execution": 50}, None),
    "jit_compile=True": (keras_way, {"jit_compile": True}, None),
    "both": (keras_way, {"steps_per_execution": 50, "jit_compile": True}, None),
    "tf.data": (keras_way, {"data": True}, None),
    "mixed_bfloat16": (keras_way, {"dtype": "mixed_bfloat16"}, None),
    "scikit-learn": (scikit_learn_way, {}, None),
    "PyTorch": (pytorch_way, {}, "torch"),
    "JAX": (jax_way, {}, "jax"),
}


def compare(settings, x, y):
    """Train all ways in turns; return a record for each, and the names of those not installed."""
    installed = {name: way for name, way in WAYS.items() if not way[2] or find_spec(way[2])}
    records, trained = {}, {}
    for name, (way, options, _) in installed.items():
        start = time.perf_counter()
        trained[name] = way(x, y, settings, **options)
        trained[name][0]()
        first = round(time.perf_counter() - start, 3)
        records[name] = {"first_seconds": first, "cpu_seconds": [], "wall_seconds": []}
    names = list(installed)
    for i in range(settings["rounds"]):
        for name in names[i % len(names) :] + names[: i % len(names)]:
            start = time.process_time(), time.perf_counter()
            trained[name][0]()
            records[name]["cpu_seconds"].append(round(time.process_time() - start[0], 3))
            records[name]["wall_seconds"].append(round(time.perf_counter() - start[1], 3))
        print(f"round {i + 1} of {settings['rounds']}", file=sys.stderr, flush=True)
    for name, (_, answer) in trained.items():
        records[name]["accuracy"] = float(np.mean(answer(x).argmax(axis=1) == y))
    return records, [name for name in WAYS if name not in installed]


def main(arguments=None):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="to see that it runs, not how fast")
    parser.add_argument("--results", type=Path, metavar="FILE", help=f"instead of {RESULTS.name}")
    options = parser.parse_args(arguments)
    if options.quick and not options.results:
        parser.error(f"--quick needs --results: its times do not belong in {RESULTS.name}")
    settings = QUICK if options.quick else SETTINGS
    mnist = load_mnist("mnist", strict=not options.quick)
    x = to_vectors(mnist.train_images[: settings["images"]])
    y = mnist.train_labels[: settings["images"]].astype(np.int64)  # PyTorch wants these
    ways, skipped = compare(settings, x, y)
    used = PACKAGES + [way[2] for name, way in WAYS.items() if way[2] and name not in skipped]
    record = {"settings": settings, "ways": ways, "skipped": skipped, "machine": machine(used)}
    write_json(options.results or RESULTS, record)
    print_ratios("", {n: (way["cpu_seconds"], way["wall_seconds"]) for n, way in ways.items()}, 24)
    if skipped:
        print(f"\nnot installed, and so not compared: {', '.join(skipped)}")


if __name__ == "__main__":
    main()
