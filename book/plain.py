"""Turn a chapter into a notebook that reads well in plain Jupyter, VS Code, and Colab.

The chapters are written in MyST, of which these programs know only the Markdown part. The parser
of the site says what is a directive, a role, a link, or a picture; each becomes plain Markdown or
HTML in its place, pictures go into the notebook itself, and all else stays as it was written, the
stored outputs too. What is not known here is an error: a reader should never see the raw form.
"""

import base64
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache
from html import escape
from itertools import accumulate, groupby, pairwise
from pathlib import Path
from urllib.parse import unquote, urlsplit

import nbformat
import yaml
from docutils.parsers.rst.directives.misc import TestDirective as _Titled
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from myst_parser.config.main import MdParserConfig
from myst_parser.parsers.directives import parse_directive_text
from myst_parser.parsers.mdit import create_md_parser
from pybtex.database import parse_file
from pybtex.richtext import Text

from book.chapter import HIDDEN, Chapter, is_glue, output_text, tags
from book.chapter import cells as joined
from book.code import names, read_first, statements
from book.common import ROOT

ZIP = "notebooks.zip"
BRANCH = "notebooks"  # where a repository keeps what is in the zip: see publish.yml

NOTICES = "note tip hint important warning caution attention danger error seealso".split()
TYPES = {".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg"}

# what the parser finds that is plain Markdown, and what says nothing to a reader
PLAIN = (
    "paragraph heading bullet_list ordered_list list_item blockquote table thead tbody tr th td hr "
    "code_block html_block math_block amsmath text_special softbreak hardbreak code_inline "
    "math_inline em strong html_inline link"
).split()
UNSEEN = "definition myst_target myst_line_comment myst_block_break".split()
# what a line in lists and quotes begins with
CONTAINERS = re.compile(r"(?:[>\s]|[-*+]\s|\d+[.)]\s)*")
# what looks like a role, link, or footnote, and is none to the parser
BROKEN = re.compile(r"\{[\w:.+-]+\}`|\]\(|\]\[|\[\^")
# in HTML, which stays as it is: MyST, and files that are not beside the notebook
MYST = re.compile(
    r"\{[\w:.+-]+\}`|:::+\{|\b(?:src|href)\s*=\s*[\"']?+(?![a-z]+:|#)\S*", re.IGNORECASE
)
TITLED = re.compile(r"^(?P<text>.*?)\s*<(?P<target>[^<>]+)>$")


class ConversionError(ValueError):
    """Something in a chapter that has no plain form here: the message says what and where."""


