"""The notebooks to download: a Sphinx extension.

``notebooks/`` on the site holds each chapter as a notebook for every program, see
``book.plain``, and ``notebooks.zip`` all of them with the helper package. A chapter's download
button leads to its notebook; with the repository's address in the configuration there are buttons
for Colab and Binder, too.
"""

from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import nbformat

from book.chapter import read_chapter
from book.common import ROOT, write_zip
from book.plain import BRANCH, ZIP, ConversionError, Page, citations, convert
from book.quiz.markdown import as_markdown
from mnist_helpers.check import needs

FOLDER = "from-bytes-to-digits"  # what the zip unpacks to


def bundle(notebooks):
    """The files of the zip: path in it -> content.

    Parameters
    ----------
    notebooks : dict of str to str
        File name -> the notebook as JSON.

    Returns
    -------
    dict of str to bytes
    """
    files = {name: text.encode() for name, text in notebooks.items()}
    for path in (ROOT / "mnist_helpers").rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            files[path.relative_to(ROOT).as_posix()] = path.read_bytes()
    # where mnist_helpers.measured looks
    for path in (ROOT / "experiments" / "results").glob("*.json"):
        files[f"mnist_helpers/long_runs/{path.name}"] = path.read_bytes()
    for name in ("pyproject.toml", "LICENSE", "LICENSE-TEXT"):
        files[name] = (ROOT / name).read_bytes()
    files["requirements.txt"] = "".join(f"{need}\n" for need in sorted(needs())).encode()
    files["README.md"] = Path(__file__).with_suffix(".md").read_bytes()
    return {f"{FOLDER}/{name}": content for name, content in files.items()}


def launch_links(repository, name):
    """Where a notebook can be run, in a repository on GitHub: (service, address).

    >>> for service, address in launch_links("https://github.com/me/book.git", "05-a.ipynb"):
    ...     print(address)
    https://colab.research.google.com/github/me/book/blob/notebooks/05-a.ipynb
    https://mybinder.org/v2/gh/me/book/notebooks?urlpath=lab/tree/05-a.ipynb
    >>> launch_links("", "05-a.ipynb")
    []
    """
    address = urlsplit(repository)
    if address.netloc != "github.com":
        return []
    place = address.path.strip("/").removesuffix(".git")
    return [
        ("Colab", f"https://colab.research.google.com/github/{place}/blob/{BRANCH}/{name}"),
        ("Binder", f"https://mybinder.org/v2/gh/{place}/{BRANCH}?urlpath=lab/tree/{name}"),
    ]


def source_of(app, docname):
    return Path(app.env.doc2path(docname))


def repository_of(app):
    return app.config.html_theme_options.get("repository_url", "")


def add_buttons(app, pagename, templatename, context, doctree):
    """Point the theme's download button to the converted notebook; add the launch buttons."""
    if app.builder.name != "html" or not doctree or source_of(app, pagename).suffix != ".ipynb":
        return
    name = f"{Path(pagename).name}.ipynb"
    for group in context["header_buttons"]:
        for button in group.get("buttons", []):
            if button["label"] == "download-source-button":
                button["url"] = context["pathto"](f"notebooks/{name}", 1)
                button["tooltip"] = "Download this chapter as a Jupyter notebook"
    links = launch_links(repository_of(app), name)
    if links:
        buttons = [
            {"type": "link", "url": address, "text": service, "tooltip": f"Run this on {service}",
             "icon": "fas fa-play", "label": f"launch-{service.lower()}-button"}
            for service, address in links
        ]  # fmt: skip
        group = {"type": "group", "buttons": buttons, "icon": "fas fa-rocket"}
        group |= {"tooltip": "Run this chapter", "label": "launch-buttons"}
        context["header_buttons"].insert(0, group)


def write_notebooks(app, exception):
    """Write notebooks/ and notebooks.zip beside the pages."""
    if exception or app.builder.name != "html":
        return
    page = Page(
        Path(),
        cite=citations(Path(app.confdir, app.config.bibtex_bibfiles[0])),
        quiz=lambda path: as_markdown(path, app.config.quiz_key),
    )
    folder = Path(app.outdir, "notebooks")
    folder.mkdir(exist_ok=True)
    written = {}
    for source in sorted(source_of(app, docname) for docname in app.env.found_docs):
        if source.suffix != ".ipynb":
            continue
        try:
            chapter, place = read_chapter(source), replace(page, folder=source.parent)
            converted = convert(chapter, place, repository_of(app))
        except ConversionError as error:
            raise ConversionError(f"{source.name}, as a notebook to download: {error}") from error
        written[source.name] = nbformat.writes(converted) + "\n"
        (folder / source.name).write_text(written[source.name], "utf-8")
    write_zip(bundle(written), Path(app.outdir, ZIP))


def setup(app):
    app.connect("html-page-context", add_buttons, priority=900)  # after the theme's
    app.connect("build-finished", write_notebooks)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
