"""Fold code away that need not be read, and say what is behind the fold: a Sphinx extension.

Authors write the tag ``hide-input`` on a cell that only draws. The check of an exercise is folded
without a tag. What the fold says comes from the cell's role and output, unless the cell's own
metadata say something else.
"""

from pathlib import Path

import nbformat

from book.chapter import Chapter, ChapterError, tags

TAG = "hide-input"


def what_is_folded(piece):
    """What the fold of a cell hides; "" for a cell that stands open.

    Parameters
    ----------
    piece : book.chapter.Piece

    Returns
    -------
    str
        Such as ``"the code of this picture"``.
    """
    if not piece.is_code or not (piece.role == "check" or TAG in tags(piece.cell)):
        return ""
    if piece.role == "check":
        return "the check"
    data = [output.get("data", {}) for output in piece.cell.get("outputs", [])]
    if any("image/png" in shown for shown in data):
        return "the code of this picture"
    live = any("data-live-figure" in "".join(shown.get("text/html", "")) for shown in data)
    return "the code of this figure" if live else "the code"


def fold(notebook):
    """Tag the cells to fold, and give each its words; the notebook is changed."""
    for piece in Chapter(notebook).pieces:
        if what := what_is_folded(piece):
            cell = piece.cell
            cell.metadata["tags"] = list(dict.fromkeys([*tags(cell), TAG]))
            words = {"code_prompt_show": f"Show {what}", "code_prompt_hide": f"Hide {what}"}
            cell.metadata["mystnb"] = words | cell.metadata.get("mystnb", {})
    return notebook


def on_source_read(app, docname, content):
    path = Path(app.env.doc2path(docname))
    if path.suffix != ".ipynb":
        return
    try:
        notebook = fold(nbformat.reads(content[0], as_version=4))
    except ChapterError:
        return  # who makes something of the chapter says so
    content[0] = nbformat.writes(notebook)


def setup(app):
    app.connect("source-read", on_source_read)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
