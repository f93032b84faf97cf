"""How long a step takes on 1, 2, and 4 devices: writes results/devices.json for chapter 16.

The devices are virtual ones on the processor, each with one thread for an operation, so that one
device keeps one core busy. A process of its own trains on each number of devices. The processes
take turns, so that whatever else the machine does slows all of them alike.

    python -m experiments.devices            measure, some minutes
    python -m experiments.devices --quick    one round of one small step on 1 and 2 devices

Where JAX can be imported, the script also trains one network on one device and on two with
keras.distribution.DataParallel, and notes how far the weights come to lie apart. Where it cannot,
what was measured before stays in the file.
"""

import argparse
import importlib.util
import json
import multiprocessing
import os
import statistics
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import numpy as np

from book.common import ENVIRONMENT, ROOT, machine, write_json
from experiments.common import read

RESULTS = ROOT / "experiments" / "results" / "devices.json"
DEVICES = (1, 2, 4)
# widths, and the batch of all devices together
NETWORKS = {"small": ([128], 128), "large": ([1024, 1024], 1024)}
STEPS = 10
QUIET = ENVIRONMENT | {"KERAS_BACKEND": "tensorflow"}
models = {}  # of a child process: name of the network -> model


def build(widths):
    """A compiled Dense network, the same weights at every call."""
    import keras

    keras.utils.set_random_seed(0)
    hidden = [keras.layers.Dense(width, activation="relu") for width in widths]
    output = keras.layers.Dense(10, activation="softmax")
    model = keras.Sequential([keras.Input(shape=(784,)), *hidden, output])
    model.compile("sgd", "sparse_categorical_crossentropy")
    return model


def images(count):
    """Random images and labels: what is in them does not matter for the time."""
    rng = np.random.default_rng(0)
    return rng.random((count, 784), dtype="float32"), rng.integers(10, size=count)


# ---- in a child process


def start(devices):
    """Make the devices, and build each network on them."""
    os.environ.update(QUIET)
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(1)
    (processor,) = tf.config.list_physical_devices("CPU")
    virtual = [tf.config.LogicalDeviceConfiguration()] * devices
    tf.config.set_logical_device_configuration(processor, virtual)
    strategy = tf.distribute.MirroredStrategy([f"CPU:{i}" for i in range(devices)])
    with strategy.scope():
        for name, (widths, _) in NETWORKS.items():
            models[name] = build(widths)


def step_seconds(name, steps, batch):
    """Wall seconds of one step, the mean of so many in one epoch; the first step is left out."""
    import keras

    class Clock(keras.callbacks.Callback):
        def on_train_batch_end(self, step, logs=None):
            self.end = time.perf_counter()
            if step == 0:
                self.begin = self.end

    clock = Clock()
    x, y = images(batch * (steps + 1))
    models[name].fit(x, y, batch_size=batch, shuffle=False, verbose=0, callbacks=[clock])
    return (clock.end - clock.begin) / steps


# ---- in this process


def measure(devices, rounds, steps, batch=None):
    """Seconds per step: network -> number of devices -> one for each round."""
    spawn = multiprocessing.get_context("spawn")
    pools = {
        k: ProcessPoolExecutor(1, mp_context=spawn, initializer=start, initargs=(k,))
        for k in devices
    }
    seconds = {name: {str(k): [] for k in devices} for name in NETWORKS}
    try:
        for number in range(rounds):
            for name, (_, usual) in NETWORKS.items():
                for k, pool in pools.items():
                    taken = pool.submit(step_seconds, name, steps, batch or usual).result()
                    seconds[name][str(k)].append(taken)
            print(f"round {number + 1} of {rounds}", flush=True)
    except BrokenProcessPool:
        sys.exit("a process that trains has died; nothing was written, run this again")
    finally:
        for pool in pools.values():
            pool.shutdown(cancel_futures=True)
    return seconds


def compare_data_parallel(steps=16, batch=64):
    """One device against two with keras.distribution.DataParallel on JAX; printed as JSON.

    Must run in a process with Keras on JAX and two devices.
    """
    import jax
    import keras

    def train():
        model = build([128])
        model.fit(*images(steps * batch), batch_size=batch, shuffle=False, verbose=0)
        return model.get_weights()

    one = train()
    keras.distribution.set_distribution(keras.distribution.DataParallel())
    two = train()
    record = {
        "devices": len(keras.distribution.list_devices()),
        "steps": steps,
        "batch": batch,
        "largest_difference": float(max(abs(a - b).max() for a, b in zip(one, two))),
        "versions": {"jax": jax.__version__, "keras": keras.__version__},
    }
    print(json.dumps(record))


def data_parallel():
    """What ``compare_data_parallel`` finds in a process with JAX, or None where there is no JAX."""
    if importlib.util.find_spec("jax") is None:
        return None
    settings = {
        "KERAS_BACKEND": "jax",
        "JAX_PLATFORMS": "cpu",
        "XLA_FLAGS": "--xla_force_host_platform_device_count=2",
    }
    done = subprocess.run(
        [sys.executable, "-m", "experiments.devices", "--compare-data-parallel"],
        cwd=ROOT,
        env=os.environ | QUIET | settings,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="one small step on 1 and 2 devices")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--results", type=Path, default=RESULTS, help="file to write")
    parser.add_argument("--compare-data-parallel", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.compare_data_parallel:
        return compare_data_parallel()
    how = (DEVICES[:2], 1, 1, 8) if options.quick else (DEVICES, options.rounds, STEPS, None)
    devices, rounds, steps, batch = how
    try:
        before = read(options.results, {})
    except ValueError as error:
        sys.exit(str(error))
    parallel = data_parallel() or before.get("data_parallel")
    record = {
        "made_by": "experiments/devices.py" + (" --quick" if options.quick else ""),
        "machine": machine(["keras", "numpy", "tensorflow"]),
        "networks": {
            name: {"widths": widths, "batch": batch or usual}
            for name, (widths, usual) in NETWORKS.items()
        },
        "steps": steps,
        "rounds": rounds,
        "seconds_per_step": measure(devices, rounds, steps, batch),
        "data_parallel": parallel,
    }
    write_json(options.results, record)
    report(record)


def report(record):
    for name, by_devices in record["seconds_per_step"].items():
        one = statistics.median(by_devices["1"])
        for k, taken in by_devices.items():
            seconds = statistics.median(taken)
            print(f"{name:6} {k} devices {1000 * seconds:7.2f} ms ({one / seconds:.2f})")
    print("DataParallel on JAX:", record["data_parallel"] or "not measured, for want of JAX")


if __name__ == "__main__":
    main()
