"""The weight of the book's pages: what is counted, and beside which book."""

import pytest
import yaml

from book.common import CHROMIUM_FLAGS, chapters, find_chromium

pages = pytest.importorskip("experiments.pages", exc_type=ImportError)


def test_stock_book_is_the_book_without_its_extensions(tmp_path):
    book = pages.stock_book(tmp_path)
    assert chapters(book / "chapters").keys() == chapters().keys()
    assert not (book / "_static" / "book.css").exists()
    sphinx = yaml.safe_load((book / "_config.yml").read_text("utf-8"))["sphinx"]
    assert [*sphinx["local_extensions"]] == ["book.sphinx.quiz_page"]
    assert "mathjax_path" not in sphinx["config"]


def test_a_page_is_weighed(tmp_path):
    if find_chromium() is None:
        pytest.skip("needs Chromium")
    page = '<script src="a.js"></script><img src="http://127.0.0.1:9/b.png"><p>Text.</p>'
    (tmp_path / "page.html").write_text(page, "utf-8")
    (tmp_path / "a.js").write_text("1;", "utf-8")
    with pages.sync_playwright() as playwright:
        chromium = playwright.chromium
        browser = chromium.launch(executable_path=find_chromium(), args=CHROMIUM_FLAGS)
        found = pages.measure(browser, pages.serve(tmp_path) + "/page.html")
    assert found["bytes"] == len(page) + 2 and found["script bytes"] == 2
    assert found["scripts"] == found["other hosts"] == 1
    assert found["paint"] > 0 and found["interactive"] > 0
