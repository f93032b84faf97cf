"""A kernel with a time limit: what it gives back, and when it is stopped."""

import time

import pytest

from book.course.kernels import MOST_OUTPUT, Kernel, KernelDied


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    kernel = Kernel(tmp_path_factory.mktemp("box"), 60, {"OWN": "here"})
    yield kernel
    kernel.close()


def told(outputs):
    return [output.get("text") or output.get("evalue") for output in outputs]


def test_texts_are_joined_by_their_stream(kernel):
    code = "import os, sys\nfor i in range(3):\n    print(i, flush=True)\n"
    outputs = kernel.run(code + "print(os.environ['OWN'], file=sys.stderr, flush=True)\n1 / 0")
    assert told(outputs) == ["0\n1\n2\n", "here\n", "division by zero"]
    assert [output.get("name") for output in outputs] == ["stdout", "stderr", None]


def test_an_endless_cell_is_stopped_and_the_next_runs(kernel):
    start = time.monotonic()
    outputs = kernel.run("print('begun', flush=True)\nwhile True: pass", seconds=1)
    assert told(outputs) == ["begun\n", "stopped after 1 seconds"]
    assert time.monotonic() - start < 30
    assert kernel.is_idle() and told(kernel.run("print(2)")) == ["2\n"]


def test_what_runs_on_unasked_is_interrupted(kernel):
    kernel.client.execute("while True: pass")  # as a function of a submission may
    assert kernel.is_idle()
    assert told(kernel.run("print(3)")) == ["3\n"]


def test_a_flood_of_output_is_cut_off_but_not_the_error(kernel):
    outputs = kernel.run("for _ in range(300): print('x' * 1000, flush=True)\n1 / 0")
    assert sum(len(output.get("text", "")) for output in outputs) <= MOST_OUTPUT
    assert told(outputs)[-1] == "division by zero"


def test_a_kernel_that_ends_is_told(tmp_path):
    kernel = Kernel(tmp_path, 60, {})
    with pytest.raises(KernelDied, match="ended the kernel"):
        kernel.run("import os; os._exit(0)")
    assert not kernel.is_idle()
    kernel.close()
