"""Files that are whole or not there, the chapters in their order, and what machine this is."""

import ast
import json
from pathlib import Path

import pytest

from book import common


def test_chapters_are_in_order_and_nothing_else_is_one(tmp_path):
    for name in ("10-b.md", "02-a.md", "02-a.ipynb", "02-a.quiz.yml", "notes.md", "1-x.md"):
        (tmp_path / name).touch()
    assert list(common.chapters(tmp_path).items()) == [
        ("02", tmp_path / "02-a.md"),
        ("10", tmp_path / "10-b.md"),
    ]
    assert list(common.chapters()) == sorted(common.chapters()) != []


def test_a_file_is_replaced_as_a_whole(tmp_path, monkeypatch):
    path = tmp_path / "results.json"
    common.write_json(path, {"é": 1})
    assert path.read_bytes().endswith(b"}\n") and json.loads(path.read_text("utf-8")) == {"é": 1}

    def half(self, text, *args, _write=Path.write_text, **kwargs):
        _write(self, text[: len(text) // 2], *args, **kwargs)
        raise OSError("disk full")

    monkeypatch.setattr(Path, "write_text", half)
    with pytest.raises(OSError, match="disk full"):
        common.write_json(path, {"é": 2})
    assert json.loads(path.read_text("utf-8")) == {"é": 1}


def test_chromium_is_the_one_that_is_named_or_the_first_found(tmp_path, monkeypatch):
    for name in ("google-chrome", "chromium-browser"):
        (tmp_path / name).touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CHROMIUM", raising=False)
    assert common.find_chromium() == str(tmp_path / "chromium-browser")
    monkeypatch.setenv("CHROMIUM", "/elsewhere/chrome")
    assert common.find_chromium() == "/elsewhere/chrome"
    monkeypatch.delenv("CHROMIUM")
    monkeypatch.setenv("PATH", str(tmp_path / "nowhere"))
    assert common.find_chromium() is None


def test_a_copy_holds_what_the_site_is_built_from_and_no_more(tmp_path, monkeypatch):
    root = tmp_path / "root"
    for name in ("_config.yml", "chapters/01-a.md", "tests/t.py", "_build/x", ".git/x", "notes/n"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    monkeypatch.setattr(common, "ROOT", root)
    folder = common.copy_book(tmp_path / "copy", leave_out=["notes"])
    files = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert files == {"_config.yml", "chapters/01-a.md"}


def test_the_machine_has_a_name_and_versions():
    found = common.machine(["numpy"])
    assert found["processor"] and found["cores"] > 0
    assert found["versions"].keys() == {"python", "numpy"}


def test_every_text_is_read_and_written_with_its_encoding():
    """Where none is given, Windows takes another one than our files have."""
    wanted = {"read_text": 1, "write_text": 2}  # arguments, the last being the encoding
    calls = [
        (path.name, node)
        for room in ("book", "mnist_helpers", "experiments")
        for path in (common.ROOT / room).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in wanted
    ]
    assert len(calls) > 50
    lacking = [(n, c.lineno) for n, c in calls if len(c.args + c.keywords) != wanted[c.func.attr]]
    assert lacking == []
