"""The base of live figures: what stands in the output of a cell."""

import json
import re
import subprocess
import sys
from importlib import import_module

import pytest
from bs4 import BeautifulSoup

from book.common import ROOT
from book.sphinx.live import move_out, page_script, scripts_of
from mnist_helpers.live.base import FOLDER, LiveFigure


def figures():
    """All kinds of figures in the package."""
    for path in sorted(FOLDER.glob("*.py")):
        if path.with_suffix(".js").exists():
            import_module(f"mnist_helpers.live.{path.stem}")
    return [kind for kind in LiveFigure.__subclasses__() if kind.__module__.startswith("mnist")]


class Odd(LiveFigure):
    name = "odd"
    scripts = ("confusion.js",)

    def data(self):
        return {"text": "</script><b>&"}

    def still(self):
        return "<p>still</p>"


def test_data_come_through_and_end_no_script():
    soup = BeautifulSoup(Odd()._repr_html_(), "html.parser")
    assert len(soup.select("script")) == 2 and not soup.select("b")
    figure = soup.select_one("[data-live-figure=odd]")
    assert figure.p.string == "still"
    assert json.loads(figure.script.string) == {"text": "</script><b>&"}


def test_data_for_later_stand_by_themselves_and_move_into_a_file(tmp_path):
    class Heavy(Odd):
        def later(self):
            return {"digits": "</script>" * 3}

    (tmp_path / "_static").mkdir()
    html = move_out(Heavy()._repr_html_(), tmp_path / "_static", "../_static")
    block = BeautifulSoup(html, "html.parser").select_one("[data-live-later]")
    assert not block.string and block["data-src"].startswith("../_static/live-")
    text = (tmp_path / block["data-src"].removeprefix("../")).read_text("utf-8")
    assert text.startswith("(window.liveLater ??= {})") and "</script" not in text
    assert json.loads(text.partition(" = ")[2].rstrip(";\n")) == Heavy().later()


def test_files_for_later_are_as_many_as_their_data(tmp_path):
    class Heavy(Odd):
        def __init__(self, digits):
            self.digits = digits

        def later(self):
            return self.digits

    html = "".join(Heavy(digits)._repr_html_() for digits in (1, 2, 1))
    move_out(html, tmp_path, "_static")
    assert len(list(tmp_path.iterdir())) == 2


def test_what_is_stored_for_the_site_holds_no_code(monkeypatch):
    monkeypatch.setenv("MNIST_HELPERS_LIVE", "site")
    assert Odd()._repr_html_().count("<script") == 1


def test_no_script_of_a_figure_ends_the_script_that_holds_it():
    """A word in a comment would do."""
    for path in FOLDER.glob("*.js"):
        assert "</script" not in path.read_text("utf-8") and "<!--" not in path.read_text("utf-8")


def test_the_script_of_a_page_starts_its_figures():
    names = ["confusion", "mistake-wall"]
    script = page_script(names)
    assert re.findall(r'^liveFigure\("([\w-]+)"', script, re.MULTILINE) == names
    assert script.count("async function openSprite(") == 1  # which both of them use


@pytest.mark.parametrize("figure", figures(), ids=lambda figure: figure.name)
def test_files_of_a_figure_are_there(figure):
    assert all((FOLDER / script).is_file() for script in figure.scripts)
    assert scripts_of(figure.name) == figure.scripts, "expected names without any computation"
    assert figure.__doc__ and figure.still.__doc__ and figure.data.__doc__


def test_the_site_is_built_without_numpy():
    code = (
        "import sys; sys.modules['numpy'] = sys.modules['PIL'] = None; "
        "from book.sphinx.live import page_script; page_script(['digit-pad'])"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
