"""Compare ways to read MNIST's training images: ``make benchmark``, about a minute.

The readers take turns, so that whatever else the machine does slows all of them alike, and every
time is divided by that of the plain way in the same round. Not a test: nothing fails here.
"""

import functools
import gzip
import statistics
import tempfile
import time
from pathlib import Path

import idx2numpy
import numpy as np
from mnist import MNIST

from mnist_helpers import mnist_folder, read_idx

ROUNDS = 11
HEADER = 16  # bytes: magic number, count, rows, columns
LOOP_IMAGES = 1_000  # the loop over pixels reads this many of the 60,000, and its time is scaled


def main():
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

    ratios = {name: ([], []) for name in readers}
    for _ in range(ROUNDS):
        times = {name: time_of(reader) for name, reader in readers.items()}
        if "loop over pixels" in times:
            times["loop over pixels"] *= len(images) / LOOP_IMAGES
        plain = next(iter(times.values()))
        for name in readers:
            for kind in range(2):
                ratios[name][kind].append(times[name][kind] / plain[kind])

    print(f"\n{title}: median ratio of {ROUNDS} rounds (lowest to highest)")
    print(f"{'':36}{'CPU time':28}wall time")
    for name, kinds in ratios.items():
        print(f"{name:36}" + "".join(f"{spread(kind):28}" for kind in kinds).rstrip())


def time_of(reader):
    """Return CPU and wall time of one call, in seconds; freeing the result does not count."""
    start = np.array([time.process_time(), time.perf_counter()])
    result = reader()
    end = np.array([time.process_time(), time.perf_counter()])
    del result
    return end - start


def spread(ratios):
    return f"{statistics.median(ratios):8.2f} ({min(ratios):.2f} to {max(ratios):.2f})"


def idx2numpy_from(file):
    with file:
        return idx2numpy.convert_from_file(file)


def frombuffer_from(file):
    with file:
        return np.frombuffer(file.read(), np.uint8, offset=HEADER)


def python_mnist_from(folder):
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
