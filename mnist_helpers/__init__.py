"""The small package that the chapters of *From Bytes to Digits* import.

Every function here is built by hand in a chapter first, or explained in its docstring. A name
brings in its module, and what that needs, when it is first used: ``python -m mnist_helpers.check``
runs where NumPy or SciPy do not.

module              what it holds                                              built in
``idx``             read and write IDX files                                   chapter 2
``data``            find, download and check MNIST; ``load_mnist``             (docstring)
``standin``         a small replacement when MNIST cannot be reached           (docstring)
``preprocessing``   pixels to vectors in [0, 1], labels to one-hot             chapter 4
``networks``        the Dense networks of the book                             chapter 5
``plotting``        grids of digits, training curves                           chapters 3, 5
``live``            figures that answer to the hand                            chapters 1 to 13
``distortion``      random distortions of training images; upright digits      (docstring)
``hands``           the network of the first page                              (docstring)
``handwriting``     drawings and photos to images like MNIST's                 chapter 13
``prose``           put computed values into the prose                         (docstring)
``results``         what scripts measured in hours                             (docstring)
``check``           a command: is this machine ready for the book?             (docstring)
``serve``           a command: give the data to the machines of a room         (docstring)
"""

# ruff: noqa: F401
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # for editors, which do not run what is below
    from mnist_helpers.data import Mnist, load_mnist, mnist_folder
    from mnist_helpers.distortion import deskew, distort
    from mnist_helpers.hands import hands_network
    from mnist_helpers.handwriting import prepare_digit, read_picture, redraw
    from mnist_helpers.idx import IdxError, read_idx, write_idx
    from mnist_helpers.live.accuracy_ladder import AccuracyLadder
    from mnist_helpers.live.byte_picture import BytePicture
    from mnist_helpers.live.confusion import ConfusionExplorer
    from mnist_helpers.live.digit_pad import DigitPad
    from mnist_helpers.live.dropout_view import DropoutView
    from mnist_helpers.live.hex_view import HexView
    from mnist_helpers.live.learner_race import LearnerRace
    from mnist_helpers.live.loss_and_step import LossAndStep
    from mnist_helpers.live.mistake_wall import MistakeWall
    from mnist_helpers.live.neighbor_pairs import NeighborPairs
    from mnist_helpers.live.neuron_view import NeuronView
    from mnist_helpers.live.pixel_fog import PixelFog
    from mnist_helpers.live.pixel_shuffle import PixelShuffle
    from mnist_helpers.live.pixel_view import PixelView
    from mnist_helpers.live.reliability_view import ReliabilityView
    from mnist_helpers.live.silent_neurons import SilentNeurons
    from mnist_helpers.live.threshold_view import ThresholdView
    from mnist_helpers.live.tiny_network import TinyNetwork
    from mnist_helpers.live.training_film import TrainingFilm
    from mnist_helpers.live.training_lab import TrainingLab
    from mnist_helpers.live.xor_playground import XorPlayground
    from mnist_helpers.networks import dense
    from mnist_helpers.plotting import plot_digits, plot_training_curves
    from mnist_helpers.preprocessing import one_hot, to_vectors
    from mnist_helpers.prose import glue
    from mnist_helpers.results import measured

_MODULES = {
    "AccuracyLadder": "live.accuracy_ladder",
    "BytePicture": "live.byte_picture",
    "ConfusionExplorer": "live.confusion",
    "DigitPad": "live.digit_pad",
    "DropoutView": "live.dropout_view",
    "HexView": "live.hex_view",
    "IdxError": "idx",
    "LearnerRace": "live.learner_race",
    "LossAndStep": "live.loss_and_step",
    "MistakeWall": "live.mistake_wall",
    "Mnist": "data",
    "NeighborPairs": "live.neighbor_pairs",
    "NeuronView": "live.neuron_view",
    "PixelFog": "live.pixel_fog",
    "PixelShuffle": "live.pixel_shuffle",
    "PixelView": "live.pixel_view",
    "ReliabilityView": "live.reliability_view",
    "SilentNeurons": "live.silent_neurons",
    "ThresholdView": "live.threshold_view",
    "TinyNetwork": "live.tiny_network",
    "TrainingFilm": "live.training_film",
    "TrainingLab": "live.training_lab",
    "XorPlayground": "live.xor_playground",
    "dense": "networks",
    "deskew": "distortion",
    "distort": "distortion",
    "glue": "prose",
    "hands_network": "hands",
    "load_mnist": "data",
    "measured": "results",
    "mnist_folder": "data",
    "one_hot": "preprocessing",
    "plot_digits": "plotting",
    "plot_training_curves": "plotting",
    "prepare_digit": "handwriting",
    "read_idx": "idx",
    "read_picture": "handwriting",
    "redraw": "handwriting",
    "to_vectors": "preprocessing",
    "write_idx": "idx",
}
__all__ = list(_MODULES)


def __getattr__(name):
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        value = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    except Exception as error:  # a package that is missing or broken
        raise ImportError(
            f"{error}; to see what to do, run python -m mnist_helpers.check"
        ) from error
    globals()[name] = value  # the next use finds it without this function
    return value


def __dir__():
    return sorted({*globals(), *_MODULES})
