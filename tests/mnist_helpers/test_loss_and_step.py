import numpy as np
import pytest

from mnist_helpers import LossAndStep


@pytest.mark.parametrize("which", ["one", "two"])
def test_slope_is_that_of_the_loss(which):
    weights = np.linspace(-5, 5, 101)
    loss, slope = LossAndStep.valley(which, weights)
    step = 1e-5
    differences = LossAndStep.valley(which, weights + step)[0] - loss
    np.testing.assert_allclose(slope, differences / step, atol=1e-4)


def test_one_valley_is_the_mean_loss_of_three_images():
    for weight in (-4.0, 0.0, 2.0):
        p = 1 / (1 + np.exp(-weight))
        mean = -np.log([p, p, 1 - p]).mean()
        assert np.isclose(LossAndStep.valley("one", weight)[0], mean)
    assert np.isclose(LossAndStep.valley("one", np.log(2))[1], 0)  # where p is 2/3


def test_steps_creep_arrive_jump_or_fly():
    figure = LossAndStep()
    ends = [figure.descend("one", -3, rate)[1] for rate in (0.1, 2, 10, 20)]
    assert ends == ["creeps", "arrived", "jumps", "jumps"]
    assert figure.descend("two", 3, 10)[1] == "out"
    # where one starts decides in which valley one ends
    low, high = (figure.descend("two", start, 1)[0][-1] for start in (-3, 3))
    assert low < 0 < high
    assert figure.valley("two", low)[0] < figure.valley("two", high)[0]


def test_unknown_valley_is_named():
    with pytest.raises(ValueError, match="'three'"):
        LossAndStep.valley("three", 0.0)
