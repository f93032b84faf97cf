"""The network of the book, by a name."""

import keras


def dense(*hidden):
    """A network of Dense layers from 784 pixels to ten digits, with random weights.

    Chapter 5 builds it by hand.

    Parameters
    ----------
    *hidden : int
        Neurons of each hidden layer, from the pixels on; without one, the ten outputs look at the
        pixels themselves. Hidden layers have relu, the outputs softmax.

    Returns
    -------
    keras.Sequential
        Not compiled. It takes vectors of 784 floats, as `to_vectors` makes them.

    Examples
    --------
    >>> dense(512).count_params()
    407050
    >>> dense().count_params() == 784 * 10 + 10
    True
    """
    relu = [keras.layers.Dense(n, activation="relu") for n in hidden]
    softmax = keras.layers.Dense(10, activation="softmax")
    return keras.Sequential([keras.Input(shape=(784,)), *relu, softmax])
