"""The comparison of readers, with one round: that each reads the same, and what is printed."""

import pytest

from experiments import read_idx
from mnist_helpers import load_mnist


@pytest.mark.slow
def test_loop_is_the_slowest_by_far(monkeypatch, capsys):
    pytest.importorskip("idx2numpy")
    pytest.importorskip("mnist")
    if load_mnist().name != "mnist":
        pytest.skip("needs the full MNIST")
    monkeypatch.setattr(read_idx, "ROUNDS", 1)
    monkeypatch.setattr(read_idx, "LOOP_IMAGES", 20)  # scaled to all of them
    read_idx.main()
    lines = capsys.readouterr().out.splitlines()
    ratios = {line[:36].strip(): line[36:].split() for line in lines if " to " in line[36:]}
    assert ratios["gzip.decompress"][0] == ratios["np.fromfile"][0] == "1.00"
    assert float(ratios["loop over pixels"][0]) > 100


def test_readers_that_are_missing(monkeypatch):
    monkeypatch.setattr(read_idx, "find_spec", lambda name: None)
    with pytest.raises(SystemExit, match="-m pip install --group benchmark$"):
        read_idx.main()
