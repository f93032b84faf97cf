"""The notebooks to download: what the zip holds, that it runs, and the buttons that lead there."""

import re
import subprocess
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbclient import NotebookClient

from book.chapter import read_chapter
from book.common import ROOT, copy_book, write_zip
from book.plain import Page, citations, convert, setup_code
from book.site import build_site
from book.sphinx.downloads import FOLDER, add_buttons, bundle
from tests.helpers import SOURCES


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reader")
    page = Page(ROOT / "chapters", cite=citations(ROOT / "references.bib"), quiz=str)
    chapters = [read_chapter(source.with_suffix(".ipynb")) for source in SOURCES]
    files = bundle({f"{c.stem}.ipynb": nbformat.writes(convert(c, page)) for c in chapters})
    write_zip(files, folder / "notebooks.zip")
    with zipfile.ZipFile(folder / "notebooks.zip") as archive:
        archive.extractall(folder)
    return folder / FOLDER


def test_zip_has_all_that_a_reader_needs(unpacked):
    for name in ("README.md", "requirements.txt", "pyproject.toml", "LICENSE", "LICENSE-TEXT"):
        assert (unpacked / name).stat().st_size > 100
    assert (unpacked / "mnist_helpers" / "book.mplstyle").exists()
    there = {path.name for path in (unpacked / "mnist_helpers" / "long_runs").iterdir()}
    results = {path.name for path in (ROOT / "experiments" / "results").glob("*.json")}
    assert there == results != set()
    assert len(list(unpacked.glob("*.ipynb"))) == len(SOURCES)
    names = "\n".join(str(path) for path in unpacked.rglob("*"))
    assert "ubyte" not in names and "__pycache__" not in names


def test_requirements_leave_out_what_only_sources_need(unpacked):
    needed = (unpacked / "requirements.txt").read_text("utf-8").splitlines()
    names = {re.match(r"[\w-]+", need)[0] for need in needed}
    assert {"keras", "numpy", "jupyterlab"} <= names
    assert not names & {"jupytext", "jupyterlab-myst", "sphinx-exercise", "pytest"}


def test_links_between_chapters_lead_to_notebooks_in_the_zip(unpacked):
    linked = set()
    for path in unpacked.glob("*.ipynb"):
        cells = nbformat.read(path, as_version=4).cells
        text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
        linked |= set(re.findall(r"\]\(([^)\s:]+)\)", text))
    assert len(linked) >= 10
    assert all((unpacked / target).is_file() for target in linked)


@pytest.mark.slow
@pytest.mark.data
def test_unpacked_notebook_runs_without_the_repository(unpacked, monkeypatch):
    (path,) = unpacked.glob("02-*.ipynb")
    monkeypatch.setenv("PYTHONPATH", str(unpacked))  # before an installed copy of the package
    nb = nbformat.read(path, as_version=4)
    where = nbformat.v4.new_code_cell("import mnist_helpers; print(mnist_helpers.__file__)")
    nb.cells.append(where)
    NotebookClient(nb, timeout=300, resources={"metadata": {"path": unpacked}}).execute()
    assert nb.cells[-1].outputs[0].text.strip() == str(unpacked / "mnist_helpers" / "__init__.py")


def test_without_the_package_the_first_cell_says_what_to_do(tmp_path):
    (tmp_path / "cell.py").write_text(setup_code(), "utf-8")
    # -I: no repository on the path; -S: no installed packages either
    run = subprocess.run(
        [sys.executable, "-I", "-S", str(tmp_path / "cell.py")], capture_output=True, text=True
    )
    assert "notebooks.zip" in run.stderr


@pytest.mark.parametrize(
    ("builder", "page", "address", "found"),
    [
        ("html", "a.ipynb", "", ["notebooks/a.ipynb"]),
        ("html", "a.ipynb", "https://github.com/me/book.git", ["rocket", "notebooks/a.ipynb"]),
        ("html", "a.ipynb", "https://elsewhere.org/me/book", ["notebooks/a.ipynb"]),
        ("html", "a.md", "https://github.com/me/book", ["_sources/a"]),
        ("epub", "a.ipynb", "https://github.com/me/book", ["_sources/a"]),
    ],
)
def test_buttons_are_on_chapters_of_the_site(builder, page, address, found):
    app = SimpleNamespace(
        builder=SimpleNamespace(name=builder),
        env=SimpleNamespace(doc2path=lambda docname: page),
        config=SimpleNamespace(html_theme_options={"repository_url": address}),
    )
    download = {"label": "download-source-button", "url": "_sources/a"}
    buttons = [{"type": "group", "icon": "download", "buttons": [download]}]
    context = {"header_buttons": buttons, "pathto": lambda target, _: target}
    add_buttons(app, "a", "page.html", context, "a tree")
    icons = [group["icon"].removeprefix("fas fa-") for group in buttons]
    assert [*icons[:-1], download["url"]] == found


@pytest.mark.slow
def test_page_with_a_repository_has_launch_buttons(tmp_path):
    """A book of one chapter, built as ours is, with an address."""
    book = copy_book(tmp_path / "book", ["0[13456789]*", "1*"])
    (book / "intro.md").write_text("# Home\n\nA book.\n", "utf-8")
    (book / "_toc.yml").write_text(
        "format: jb-book\nroot: intro\nchapters:\n  - file: chapters/02-reading-idx-files\n"
        "  - file: glossary\n  - file: references\n",
        "utf-8",
    )
    for page in (book / "glossary.md", book / "chapters/02-reading-idx-files.ipynb"):
        text = re.sub(r"\[([^\]\n]+)\]\([^)\n]*\d\d-[\w-]+\)", r"\1", page.read_text("utf-8"))
        page.write_text(text, "utf-8")
    config = book / "_config.yml"
    changed, count = re.subn(r"# (repository_url: https://)", r"\1", config.read_text("utf-8"))
    assert count == 1, "the commented example in _config.yml"
    config.write_text(changed, "utf-8")
    build_site(tmp_path / "site", book)
    page = Path(tmp_path, "site/chapters/02-reading-idx-files.html").read_text("utf-8")
    links = [a["href"] for a in BeautifulSoup(page, "html.parser").select("a[href]")]
    launch = "github/someone/from-bytes-to-digits/blob/notebooks/02-reading-idx-files.ipynb"
    assert f"https://colab.research.google.com/{launch}" in links
    assert any("mybinder.org/v2/gh/someone/" in link for link in links)
