"""The notebooks that readers download: nothing of MyST is left in them, and they run."""

import doctest
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest
from build_site import ROOT
from nbclient import NotebookClient
from test_notebooks import SOURCES

sys.path.append(str(ROOT / "_ext"))
from notebook_downloads import (  # noqa: E402
    FOLDER,
    ConversionError,
    Page,
    bundle,
    citations,
    convert,
    launch_links,
    plain_markdown,
    requirements,
    setup_code,
    write_zip,
)

try:
    from quiz import as_markdown
except ImportError:
    QUIZ = None
else:

    def QUIZ(path):
        return as_markdown(path, key=True)


import notebook_downloads  # noqa: E402
import polish_pages  # noqa: E402

CITE = citations(ROOT / "references.bib")
PAGE = Page(ROOT / "chapters", glued={"best": "98.1%"}, cite=CITE, quiz=QUIZ)


def read(source):
    return nbformat.read(source.with_suffix(".ipynb"), as_version=4)


@pytest.fixture(scope="session")
def converted():
    return {f"{source.stem}.ipynb": convert(read(source), PAGE) for source in SOURCES}


@pytest.mark.parametrize(
    ("myst", "plain"),
    [
        ("a {term}`softmax`, {term}`soft <softmax>`", "a softmax, soft"),
        ("{glue:text}`best` of them", "**98.1%** of them"),
        ("{cite:t}`lugowska2019` says", "Ługowska (2019) says"),
        ("so {cite:p}`chollet2017`", "so (Chollet, 2017)"),
        ("{cite:t}`kingma2015`", "[Kingma and Ba (2015)](https://arxiv.org/abs/1412.6980)"),
        ("[chapter 2](02-reading-idx-files)", "[chapter 2](02-reading-idx-files.ipynb)"),
        ("[here](02-reading-idx-files.md#four-files)", "[here](02-reading-idx-files.ipynb)"),
        ("[`read`](02-reading-idx-files)", "[`read`](02-reading-idx-files.ipynb)"),
        ("[words](../glossary)", "words"),
        ("[out](https://keras.io)", "[out](https://keras.io)"),
        ("(label)=\n## Title", "## Title"),
        ("`{term}` and ``{a}`b` ``", "`{term}` and ``{a}`b` ``"),
        ("$a_{ij}$ and $$\\frac{1}{2}$$", "$a_{ij}$ and $$\\frac{1}{2}$$"),
        ("```python\nx = {a}\n```", "```python\nx = {a}\n```"),
        (":::{tip} Do\n:class: big\nThis.\n:::", "> **Do**\n>\n> This."),
        (
            ":::{exercise} Count\n:label: ex\n\nHow many?\n:::",
            "> **Exercise: Count**\n>\n> How many?",
        ),
        ("::::{note}\n:::{math}\nx\n:::\n::::", "> **Note**\n>\n> $$\n> x\n> $$"),
    ],
)
def test_myst_becomes_markdown(myst, plain):
    assert plain_markdown(myst, PAGE) == plain


@pytest.mark.parametrize("module", [notebook_downloads, polish_pages])
def test_examples_in_the_documentation(module):
    result = doctest.testmod(module)
    assert result.attempted and not result.failed


def test_dropdown_becomes_details():
    plain = plain_markdown(":::{dropdown} More\n{term}`loss`\n:::", PAGE)
    assert plain == "<details>\n<summary><b>More</b></summary>\n\nloss\n\n</details>"


@pytest.mark.parametrize(
    ("myst", "message"),
    [
        (":::{sidebar}\nx\n:::", "directive {sidebar}"),
        ("{eq}`one`", "role {eq}"),
        ("{glue:text}`missing`", "no cell of this chapter stored it"),
        ("{cite:p}`nobody2020`", "not in references.bib"),
        ("[x](13-nowhere)", "leads nowhere"),
        ("![x](images/none.svg)", "picture images/none.svg"),
        (":::{note}\nx", "never closed"),
    ],
)
def test_what_is_unknown_is_an_error(myst, message):
    with pytest.raises(ConversionError, match=re.escape(message)):
        plain_markdown(myst, PAGE)


def test_pictures_come_along():
    plain = plain_markdown("![Two <layers>.](images/layers.svg)", PAGE)
    assert plain.startswith('<img alt="Two &lt;layers&gt;." src="data:image/svg+xml;base64,')


def notebook(*sources):
    cells = []
    for source in sources:
        new = nbformat.v4.new_code_cell if source.startswith("#") else nbformat.v4.new_markdown_cell
        cells.append(new(source))
    nb = nbformat.v4.new_notebook(cells=cells)
    nb.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return nb


def test_solution_over_several_cells_becomes_one():
    nb = notebook(
        "# 1\nx = 1",
        ":::{solution-start} ex\n:class: dropdown\n:::\n\nThink.",
        "#\nanswer = 2",
        ":::{solution-end}\n:::\n\nGo on.",
    )
    cells = convert(nb, PAGE).cells
    assert [cell.cell_type for cell in cells] == ["code", "code", "markdown", "markdown"]
    assert cells[2].source.startswith("<details>") and cells[2].source.endswith("</details>")
    assert "Think." in cells[2].source and "```python\n#\nanswer = 2\n```" in cells[2].source
    assert cells[3].source == "Go on."


def test_code_may_not_need_a_solution():
    nb = notebook(":::{solution-start} ex\n:::", "#\nz = 2", ":::{solution-end}\n:::", "#\nz + 1")
    with pytest.raises(ConversionError, match="needs \\['z'\\]"):
        convert(nb, PAGE)


