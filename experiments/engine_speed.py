"""Compare ways to train a small network: the live figures' engine, TensorFlow.js, and NumPy.

The same layers, images, batches, and optimizer, on one thread each. The ways take turns, so that
whatever else the machine does slows all of them alike; counted is the processor time of the process
that trains, so that waiting for others does not count. All but NumPy run in one page in Chromium.
TensorFlow.js comes from npm, into a folder that is deleted afterwards. Images a second go to
results/engine_speed.json, ratios to the screen. Three minutes on two idle cores.

    python -m experiments.engine_speed            ten rounds
    python -m experiments.engine_speed --quick    one round, of the smallest network
"""

import argparse
import base64
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
from playwright.sync_api import sync_playwright
from threadpoolctl import threadpool_limits

from book.common import CHROMIUM_FLAGS, ROOT, find_chromium, machine, write_json
from mnist_helpers import load_mnist, to_vectors

RESULTS = ROOT / "experiments" / "results" / "engine_speed.json"
LIVE = ROOT / "mnist_helpers" / "live"
TENSORFLOW_JS = "4.22.0"
SETTINGS = {"hidden": [32, 128, 512], "batch": 32, "rate": 0.1, "images": 10_000, "rounds": 10}
QUICK = SETTINGS | {"hidden": [32], "images": 1_000, "rounds": 1}
TURN = 0.4  # seconds, and at least one batch; before it a quarter of that, which does not count
ENGINE, PLAIN, NUMPY = "engine, WebAssembly", "engine, JavaScript", "NumPy"
WAYS = [ENGINE, PLAIN, "TensorFlow.js, WebAssembly", "TensorFlow.js, JavaScript", NUMPY]

PAGE = """<!doctype html><meta charset="utf-8"><title>Speed</title>
<script src="tf.min.js"></script><script src="tf-backend-wasm.min.js"></script>
<script src="engine.js"></script>
<script>
const bytes = (base64) => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
const ways = {}; // name -> a function that trains one batch and gives its loss
let order, at = 0;

async function prepare({ names, wasm, pixels, labels, batch, rate, hidden }) {
  const data = { pixels: bytes(pixels), labels: bytes(labels) };
  const options = { widths: [784, hidden, 10], rate, batch };
  for (const [name, binary] of [[names[0], wasm], [names[1], undefined]]) {
    const { Network, kind } = await makeEngine(binary);
    if ((kind === "wasm") !== Boolean(binary)) throw new Error(`engine: ${kind}`);
    const network = new Network(options, data);
    order = Array.from({ length: Math.floor(data.labels.length / batch) }, (_, i) =>
      Int32Array.from({ length: batch }, (_, j) => i * batch + j));
    ways[name] = (i) => network.trainBatch(order[i]).loss;
  }
  tf.wasm.setWasmPaths("/");
  for (const [name, backend] of [[names[2], "wasm"], [names[3], "cpu"]]) {
    await tf.setBackend(backend);
    await tf.ready();
    const model = tf.sequential();
    model.add(tf.layers.dense({ units: hidden, inputShape: [784], activation: "relu" }));
    model.add(tf.layers.dense({ units: 10, activation: "softmax" }));
    model.compile({ optimizer: tf.train.sgd(rate), loss: "categoricalCrossentropy" });
    const batches = order.map((rows) => [
      tf.tensor2d([...rows].map((row) =>
        Array.from(data.pixels.subarray(784 * row, 784 * row + 784), (level) => level / 255))),
      tf.oneHot(tf.tensor1d([...rows].map((row) => data.labels[row]), "int32"), 10),
    ]);
    ways[name] = async (i) => {
      if (tf.getBackend() !== backend) await tf.setBackend(backend);
      return model.trainOnBatch(...batches[i]);
    };
  }
}

async function train(name, batch, milliseconds) {
  const start = performance.now();
  let images = 0, loss;
  while (!images || performance.now() - start < milliseconds) {
    const result = ways[name](at++ % order.length);
    loss = typeof result === "number" ? result : await result;
    images += batch;
  }
  return [images, loss];
}
</script>"""


def numpy_way(x, y, hidden, batch, rate):
    """The same in NumPy: a function that trains for some seconds, as the page's does."""
    rng = np.random.default_rng(0)
    widths = [784, hidden, 10]
    limits = [np.sqrt(6 / (n + m)) for n, m in zip(widths, widths[1:])]
    w1, w2 = (
        rng.uniform(-limit, limit, shape).astype(np.float32)
        for limit, shape in zip(limits, zip(widths, widths[1:]))
    )
    b1, b2 = np.zeros(hidden, np.float32), np.zeros(10, np.float32)
    rows = np.arange(batch)
    starts = iter(())

    def step():
        nonlocal starts
        start = next(starts, None)
        if start is None:
            starts = iter(range(0, len(x) - batch + 1, batch))
            start = next(starts)
        images, labels = x[start : start + batch], y[start : start + batch]
        out = np.maximum(images @ w1 + b1, 0)
        scores = out @ w2 + b2
        scores -= scores.max(axis=1, keepdims=True)
        delta = np.exp(scores)
        delta /= delta.sum(axis=1, keepdims=True)
        loss = -np.log(delta[rows, labels]).mean()
        delta[rows, labels] -= 1
        delta *= np.float32(rate / batch)
        before = (delta @ w2.T) * (out > 0)
        w2[:] -= out.T @ delta
        b2[:] -= delta.sum(axis=0)
        w1[:] -= images.T @ before
        b1[:] -= before.sum(axis=0)
        return loss

    def train(seconds):
        start, images = time.perf_counter(), 0
        while not images or time.perf_counter() - start < seconds:
            loss = step()
            images += batch
        return images, float(loss)

    return train


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


