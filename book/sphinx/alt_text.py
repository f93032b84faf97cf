"""Warn about a picture without alternative text: with ``-W`` the build of the book fails."""

from docutils import nodes
from sphinx.util import logging

logger = logging.getLogger(__name__)


def check(app, doctree):
    for image in doctree.findall(nodes.image):
        if not image.get("alt"):
            logger.warning(
                "picture without alternative text: %s. Say its message in ![...](...), or in the "
                "cell's metadata under mystnb: image: alt",
                image["uri"],
                location=image,
            )


def setup(app):
    app.connect("doctree-read", check)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
