"""What tests of the package share: a small data set, and machines that have no other data."""

import hashlib
import json
import os
import sys

import numpy as np
import pytest

from mnist_helpers import data, write_idx

ELSEWHERE = """
import json, pathlib, sys
from mnist_helpers import data
data._CHECKSUMS, data._MIRRORS, cache = json.loads(sys.argv[1])
data.cache_folder = lambda name="mnist": pathlib.Path(cache, name)
"""


@pytest.fixture(scope="session")
def originals(tmp_path_factory):
    """A data set of a few random images in place of MNIST: file name -> bytes."""
    folder = tmp_path_factory.mktemp("originals")
    random = np.random.default_rng(0)
    for part, count in (("train", 60), ("t10k", 10)):
        images = random.integers(0, 256, (count, 28, 28), np.uint8)
        write_idx(folder / f"{part}-images-idx3-ubyte.gz", images)
        write_idx(folder / f"{part}-labels-idx1-ubyte.gz", np.arange(count, dtype=np.uint8) % 10)
    return {file: (folder / file).read_bytes() for file in data._CHECKSUMS["mnist"]}


@pytest.fixture
def cache(monkeypatch, tmp_path, originals):
    """An empty cache, an environment without our variables, and the small data set's checksums."""
    for variable in [name for name in os.environ if name.startswith("MNIST_HELPERS_")]:
        monkeypatch.delenv(variable)
    checksums = {file: hashlib.sha256(content).hexdigest() for file, content in originals.items()}
    monkeypatch.setattr(data, "_CHECKSUMS", {"mnist": checksums, "fashion-mnist": checksums})
    monkeypatch.setattr(data, "cache_folder", lambda name="mnist": tmp_path / "cache" / name)
    return tmp_path / "cache"


@pytest.fixture
def elsewhere(cache):
    """Make a command for a Python that has the small data set's checksums, and its own cache."""

    def command(code, folder, mirrors=(), arguments=()):
        given = [data._CHECKSUMS, dict.fromkeys(data._CHECKSUMS, mirrors), str(folder)]
        return [sys.executable, "-c", ELSEWHERE + code, json.dumps(given), *arguments]

    return command