def test_bookkeeping_goes_unless_it_is_needed():
    nb = notebook("#\nx = 1", "#\nassert x", "#\ny = 2", "#\ny")
    for cell in nb.cells[1:3]:
        cell.metadata.tags = ["remove-cell"]
    assert [c.source for c in convert(nb, PAGE).cells[1:]] == ["#\nx = 1", "#\ny = 2", "#\ny"]


def test_nothing_of_myst_is_left(converted):
    listing = re.compile(r"^```[a-z]*\n.*?^```$|`[^`\n]+`|base64,[^\"]+", re.MULTILINE | re.DOTALL)
    myst = re.compile(r":::|\{[\w:]+\}`|^```\{|^\(.*\)=$|[\x00\x02]", re.MULTILINE)
    for name, nb in converted.items():
        for cell in nb.cells:
            if cell.cell_type == "markdown":
                text = listing.sub("", cell.source)
                assert not myst.search(text), (name, text)
                assert cell.source.count("<details>") == cell.source.count("</details>")


def test_outputs_and_their_descriptions_stay(converted):
    for source in SOURCES:
        pictures = [
            output
            for cell in converted[f"{source.stem}.ipynb"].cells
            for output in cell.get("outputs", [])
            if "image/png" in output.get("data", {})
        ]
        assert pictures or source.stem.startswith("06")
        assert all(picture.metadata["image/png"]["alt"] for picture in pictures)


def test_links_between_chapters_lead_to_notebooks(converted):
    linked = {
        target
        for nb in converted.values()
        for cell in nb.cells
        for target in re.findall(r"\]\(([^)\s:]+)\)", cell.source)
        if cell.cell_type == "markdown"
    }
    assert len(linked) >= 10
    assert linked <= set(converted)


def test_requirements_leave_out_what_only_sources_need():
    names = {re.match(r"[\w-]+", r)[0] for r in requirements((ROOT / "pyproject.toml").read_text())}
    assert {"keras", "numpy", "jupyterlab"} <= names
    assert not names & {"jupytext", "jupyterlab-myst", "sphinx-exercise", "pytest"}


def test_with_a_repository_the_first_cell_installs_from_it_and_buttons_appear():
    assert "raise ModuleNotFoundError" in setup_code()
    address = "https://github.com/someone/book"
    assert f'%pip install --quiet "git+{address}@notebooks"' in setup_code(address)
    assert launch_links("", "05.ipynb") == []
    services = dict(launch_links(address, "05.ipynb"))
    assert services["Colab"].endswith("/github/someone/book/blob/notebooks/05.ipynb")
    assert "/gh/someone/book/notebooks?" in services["Binder"]


@pytest.fixture(scope="session")
def unpacked(converted, tmp_path_factory):
    folder = tmp_path_factory.mktemp("reader")
    files = bundle({name: nbformat.writes(nb) for name, nb in converted.items()})
    write_zip(files, folder / "notebooks.zip")
    with zipfile.ZipFile(folder / "notebooks.zip") as archive:
        archive.extractall(folder)
    return folder / FOLDER


def test_zip_has_all_that_a_reader_needs(unpacked):
    for name in ("README.md", "requirements.txt", "pyproject.toml", "LICENSE", "LICENSE-TEXT"):
        assert (unpacked / name).stat().st_size > 100
    assert (unpacked / "mnist_helpers" / "book.mplstyle").exists()
    there = {path.name for path in (unpacked / "mnist_helpers" / "long_runs").iterdir()}
    assert there == {path.name for path in (ROOT / "benchmarks").glob("*.json")} != set()
    assert len(list(unpacked.glob("*.ipynb"))) == len(SOURCES)
    assert not [path for path in unpacked.rglob("*") if "ubyte" in path.name]


@pytest.mark.parametrize("chapter", ["02", "04"])
def test_unpacked_notebook_runs_without_the_repository(unpacked, chapter, monkeypatch):
    (path,) = unpacked.glob(f"{chapter}-*.ipynb")
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


def test_page_with_a_repository_has_launch_buttons(tmp_path):
    """A book of one chapter, built as ours is, with and without an address."""
    from build_site import build_site

    book = tmp_path / "book"
    ignore = shutil.ignore_patterns(".*", "_build", "tests", "__pycache__", "0[13456789]*", "1*")
    shutil.copytree(ROOT, book, ignore=ignore)
    (book / "intro.md").write_text("# Home\n\nA book.\n", "utf-8")
    (book / "_toc.yml").write_text(
        "format: jb-book\nroot: intro\nchapters:\n  - file: chapters/02-reading-idx-files\n"
        "  - file: glossary\n  - file: references\n",
        "utf-8",
    )
    for page in (book / "glossary.md", book / "chapters/02-reading-idx-files.ipynb"):
        text = re.sub(r"\[([^\]\n]+)\]\([^)\n]*\d\d-[\w-]+\)", r"\1", page.read_text("utf-8"))
        page.write_text(text, "utf-8")
    build_site(tmp_path / "without", book)
    config = book / "_config.yml"
    changed, count = re.subn(r"# (repository_url: https://)", r"\1", config.read_text("utf-8"))
    assert count == 1, "the commented example in _config.yml"
    config.write_text(changed, "utf-8")
    build_site(tmp_path / "with", book)
    page = Path("chapters", "02-reading-idx-files.html")
    assert "colab.research" not in (tmp_path / "without" / page).read_text("utf-8")
    with_address = (tmp_path / "with" / page).read_text("utf-8")
    assert "colab.research.google.com/github/" in with_address
    assert "mybinder.org/v2/gh/" in with_address
