"""Compare ways to read MNIST's training images: ``make benchmark``, about a minute.

The readers take turns, so that whatever else the machine does slows all of them alike, and every
time is divided by that of the plain way in the same round. Not a test: nothing fails here. Two of
the readers are packages that nothing else needs: the group ``benchmark`` of pyproject.toml.
"""

import functools
import gzip
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from experiments.common import print_ratios
from mnist_helpers import mnist_folder, read_idx

ROUNDS = 11
HEADER = 16  # bytes: magic number, count, rows, columns
LOOP_IMAGES = 1_000  # the loop over pixels reads this many of the 60,000, and its time is scaled


def main():
    if not (find_spec("idx2numpy") and find_spec("mnist")):
        sys.exit(
            "This compares with idx2numpy and python-mnist, which nothing else needs. To install "
            f"them: {sys.executable} -m pip install --group benchmark"
        )
    folder = mnist_folder("mnist", strict=True)
    packed = folder / "train-images-idx3-ubyte.gz"
    images = read_idx(packed)

    compare(
        "train-images-idx3-ubyte.gz",
        images,
        {
            "gzip.decompress": lambda: gzip.decompress(packed.read_bytes()),
            "read_idx": lambda: read_idx(packed),
            "idx2numpy": lambda: idx2numpy_from(gzip.open(packed)),
            "np.frombuffer(gzip.open().read())": lambda: frombuffer_from(gzip.open(packed)),
            "loop over pixels": lambda: loop_from(gzip.open(packed)),
            "python-mnist (with labels)": lambda: python_mnist_from(folder),
        },
    )
    with tempfile.TemporaryDirectory() as temporary:
        raw = Path(temporary, "train-images-idx3-ubyte")
        raw.write_bytes(gzip.decompress(packed.read_bytes()))
        compare(
            "train-images-idx3-ubyte, not compressed",
            images,
            {
                "np.fromfile": lambda: np.fromfile(raw, np.uint8, offset=HEADER),
                "read_idx": lambda: read_idx(raw),
                "idx2numpy": lambda: idx2numpy_from(open(raw, "rb")),
                "np.memmap (opens, reads nothing)": functools.partial(
                    np.memmap, raw, np.uint8, "r", HEADER, images.shape
                ),
                "loop over pixels": lambda: loop_from(open(raw, "rb")),
            },
        )
    print(f"\nLoop over pixels: timed on {LOOP_IMAGES:,} images, scaled to {len(images):,}.")


def compare(title, images, readers):
    """Print a table of times, as multiples of the first reader's."""
    for reader in readers.values():  # warm up, and see that all of them read the same
        pixels = np.frombuffer(reader(), np.uint8)[-images.size :]
        assert np.array_equal(pixels, images.reshape(-1)[: pixels.size])

    times = {name: [] for name in readers}
    for _ in range(ROUNDS):
        for name, reader in readers.items():
            scale = len(images) / LOOP_IMAGES if name == "loop over pixels" else 1
            times[name].append(scale * time_of(reader))
    print_ratios(f"{title}: ", {name: np.transpose(rounds) for name, rounds in times.items()})


def time_of(reader):
    """Return CPU and wall time of one call, in seconds; freeing the result does not count."""
    start = np.array([time.process_time(), time.perf_counter()])
    result = reader()
    end = np.array([time.process_time(), time.perf_counter()])
    del result
    return end - start


def idx2numpy_from(file):
    import idx2numpy

    with file:
        return idx2numpy.convert_from_file(file)


def frombuffer_from(file):
    with file:
        return np.frombuffer(file.read(), np.uint8, offset=HEADER)


def python_mnist_from(folder):
    from mnist import MNIST

    images, _ = MNIST(str(folder), return_type="numpy", gz=True).load_training()
    return images.astype(np.uint8)


def loop_from(file):
    """Read pixel by pixel, as articles often do."""
    with file:
        file.read(8)  # magic number, count
        rows = int.from_bytes(file.read(4), "big")
        columns = int.from_bytes(file.read(4), "big")
        images = []
        for _ in range(LOOP_IMAGES):
            image = []
            for _ in range(rows):
                image.append([int.from_bytes(file.read(1), "big") for _ in range(columns)])
            images.append(image)
    return np.array(images, np.uint8)


if __name__ == "__main__":
    main()
