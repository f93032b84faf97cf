"""Terms that show their meaning where they stand: a Sphinx extension.

A page that links to the glossary holds the definitions of its terms, out of sight, and a script
shows one beside its link on hover, on focus, and at the first tap. Without scripts, the links lead
to the glossary.
"""

from html import escape
from pathlib import Path

from docutils import nodes

STATIC = Path(__file__).parent / "terms"  # nothing else: all of it goes to the site


def definitions(glossary):
    """The meanings in a page with a glossary: id of the term -> text, without where to read on.

    Parameters
    ----------
    glossary : docutils.nodes.document

    Returns
    -------
    dict of str to str
    """
    found = {}
    for item in glossary.findall(nodes.definition_list_item):
        meaning = item.next_node(nodes.definition)
        if meaning is None:
            continue
        text = " ".join(" ".join(p.astext() for p in meaning.findall(nodes.paragraph)).split())
        start, dot, last = text.rpartition(". ")
        if dot and last.startswith("Chapter "):
            text = start + "."
        for term in item.findall(nodes.term):
            found |= dict.fromkeys(term["ids"], text)
    return found


def used(doctree):
    """The ids of the terms that a page links to, in their order."""
    ids = {}
    for link in doctree.findall(nodes.reference):
        if any("std-term" in child["classes"] for child in link.findall(nodes.Element)):
            address = link.get("refuri") or "#" + link.get("refid", "")
            ids[address.rpartition("#")[2]] = True
    return list(ids)


def add_meanings(app, pagename, templatename, context, doctree):
    if app.builder.format != "html" or doctree is None or not (ids := used(doctree)):
        return
    known = _known(app)
    tips = [
        f'<p id="meaning-{escape(term)}" role="tooltip" hidden>{escape(known[term])}</p>'
        for term in ids
        if term in known
    ]
    # beside the text, not in it: searching and paper do without
    context["body"] += f'\n<div class="meanings">{"".join(tips)}</div>'
    app.add_css_file("terms.css")
    app.add_js_file("terms.js", loading_method="defer")


def _known(app):
    """The meanings of all terms of the book, read once."""
    if not hasattr(app, "meanings_of_terms"):
        objects = app.env.get_domain("std").objects
        pages = {page for (kind, _), (page, _) in objects.items() if kind == "term"}
        found = {}
        for page in sorted(pages):
            found |= definitions(app.env.get_doctree(page))
        app.meanings_of_terms = found
    return app.meanings_of_terms


def setup(app):
    app.connect("builder-inited", lambda app: app.config.html_static_path.append(str(STATIC)))
    app.connect("html-page-context", add_meanings)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
