"""Offer each chapter as a notebook that reads well in plain Jupyter, VS Code, and Colab.

The chapters are written in MyST, of which these programs know only the Markdown part. Here every
directive and role becomes plain Markdown or HTML, pictures go into the notebook itself, and the
stored outputs stay. ``notebooks/`` on the site holds the result, ``notebooks.zip`` all of them
with the helper package. A directive or role that is not known here is an error: a reader should
never see the raw form.
"""

import ast
import base64
import builtins
import hashlib
import re
import tomllib
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from urllib.parse import urlsplit

import nbformat
from pybtex.database import parse_file
from pybtex.richtext import Text

ROOT = Path(__file__).parent.parent
ZIP = "notebooks.zip"
FOLDER = "from-bytes-to-digits"  # what the zip unpacks to
BRANCH = "notebooks"  # where a repository keeps what is in the zip: see publish.yml
# what only the sources of the chapters need
NOT_NEEDED = {"jupyterlab-myst", "jupytext", "nbclient"}

NOTICES = "note tip hint important warning caution attention danger error seealso".split()
TYPES = {".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg"}

FENCE = re.compile(r"^\s*(?P<fence>:{3,}|`{3,}|~{3,})(?:\{(?P<name>[^}]+)\})?\s*(?P<rest>.*?)\s*$")
OPTION = re.compile(r"^:([\w-]+):\s*(.*)$")
SPAN = re.compile(
    r"(?:\{(?P<role>[a-zA-Z][\w:.+-]*)\})?(?P<ticks>`+)(?P<text>.+?)(?<!`)(?P=ticks)(?!`)"
)
LINK = re.compile(r"(?P<mark>!?)\[(?P<text>(?:[^\[\]]|\[[^\]]*\])*)\]\((?P<target>[^()\s]+)\)")
TITLED = re.compile(r"^(?P<text>.*?)\s*<(?P<target>[^<>]+)>$", re.DOTALL)
# what stands for a solution's ends until its cells are joined
START, END = "\0solution\0", "\0end\0"


class ConversionError(ValueError):
    """Something in a chapter that has no plain form here: the message says what and where."""


@dataclass(frozen=True)
class Page:
    """What the conversion of a chapter needs to know besides its text.

    Attributes
    ----------
    folder : pathlib.Path
        Where relative paths begin: the chapter's folder.
    glued : dict of str to str
        The stored values that ``{glue:text}`` puts into the text.
    cite : callable
        Takes a key and returns (authors, year, address); the address may be None.
    quiz : callable, optional
        Takes the path of a quiz file and returns Markdown.
    """

    folder: Path
    glued: dict = field(default_factory=dict)
    cite: Callable = lambda key: (key, "", None)
    quiz: Callable | None = None


# ---- text


def plain_markdown(text, page):
    r"""Turn MyST Markdown into Markdown that every notebook program shows.

    Parameters
    ----------
    text : str
        The source of a Markdown cell.
    page : Page
        Where the text stands.

    Returns
    -------
    str

    Raises
    ------
    ConversionError
        If a directive, role, picture, or linked page is unknown.

    >>> page = Page(Path("."), glued={"best": "98.1%"})
    >>> plain_markdown("A {term}`seed` gave {glue:text}`best`.", page)
    'A seed gave **98.1%**.'
    >>> print(plain_markdown(":::{note}\nMind `{this}`.\n:::", page))
    > **Note**
    >
    > Mind `{this}`.
    """
    return "\n".join(_blocks(text.split("\n"), page)).strip("\n")


def _blocks(lines, page):
    """Convert lines: directives here, the paragraphs between them in ``_inline``."""
    done, paragraph = [], []

    def flush():
        if paragraph:
            done.extend(_inline("\n".join(paragraph), page).split("\n"))
            paragraph.clear()

    i = 0
    while i < len(lines):
        opening = FENCE.match(lines[i])
        if opening:
            flush()
            end = _end_of_block(lines, i, opening["fence"])
            if opening["name"] is None:  # a listing: as it stands
                if opening["fence"].startswith(":"):
                    raise ConversionError(f"a fence that opens nothing: {lines[i]!r}")
                done.extend(lines[i : end + 1])
            else:
                done.extend(_directive(opening["name"], opening["rest"], lines[i + 1 : end], page))
            i = end
        elif re.match(r"^(\([\w:.-]+\)=|%.*|\+\+\+.*)\s*$", lines[i]):
            flush()  # a label, a comment, a break between cells
        else:
            paragraph.append(lines[i])
        i += 1
    flush()
    return done


