"""Build the site from the stored outputs: ``python -m book.site _build/html``.

Any warning is an error, and an older site stays in its place until the new one is complete.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

from book.common import ROOT


def build_site(folder, book=ROOT):
    """Build a book into a folder; raise RuntimeError with the log if anything is amiss."""
    folder = Path(folder)
    with tempfile.TemporaryDirectory() as work:
        # from scratch: a second, incremental build would not repeat the warnings of the first
        site = Path(work, "_build", "html")
        strict = ["-W", "-n", "--keep-going"]
        if find_spec("jupyter_book"):
            jupyter_book = "from jupyter_book.cli.main import main; main()"
            command = ["-c", jupyter_book, "build", *strict, "--path-output", work, book]
        else:  # the way out: see there
            config, doctrees = Path(book, "book", "sphinx"), Path(work, "doctrees")
            command = ["-m", "sphinx", *strict, "-c", config, "-d", doctrees, book, site]
        run = subprocess.run(
            [sys.executable, *command],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
        )
        # the exit code alone does not tell: it can be 0 after a failure
        if run.returncode or not (site / "index.html").exists():
            raise RuntimeError(f"{run.stdout}\nThe site was not built: see the warnings above.")
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(site, folder)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", help="where to write")
    folder = parser.parse_args().folder
    try:
        build_site(folder)
    except RuntimeError as error:
        sys.exit(str(error))
