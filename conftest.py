"""How the suite runs: the data are looked for, notebooks are compared, the site is built once.

``pytest`` alone does everything: the helpers' tests and doctests, the notebooks, the site.
"""

import os
import shutil
from pathlib import Path

import pytest
from filelock import FileLock

from book.site import build_site

pytest_plugins = ["book.verify"]


@pytest.hookimpl(tryfirst=True)  # before -m is looked at
def pytest_collection_modifyitems(items):
    for item in items:
        if {"site", "made"} & set(getattr(item, "fixturenames", ())):  # which take long to make
            item.add_marker("slow")
        if isinstance(item, pytest.DoctestItem) and item.path.parent.name in (
            "mnist_helpers",
            "live",
        ):
            item.add_marker("data")  # whose examples load them


@pytest.fixture(autouse=True)
def whole_figures(monkeypatch):
    """Live figures with their scripts, as readers get them; kernels of the book do without."""
    monkeypatch.delenv("MNIST_HELPERS_LIVE", raising=False)


@pytest.fixture(scope="session")
def once(tmp_path_factory, worker_id):
    """Make a folder once for all processes of a run: ``once("site", make)`` gives its path."""
    base = tmp_path_factory.getbasetemp()
    base = base if worker_id == "master" else base.parent  # which the processes share

    def once(name, make):
        folder = base / name
        with FileLock(f"{folder}.lock"):
            if not folder.exists():
                unfinished = folder.with_name(f"{name}.new")
                shutil.rmtree(unfinished, ignore_errors=True)
                make(unfinished)
                unfinished.rename(folder)
        return folder

    return once


@pytest.fixture(scope="session")
def site(once):
    """The folder of the site, built once from the working tree, or the one that BOOK_SITE names."""
    if built := os.environ.get("BOOK_SITE"):
        return Path(built)
    return once("site", build_site)