def install(folder):
    """Put TensorFlow.js, the engine, and the page into a folder."""
    names = [f"@tensorflow/{name}@{TENSORFLOW_JS}" for name in ("tfjs", "tfjs-backend-wasm")]
    command = ["npm", "install", "--silent", "--no-audit", "--ignore-scripts", "--prefix", folder]
    subprocess.run([*command, *names], check=True)
    for pattern in ("tfjs/dist/tf.min.js", "tfjs-backend-wasm/dist/*.wasm", "*/dist/*wasm.min.js"):
        for file in Path(folder, "node_modules", "@tensorflow").glob(pattern):
            shutil.copy(file, folder)
    shutil.copy(LIVE / "engine.js", folder)
    Path(folder, "index.html").write_text(PAGE, "utf-8")


def processor_seconds(chromium):
    """What all pages have taken of the processor, counted by Chromium."""
    processes = chromium.send("SystemInfo.getProcessInfo")["processInfo"]
    return sum(process["cpuTime"] for process in processes if process["type"] == "renderer")


def measure(settings, page, x, y):
    """Images a second of each turn: hidden neurons -> way -> list."""
    speeds = {}
    chromium = page.context.browser.new_browser_cdp_session()
    images = np.rint(x * 255).astype(np.uint8)
    content = {"pixels": images, "labels": y.astype(np.uint8)}
    given = {name: base64.b64encode(array.tobytes()).decode() for name, array in content.items()}
    given["wasm"] = base64.b64encode((LIVE / "engine.wasm").read_bytes()).decode()
    batch, rate = settings["batch"], settings["rate"]
    for hidden in settings["hidden"]:
        page.reload()
        own = {"names": WAYS, "hidden": hidden, "batch": batch, "rate": rate}
        page.evaluate("prepare", given | own)
        in_numpy = numpy_way(x, y, hidden, batch, rate)
        speeds[str(hidden)] = turns = {name: [] for name in WAYS}
        for number in range(settings["rounds"]):
            for name in WAYS[number % len(WAYS) :] + WAYS[: number % len(WAYS)]:
                if name == NUMPY:
                    train, clock = in_numpy, time.process_time
                else:
                    train = partial(in_page, page, name, batch)
                    clock = partial(processor_seconds, chromium)
                train(TURN / 4)
                start = clock()
                count, loss = train(TURN)
                turns[name].append(round(count / (clock() - start), 1))
                assert loss < 3, f"{name} does not learn: its loss is {loss}"
    return speeds


def in_page(page, name, batch, seconds):
    return page.evaluate("(given) => train(...given)", [name, batch, 1000 * seconds])


def report(speeds):
    for hidden, turns in speeds.items():
        middle = {name: statistics.median(rounds) for name, rounds in turns.items()}
        print(f"\n784-{hidden}-10{'':24}images a second   of NumPy   engine to it")
        for name, speed in middle.items():
            ratios = f"{speed / middle[NUMPY]:10.3f} {middle[ENGINE] / speed:14.1f}"
            print(f"{name:32} {speed:16,.0f} {ratios}")


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="one round, of the smallest network")
    parser.add_argument("--results", type=Path, help=f"by default {RESULTS.relative_to(ROOT)}")
    options = parser.parse_args(arguments)
    if options.quick and not options.results:
        parser.error("--quick needs --results: such times are not for the book")
    if not shutil.which("npm"):
        sys.exit("This compares with TensorFlow.js, which comes with npm, and there is none.")
    settings = QUICK if options.quick else SETTINGS

    mnist = load_mnist()
    x = to_vectors(mnist.train_images[: settings["images"]]).astype(np.float32)
    y = mnist.train_labels[: settings["images"]]
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        install(folder)
        handler = partial(QuietHandler, directory=folder)
        with ThreadingHTTPServer(("localhost", 0), handler) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            chromium = playwright.chromium
            browser = chromium.launch(executable_path=find_chromium(), args=CHROMIUM_FLAGS)
            page = browser.new_page()
            page.goto(f"http://localhost:{server.server_port}")
            with threadpool_limits(1):
                speeds = measure(settings, page, x, y)
            versions = {"tensorflow.js": TENSORFLOW_JS, "chromium": browser.version}
            browser.close()
            server.shutdown()
    report(speeds)
    computer = machine(["numpy"])
    computer["versions"] |= versions
    record = {"settings": settings, "data": mnist.name, "images a second": speeds}
    record["machine"] = computer
    write_json(options.results or RESULTS, record)


if __name__ == "__main__":
    main()