def _bold_question(question, content):
    return ["", f"**{question}**", "", *content, ""]


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
    quiz : callable
        Takes the path of a quiz file and returns Markdown; needed if there is one.
    guess : callable
        Takes the question and the lines below it, and returns Markdown lines.
    references : dict
        What ``[text][label]`` leads to, as the parser notes it: those of other cells.
    """

    folder: Path
    glued: dict = field(default_factory=dict)
    cite: Callable = lambda key: (key, "", None)
    quiz: Callable | None = None
    guess: Callable = _bold_question
    references: dict = field(default_factory=dict)


# ---- the parser


@cache
def _parser():
    """The parser of the site, which here notes where in a paragraph each token stands."""
    config = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))["sphinx"]["config"]
    config = {key[5:]: value for key, value in config.items() if key.startswith("myst_")}
    parser = create_md_parser(MdParserConfig(**config), RendererHTML)
    parser.options["inline_definitions"] = True  # a token for [label]: address
    parser.disable("text_join")  # so that what is escaped stays a token of its own
    rules = parser.inline.ruler
    for name, rule in zip(rules.get_active_rules(), rules.getRules("")):
        rules.at(name, _noting(rule))
    return parser


def _noting(rule):
    def noting(state, silent):
        start, before = state.pos, len(state.tokens)
        found = rule(state, silent)
        if found and not silent:
            for token in state.tokens[before:]:
                token.meta.setdefault("place", (start, state.pos))
                if token.type == "link_open":
                    end = state.md.helpers.parseLinkLabel(state, start)
                    token.meta["label"] = (start + 1, end)
        return found

    return noting


def _edited(text, edits):
    """The text after some edits: (start, end, new)."""
    done, position = [], 0
    for start, end, new in sorted(edits):
        done += [text[position:start], new]
        position = end
    return "".join(done) + text[position:]


# ---- blocks


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
    page = replace(page, references=dict(page.references))  # to which it adds those of the text
    tokens = _parser().parse(text, {"references": page.references})
    lines = text.split("\n")
    starts = [0, *accumulate(len(line) + 1 for line in lines)]
    edits, column = [], 0  # in a table, where the next cell begins
    for before, token in pairwise([None, *tokens]):
        kind = re.sub("_(open|close)$", "", token.type)
        if kind == "inline":
            cell = before.type in ("th_open", "td_open")
            source = token.content.replace("|", r"\|") if cell else token.content
            places, column = _places(source, token, lines, starts, column if cell else 0)
            found = _inline_edits(source, page)
            edits += [(places[start], places[end - 1] + 1, new) for start, end, new in found]
        elif kind in UNSEEN:
            edits.append(_replaced(token, [], lines, starts))
        elif kind.endswith("fence"):
            _check_closed(token, lines)
            if kind == "colon_fence" or token.info.strip().startswith("{"):
                edits.append(_replaced(token, _directive(token, page), lines, starts))
        else:
            _check(kind, token.content or "\n".join(lines[slice(*token.map or [0, 0])]))
            column *= kind != "tr"
    return _edited(text, edits).strip("\n")


def _places(source, token, lines, starts, column):
    """Where in the whole text each character of a paragraph, a heading, or a table's cell is.

    The source lacks what the lines begin with in lists and quotes; a cell is looked for from a
    column on. The second value is the column where the last line ends.
    """
    places = []
    for number, piece in enumerate(source.split("\n"), start=token.map[0]):
        last = lines[number].index(piece.lstrip(), column) + len(piece.lstrip())
        end = starts[number] + last
        places += range(end - len(piece), end + 1)
        column = 0
    return places, last


def _replaced(token, new, lines, starts):
    """An edit: other lines in the place of a block, indented and quoted as it was."""
    first, last = token.map
    prefix = CONTAINERS.match(lines[first])[0]
    quote = re.sub(r"[^>\s]", " ", prefix)
    if quote != prefix:  # the first lines of an entry of a list, which should not be empty
        new = ("\n".join(new).lstrip("\n") or "<!-- -->").split("\n")
    prefixes = [prefix, *[quote] * len(new)]
    new = [p + line if line else p.rstrip() for p, line in zip(prefixes, new)]
    return starts[first], starts[last], "".join(line + "\n" for line in new)


def _check_closed(token, lines):
    first, last = token.map
    end = lines[last - 1].lstrip("> \t").rstrip()
    if last - first < 2 or not end.startswith(token.markup) or set(end) != set(token.markup):
        raise ConversionError(f"this fence is never closed: {lines[first]!r}")


def _check(kind, source):
    """Raise ConversionError for what would stand raw in a notebook."""
    if kind not in PLAIN:
        raise ConversionError(f"no plain form is known for this {kind}: {source!r}")
    if kind.startswith("html") and (found := MYST.search(source)):
        raise ConversionError(f"HTML with MyST, or that leads to a file: {found[0]!r}")


# ---- directives


class _Untitled(_Titled):  # which the parser lets have a title, and any option
    optional_arguments = 0  # what stands beside the name belongs to the content


@dataclass(frozen=True)
class _Directive:
    name: str
    argument: str
    options: dict
    body: list
    page: Page

    @property
    def title(self):
        return _inline(self.argument, self.page)

    @property
    def content(self):
        return plain_markdown("\n".join(self.body), self.page).split("\n")


def _directive(token, page):
    """The plain lines for one directive."""
    opening = re.fullmatch(r"\{(\S+)\}(?:\s+(.*))?", token.info.strip())
    if not opening:
        raise ConversionError(f"a fence that opens nothing: {token.markup + token.info!r}")
    name = opening[1]
    if name not in DIRECTIVES:
        raise ConversionError(f"no plain form is known for the directive {{{name}}}")
    parsed = parse_directive_text(
        _Untitled if name in NOTICES else _Titled,
        opening[2] or "",
        # options begin with one colon, directives inside with three
        "\n" * token.content.startswith(":::") + token.content,
    )
    if parsed.warnings:
        raise ConversionError(f"{{{name}}}: {parsed.warnings[0].msg}")
    argument = " ".join(parsed.arguments)
    return DIRECTIVES[name](_Directive(name, argument, parsed.options, parsed.body, page))


def _figure(found):
    picture = _picture(found.options.get("alt", ""), found.argument, found.page)
    return ["", picture, "", *[f"*{line}*" if line else line for line in found.content], ""]


def _notice(found):
    title = found.title or found.name.capitalize()
    folded = found.name == "dropdown" or "dropdown" in found.options.get("class", "")
    return (_details if folded else _quote)(title, found.content)


def _exercise(found):
    return _quote(f"Exercise: {found.title}".removesuffix(": "), found.content)


def _guess(found):
    choices = filter(None, found.options.get("choices", "").split("|"))
    offered = [f"- {plain_markdown(choice.strip(), found.page)}" for choice in choices]
    content = [*offered, "", *found.content] if offered else found.content
    return found.page.guess(found.title, content)


def _quiz(found):
    return ["", *found.page.quiz(found.page.folder / found.argument).split("\n"), ""]


DIRECTIVES = {
    **dict.fromkeys(["admonition", "dropdown", *NOTICES], _notice),
    **dict.fromkeys(["code", "code-block"], lambda found: _listing(found.argument, found.body)),
    **dict.fromkeys(["figure", "image"], _figure),
    **dict.fromkeys(["solution-start", "solution-end"], lambda found: []),  # see convert
    "answer": lambda found: [],  # the check is a cell below
    "exercise": _exercise,
    "guess": _guess,
    "math": lambda found: ["$$", *filter(None, [found.argument]), *found.body, "$$"],
    "quiz": _quiz,
}


def _listing(language, lines):
    longest = max(map(len, re.findall("`{3,}", "\n".join(lines))), default=2)
    fence = "`" * (longest + 1)
    return [fence + language, *lines, fence]


def _quote(title, content):
    lines = [f"**{title}**", "", *content]
    return ["", *[f"> {line}".rstrip() for line in lines], ""]


def _details(title, content):
    # Markdown inside HTML needs the empty lines, and that in a summary is not read
    summary = f"<summary><b>{MarkdownIt().renderInline(title)}</b></summary>"
    return ["", "<details>", summary, "", *content, "", "</details>", ""]


# ---- inside a paragraph


def _inline(title, page):
    """Convert a title, which will be bold."""
    return _edited(title, _inline_edits(title, page, bold=1))


def _inline_edits(text, page, bold=0):
    """The edits for roles, links, and pictures; all else stays as it is."""
    (block,) = _parser().parseInline(text, {"references": page.references})
    for token, following in pairwise([*block.children, None]):
        kind = re.sub("_(open|close)$", "", token.type)
        start, end = token.meta.get("place", (0, 0))
        if kind == "myst_role":
            new = _role(token.meta["name"], token.content, page)
            yield start, end, new.strip("*") if bold else new
        elif kind == "image":
            yield start, end, _picture(_alt(token), unquote(token.attrs["src"]), page)
        elif token.type == "link_open":
            yield from _link_edits(text, token, page)
        elif kind == "text":
            before_code = following and following.type == "code_inline"
            if broken := BROKEN.search(token.content + ("`" if before_code else "")):
                raise ConversionError(
                    f"a footnote, or a role or link that is broken: {broken[0]!r} in {text!r} "
                    "(what is meant as it stands needs a backslash before it)"
                )
        else:
            _check(kind, token.content or text[start:end])
            bold += token.nesting * (kind == "strong")


def _alt(image):
    """The words of a picture's description."""
    if roles := [token for token in image.children if token.type == "myst_role"]:
        raise ConversionError(f"a role in the description of a picture: {roles[0].content!r}")
    return "".join(token.content or " " * ("break" in token.type) for token in image.children)


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
        target = _notebook(titled["target"], text, page) if role == "doc" else None
        return f"[{titled['text']}]({target})" if target else titled["text"]
    if role == "math":
        return f"${text}$"
    if role in ("sub", "sup", "kbd"):
        return f"<{role}>{escape(text)}</{role}>"
    raise ConversionError(f"no plain form is known for the role {{{role}}}`{text}`")