def _end_of_block(lines, start, fence):
    closing = re.compile(rf"^\s*{re.escape(fence[0])}{{{len(fence)},}}\s*$")
    for i in range(start + 1, len(lines)):
        if closing.match(lines[i]):
            return i
    raise ConversionError(f"this fence is never closed: {lines[start]!r}")


def _directive(name, argument, body, page):
    """The plain lines for one directive."""
    options = {}
    while body and (option := OPTION.match(body[0])):
        options[option[1]] = option[2]
        body = body[1:]
    while body and not body[0].strip():
        body = body[1:]

    if name in ("solution-start", "exercise-end"):
        return [START] if name == "solution-start" else []
    if name == "solution-end":
        return [END]
    if name == "quiz":
        if page.quiz is None:
            raise ConversionError("a {quiz}, but there is no _ext/quiz.py to turn it into text")
        return ["", *page.quiz(page.folder / argument).split("\n"), ""]
    if name == "math":
        return ["$$", *body, "$$"]
    if name in ("code-block", "code"):
        return [f"```{argument}", *body, "```"]
    if name in ("figure", "image"):
        caption = [f"*{line}*" if line.strip() else line for line in _blocks(body, page)]
        return [_picture(options.get("alt", ""), argument, page), "", *caption]

    content = _blocks(body, page)
    title = _inline(argument, page)
    if name == "solution":
        return _details("Solution", content)
    notice = name == "admonition" or name in NOTICES
    if name == "dropdown" or (notice and "dropdown" in options.get("class", "")):
        return _details(title or name.capitalize(), content)
    if name in ("exercise", "exercise-start"):
        return _quote(f"Exercise: {title}" if title else "Exercise", content)
    if notice:
        return _quote(title or name.capitalize(), content)
    if name in ("grid", "tab-set"):
        return content
    if name in ("grid-item", "grid-item-card", "tab-item"):
        return [f"**{title}**", "", *content, ""] if title else [*content, ""]
    raise ConversionError(f"no plain form is known for the directive {{{name}}}")


def _quote(title, content):
    lines = [f"**{title}**", "", *"\n".join(content).strip("\n").split("\n")]
    return ["", *[f"> {line}".rstrip() for line in lines], ""]


def _details(title, content):
    # Markdown inside HTML needs the empty lines
    return [
        "<details>",
        f"<summary><b>{escape(title)}</b></summary>",
        "",
        *content,
        "",
        "</details>",
    ]


def _inline(text, page):
    """Convert roles, links, and pictures; leave other code spans alone."""
    done, position = [], 0
    for span in SPAN.finditer(text):
        done.append(text[position : span.start()])
        # a placeholder: a link's text may hold a code span
        done.append(f"\2{len(done) // 2}\2")
        position = span.end()
    done.append(text[position:])
    spans = list(SPAN.finditer(text))

    def restore(match):
        span = spans[int(match[1])]
        return _role(span["role"], span["text"], page) if span["role"] else span[0]

    linked = LINK.sub(lambda match: _link(match, page), "".join(done))
    return re.sub("\2(\\d+)\2", restore, linked)


def _role(role, text, page):
    titled = TITLED.match(text)
    if role == "glue:text":
        name = text.split(":")[0]
        if name not in page.glued:
            raise ConversionError(f"{{glue:text}}`{name}`: no cell of this chapter stored it")
        return f"**{page.glued[name]}**"
    if role == "term":
        return titled["text"] if titled else text
    if role in ("cite:t", "cite:p", "cite"):
        cited = [_citation(key.strip(), role == "cite:t", page) for key in text.split(",")]
        return ", ".join(cited) if role == "cite:t" else f"({'; '.join(cited)})"
    if role in ("doc", "ref", "numref") and titled:
        if role != "doc":
            return titled["text"]
        return _page_link(titled["text"], titled["target"], page)
    if role == "math":
        return f"${text}$"
    if role in ("sub", "sup", "kbd"):
        return f"<{role}>{escape(text)}</{role}>"
    raise ConversionError(f"no plain form is known for the role {{{role}}}`{text}`")


