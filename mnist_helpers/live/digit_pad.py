"""A pad to draw digits for one trained network, live in the notebook and on the website.

``DigitPad(model)`` as the last line of a cell is all there is to it. The weights travel in the
cell's output, and a little JavaScript computes there what ``model.predict`` would compute here,
so that the pad works without Python, on the built site as well.

The parts: this module reads the network; ``drawing.js`` prepares a drawing and runs the network;
``sketch.js`` is the field to draw in; ``digit_pad.js`` and ``digit_pad.css`` are what one sees.
"""

import base64
from dataclasses import dataclass, replace

import numpy as np

from mnist_helpers.live.base import LiveFigure

SUPPORTED = (
    "DigitPad supports Flatten, Dense, BatchNormalization, Dropout, and the activations relu, "
    "linear and, at the end, softmax, one layer after the other"
)


@dataclass
class PadLayer:
    """One Dense layer as the pad computes it.

    Attributes
    ----------
    name : str
        Of the layer in the model.
    kernel : ndarray, shape (inputs, outputs)
    bias : ndarray, shape (outputs,)
    activation : {"relu", "linear", "softmax"}
    """

    name: str
    kernel: np.ndarray
    bias: np.ndarray
    activation: str


class DigitPad(LiveFigure):
    """A pad to draw a digit on, which shows what a trained network makes of it.

    Put it on the last line of a cell. The page then shows a canvas, the steps that make the
    drawing look like an image of MNIST (see ``prepare_digit``), the activity of the first hidden
    layer, the weights of any of its neurons, and the ten probabilities.

    Parameters
    ----------
    model : keras.Model or list of PadLayer
        A trained network of Dense layers with 784 inputs from 0 to 1 and 10 outputs, one layer
        after the other. Hidden layers may use relu and batch normalization, which is folded into
        the Dense layers without changing the answers; dropout is left out, as in prediction. A
        last layer without an activation is taken to give logits, and the pad applies softmax.
        A list holds such layers as they are, for a page that does without Keras.

    Attributes
    ----------
    layers : list of PadLayer
        What the pad computes, with weights in float16: half the bytes, and errors far below a
        percent. One PadLayer for each Dense layer.

    Raises
    ------
    ValueError
        If the network has another kind of layer, another number of inputs or outputs, or
        weights that are not finite. The message names the layer.

    Examples
    --------
    >>> from mnist_helpers import dense
    >>> DigitPad(dense())
    A drawing pad for a 784-10 network: open this notebook in a browser to draw
    """

    name = "digit-pad"
    scripts = ("drawing.js", "sketch.js", "digit_pad.js")

    def __init__(self, model):
        layers = _check_list(model) if isinstance(model, list) else fold(model)
        self.layers = [_to_half(layer) for layer in layers]
        if layers is not model:
            _check_answers(model, layers)
        self.layers[-1].activation = "softmax"  # of logits, if the network has none

    def __repr__(self):
        widths = [784, *(len(layer.bias) for layer in self.layers)]
        name = "-".join(map(str, widths))
        return f"A drawing pad for a {name} network: open this notebook in a browser to draw"

    def data(self):
        """The shapes of the layers, and all weights as float16 in base64."""
        shapes = [
            dict(zip(("inputs", "outputs"), layer.kernel.shape), activation=layer.activation)
            for layer in self.layers
        ]
        weights = b"".join(
            part.astype("<f2").tobytes()
            for layer in self.layers
            for part in (layer.kernel, layer.bias)
        )
        return {"layers": shapes, "weights": base64.b64encode(weights).decode()}

    def still(self):
        """What stands where no drawing is possible."""
        return (
            "<p><em>Here is a pad to draw a digit for the network. It needs JavaScript: look at "
            "it on the book's website, or run this cell.</em></p>"
        )


def fold(model):
    """The Dense layers of a network, with everything else folded into them.

    A trained batch normalization is a factor and a summand for each neuron. Before an activation
    it goes into the weights of the Dense layer in front of it, after an activation into those of
    the Dense layer behind it. Both are exact.

    Parameters
    ----------
    model : keras.Model
        As for DigitPad.

    Returns
    -------
    list of PadLayer
        With weights in float64. The last activation is softmax, or linear if the network gives
        logits.

    Raises
    ------
    ValueError
        If there is anything that cannot be folded.

    Examples
    --------
    >>> import keras
    >>> model = keras.Sequential(
    ...     [
    ...         keras.Input(shape=(784,)),
    ...         keras.layers.Dense(32),
    ...         keras.layers.BatchNormalization(),
    ...         keras.layers.Activation("relu"),
    ...         keras.layers.Dense(10, activation="softmax"),
    ...     ]
    ... )
    >>> [(layer.kernel.shape, layer.activation) for layer in fold(model)]
    [((784, 32), 'relu'), ((32, 10), 'softmax')]
    """
    from keras import Model, layers  # late: the rest of the package does without Keras

    if not isinstance(model, Model) or len(getattr(model, "inputs", None) or ()) != 1:
        raise ValueError(
            f"expected a Keras network with one known input, got {type(model).__name__} "
            f"{getattr(model, 'name', '')!r}. Begin it with keras.Input(shape=(784,))"
        )
    folded = []
    waiting = None  # (factor, summand) of a normalization, for the Dense layer behind it
    for layer in model.layers:
        if isinstance(layer, (layers.InputLayer, layers.Dropout)):
            continue
        if folded and folded[-1].activation == "softmax":
            raise _unsupported(layer, "comes after the softmax")
        if isinstance(layer, layers.Flatten) and not folded and waiting is None:
            continue
        if isinstance(layer, layers.Dense):
            kernel, bias = _weights(layer)
            if waiting is not None:
                factor, summand = waiting
                kernel, bias = factor[:, np.newaxis] * kernel, bias + summand @ kernel
                waiting = None
            folded.append(PadLayer(layer.name, kernel, bias, _activation(layer)))
        elif isinstance(layer, layers.BatchNormalization):
            factor, summand = _normalization(layer)
            if folded and folded[-1].activation == "linear":
                folded[-1].kernel *= factor
                folded[-1].bias = folded[-1].bias * factor + summand
            elif waiting is None:
                waiting = factor, summand
            else:
                waiting = waiting[0] * factor, waiting[1] * factor + summand
        elif isinstance(layer, (layers.Activation, layers.ReLU, layers.Softmax)):
            if not folded or folded[-1].activation != "linear" or waiting is not None:
                raise _unsupported(layer, "does not follow a Dense layer without an activation")
            folded[-1].activation = _activation(layer)
        else:
            raise _unsupported(layer, "cannot run in the pad")
    if not folded:
        raise ValueError(f"network {model.name!r} has no Dense layer. {SUPPORTED}")
    if waiting is not None or folded[-1].activation == "relu":
        raise _unsupported(model.layers[-1], "cannot be the last")
    _check_ends(folded)
    return folded


def _check_list(layers):
    """The layers of a list, if each takes what the one before it gives, and the pad knows them."""
    if not layers or not all(isinstance(layer, PadLayer) for layer in layers):
        raise ValueError(f"expected a network or a list of PadLayers, got {layers!r:.80}")
    inputs = len(layers[0].kernel)
    for layer in layers:
        if layer.activation not in ("relu", "linear", "softmax"):
            raise _unsupported(layer, f"has the activation {layer.activation!r}")
        if layer.activation == "softmax" and layer is not layers[-1]:
            raise _unsupported(layer, "has a softmax, which only the last may have")
        if np.shape(layer.kernel) != (inputs, outputs := len(layer.bias)):
            raise ValueError(
                f"layer {layer.name!r} has a kernel of shape {np.shape(layer.kernel)}, expected "
                f"({inputs}, {outputs}): the layer before it, and its own bias"
            )
        inputs = outputs
    if layer.activation == "relu":
        raise _unsupported(layer, "cannot be the last")
    _check_ends(layers)
    return layers


