import numpy as np
import pytest

from book.verify import compare_glued
from mnist_helpers import glue, prose


@pytest.fixture
def displayed(monkeypatch):
    """What glue hands to the notebook."""
    outputs = []

    def display(data, metadata, raw):
        assert raw
        outputs.append({"data": data, "metadata": metadata})

    monkeypatch.setattr(prose, "display", display)
    return outputs


def test_output_is_what_myst_nb_reads(displayed):
    import nbformat
    from myst_nb.ext.glue import extract_glue_data_cell

    glue("accuracy", np.float32(0.97912), ".1%", tolerance=0.002)
    output = nbformat.v4.new_output("display_data", **displayed[0])
    cell = nbformat.v4.new_code_cell(outputs=[output])
    ((name, data),) = extract_glue_data_cell(cell)
    assert (name, data["data"]) == ("accuracy", {"text/plain": "'97.9%'"})
    assert cell.outputs == []  # nothing of it shows


def test_exact_value_travels_with_the_text(displayed):
    glue("n", np.int64(60_000), ",")
    assert displayed[0]["data"] == {"application/papermill.record/text/plain": "'60,000'"}
    record = displayed[0]["metadata"]["glue"]
    assert record == {"value": 60_000, "spec": ",", "tolerance": 0.0}
    assert type(record["value"]) is int


def records(value, tolerance, name="x"):
    return {name: (str(value), {"value": value, "tolerance": tolerance})}


@pytest.mark.parametrize(
    ("stored", "new", "same"),
    [
        (records(0.97, 0.01), records(0.979, 0.01), True),
        (records(0.97, 0.01), records(0.99, 0.01), False),
        (records(0.97, 0.01), records(float("nan"), 0.01), False),
        (records(5, 0.0), records(5, 0.0), True),
        (records(5, 0.0), records(6, 0.0), False),
        (records(100.0, None), records(7.0, None), True),
        (records(5, 0.0), {}, False),
        ({}, records(5, 0.0), False),
        (records(5, 0.0), records(5, 0.0, name="y"), False),
    ],
)
def test_comparison_of_stored_and_new_values(stored, new, same):
    assert (compare_glued(stored, new) == []) is same