def _citation(key, in_text, page):
    authors, year, address = page.cite(key)
    words = f"{authors} ({year})" if in_text else f"{authors}, {year}"
    return f"[{words}]({address})" if address else words


def _link(match, page):
    if match["mark"]:
        return _picture(match["text"], match["target"], page)
    if urlsplit(match["target"]).scheme:
        return match[0]
    return _page_link(match["text"], match["target"], page)


def _page_link(text, target, page):
    """A link to another chapter; to what is not a notebook, its text alone."""
    path = page.folder / target.split("#")[0]
    if target.startswith("#"):
        return text
    found = [path, path.with_name(path.name + ".md"), path.with_name(path.name + ".ipynb")]
    if not any(candidate.is_file() for candidate in found):
        raise ConversionError(f"[{text}]({target}) leads nowhere")
    stem = path.name.removesuffix(".md").removesuffix(".ipynb")
    is_notebook = (page.folder / f"{stem}.ipynb").is_file()
    return f"[{text}]({stem}.ipynb)" if is_notebook else text


def _picture(alt, target, page):
    path = page.folder / target
    if path.suffix not in TYPES or not path.is_file():
        raise ConversionError(f"picture {target}: not found, or not {', '.join(TYPES)}")
    return _image(alt, TYPES[path.suffix], base64.b64encode(path.read_bytes()).decode())


def _image(alt, mime, data):
    # Colab shows no attachments, and VS Code no SVG in ![](data:...): <img> works in all
    return f'<img alt="{escape(" ".join(alt.split()))}" src="data:{mime};base64,{data}">'


# ---- notebooks


def convert(notebook, page, repository=""):
    """Turn a chapter with its stored outputs into a notebook for every program.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        The chapter's .ipynb; it is not changed.
    page : Page
        Where it stands; its ``glued`` is taken from the notebook.
    repository : str, optional
        The address that the helper package can be installed from.

    Returns
    -------
    nbformat.NotebookNode
        Version 4.5, valid.

    Raises
    ------
    ConversionError
        If something has no plain form, or code of the text needs a solution to have been run.
    """
    page = Page(page.folder, glued_values(notebook), page.cite, page.quiz)
    cells, solution = [], None
    hidden, in_solution = [], []  # sources of the cells that are left out
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            for piece in re.split(f"({START}|{END})", plain_markdown(cell.source, page)):
                if piece == START:
                    solution = []
                elif piece == END:
                    cells.append(_markdown("\n".join(_details("Solution", solution))))
                    solution = None
                elif piece.strip():
                    where = cells if solution is None else solution
                    where.append(_markdown(piece) if solution is None else piece.strip("\n") + "\n")
        elif solution is not None:
            in_solution.append(cell.source)
            if not _removed(cell):
                solution.extend(_listing(cell))
        elif "hidden-tests" in cell.metadata.get("tags", []) and _removed(cell):
            continue  # for the grader alone
        elif _removed(cell):
            hidden.append((len(cells), cell))
        else:
            cells.append(_code(cell))
    if solution is not None:
        raise ConversionError("a {solution-start} without a {solution-end}")

    # bookkeeping goes, unless something that stays needs a name from it
    for position, cell in reversed(hidden):
        if _defined(cell.source) & _used_first(cells[position:]):
            cells.insert(position, _code(cell))
    if missing := _defined("\n".join(in_solution)) & _used_first(cells):
        raise ConversionError(f"code outside of the solutions needs {sorted(missing)} from them")

    first = next(i for i, cell in enumerate(cells) if cell.cell_type == "code")
    cells.insert(first, nbformat.v4.new_code_cell(setup_code(repository)))
    for i, cell in enumerate(cells):
        cell.id = f"{i:03}-" + hashlib.sha256(cell.source.encode()).hexdigest()[:8]
    converted = nbformat.v4.new_notebook(cells=cells)
    converted.metadata.kernelspec = notebook.metadata.kernelspec
    converted.metadata.language_info = {"name": "python"}
    nbformat.validate(converted)
    return converted


def _removed(cell):
    return "remove-cell" in cell.metadata.get("tags", [])


def _markdown(text):
    return nbformat.v4.new_markdown_cell(text.strip("\n"))


