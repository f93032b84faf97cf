"""Earlier chapters run on Fashion-MNIST by one setting, as chapter 15 says."""

import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell

from book.execute import CHAPTERS, read_source


@pytest.mark.slow
@pytest.mark.parametrize("number", ["03", "10"])
def test_chapter_runs_on_clothes(number, monkeypatch, pytestconfig):
    if not pytestconfig.fashion_mnist:
        pytest.skip("Fashion-MNIST is not on this machine, and there is no stand-in for it")
    monkeypatch.setenv("MNIST_HELPERS_DATASET", "fashion-mnist")
    (path,) = CHAPTERS.glob(f"{number}-*.md")
    notebook = read_source(path)
    notebook.cells.append(new_code_cell("print(mnist.name)"))
    client = NotebookClient(notebook, timeout=900, resources={"metadata": {"path": CHAPTERS}})
    client.execute()  # raises if a cell does
    assert notebook.cells[-1].outputs[0].text == "fashion-mnist\n"
