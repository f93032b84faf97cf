"""Mend in the finished pages what the theme and its extensions leave to be mended.

Where Sphinx offers a hook, the hook is used: scripts that do nothing here are not linked, and
each page says in its head what it is about. The rest is done on the finished HTML, by small
functions that each mend one thing and say which.
"""

import re
import shutil
from html import escape
from pathlib import Path

from bs4 import BeautifulSoup
from bs4.formatter import EntitySubstitution, HTMLFormatter
from docutils import nodes
from sphinx.errors import ExtensionError

# plain HTML: no slash in <br>, nothing but & < > written as an entity
HTML = HTMLFormatter(
    entity_substitution=EntitySubstitution.substitute_xml,
    void_element_close_prefix="",
    empty_attributes_are_booleans=True,
)
# what searching needs, on the one page that searches
SEARCH_SCRIPTS = {"searchtools.js", "language_data.js", "searchindex.js"}
SOCIAL = "_static/social.png"
# paper is white: a page that is read in the dark theme is printed in the light one
PRINT_LIGHT = """<script>{
  const root = document.documentElement.dataset;
  let theme;
  addEventListener("beforeprint", () => { theme = root.theme; root.theme = "light"; });
  addEventListener("afterprint", () => { root.theme = theme; });
}</script>
"""


# ---- by Sphinx's hooks


def describe(doctree):
    """The first sentence or two of a page, for search engines and previews.

    Returns
    -------
    str
        The first paragraph, cut at the end of a sentence before 300 characters; or "".
    """
    for paragraph in doctree.findall(nodes.paragraph):
        if isinstance(paragraph.parent, nodes.section):
            text = " ".join(paragraph.astext().split())
            if text:
                return text if len(text) <= 300 else text[:300].rpartition(". ")[0] + "."
    return ""


def head_tags(title, description, address="", picture=""):
    """``<meta>`` tags for search engines and, if the page has an address, social previews.

    >>> print(head_tags("Home", "A book."))
    <meta name="description" content="A book.">
    """
    tags = []
    if description:
        tags.append(f'<meta name="description" content="{escape(description)}">')
    if address:
        values = {"type": "article", "title": title, "description": description}
        values |= {"url": address, "image": picture}
        for key, value in values.items():
            tags.append(f'<meta property="og:{key}" content="{escape(value)}">')
        tags.append('<meta name="twitter:card" content="summary_large_image">')
    return "\n".join(tags)


def set_head(app, pagename, templatename, context, doctree):
    """Description and previews; no script of Thebe, which this book does not use."""
    for kind in ("script_files", "css_files"):
        context[kind] = [
            file
            for file in context[kind]
            if "thebe" not in str(file.filename).lower()
            and "THEBE_JS_URL" not in file.attributes.get("body", "")
        ]
    context["metatags"] = context.get("metatags", "") + PRINT_LIGHT
    base = app.config.html_baseurl
    if doctree is not None:
        address = f"{base.rstrip('/')}/{pagename}.html" if base else ""
        picture = f"{base.rstrip('/')}/{SOCIAL}"
        title = BeautifulSoup(context["title"], "html.parser").get_text()
        context["metatags"] += head_tags(title, describe(doctree), address, picture)


# ---- on the finished HTML: each takes a page and mends one thing


def load_less(page):
    """Keep searching and formulas to pages that have them; let scripts wait for the page."""
    searches = page.select_one("#search-results") is not None
    formulas = page.select_one(".math") is not None
    for script in page.select("head script[src]"):
        name = script["src"].split("?")[0].rpartition("/")[2]
        if name in SEARCH_SCRIPTS and not searches:
            script.decompose()
        elif name == "tex-svg.js" and not formulas:
            script.decompose()
        elif name != "documentation_options.js" and "async" not in script.attrs:
            script["defer"] = ""


def search_from_disk(page):
    """A page opened from a disk may not fetch other pages to quote from them."""
    if page.select_one("#search-results"):
        options = page.select_one('script[src*="documentation_options.js"]')
        script = page.new_tag("script")
        script.string = (
            'if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;'
        )
        options.insert_after(script)


