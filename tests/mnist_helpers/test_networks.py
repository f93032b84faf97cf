import numpy as np

from mnist_helpers import dense


def test_hidden_layers_are_relu_and_the_answers_probabilities():
    model = dense(7, 5)
    assert [layer.units for layer in model.layers] == [7, 5, 10]
    assert [layer.activation.__name__ for layer in model.layers] == ["relu", "relu", "softmax"]
    answers = model.predict(np.ones((3, 784)), verbose=0)
    np.testing.assert_allclose(answers.sum(axis=1), 1, rtol=1e-5)
