"""What all live figures share: the output of a cell, which needs no kernel and no other file."""

import json
import os
from pathlib import Path

FOLDER = Path(__file__).parent
LATER = '<script type="application/json" data-live-later>'


class LiveFigure:
    """A figure that answers to the hand: as the last value of a cell it shows itself.

    The output of the cell holds the figure without scripts (`still`), its data as JSON, and the
    scripts, which put the live figure in place of the still one. Printed pages show the still one.

    Attributes
    ----------
    name : str
        Of the figure, in ``data-live-figure``: the handle for its script and for tests.
    scripts : tuple of str
        The files that the figure needs, in this folder, after ``parts.js``.

    Examples
    --------
    >>> class Ruler(LiveFigure):
    ...     name = "ruler"
    ...     scripts = ("ruler.js",)
    ...
    ...     def data(self):
    ...         return {"length": 30}
    ...
    ...     def still(self):
    ...         return "<p>A ruler of 30 cm.</p>"
    >>> Ruler()
    <Ruler: open this notebook in a browser to use it>
    """

    name = ""
    scripts = ()

    def data(self):
        """What the script gets, for JSON: the same for the same figure, to the last digit."""
        return {}

    def later(self):
        """More data, for JSON, that the script asks for at the first touch: digits to train on.

        On the site they are a file, which pages share that hold the same. None: there are none.
        """
        return None

    def still(self):
        """The figure without scripts and on paper, as HTML: what it says, and its numbers."""
        raise NotImplementedError

    def __repr__(self):
        return f"<{type(self).__name__}: open this notebook in a browser to use it>"

    def _repr_html_(self):
        data = f'<script type="application/json">{_json(self.data())}</script>'
        if (later := self.later()) is not None:
            data += f"\n{LATER}{_json(later)}</script>"
        # JupyterLab leaves the keys to elements with data-lm-suppress-shortcuts
        html = (
            f'<div data-live-figure="{self.name}" data-lm-suppress-shortcuts="true">\n'
            f"{self.still()}\n{data}\n</div>"
        )
        # what is stored for the site does without: its pages load one script for all figures
        if os.environ.get("MNIST_HELPERS_LIVE") == "site":
            return html
        return f"{html}\n<script>\n{bundle(self.scripts)}</script>"


def _json(data):
    # "<" would let a text of the data end the script that holds it
    return json.dumps(data, separators=(",", ":")).replace("<", r"\u003c")


def bundle(scripts):
    """The shared parts and some scripts as one script, whose names do not meet the page's.

    Parameters
    ----------
    scripts : iterable of str
        Names of files in this folder.

    Returns
    -------
    str
        JavaScript. Style sheets beside the scripts are strings in it, called STYLES.

    Examples
    --------
    >>> bundle([]).startswith("(() => {")
    True
    """
    scripts = ["parts.js", *scripts]
    sheets = ["live.css", *(Path(name).with_suffix(".css").name for name in scripts[1:])]
    styles = {name: read(name) for name in sheets if (FOLDER / name).exists()}
    parts = ['"use strict";', f"const STYLES = {json.dumps(styles)};", *map(read, scripts)]
    return "(() => {\n" + "\n".join(parts) + "\n})();\n"


def read(name):
    """The text of a file in this folder."""
    return (FOLDER / name).read_text("utf-8")
