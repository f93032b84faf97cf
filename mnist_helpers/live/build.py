"""Build ``engine.wasm`` from ``engine.c``: ``python -m mnist_helpers.live.build``.

The compiler is Zig's clang, from the package ``ziglang``, pinned in the group ``engine`` of
pyproject.toml, so that the same source gives the same bytes on every machine. Nobody who reads or
runs the book needs it: the binary lies beside its source.
"""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

SOURCE = Path(__file__).with_name("engine.c")
BINARY = SOURCE.with_suffix(".wasm")
OPTIONS = [
    "--target=wasm32-freestanding",
    "-O3",
    "-msimd128",
    "-Wall",
    "-Werror",
    "-nostdlib",
    "-Wl,--no-entry",
    "-Wl,--export=__heap_base",  # where engine.js may lay out its arrays
    "-Wl,--strip-all",
]


def build(path=BINARY):
    """Compile the engine.

    Parameters
    ----------
    path : str or pathlib.Path, optional
        Where the binary goes; beside its source by default.

    Returns
    -------
    pathlib.Path
        Of the binary.

    Raises
    ------
    RuntimeError
        If the compiler is missing or finds a fault.
    """
    if not find_spec("ziglang"):
        raise RuntimeError(
            "building the engine takes the package ziglang, and it is not installed. "
            f"Install it: {sys.executable} -m pip install --group engine"
        )
    command = [sys.executable, "-m", "ziglang", "cc", *OPTIONS, "-o", str(path), SOURCE.name]
    # run where the source is: no path of this machine comes into the binary
    run = subprocess.run(command, cwd=SOURCE.parent, capture_output=True, text=True)
    if run.returncode:
        raise RuntimeError(f"{SOURCE.name} could not be compiled:\n{run.stderr}")
    return Path(path)


if __name__ == "__main__":
    path = build()
    print(f"{path.name}: {path.stat().st_size:,} bytes")
