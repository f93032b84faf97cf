"""A laboratory for training curves: a Dense network that learns real digits in the page.

This module packs the digits and the engine; ``training_lab.js`` trains. Four grays are enough: they
cost a network no accuracy that three seeds show, and the page half of the bytes of sixteen.
"""

import base64
import io
import zlib
from functools import cached_property

import matplotlib.pyplot as plt
import numpy as np

from mnist_helpers.live.base import FOLDER, LiveFigure
from mnist_helpers.live.checks import check_images
from mnist_helpers.live.digits import sample

GRAYS = 4
EXAMPLE = {"images": 1000, "neurons": 64, "epochs": 30, "batch": 50, "rate": 0.2}


class TrainingLab(LiveFigure):
    """Sliders for all that a training takes, a button, and both curves while it learns.

    Put it on the last line of a cell. The digits are drawn at random from those given, and so are
    the ones held out: give it training images alone. Without scripts the figure shows the curves
    of a small network that NumPy trains until it overfits.

    Parameters
    ----------
    images : ndarray, shape (n, 784) or (n, 28, 28)
        uint8, or floats from 0 to 1.
    labels : ndarray of int, shape (n,)
    train, held_out : int, optional
        How many to train on, at most, and how many to watch the network on.

    Raises
    ------
    ValueError
        If images and labels do not fit, or there are too few of them.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> TrainingLab(rng.random((60, 784)), np.arange(60) % 10, train=40, held_out=20)
    <TrainingLab: 40 images to train on, 20 held out>
    """

    name = "training-lab"
    scripts = (
        "drawing.js",
        "sketch.js",
        "engine.js",
        "trainer.js",
        "digits.js",
        "training_parts.js",
        "training_lab.js",
    )

    def __init__(self, images, labels, train=10_000, held_out=2_000):
        images, labels = check_images(images, labels)
        train = min(train, len(images) * 5 // 6)  # the stand-in has few
        held_out = min(held_out, len(images) - train)
        drawn, self.labels = sample(images, labels, train, held_out)
        self.levels = np.rint(drawn.reshape(-1, 28, 28) * (GRAYS - 1)).astype(np.uint8)
        self.train, self.held_out = train, held_out

    def __repr__(self):
        return f"<TrainingLab: {self.train:,} images to train on, {self.held_out:,} held out>"

    def data(self):
        """How many digits there are, and the engine."""
        wasm = (FOLDER / "engine.wasm").read_bytes()
        return {"train": self.train, "heldOut": self.held_out, "wasm": _base64(wasm)}

    def later(self):
        """The digits, those to train on first: four grays of a column in a byte, compressed."""
        fours = self.levels.reshape(-1, 7, 4, 28)
        packed = sum(fours[:, :, row] << 2 * row for row in range(4))
        return {
            "digits": _base64(zlib.compress(packed.tobytes(), 9)),
            "labels": "".join(map(str, self.labels)),
        }

    def still(self):
        """The curves of a network that overfits, as a picture and a table."""
        losses, held_out, accuracies = self.example
        lowest = int(np.argmin(held_out))
        epochs = sorted({0, 4, lowest, len(losses) - 1})
        rows = "".join(
            f'<tr><th scope="row">{i + 1}</th><td>{losses[i]:.2f}</td>'
            f"<td>{held_out[i]:.2f}</td><td>{accuracies[i]:.1%}</td></tr>"
            for i in epochs
        )
        words = (
            f"The training loss falls from {losses[0]:.2f} to {losses[-1]:.2f}. The validation "
            f"loss is lowest after epoch {lowest + 1}, {held_out[lowest]:.2f}, "
            f"and {held_out[-1]:.2f} at the end."
        )
        picture = _base64(_picture(losses, held_out))
        return (
            f'<p><img src="data:image/png;base64,{picture}" style="width:30em;max-width:100%" '
            f'alt="Loss against the epoch. {words}"></p>\n'
            "<table><caption>A network of {neurons} hidden neurons learns {images:,} images, "
            "in {epochs} epochs. ".format_map(EXAMPLE)
            + f"{words}</caption>"
            '<thead><tr><th scope="col">epoch</th><th scope="col">training loss</th>'
            '<th scope="col">validation loss</th><th scope="col">validation accuracy</th>'
            f"</tr></thead><tbody>{rows}</tbody></table>"
        )

    @cached_property
    def example(self):
        """Train a small network by gradient descent: two losses and the accuracy by epoch.

        Both are measured after the epoch, on at most 1,000 images to train on and on the ones held
        out.
        """
        x = self.levels.reshape(-1, 784).astype(np.float32) / (GRAYS - 1)
        learned = np.arange(min(EXAMPLE["images"], self.train))
        watched = np.arange(self.train, len(x))
        rng = np.random.default_rng(0)
        sizes = [(784, EXAMPLE["neurons"]), (EXAMPLE["neurons"], 10)]
        kernels = [
            rng.uniform(-1, 1, size).astype(np.float32) * np.sqrt(6 / sum(size)) for size in sizes
        ]
        biases = [np.zeros(size[1], np.float32) for size in sizes]

        def forward(rows):
            hidden = np.maximum(0, x[rows] @ kernels[0] + biases[0])
            sums = hidden @ kernels[1] + biases[1]
            powers = np.exp(sums - sums.max(axis=1, keepdims=True))
            return hidden, powers / powers.sum(axis=1, keepdims=True)

        curves = []
        for _ in range(EXAMPLE["epochs"]):
            order = rng.permutation(learned)
            for start in range(0, len(order), EXAMPLE["batch"]):
                rows = order[start : start + EXAMPLE["batch"]]
                hidden, delta = forward(rows)
                delta[np.arange(len(rows)), self.labels[rows]] -= 1
                delta *= np.float32(EXAMPLE["rate"] / len(rows))
                back = (delta @ kernels[1].T) * (hidden > 0)
                kernels[1] -= hidden.T @ delta
                biases[1] -= delta.sum(0)
                kernels[0] -= x[rows].T @ back
                biases[0] -= back.sum(0)
            moment = []
            for rows in (learned, watched):
                p = forward(rows)[1]
                moment.append(-np.log(p[np.arange(len(rows)), self.labels[rows]] + 1e-7).mean())
            curves.append([*moment, np.mean(p.argmax(1) == self.labels[watched])])
        return np.array(curves).T


def _picture(losses, held_out):
    """Both curves as a PNG."""
    fig, ax = plt.subplots(figsize=(5, 2.8))
    epochs = np.arange(1, len(losses) + 1)
    ax.plot(epochs, losses, label="training")
    ax.plot(epochs, held_out, "--", color=ax.lines[0].get_color(), label="validation")
    ax.set(xlabel="epoch", ylabel="loss", ylim=(0, None))
    ax.legend()
    file = io.BytesIO()
    fig.savefig(file, format="png", dpi=100, bbox_inches="tight", metadata={"Software": None})
    plt.close(fig)
    return file.getvalue()


def _base64(content):
    return base64.b64encode(content).decode("ascii")
