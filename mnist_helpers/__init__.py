"""The small package that the chapters of *From Bytes to Digits* import.

Every function here is built by hand in a chapter first, or explained in its docstring.

==================  =========================================================  ==========
module              what it holds                                              built in
==================  =========================================================  ==========
``idx``             read and write IDX files                                   chapter 2
``data``            find, download and check MNIST; ``load_mnist``             (docstring)
``standin``         a small replacement when MNIST cannot be reached           (docstring)
``preprocessing``   pixels to vectors in [0, 1], labels to one-hot             chapter 4
``plotting``        grids of digits, training curves                           chapters 3, 5
``confusion``       a confusion matrix that opens the pictures behind it       chapter 10
``digit_pad``       draw for a trained network, live                           (docstring)
``distortion``      random distortions of training images; upright digits      (docstring)
``handwriting``     drawings and photos to images like MNIST's                 chapter 13
``prose``           put computed values into the prose                         (docstring)
``results``         what scripts measured in hours                             (docstring)
``check``           a command: is this machine ready for the book?             (docstring)
``serve``           a command: give the data to the machines of a room         (docstring)
==================  =========================================================  ==========
"""

__all__ = [
    "ConfusionExplorer",
    "DigitPad",
    "IdxError",
    "Mnist",
    "deskew",
    "distort",
    "glue",
    "load_mnist",
    "measured",
    "mnist_folder",
    "one_hot",
    "plot_digits",
    "plot_training_curves",
    "prepare_digit",
    "read_idx",
    "read_picture",
    "redraw",
    "to_vectors",
    "write_idx",
]

try:
    from mnist_helpers.confusion import ConfusionExplorer
    from mnist_helpers.data import Mnist, load_mnist, mnist_folder
    from mnist_helpers.digit_pad import DigitPad
    from mnist_helpers.distortion import deskew, distort
    from mnist_helpers.handwriting import prepare_digit, read_picture, redraw
    from mnist_helpers.idx import IdxError, read_idx, write_idx
    from mnist_helpers.plotting import plot_digits, plot_training_curves
    from mnist_helpers.preprocessing import one_hot, to_vectors
    from mnist_helpers.prose import glue
    from mnist_helpers.results import measured
except Exception as error:  # a package that is missing or broken
    _problem = error

    # not yet, so that `python -m mnist_helpers.check` can run and say what to do
    def __getattr__(name):
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        raise ImportError(
            f"{_problem}; to see what to do, run python -m mnist_helpers.check"
        ) from _problem