def _citation(key, in_text, page):
    authors, year, address = page.cite(key)
    words = f"{authors} ({year})" if in_text else f"{authors}, {year}"
    return f"[{words}]({address})" if address else words


def _link_edits(text, token, page):
    """Two edits, around the text of a link."""
    start, end = token.meta["place"]
    first, last = token.meta["label"]
    target, title = unquote(token.attrs["href"]), token.attrs.get("title")
    raw, scheme = text[start:end], urlsplit(target).scheme
    if scheme not in ("", "http", "https", "mailto"):
        raise ConversionError(f"no plain form is known for {scheme}: in {raw!r}")
    if scheme and (token.info == "auto" or text[last + 1 : end].startswith("(")):
        return  # <https://...>, [text](https://...)
    if not text[first:last].strip():
        raise ConversionError(f"a link without a text: {raw!r}")
    target = token.attrs["href"] if scheme else _notebook(target, raw, page)
    title = ' "{}"'.format(" ".join(title.replace('"', r"\"").split())) if title else ""
    yield start, first, "[" if target else ""
    yield last, end, f"]({target}{title})" if target else ""


def _notebook(target, raw, page):
    """The notebook that a link leads to; None if it leads to what is not a notebook."""
    path = page.folder / target.split("#")[0]
    if target.startswith("#"):
        return None
    if not any(path.with_name(path.name + end).is_file() for end in ("", ".md", ".ipynb")):
        raise ConversionError(f"{raw} leads nowhere")
    stem = path.name.removesuffix(".md").removesuffix(".ipynb")
    return f"{stem}.ipynb" if (page.folder / f"{stem}.ipynb").is_file() else None


