"""The site as a reader gets it: built once, then looked at page by page."""

import gzip
import re
import shutil
import zipfile

import nbformat
import pytest
from bs4 import BeautifulSoup

from book.chapter import read_chapter
from book.common import ROOT
from book.site import build_site
from book.sphinx.polish import head_tags
from tests.helpers import SOURCES


def article(site, source):
    page = site / "chapters" / f"{source.stem}.html"
    return BeautifulSoup(page.read_text("utf-8"), "html.parser").select_one("article")


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_page_shows_the_chapter(site, source):
    page = article(site, source)
    text = re.sub(r"\s+", " ", page.get_text())
    for name, (value, _) in read_chapter(source.with_suffix(".ipynb")).glued.items():
        assert value in text, f"glued {name}"
    assert "glue:text" not in text and "{cite" not in text
    assert not page.select(".problematic, .system-message, .error")


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_pictures_have_alternative_text_and_exist(site, source):
    pictures = article(site, source).select("img")
    assert pictures
    for picture in pictures:
        assert len(picture["alt"]) > 20, picture["src"]
        assert "_images/" not in picture["alt"]
        # the still picture of a live figure is in the page itself
        if not picture["src"].startswith("data:"):
            assert (site / "chapters" / picture["src"]).resolve().is_file()


def test_links_lead_somewhere(site):
    for page in site.rglob("*.html"):
        soup = BeautifulSoup(page.read_text("utf-8"), "html.parser")
        for link in soup.select("article a[href]"):
            target = link["href"].split("#")[0]
            if target and not target.startswith(("http:", "https:", "mailto:")):
                assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_keys_are_not_on_the_site(site):
    keys = [path.stem for path in (ROOT / "teaching").glob("*-key.md")]
    assert keys
    for path in site.rglob("*"):
        assert path.is_dir() or not any(key in path.name for key in keys), path
    index = (site / "searchindex.js").read_text("utf-8")
    assert "teaching/exam" in index
    assert not any(f"teaching/{key}" in index for key in keys)


def test_site_needs_no_other_host(site):
    for page in site.rglob("*.html"):
        soup = BeautifulSoup(page.read_text("utf-8"), "html.parser")
        needed = [tag.get("src") for tag in soup.select("[src]")]
        needed += [tag["href"] for tag in soup.select("link[href]") if tag.get("rel") != ["next"]]
        for address in needed:
            assert not re.match(r"(https?:)?//", address), f"{page.name}: {address}"


def test_nothing_points_to_a_repository_that_is_not_ours(site):
    # without an address of its own the theme would link to the one of Jupyter Book
    for page in site.rglob("*.html"):
        assert "executablebooks/jupyter-book" not in page.read_text("utf-8"), page


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_page_offers_its_notebook(site, source):
    page = site / "chapters" / f"{source.stem}.html"
    soup = BeautifulSoup(page.read_text("utf-8"), "html.parser")
    (link,) = soup.select("a.btn-download-source-button[download]")
    notebook = (page.parent / link["href"]).resolve()
    assert notebook == (site / "notebooks" / f"{source.stem}.ipynb").resolve()
    nbformat.validate(nbformat.read(notebook, as_version=4))


def test_first_page_offers_all_notebooks(site):
    soup = BeautifulSoup((site / "index.html").read_text("utf-8"), "html.parser")
    assert soup.select_one('a[href="notebooks.zip"]')
    with zipfile.ZipFile(site / "notebooks.zip") as archive:
        names = [name for name in archive.namelist() if name.endswith(".ipynb")]
    assert len(names) == len(SOURCES)


def test_pages_say_what_they_are_about(site):
    descriptions = []
    for page in [site / "index.html", *(site / "chapters").glob("*.html")]:
        soup = BeautifulSoup(page.read_text("utf-8"), "html.parser")
        (description,) = soup.select('meta[name="description"]')
        assert 50 < len(description["content"]) <= 300, page
        descriptions.append(description["content"])
        assert not soup.select('meta[property^="og:"]'), "previews need an address"
        assert soup.select_one('link[rel="icon"]')
    assert len(descriptions) == len(set(descriptions))


def test_with_an_address_there_are_previews():
    tags = head_tags("Title", "Words & more.", "https://x.org/a.html", "https://x.org/p.png")
    found = BeautifulSoup(tags, "html.parser").select('meta[property^="og:"]')
    values = {tag["property"]: tag["content"] for tag in found}
    assert values["og:url"] == "https://x.org/a.html"
    assert values["og:image"] == "https://x.org/p.png"
    assert values["og:description"] == "Words & more."


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_pages_are_light(site, source):
    page = site / "chapters" / f"{source.stem}.html"
    soup = BeautifulSoup(page.read_text("utf-8"), "html.parser")
    scripts = [(page.parent / s["src"].split("?")[0]).resolve() for s in soup.select("script[src]")]
    sizes = {s.name: len(gzip.compress(s.read_bytes())) for s in scripts if s.name != "tex-svg.js"}
    figures = [sizes.pop(name) for name in list(sizes) if name.startswith("figures-")]
    assert len(figures) == bool(soup.select("[data-live-figure]"))
    assert sum(figures) < 35_000 and sum(sizes.values()) < 60_000
    assert not [name for name in sizes if "thebe" in name.lower()]
    assert not soup.select("i[class*=fa-]")


def test_ids_are_unique(site):
    for page in site.rglob("*.html"):
        soup = BeautifulSoup(page.read_text("utf-8"), "html.parser")
        ids = [tag["id"] for tag in soup.select("[id]")]
        assert len(ids) == len(set(ids)), page


def test_build_stops_at_a_picture_without_alternative_text(tmp_path):
    """A book of two pages with the settings of ours; an older site is there, and stays."""
    book, older = tmp_path / "book", tmp_path / "html" / "index.html"
    shutil.copytree(ROOT / "_static", book / "_static")
    for name in ("_config.yml", "references.bib"):
        shutil.copy(ROOT / name, book)
    toc = "format: jb-book\nroot: intro\nchapters:\n  - file: page\n"
    # an empty text, and none, which is what outputs have
    pictures = "# A page\n\n![](_static/logo.svg)\n\n```{image} _static/logo.svg\n```\n"
    pages = {"_toc.yml": toc, "intro.md": "# Home\n", "page.md": pictures}
    for name, text in pages.items():
        (book / name).write_text(text, "utf-8")
    older.parent.mkdir()
    older.write_text("older", "utf-8")
    with pytest.raises(RuntimeError) as error:
        build_site(older.parent, book)
    assert str(error.value).count("picture without alternative text") == 2
    assert older.read_text("utf-8") == "older"


def test_every_glossary_term_is_linked_from_a_chapter(site):
    def soup(path):
        return BeautifulSoup(path.read_text("utf-8"), "html.parser")

    terms = {term["id"] for term in soup(site / "glossary.html").select("dl.glossary dt[id]")}
    assert len(terms) > 40
    linked = {
        link["href"].partition("#")[2]
        for page in (site / "chapters").glob("*.html")
        for link in soup(page).select("article a[href*='glossary.html#']")
    }
    assert terms <= linked, sorted(terms - linked)


def test_hidden_tests_are_nowhere_on_the_site(site):
    from tests.helpers import leaks, secrets

    hidden = {line: where for line, where in secrets().items() if where.endswith("hidden")}
    assert len(hidden) > 100
    assert not leaks(site, hidden)
