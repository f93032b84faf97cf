"""What is mended in the finished pages, each mend on a few lines of HTML."""

from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from docutils import nodes
from sphinx.errors import ExtensionError

from book.sphinx import polish
from tests.helpers import build_book

CASES = Path(__file__).with_name("polish_cases.txt").read_text("utf-8").strip().split("\n=====\n")


@pytest.mark.parametrize("case", CASES[1:], ids=lambda case: case.partition("\n")[0])
def test_mend(case):
    name, html = case.split("\n", 1)
    pages = html.replace("\n", "").split("----->")
    page, wanted = (BeautifulSoup(text, "html.parser") for text in pages)
    mend = getattr(polish, name)
    assert mend in polish.MENDS
    mend(page)
    assert page == wanted


def test_every_mend_has_a_case():
    assert {mend.__name__ for mend in polish.MENDS} == {case.split("\n")[0] for case in CASES[1:]}


def test_icons_are_drawn_where_they_stand():
    script = (
        '{"arrow-up":[1,2,[],"f062","M1 1z"]},{house:[576,512,[127968],"f015","M57 5z"],'
        '"arrow-up":[384,512,[8593],"f062","M21 4z"],box:[448,512,[],"f466",["M5","M0"]]}'
    )
    icons = polish.read_icons(script, {"house", "arrow-up", "box", "gone"})
    # of two the solid one; box has two colors, and is left out
    assert icons == {"house": ("576", "512", "M57 5z"), "arrow-up": ("384", "512", "M21 4z")}
    page = BeautifulSoup(
        '<script src="fontawesome.js?v=6"></script><link href="fontawesome.css"><script src="a.js">'
        '</script><i class="fa-solid fa-lg fa-house" data-mode="light"></i>',
        "html.parser",
    )
    polish.draw_icons(page, icons)
    assert [tag.name for tag in page.find_all()] == ["script", "svg", "path"]
    assert page.svg["class"] == ["fa-solid", "fa-lg", "fa-house", "svg-inline--fa"]
    assert page.svg["viewBox"] == "0 0 576 512" and page.path["d"] == "M57 5z"
    assert page.svg["aria-hidden"] == "true" and page.svg["data-mode"] == "light"
    with pytest.raises(ExtensionError, match="no drawing for the icon fa-gone"):
        polish.draw_icons(BeautifulSoup('<i class="fas fa-gone"></i>', "html.parser"), icons)


def test_description_is_the_first_paragraph_in_whole_sentences():
    section = nodes.section("", nodes.note("", nodes.paragraph(text="A note.")))
    assert polish.describe(section) == ""
    section += [nodes.paragraph(text="Short\n  words."), nodes.paragraph(text="More.")]
    assert polish.describe(section) == "Short words."
    section[1] = nodes.paragraph(text="Words of one sentence. " * 20)
    assert polish.describe(section) == ("Words of one sentence. " * 13).strip()


def test_other_builders_are_left_alone(tmp_path):
    settings = 'extensions.append("book.sphinx.polish")\nversion = copyright = "1"'
    book = build_book(tmp_path, {"index.md": "# A page\n\nOf words.\n"}, settings, "-b", "epub")
    assert list(book.glob("*.epub"))