def draw_icons(page, icons):
    """Put each icon's few bytes where it stands, instead of a script that holds all 2,000."""
    for mark in page.select("i[class*=fa-], span[class*=fa-]"):
        names = [c.removeprefix("fa-") for c in mark["class"] if c.startswith("fa-")]
        name = next((n for n in names if n not in ("solid", "lg", "fw", "regular")), None)
        if name not in icons:
            raise ExtensionError(f"no drawing for the icon fa-{name}")
        width, height, path = icons[name]
        svg = page.new_tag(
            "svg", xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {width} {height}"
        )
        svg["class"] = [*mark["class"], "svg-inline--fa"]
        svg["aria-hidden"] = "true"
        if "data-mode" in mark.attrs:
            svg["data-mode"] = mark["data-mode"]
        svg.append(page.new_tag("path", fill="currentColor", d=path))
        mark.replace_with(svg)
    for script in page.select('script[src*="fontawesome.js"], link[href*="fontawesome"]'):
        script.decompose()


def name_regions(page):
    """A name for the sidebar; none where the words inside are a better one."""
    for sidebar in page.select(".sidebar-primary-items__start"):
        sidebar["role"], sidebar["aria-label"] = "region", "The book"
    for button in page.select("button.search-button-field"):
        del button["title"], button["aria-label"]
    for empty in page.select(".sidebar-primary-items__end"):
        if not empty.get_text(strip=True):
            empty.decompose()


def keep_one_title(page):
    """The theme's second title and contents, which only printing shows."""
    for block in page.select("#jb-print-docs-body"):
        block.decompose()
    for extra in page.select('meta[name="viewport"]')[1:]:
        extra.decompose()


def mend_exercises(page):
    """sphinx-exercise gives the same id to the content of all, in sections without a heading."""
    for section in page.select("#exercise-content, #solution-content"):
        del section["id"]
        section.name = "div"


def mend_references(page):
    """Roles that the standard no longer has, and a list of what are not list items."""
    for entry in page.select('[role="doc-biblioentry"], div.citation-list'):
        del entry["role"]


def mend_tables(page):
    """Tables of pandas: no border by attribute, no empty header cell, no style of their own."""
    for table in page.select("table.dataframe"):
        del table["border"]
        for cell in table.select("th"):
            if not cell.get_text(strip=True):
                cell.name = "td"
        for row in table.select("tr[style]"):
            del row["style"]
        for style in table.find_previous_siblings("style"):
            style.decompose()


def drop_empty_outputs(page):
    """An output that shows nothing, as printing a Keras summary leaves behind."""
    for output in page.select(".cell_output > .text_html"):
        if not output.get_text(strip=True) and not output.select("img, svg, canvas, script"):
            output.decompose()


def save_downloads(page):
    """Save a notebook, rather than show what is inside."""
    for link in page.select(".btn-download-source-button"):
        link["download"] = ""
        del link["target"]


MENDS = [
    load_less,
    search_from_disk,
    name_regions,
    keep_one_title,
    mend_exercises,
    mend_references,
    mend_tables,
    drop_empty_outputs,
    save_downloads,
]


def read_icons(script, names):
    """Drawings from the script of Font Awesome (icons: CC BY 4.0): name -> width, height, path."""
    icons = {}
    for name in names:
        found = re.findall(
            rf'[{{,]"?{re.escape(name)}"?:\[(\d+),(\d+),\[[^\]]*\],"\w+","(M[^"]+)"', script
        )
        if found:
            icons[name] = found[-1]  # the solid ones come last
    return icons


def polish(app, exception):
    """Mend every page, and put the first one where a browser looks for it."""
    if exception:
        return
    folder = Path(app.outdir)
    static = folder / "_static"
    pages = [path for path in folder.rglob("*.html") if static not in path.parents]
    texts = {path: path.read_text("utf-8") for path in pages}
    names = set(re.findall(r"\bfa-([a-z-]+)", " ".join(texts.values())))
    script = static / "scripts" / "fontawesome.js"
    icons = read_icons(script.read_text("utf-8"), names | {"house", "xmark"})
    icons["home"] = icons["house"]
    for path, text in texts.items():
        page = BeautifulSoup(text, "html.parser")
        for mend in MENDS:
            mend(page)
        draw_icons(page, icons)
        path.write_text(page.decode(formatter=HTML), "utf-8")
    for unused in [script, *static.rglob("*.map"), static / "sphinx-thebe.js"]:
        unused.unlink(missing_ok=True)
    # the first page itself, rather than one that sends readers on
    shutil.copy(folder / f"{app.config.root_doc}.html", folder / "index.html")


def begin(app):
    if app.builder.name == "html":  # epub and dirhtml have other files
        app.connect("html-page-context", set_head, priority=900)  # after those who add
        app.connect("build-finished", polish, priority=900)


def setup(app):
    app.connect("builder-inited", begin)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
