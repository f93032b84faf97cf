"""The package brings in only what is used, and its list of names is right."""

import ast
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import mnist_helpers

HEAVY = "IPython PIL keras matplotlib numpy pooch psutil requests scipy sklearn tqdm".split()
SAY = f"\nimport sys; print(*[name for name in {HEAVY} if name in sys.modules])"


def python(code, **environment):
    environment = {**os.environ, **environment}
    command = [sys.executable, "-c", code]
    return subprocess.run(command, env=environment, capture_output=True, text=True)


@pytest.mark.parametrize(
    "code, heavy",
    [
        ("import mnist_helpers", ""),
        ("import mnist_helpers; dir(mnist_helpers)", ""),
        ("from mnist_helpers import check, measured", ""),
        ("from mnist_helpers import IdxError, Mnist, load_mnist, mnist_folder, read_idx", "numpy"),
        ("from mnist_helpers import DigitPad, one_hot, to_vectors, write_idx", "numpy"),
        ("from mnist_helpers import distort", "numpy scipy"),
        ("from mnist_helpers import plot_digits", "PIL matplotlib numpy"),
    ],
)
def test_brings_in_what_is_used_and_no_more(code, heavy):
    assert python(code + SAY).stdout == heavy + "\n"


def test_data_that_are_here_need_nothing_for_a_download(elsewhere, tmp_path, originals):
    (tmp_path / "mnist").mkdir()
    for file, content in originals.items():
        (tmp_path / "mnist" / file).write_bytes(content)
    command = elsewhere("data.load_mnist(strict=True)" + SAY, tmp_path)
    assert subprocess.run(command, capture_output=True, text=True).stdout == "numpy\n"


def test_names_lead_where_the_list_for_editors_says():
    tree = ast.parse(Path(mnist_helpers.__file__).read_text("utf-8"))
    (block,) = (node for node in tree.body if isinstance(node, ast.If))
    listed = {name.name: node.module for node in block.body for name in node.names}
    assert list(listed) != [] and listed == {
        name: f"mnist_helpers.{module}" for name, module in mnist_helpers._MODULES.items()
    }
    everything = {}
    exec("from mnist_helpers import *", everything)
    for name, module in listed.items():
        assert everything[name] is getattr(import_module(module), name)
    assert set(listed) <= set(dir(mnist_helpers))
    # a module of the same name would take the place of the function when it is imported
    assert not set(listed) & {path.stem for path in Path(mnist_helpers.__file__).parent.iterdir()}


@pytest.mark.parametrize("broken", ["ModuleNotFoundError", "AttributeError"])
def test_with_a_broken_numpy_the_package_points_to_the_check(tmp_path, broken):
    (tmp_path / "numpy.py").write_text(f"raise {broken}('nothing here')")
    path = os.pathsep.join([str(tmp_path), str(Path(mnist_helpers.__file__).parent.parent)])
    error = python("from mnist_helpers import load_mnist", PYTHONPATH=path).stderr
    assert error.endswith(
        "ImportError: nothing here; to see what to do, run python -m mnist_helpers.check\n"
    )
    code = "import mnist_helpers; print(hasattr(mnist_helpers, 'nothing'))"
    assert python(code, PYTHONPATH=path).stdout == "False\n"
