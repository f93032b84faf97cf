"""What several rooms of the book need: its folders, how chapters run, files, and the machine."""

import json
import os
import platform
import shutil
import zipfile
from importlib import metadata
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

ROOT = Path(__file__).parent.parent
CHAPTERS = ROOT / "chapters"
# what chapters run with, stored or tested
ENVIRONMENT = {
    "TF_CPP_MIN_LOG_LEVEL": "3",  # no notes on this very machine
    "TF_ENABLE_ONEDNN_OPTS": "0",  # nor that one, which the level does not silence; no slower
    "OPENBLAS_NUM_THREADS": "1",  # NumPy's threads would get in the way of TensorFlow's
    "MNIST_HELPERS_DATASET": "mnist",  # whatever the user's own setting
    "MNIST_HELPERS_LIVE": "site",  # the pages of the site load the scripts of figures once
}
NOT_COPIED = (".*", "_build", "tests", "__pycache__", "*.egg-info")
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# what a fresh profile of Chromium would otherwise ask of other hosts
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
]


def chapters(folder=CHAPTERS):
    """The chapters: number such as "08" -> path of the ``.md``."""
    return {path.name[:2]: path for path in sorted(Path(folder).glob("[0-9][0-9]-*.md"))}


def write_whole(path, text):
    """Write a file so that it is never half there: beside it first, then in its place."""
    path = Path(path)
    unfinished = path.with_name(path.name + ".new")
    unfinished.write_text(text, "utf-8")
    unfinished.replace(path)


def write_json(path, value):
    """Write a value as JSON that compares well in Git."""
    write_whole(path, json.dumps(value, indent=1) + "\n")


def write_zip(files, path, first=None):
    """Write a zip that depends on nothing but its content.

    Parameters
    ----------
    files : dict of str to (bytes or str)
        Path in the zip -> content.
    path : str or pathlib.Path
    first : str, optional
        The file that goes first and is not compressed, as an EPUB begins with its kind.
    """
    with zipfile.ZipFile(path, "w") as archive:
        for name in sorted(files, key=lambda name: (name != first, name)):
            how = zipfile.ZIP_STORED if name == first else zipfile.ZIP_DEFLATED
            archive.writestr(zipfile.ZipInfo(name), files[name], how)


def template(path):
    """The Jinja template in a file; it escapes what it fills in, and misses no name silently."""
    path = Path(path)
    loader = FileSystemLoader(path.parent)
    return Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True
    ).get_template(path.name)


def copy_book(folder, leave_out=()):
    """Copy what the site is built from; names that match ``leave_out`` stay behind, too."""
    shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(*NOT_COPIED, *leave_out))
    return Path(folder)


def find_chromium():
    """The path of Chromium or Chrome, from CHROMIUM or the usual names; None if there is none."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)


def processor():
    """The name of the processor, as well as the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def version(package):
    """Of an installed package; TensorFlow for processors alone has a name of its own."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return metadata.version(package + "-cpu")


def machine(packages=()):
    """What a measurement was made on: system, processor, cores, versions of Python and packages."""
    return {
        "system": platform.system(),
        "processor": processor(),
        "cores": os.cpu_count(),
        "versions": {"python": platform.python_version()}
        | {name: version(name) for name in packages},
    }
