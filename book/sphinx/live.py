"""Give each page that holds live figures one script of them all, and their data in time.

In a notebook scripts and data travel in the output. What is stored for the site does without the
scripts, and the data that a figure asks for at the first touch become a file, which pages share.
"""

import ast
import hashlib
import re
from pathlib import Path

import rjsmin
from docutils import nodes

from mnist_helpers.live.base import LATER, bundle, read

FIGURE = r'data-live-figure="([\w-]+)"'


def page_script(figures):
    """The script of some figures, for a page that holds them.

    It is made from the files alone: what builds the site has no NumPy.

    Parameters
    ----------
    figures : iterable of str
        Their names, as in ``data-live-figure``.

    Returns
    -------
    str
        JavaScript that starts every such figure on the page.

    Examples
    --------
    >>> 'liveFigure("digit-pad"' in page_script(["digit-pad"])
    True
    """
    return bundle(dict.fromkeys(name for figure in figures for name in scripts_of(figure)))


def scripts_of(figure):
    """What the class of a figure names as its scripts, read from its source.

    >>> scripts_of("pixel-view")
    ('pixels.js', 'pixel_view.js')
    """
    source = ast.parse(read(f"{figure.replace('-', '_')}.py"))
    (scripts,) = (
        node.value
        for node in ast.walk(source)
        if isinstance(node, ast.Assign) and [ast.unparse(t) for t in node.targets] == ["scripts"]
    )
    return ast.literal_eval(scripts)


def add_script(app, pagename, templatename, context, doctree):
    raw = doctree.findall(nodes.raw) if doctree else []
    figures = {name for node in raw for name in re.findall(FIGURE, node.astext())}
    if figures and app.builder.name == "html":
        script = rjsmin.jsmin(page_script(sorted(figures)))
        app.add_js_file(write_named("figures", script, Path(app.outdir, "_static")))


def write_named(kind, text, folder):
    """Write a script under a name that tells what it holds; return the name."""
    name = f"{kind}-{hashlib.sha256(text.encode()).hexdigest()[:12]}.js"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, "utf-8")
    return name


def move_out(html, folder, root):
    """Put the data that wait for the first touch into files.

    Parameters
    ----------
    html : str
        A page.
    folder : pathlib.Path
        Where the files go, named by what they hold.
    root : str
        The way from the page to this folder, such as ``../_static``.

    Returns
    -------
    str
        The page, which names the files.
    """

    def move(found):
        place = '(window.liveLater ??= {})[document.currentScript.src.split("/").at(-1)]'
        name = write_named("live", f"{place} = {found[1]};\n", folder)
        return f'{LATER.removesuffix(">")} data-src="{root}/{name}"></script>'

    return re.sub(f"{re.escape(LATER)}(.*?)</script>", move, html, flags=re.DOTALL)


def write_later(app, exception):
    if exception or app.builder.name != "html":
        return
    folder = Path(app.outdir)
    for path in folder.rglob("*.html"):
        html = path.read_text("utf-8")
        if LATER in html:
            root = "/".join([".."] * len(path.relative_to(folder).parts[1:]) + ["_static"])
            path.write_text(move_out(html, folder / "_static", root), "utf-8")


def setup(app):
    app.connect("html-page-context", add_script)
    app.connect("build-finished", write_later)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