def _check_ends(layers):
    _check_width(layers[0].name, "inputs", len(layers[0].kernel), 784, "the pixels of a picture")
    _check_width(layers[-1].name, "outputs", len(layers[-1].bias), 10, "one for each digit")


def _unsupported(layer, problem):
    return ValueError(f"layer {layer.name!r} ({type(layer).__name__}) {problem}. {SUPPORTED}")


def _check_width(name, what, found, expected, meaning):
    if found != expected:
        raise ValueError(f"layer {name!r} has {found} {what}, expected {expected}: {meaning}")


def _weights(layer):
    """Kernel and bias of a Dense layer, as float64."""
    kernel, *bias = (np.array(weight, np.float64) for weight in layer.get_weights())
    if kernel.ndim != 2:
        raise _unsupported(layer, "has weights of its own kind")
    return kernel, bias[0] if bias else np.zeros(kernel.shape[1])


def _normalization(layer):
    """What a trained batch normalization does to each neuron: its factor and summand, float64."""
    weights = [np.array(weight, np.float64) for weight in layer.get_weights()]
    gamma = weights.pop(0) if layer.scale else 1.0
    beta = weights.pop(0) if layer.center else 0.0
    mean, variance = weights
    factor = gamma / np.sqrt(variance + layer.epsilon)
    return factor, beta - mean * factor


def _activation(layer):
    """The name of a layer's activation, if the pad knows it."""
    name = type(layer).__name__.lower()  # of a ReLU or Softmax layer
    if hasattr(layer, "activation"):
        name = getattr(layer.activation, "__name__", type(layer.activation).__name__)
    if name not in ("linear", "relu", "softmax"):
        raise _unsupported(layer, f"has the activation {name!r}")
    return name


def _check_answers(model, layers):
    """Compare the answers: layers that branch, or do more than their kind says, show here."""
    rng = np.random.default_rng(0)
    # faint pictures too: bright noise drives a softmax to 0 and 1, where errors do not show
    brightness = np.linspace(0, 1, 8)[:, np.newaxis]
    pictures = (rng.random((8, 784)) * brightness).astype(np.float32)
    expected = model(pictures.reshape(8, *model.inputs[0].shape[1:]), training=False)
    expected = np.asarray(expected, np.float64)
    answers = run(layers, pictures)
    if not np.allclose(answers, expected, rtol=1e-3, atol=1e-3):
        raise ValueError(
            f"network {model.name!r} answers otherwise than its layers one after the other would "
            f"(they differ by up to {abs(answers - expected).max():.2g}). {SUPPORTED}"
        )


def run(layers, pictures):
    """What the pad computes, in NumPy.

    Parameters
    ----------
    layers : list of PadLayer
    pictures : ndarray, shape (n, 784)
        Pixels from 0 to 1.

    Returns
    -------
    ndarray of float64, shape (n, 10)
        Probabilities, or logits if the last layer is linear.

    Examples
    --------
    >>> layer = PadLayer("out", np.zeros((784, 10)), np.arange(10) * np.log(2), "softmax")
    >>> run([layer], np.zeros((1, 784)))[0, :3] * 1023
    array([1., 2., 4.])
    """
    output = pictures.astype(np.float64)
    for layer in layers:
        output = output @ layer.kernel.astype(np.float64) + layer.bias
        if layer.activation == "relu":
            output = np.maximum(output, 0)
        elif layer.activation == "softmax":
            output = np.exp(output - output.max(axis=1, keepdims=True))
            output /= output.sum(axis=1, keepdims=True)
    return output


def _to_half(layer):
    """The layer with weights in float16."""
    with np.errstate(over="ignore"):  # infinity, which is told of below
        kernel, bias = layer.kernel.astype(np.float16), layer.bias.astype(np.float16)
    if not (np.isfinite(kernel).all() and np.isfinite(bias).all()):
        raise ValueError(
            f"layer {layer.name!r} has weights that are not finite, or beyond 65,504, the largest "
            "float16. Has the training diverged?"
        )
    return replace(layer, kernel=kernel, bias=bias)