def _picture(alt, target, page):
    path = page.folder / target
    if path.suffix not in TYPES or not path.is_file():
        raise ConversionError(f"picture {target}: not found, or not {', '.join(TYPES)}")
    return _image(alt, TYPES[path.suffix], base64.b64encode(path.read_bytes()).decode())


def _image(alt, mime, data):
    # Colab shows no attachments, and VS Code no SVG in ![](data:...): <img> works in all
    return f'<img alt="{escape(" ".join(alt.split()))}" src="data:{mime};base64,{data}">'


# ---- notebooks

SETUP = """from importlib.util import find_spec

if find_spec("mnist_helpers") is None:"""
MISSING = f"""
    raise ModuleNotFoundError(
        "The helper package of the book is missing. It comes with {ZIP}, "
        "from the first page of the book: unpack that, and open this notebook "
        "in the folder it makes."
    )"""


def convert(chapter, page, repository=""):
    """Turn a chapter with its stored outputs into a notebook for every program.

    Parameters
    ----------
    chapter : book.chapter.Chapter
        From the .ipynb; it is not changed.
    page : Page
        Where it stands; its ``glued`` is taken from the chapter.
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
    env = {}
    for cell in chapter.notebook.cells:
        if cell.cell_type == "markdown":
            _parser().parse(cell.source, env)
    page = replace(page, glued=glued_values(chapter.notebook), references=env.get("references", {}))
    checks = {piece.source for piece in chapter.pieces if piece.role == "check"}
    cells, left_out, secret = [], [], []
    for solved, pieces in groupby(chapter.pieces, key=lambda p: p.role == "solution" and p.label):
        if solved:
            own = joined(pieces)
            secret += [cell.source for cell in own if cell.cell_type == "code"]
            lines = _details("Solution", [line for cell in own for line in _told(cell, page)])
            cells.append(nbformat.v4.new_markdown_cell("\n".join(lines).strip("\n")))
            continue
        for cell in joined(pieces):
            if cell.cell_type == "markdown":
                if text := plain_markdown(cell.source, page):
                    cells.append(nbformat.v4.new_markdown_cell(text))
            elif "remove-cell" not in tags(cell):
                folded = "hide-input" in tags(cell) or cell.source in checks
                cells.append(_code(cell, folded))
            elif HIDDEN not in tags(cell):  # those are for the grader alone
                left_out.append((len(cells), cell))

    # bookkeeping goes, unless something that stays needs a name from it
    for position, cell in reversed(left_out):
        if _binds(cell.source) & _reads(cells[position:]):
            cells.insert(position, _code(cell))
    if missing := set().union(*map(_binds, secret)) & _reads(cells):
        raise ConversionError(f"code outside of the solutions needs {sorted(missing)} from them")

    first = next(i for i, cell in enumerate(cells) if cell.cell_type == "code")
    cells.insert(first, nbformat.v4.new_code_cell(setup_code(repository)))
    for i, cell in enumerate(cells):
        cell.id = f"{i:03}-" + hashlib.sha256(cell.source.encode()).hexdigest()[:8]
    converted = nbformat.v4.new_notebook(cells=cells)
    converted.metadata.kernelspec = chapter.notebook.metadata.kernelspec
    converted.metadata.language_info = {"name": "python"}
    nbformat.validate(converted)
    return converted


def _code(cell, folded=False):
    """The cell without what only this book's tools read; JupyterLab shows it folded."""
    outputs = [nbformat.from_dict(output) for output in cell.outputs if not is_glue(output)]
    alt = cell.metadata.get("mystnb", {}).get("image", {}).get("alt")
    for output in outputs:
        if alt and "image/png" in output.get("data", {}):
            output.metadata["image/png"] = output.metadata.get("image/png", {}) | {"alt": alt}
    new = nbformat.v4.new_code_cell(
        cell.source, outputs=outputs, execution_count=cell.execution_count
    )
    if "raises-exception" in tags(cell):
        new.metadata.tags = ["raises-exception"]
    if folded:
        new.metadata.jupyter = {"source_hidden": True}
    return new


