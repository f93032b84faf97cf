"""Markdown to HTML with formulas for MathJax, for quizzes and slides."""

from functools import cache
from html import escape

from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin


@cache
def markdown(html=False):
    r"""The parser of CommonMark, tables, and formulas between dollar signs.

    Parameters
    ----------
    html : bool
        Whether HTML in the text stays what it is.

    >>> markdown().renderInline("Is `a < b`, or $x^2$ *less*?")
    'Is <code>a &lt; b</code>, or \\(x^2\\) <em>less</em>?'
    """
    parser = MarkdownIt("commonmark", {"html": html}).enable("table")
    # dollars inside words are no formulas
    parser.use(dollarmath_plugin, allow_space=False, allow_digits=False)
    parser.add_render_rule("math_inline", lambda _, tokens, i, *__: rf"\({_tex(tokens[i])}\)")
    parser.add_render_rule(
        "math_block", lambda _, tokens, i, *__: rf"<div>\[{_tex(tokens[i])}\]</div>"
    )
    return parser


def _tex(token):
    return escape(token.content.strip())