def _code(cell):
    """The cell without what only this book's tools read."""
    outputs = [nbformat.from_dict(output) for output in cell.outputs if not _is_glue(output)]
    alt = cell.metadata.get("mystnb", {}).get("image", {}).get("alt")
    for output in outputs:
        if alt and "image/png" in output.get("data", {}):
            output.metadata["image/png"] = output.metadata.get("image/png", {}) | {"alt": alt}
    new = nbformat.v4.new_code_cell(
        cell.source, outputs=outputs, execution_count=cell.execution_count
    )
    if "raises-exception" in cell.metadata.get("tags", []):
        new.metadata.tags = ["raises-exception"]
    return new


def _listing(cell):
    """A solution's cell as text: it can be read, and copied, without giving anything away."""
    lines = ["```python", cell.source, "```", ""]
    alt = cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "")
    for output in cell.outputs:
        data = output.get("data", {})
        if _is_glue(output):
            continue
        if "image/png" in data:
            lines += [_image(alt, "image/png", data["image/png"].replace("\n", "")), ""]
        elif "text/html" in data:
            # an empty line would end the HTML
            lines += [re.sub(r"\n\s*\n", "\n", data["text/html"]), ""]
        else:
            text = output.get("text") or data.get("text/plain") or "\n".join(output["traceback"])
            text = re.sub(r"\x1b\[[0-9;]*m", "", text)
            lines += ["```text", text.rstrip("\n"), "```", ""]
    return lines


def _is_glue(output):
    return "glue" in output.get("metadata", {})  # not what is glued and shown as well


def glued_values(notebook):
    """The values that a chapter's cells stored with ``glue``: name -> text."""
    values = {}
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if _is_glue(output):
                (text,) = output["data"].values()
                values[output["metadata"]["scrapbook"]["name"]] = ast.literal_eval(text)
    return values


def _python(source):
    if source.startswith("%%writefile"):  # a file to write, not code of this notebook
        return ast.parse("")
    return ast.parse(re.sub(r"^\s*[%!].*$", "pass", source, flags=re.MULTILINE))


def _defined(source):
    """Names that code sets, wherever it does."""
    names = set()
    for node in ast.walk(_python(source)):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
        elif isinstance(node, ast.arg):
            names.add(node.arg)
    return names


def _used_first(cells):
    """Names that code cells read before any of these cells sets them."""
    known, used = set(dir(builtins)), set()
    for cell in cells:
        if cell.cell_type == "code":
            own = _defined(cell.source)
            read = {n.id for n in ast.walk(_python(cell.source)) if isinstance(n, ast.Name)}
            used |= read - own - known
            known |= own
    return used


def setup_code(repository=""):
    """The first cell of a downloaded notebook: the helper package has to be there."""
    if repository:
        return (
            "from importlib.util import find_spec\n\n"
            'if find_spec("mnist_helpers") is None:  # on Colab, for example\n'
            f'    %pip install --quiet "git+{repository}@{BRANCH}"'
        )
    return (
        "from importlib.util import find_spec\n\n"
        'if find_spec("mnist_helpers") is None:\n'
        "    raise ModuleNotFoundError(\n"
        f'        "The helper package of the book is missing. It comes with {ZIP}, "\n'
        '        "from the first page of the book: unpack that, and open this notebook "\n'
        '        "in the folder it makes."\n'
        "    )"
    )


# ---- the zip


def requirements(pyproject):
    """What the downloaded notebooks need, from the text of pyproject.toml.

    >>> requirements('''
    ... [project]
    ... dependencies = ["numpy>=1.26"]
    ... [dependency-groups]
    ... notebooks = ["jupytext>=1.16", "keras>=3.5"]
    ... ''')
    ['keras>=3.5', 'numpy>=1.26']
    """
    table = tomllib.loads(pyproject)
    wanted = table["project"]["dependencies"] + table["dependency-groups"]["notebooks"]
    return sorted(w for w in wanted if re.match(r"[\w.-]+", w)[0] not in NOT_NEEDED)


