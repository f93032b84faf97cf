"""What tests of several rooms share: secrets of the book, where they may lie, and small books."""

import io
import json
import re
import shutil
import subprocess
import sys
import zipfile
from functools import cache

from bs4 import BeautifulSoup

from book.chapter import ANSWER, read_chapter, tags
from book.common import ROOT, chapters

SOURCES = sorted((ROOT / "chapters").glob("*.md"))
ENOUGH = 14  # characters that make a line one of a kind
SAMPLE = r"""
- id: one
  kind: single
  ask: "Is `a < b` *always* {true}: yes ~ or # no = $\\sqrt{n} < n$?"
  choices:
    - {text: "never, `x = {1: 2}`", why: "Secretly `~` wrong, 50% of the time."}
    - {text: "[html] always & ever", right: true, why: "Secretly right `\\= \\{` **so**."}
- id: some
  kind: multiple
  ask: Which ones?
  choices:
    - {text: first, right: true, why: Secretly good.}
    - {text: second, why: Secretly bad.}
    - {text: third, right: true, why: Secretly fine.}
    - {text: fourth, right: true, why: Secretly well.}
- id: many
  kind: number
  ask: How many?
  answer: 31337.25
  tolerance: 0.5
  unit: bytes
  why: Secretly counted.
  hint: Secretly hinted.
"""


# ---- small books


def build_book(folder, pages, settings, *options):
    """Build a book of a few pages with Sphinx, warnings being errors.

    Parameters
    ----------
    folder : pathlib.Path
        Where its sources and its site go.
    pages : dict of str to str
        File name -> text; ``index.md`` is the first page.
    settings : str
        What conf.py says besides that the pages are Markdown.
    *options : str
        For ``sphinx-build``.

    Returns
    -------
    pathlib.Path
        The folder of the site.
    """
    source, site = folder / "source", folder / "site"
    source.mkdir()
    settings = f'extensions = ["myst_parser"]\n{settings}\n'
    for name, text in (pages | {"conf.py": settings}).items():
        (source / name).write_text(text, "utf-8")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "-d", folder / "doctrees", *options]
    run = subprocess.run([*command, source, site], cwd=ROOT, capture_output=True, encoding="utf-8")
    assert run.returncode == 0, run.stderr
    return site


# ---- what is secret, and what lies where


def squeeze(text):
    return re.sub(r"\s+", " ", text).strip()


def pieces_of_prose(markdown):
    """The runs of words between markup."""
    pieces = re.split(r"[`*_{}\[\]()<>$|#\n]|:::", markdown)
    return {squeeze(piece) for piece in pieces if len(squeeze(piece)) > 40}


def code_lines(source):
    lines = {squeeze(line) for line in source.splitlines()}
    return {line for line in lines if len(line) >= ENOUGH and not line.startswith("###")}


@cache
def secrets():
    """What a student must not find, each with where it comes from; and what all may see."""
    found, public = {}, set()
    for path in chapters().values():
        for piece in read_chapter(path.with_suffix(".ipynb")).pieces:
            text = piece.source
            if piece.is_code:
                text += "\n" + "".join(output.get("text", "") for output in piece.cell.outputs)
            if piece.role in ("solution", "hidden"):
                lines = code_lines(text) if piece.is_code else pieces_of_prose(text)
                kept = piece.role == "solution" and "remove-cell" in tags(piece.cell)
                role = "bookkeeping" if kept else piece.role  # which no page shows
                found |= dict.fromkeys(lines, f"{piece.label}, {role}")
                continue
            for answer in [] if piece.is_code else ANSWER.finditer(text):
                lines = pieces_of_prose(answer[0])
                found |= dict.fromkeys(lines, f"{piece.label}, answer in the page")
            public.add(squeeze(text if piece.is_code else ANSWER.sub("", text)))
    public |= {squeeze(path.read_text("utf-8")) for path in ROOT.glob("mnist_helpers/*.py")}
    together = "\n".join(public)
    return {text: where for text, where in found.items() if text not in together}


def strings(data):
    """All strings in what a JSON file holds."""
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict):
        for key, value in data.items():
            yield key
            yield from strings(value)
    elif isinstance(data, list):
        lines = all(isinstance(item, str) for item in data)
        yield from ["".join(data)] if lines else (s for item in data for s in strings(item))


def texts(name, content):
    """What can be read in a file: (name, text)."""
    if name.endswith(".zip"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for inner in archive.namelist():
                yield from texts(f"{name}/{inner}", archive.read(inner))
        return
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return  # a picture
    yield name, squeeze(text)
    if name.endswith(".html"):
        yield name, squeeze(BeautifulSoup(text, "html.parser").get_text())
    elif name.endswith(".ipynb"):
        joined = "\n".join(strings(json.loads(text)))
        yield name, squeeze(joined)
        # quotes in Markdown, and Markdown in HTML
        yield name, squeeze(re.sub(r"^> ?", "", joined, flags=re.MULTILINE))


def leaks(folder, secret):
    """The secrets that lie in a folder, each with the file."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            for name, text in texts(str(path.relative_to(folder)), path.read_bytes()):
                for line, where in secret.items():
                    if line in text:
                        found.setdefault(f"{where}: {line}", name)
    return found


def git_status():
    if not shutil.which("git") or not (ROOT / ".git").exists():
        return None
    command = ["git", "status", "--porcelain", "--untracked-files=all"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout
