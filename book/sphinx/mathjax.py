"""Serve MathJax from the site itself, so that formulas need no other host."""

import shutil
from importlib.resources import files
from pathlib import Path

# one file that holds the fonts too; only pages with formulas load it
SCRIPT = "tex-svg.js"


def copy_script(app, exception):
    if exception is None and app.builder.name == "html":
        source = files("sphinx-mathjax-offline") / "static" / "mathjax" / SCRIPT
        shutil.copy(source, Path(app.outdir, "_static", SCRIPT))


def setup(app):
    app.connect("build-finished", copy_script)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
