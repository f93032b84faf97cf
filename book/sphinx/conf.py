"""The way out of jupyter-book 1, which ends at Sphinx 7: the same book by the Sphinx of today.

``python -m sphinx -W -n --keep-going -c book/sphinx . OUT``, in the root and with the packages of
the group ``sphinx-today``; ``book.site`` does so where jupyter-book is not installed. Nothing of
the book is said here, which stays in _config.yml and _toc.yml.
"""

import warnings
from pathlib import Path

import yaml

# what the next Sphinx drops must not be met in our extensions
warnings.filterwarnings("error", module=r"book\.")

_root = Path(__file__).parents[2]
_config = yaml.safe_load((_root / "_config.yml").read_text("utf-8"))


def _from_root(*names):
    """Paths, which Sphinx would look for beside this file."""
    return [str(_root / name) for name in names]


# ---- what jupyter-book sets by itself
extensions = [
    "myst_nb",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_external_toc",
    "sphinx_togglebutton",
    "sphinxcontrib.bibtex",
    *_config["sphinx"]["extra_extensions"],
    *_config["sphinx"]["local_extensions"],
]
html_theme = "sphinx_book_theme"
html_sourcelink_suffix = ""
numfig = True

# ---- what _config.yml says
globals().update(_config["sphinx"]["config"])
author, copyright, html_title = _config["author"], _config["copyright"], _config["title"]
exclude_patterns = _config["exclude_patterns"]
external_toc_exclude_missing = _config["only_build_toc_files"]
nb_execution_mode = _config["execute"]["execute_notebooks"]
bibtex_bibfiles = _from_root(*_config["bibtex_bibfiles"])
html_baseurl = _config["html"].get("baseurl", "")
html_static_path = _from_root(*_config["sphinx"]["config"]["html_static_path"])
html_css_files = [path.name for path in _root.glob("_static/*.css")]
html_logo, html_favicon = _from_root(_config["logo"], _config["html"]["favicon"])