READ_ME = """# From Bytes to Digits: the notebooks

The chapters of the book as Jupyter notebooks, with the outputs of a run on the full MNIST, and
`mnist_helpers`, the small package that they import from this folder.

With Python 3.11, 3.12, or 3.13:

```
python -m venv .venv
.venv/bin/python -m pip install -r requirements.txt
.venv/bin/python -m jupyterlab
```

On Windows it is `.venv\\Scripts\\python` in place of `.venv/bin/python`. The data, 11.6 MB, are
downloaded when the first chapter asks for them. `.venv/bin/python -m mnist_helpers.check` says
whether the machine is ready, and what to do if not.

Text and pictures: CC BY 4.0 (LICENSE-TEXT). Code: BSD 3-Clause (LICENSE).
"""


def bundle(notebooks, root=ROOT):
    """The files of the zip: path in it -> content.

    Parameters
    ----------
    notebooks : dict of str to str
        File name -> the notebook as JSON.
    root : pathlib.Path
        The repository, for the package and the licenses.

    Returns
    -------
    dict of str to bytes
    """
    files = {name: text.encode() for name, text in notebooks.items()}
    for path in sorted((root / "mnist_helpers").rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            files[path.relative_to(root).as_posix()] = path.read_bytes()
    for path in sorted((root / "benchmarks").glob("*.json")):  # see mnist_helpers.measured
        files[f"mnist_helpers/long_runs/{path.name}"] = path.read_bytes()
    for name in ("pyproject.toml", "LICENSE", "LICENSE-TEXT"):
        files[name] = (root / name).read_bytes()
    needed = requirements((root / "pyproject.toml").read_text("utf-8"))
    files["requirements.txt"] = ("\n".join(needed) + "\n").encode()
    files["README.md"] = READ_ME.encode()
    return {f"{FOLDER}/{name}": content for name, content in files.items()}


def write_zip(files, path):
    """Write a zip that depends on nothing but its content."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)


def citations(path):
    """A function from a key in a BibTeX file to (authors, year, address)."""
    entries = parse_file(str(path)).entries

    def cite(key):
        if key not in entries:
            raise ConversionError(f"{{cite}}`{key}`: not in {Path(path).name}")
        entry = entries[key]
        people = entry.persons.get("author") or entry.persons.get("editor") or []
        names = [str(Text(" ").join(p.rich_prelast_names + p.rich_last_names)) for p in people]
        authors = (
            f"{names[0]} et al." if len(names) > 2 else " and ".join(names) or entry.fields["title"]
        )
        fields = entry.fields
        address = f"https://doi.org/{fields['doi']}" if "doi" in fields else fields.get("url")
        return authors, fields.get("year", "n.d."), address

    return cite


# ---- Sphinx


def launch_links(repository, name):
    """Where a notebook can be run, in a repository on GitHub: (service, address).

    >>> for service, address in launch_links("https://github.com/me/book", "05-a.ipynb"):
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


def is_notebook(app, docname):
    return app.env.doc2path(docname).endswith(".ipynb")


def repository_of(app):
    return app.config.html_theme_options.get("repository_url", "")


def add_buttons(app, pagename, templatename, context, doctree):
    """Point the theme's download button to the converted notebook; add the launch buttons."""
    if doctree is None or not is_notebook(app, pagename):
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
    if exception or app.builder.format != "html":
        return
    try:
        from quiz import as_markdown
    except ImportError:
        as_markdown = None
    cite = citations(Path(app.confdir, app.config.bibtex_bibfiles[0]))
    folder = Path(app.outdir, "notebooks")
    folder.mkdir(exist_ok=True)
    written = {}
    for docname in sorted(app.env.found_docs):
        if not is_notebook(app, docname):
            continue
        source = Path(app.env.doc2path(docname))
        quiz = None if as_markdown is None else lambda path: as_markdown(path, app.config.quiz_key)
        try:
            converted = convert(
                nbformat.read(source, as_version=4),
                Page(source.parent, cite=cite, quiz=quiz),
                repository_of(app),
            )
        except ConversionError as error:
            raise ConversionError(f"{source.name}, as a notebook to download: {error}") from error
        written[source.name] = nbformat.writes(converted) + "\n"
        (folder / source.name).write_text(written[source.name], "utf-8")
    write_zip(bundle(written), Path(app.outdir, ZIP))


def setup(app):
    app.connect("html-page-context", add_buttons, priority=900)  # after the theme's
    app.connect("build-finished", write_notebooks)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