def _told(cell, page):
    """A solution's cell as text: it can be read, and copied, without giving anything away."""
    if cell.cell_type == "markdown":
        text = plain_markdown(cell.source, page)
        return [text, ""] if text else []
    if "remove-cell" in tags(cell):
        return []
    lines = [*_listing("python", [cell.source]), ""]
    alt = cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "")
    for output in cell.outputs:
        data = output.get("data", {})
        if is_glue(output):
            continue
        if "image/png" in data:
            lines += [_image(alt, "image/png", data["image/png"].replace("\n", "")), ""]
        elif "text/html" in data:
            # an empty line would end the HTML
            lines += [re.sub(r"\n\s*\n", "\n", data["text/html"]), ""]
        else:
            lines += [*_listing("text", [output_text(output).rstrip("\n")]), ""]
    return lines


def glued_values(notebook):
    """The values that a chapter's cells stored with ``glue``: name -> text."""
    return {name: text for name, (text, _) in Chapter(notebook).glued.items()}


def _binds(source):
    return set().union(*(names(statement)[1] for statement in statements(source)))


def _reads(cells):
    return read_first(cell.source for cell in cells if cell.cell_type == "code")


def setup_code(repository=""):
    """The first cell of a downloaded notebook: the helper package has to be there."""
    install = f'  # on Colab, for example\n    %pip install --quiet "git+{repository}@{BRANCH}"'
    return SETUP + (install if repository else MISSING)


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
