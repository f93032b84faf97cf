"""Build the site from the stored outputs: ``python scripts/build_site.py _build/html``.

Any warning is an error, and an older site stays in its place until the new one is complete.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent


def build_site(folder, book=ROOT):
    """Build a book into a folder; raise RuntimeError with the log if anything is amiss."""
    folder = Path(folder)
    with tempfile.TemporaryDirectory() as work:
        # from scratch: a second, incremental build would not repeat the warnings of the first
        command = ["build", "-W", "-n", "--keep-going", "--path-output", work, str(book)]
        run = subprocess.run(
            [sys.executable, "-c", "from jupyter_book.cli.main import main; main()", *command],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
        )
        site = Path(work, "_build", "html")
        # the exit code alone does not tell: it can be 0 after a failure
        if run.returncode or not (site / "index.html").exists():
            raise RuntimeError(f"{run.stdout}\nThe site was not built: see the warnings above.")
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(site, folder)


if __name__ == "__main__":
    try:
        build_site(sys.argv[1])
    except RuntimeError as error:
        sys.exit(str(error))
