"""The pictures that more than one chapter draws.

Colors, fonts and lines are those of the style file beside this module:
``plt.style.use("mnist_helpers.book")``.
"""

import matplotlib.pyplot as plt
import numpy as np


def plot_digits(images, titles=None, *, columns=10, size=0.8):
    """Draw images in a grid, dark ink on white.

    Parameters
    ----------
    images : array_like, shape (n, rows, columns)
        Gray images; uint8 from 0 (background) to 255 (ink), or floats from 0 to 1.
    titles : sequence of str, optional
        One for each image, written above it.
    columns : int, default 10
        Images in a row of the grid.
    size : float, default 0.8
        Side of one image in inches.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If there are not as many titles as images.

    Examples
    --------
    >>> fig = plot_digits(np.zeros((3, 28, 28), np.uint8), titles=["a", "b", "c"], columns=2)
    >>> len(fig.axes)  # two rows of two; the last stays empty
    4
    """
    images = np.asarray(images)
    if titles is not None and len(titles) != len(images):
        raise ValueError(f"expected {len(images)} titles, one for each image, got {len(titles)}")
    rows = -(-len(images) // columns)
    title_space = 0.28 if titles is not None else 0.0
    figsize = (columns * size, rows * (size + title_space))
    fig, axes = plt.subplots(rows, columns, figsize=figsize, squeeze=False, layout="constrained")
    fig.get_layout_engine().set(w_pad=0.03, h_pad=0.03, wspace=0, hspace=0)
    for ax in axes.flat[len(images) :]:
        ax.axis("off")
    # the full range for every image: a faint digit must look faint
    top = 255 if images.dtype == np.uint8 else 1
    for i, (image, ax) in enumerate(zip(images, axes.flat)):
        ax.imshow(image, cmap="gray_r", vmin=0, vmax=top)
        ax.set(xticks=[], yticks=[])
        ax.spines[:].set(visible=True, color="0.85")  # a faint frame: where the image ends
        if titles is not None:
            ax.set_title(titles[i])
    return fig


def plot_training_curves(history, metric="accuracy", *, ax=None, label=None, color=None):
    """Draw a metric of training (solid) and validation (dashed) against the epoch.

    Parameters
    ----------
    history : keras.callbacks.History or dict of str to list of float
        What ``model.fit`` returns, or its ``.history``.
    metric : str, default "accuracy"
        Name of the metric; its validation curve, ``"val_" + metric``, is drawn if it is there.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default in a new figure.
    label : str, optional
        Name of the model, put before "training" and "validation" in the legend.
    color : color, optional
        Color of both curves: one color is one model.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    KeyError
        If the history does not hold the metric.

    Examples
    --------
    >>> ax = plot_training_curves({"loss": [0.5, 0.2, 0.1], "val_loss": [0.4, 0.3, 0.3]}, "loss")
    >>> [line.get_linestyle() for line in ax.lines]
    ['-', '--']
    """
    curves = getattr(history, "history", history)
    if metric not in curves:
        raise KeyError(f"no metric {metric!r} in this history: it has {', '.join(curves)}")
    if ax is None:
        _, ax = plt.subplots()
    prefix = f"{label}, " if label else ""
    epochs = np.arange(1, len(curves[metric]) + 1)
    (line,) = ax.plot(epochs, curves[metric], "-o", color=color, label=f"{prefix}training")
    if f"val_{metric}" in curves:
        validation = curves[f"val_{metric}"]
        ax.plot(epochs, validation, "--s", color=line.get_color(), label=f"{prefix}validation")
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.set(xlabel="epoch", ylabel=metric)
    ax.legend()
    return ax


def mark_stand_in(fig):
    """Write on a figure that its data are not MNIST (a hook for ``rcParams["figure.hooks"]``)."""
    fig.text(
        1,
        0,  # below the figure: notebooks cut pictures out with all that belongs to them
        "stand-in data (scikit-learn digits), not MNIST",
        ha="right",
        va="top",
        fontsize="x-small",
        color="#a33b00",
    )
