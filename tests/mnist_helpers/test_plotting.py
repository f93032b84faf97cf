import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest

from mnist_helpers import plot_digits, plot_training_curves
from mnist_helpers.plotting import mark_stand_in

matplotlib.use("Agg")


@pytest.fixture(autouse=True)
def close_figures():
    with plt.style.context("mnist_helpers.book"):
        yield
    plt.close("all")


def test_digits_are_drawn_in_order_on_the_full_gray_scale():
    images = np.zeros((3, 28, 28), np.uint8)
    images[1] = 100
    fig = plot_digits(images, titles=["a", "b", "c"], columns=2)
    shown = [ax for ax in fig.axes if ax.images]
    assert [ax.get_title() for ax in shown] == ["a", "b", "c"]
    assert [ax.axison for ax in fig.axes] == [True] * 3 + [False]
    for ax, image in zip(shown, images):
        np.testing.assert_array_equal(ax.images[0].get_array(), image)
        # a faint image stays faint: matplotlib's own choice would stretch 100 to full ink
        assert ax.images[0].get_clim() == (0, 255)
        assert ax.images[0].get_cmap().name == "gray_r"


def test_floats_are_taken_to_go_from_zero_to_one():
    fig = plot_digits(np.full((1, 28, 28), 0.3))
    assert fig.axes[0].images[0].get_clim() == (0, 1)


def test_a_full_row_is_the_last():
    assert len(plot_digits(np.zeros((4, 28, 28)), columns=2).axes) == 4


def test_titles_must_match_the_images():
    with pytest.raises(ValueError, match="expected 2 titles, one for each image, got 1"):
        plot_digits(np.zeros((2, 28, 28)), titles=["only one"])


def test_training_is_solid_and_validation_dashed_in_one_color():
    ax = plot_training_curves({"loss": [3.0, 2.0], "val_loss": [3.5, 2.5]}, "loss", label="A")
    training, validation = ax.lines
    assert (training.get_linestyle(), validation.get_linestyle()) == ("-", "--")
    assert training.get_color() == validation.get_color()
    assert training.get_xdata().tolist() == [1, 2]  # epochs count from 1
    assert all(tick == round(tick) for tick in ax.get_xticks())
    assert [text.get_text() for text in ax.get_legend().get_texts()] == [
        "A, training",
        "A, validation",
    ]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("epoch", "loss")


def test_curves_of_a_keras_history_without_validation():
    class History:
        history = {"accuracy": [0.5, 0.6]}

    assert len(plot_training_curves(History()).lines) == 1


def test_a_metric_that_is_not_there_is_named():
    with pytest.raises(KeyError, match="no metric 'accuracy' .* it has loss"):
        plot_training_curves({"loss": [1.0]})


def test_figures_of_the_stand_in_say_so():
    with plt.rc_context({"figure.hooks": ["mnist_helpers.plotting:mark_stand_in"]}):
        fig = plt.figure()
    assert "not MNIST" in fig.texts[0].get_text()
    with plt.rc_context({"figure.hooks": []}):
        other = plt.figure()
    assert not other.texts
    mark_stand_in(other)
    assert other.texts
