"""A training of seconds for the tests of the film: small real digits, and plain NumPy."""

from functools import cache

import numpy as np
from sklearn.datasets import load_digits

from mnist_helpers import TrainingFilm


@cache
def digits():
    """The small digits of scikit-learn, 24 by 24 in the middle of 28 by 28, from 0 to 1."""
    found = load_digits()
    images = np.kron(found.images / 16, np.ones((3, 3)))
    return np.pad(images, ((0, 0), (2, 2), (2, 2))).astype(np.float32), found.target


@cache
def snapshots(hidden=16):
    """Gradient descent with 200 batches of 50: batches seen -> weights."""
    images, labels = digits()
    x, y = images[:1200].reshape(-1, 784), labels[:1200]
    rng = np.random.default_rng(0)
    shapes = (784, hidden), (hidden,), (hidden, 10), (10,)
    weights = [rng.uniform(-0.09, 0.09, s) if len(s) > 1 else np.zeros(s) for s in shapes]
    kept = {}
    for seen in range(201):
        if seen in (0, 1, 2, 4, 8, 16, 32, 64, 128, 200):
            kept[seen] = [part.astype(np.float32) for part in weights]
        rows = rng.integers(len(x), size=50)
        active = np.maximum(0, x[rows] @ weights[0] + weights[1])
        delta = softmax(active @ weights[2] + weights[3])
        delta[np.arange(50), y[rows]] -= 1
        back = (delta @ weights[2].T) * (active > 0)
        gradients = [x[rows].T @ back, back.sum(0), active.T @ delta, delta.sum(0)]
        for part, gradient in zip(weights, gradients):
            part -= 0.1 * gradient / 50
    return kept


def softmax(sums):
    powers = np.exp(sums - sums.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def answers(weights, images):
    """What the network answers: its definition once more, in float64."""
    kernel, bias, last, last_bias = (part.astype(float) for part in weights)
    x = np.reshape(images, (-1, 784)).astype(float)
    return softmax(np.maximum(0, x @ kernel + bias) @ last + last_bias)


@cache
def film(trains=True):
    images, labels = digits()
    training = (images[:1200], labels[:1200]) if trains else None
    return TrainingFilm(snapshots(), images[1200:], labels[1200:], training)
