"""How answers come over from the submission's kernel to that of the tests."""

import base64
import io
import json

import numpy as np
import pytest

from book.course import answers


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        3,
        2.5,
        "text",
        b"\0",
        [1, (2.0, {"a": None})],
        {1, 2},
        float("inf"),
        np.int64(4),
        np.float64(0.5),
    ],
)
def test_answers_come_over_unchanged(value):
    back = answers.decode(json.loads(json.dumps(answers.encode(value))))
    assert back == value and type(back) is type(value)


def test_arrays_come_over_and_objects_do_not():
    array = np.arange(6, dtype=">f4").reshape(2, 3)
    back = answers.decode(json.loads(json.dumps(answers.encode(array))))
    assert back.dtype == array.dtype and (back == array).all()
    with pytest.raises(TypeError, match="cannot be graded"):
        answers.encode(np.array([object()]))
    with pytest.raises(TypeError, match="cannot be graded"):
        answers.encode(object())


def test_number_that_claims_to_equal_everything_comes_over_as_a_number():
    class Liar(int):
        def __eq__(self, other):
            return True

        __hash__ = int.__hash__

    assert type(answers.decode(json.loads(json.dumps(answers.encode(Liar(5)))))) is int


def test_what_arrives_is_never_code():
    file = io.BytesIO()
    np.save(file, np.array([print]), allow_pickle=True)  # as a changed encode might send it
    with pytest.raises(ValueError, match="allow_pickle"):
        answers.decode({"array": base64.b64encode(file.getvalue()).decode()})


class Beside(answers.Remote):
    """Both sides in one process: what is asked is looked up in a namespace."""

    def __init__(self, **namespace):
        self.namespace = namespace

    def ask(self, expression):
        what, *details = eval(expression.removeprefix("__import__('answers').reply"))
        return {"send": answers.send, "call": answers.call}[what](*details, self.namespace)


def test_a_function_stays_and_its_results_come_over():
    def shuffle(values, rng, times=1):
        for _ in range(times):
            values = rng.permutation(values)
        return values

    found = Beside(shuffle=shuffle, n=3).fetch(["n", "shuffle", "missing"])
    assert found["n"] == 3 and found["missing"] is None
    ours, theirs = np.random.default_rng(0), np.random.default_rng(0)
    for _ in range(2):  # the generator goes on where the function left it
        expected = shuffle(np.arange(9), ours, times=2)
        assert found["shuffle"](np.arange(9), theirs, times=2).tolist() == expected.tolist()


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ValueError("no"), ValueError),
        (KeyboardInterrupt("no"), KeyboardInterrupt),  # it is not caught
        (type("Own", (Exception,), {})("no"), RuntimeError),
        (type("SystemExit", (Exception,), {})("no"), RuntimeError),  # would end the tests' kernel
        (type("print", (Exception,), {})("no"), RuntimeError),
    ],
)
def test_an_error_of_a_function_comes_over(error, kind):
    def fail():
        raise error

    with pytest.raises(kind, match="no") as found:
        Beside(fail=fail).function("fail")()
    assert found.type is kind
