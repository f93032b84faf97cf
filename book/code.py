"""Which names a piece of a chapter's code reads and which it binds."""

import ast
import builtins
import re
import symtable
from functools import cache


class _Apart(ast.NodeTransformer):
    """Comprehensions as generators: from Python 3.12 only these keep their names to themselves."""

    def visit_ListComp(self, node):
        self.generic_visit(node)
        parts = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        return ast.GeneratorExp(ast.Tuple(parts, ast.Load()), node.generators)

    visit_SetComp = visit_DictComp = visit_ListComp


@cache
def names(source):
    """The global names that a statement reads, that it binds, and that it changes in place.

    >>> [sorted(group) for group in names("def f(a):\\n    return a + b")]
    [['b'], ['f'], []]
    >>> [sorted(group) for group in names("for i in x:\\n    y[i] = i")]
    [['x', 'y'], ['i'], ['y']]
    >>> [sorted(group) for group in names("a = [{i: j for j in b} for i in c]")]
    [['b', 'c'], ['a'], []]
    """
    reads, bound, changed = set(), set(), set()

    def look(table, is_top):
        for symbol in table.get_symbols():
            if is_top or symbol.is_global():
                if symbol.is_assigned() or symbol.is_imported():
                    bound.add(symbol.get_name())
                if symbol.is_referenced():
                    reads.add(symbol.get_name())
        for child in table.get_children():
            look(child, False)

    tree = _Apart().visit(ast.parse(source))
    look(symtable.symtable(ast.unparse(tree), "cell", "exec"), True)
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript | ast.Attribute) and isinstance(node.ctx, ast.Store):
            while isinstance(node, ast.Subscript | ast.Attribute):
                node = node.value
            if isinstance(node, ast.Name):
                changed.add(node.id)
    if not isinstance(tree.body[0], ast.Assign | ast.AugAssign):
        reads -= bound  # what a loop or a function reads of its own making
    return reads - set(dir(builtins)), bound, changed


def statements(source):
    """The top-level statements of a cell as text, each with the comments right above it.

    >>> statements("a = 1\\n# why\\nb = (\\n    2\\n)")
    ['a = 1', '# why\\nb = (\\n    2\\n)']
    >>> statements("%env A=1\\na = 1"), statements("%%writefile a.py\\na = 1")
    (['pass', 'a = 1'], [])
    """
    if source.startswith("%%writefile"):  # not for this kernel
        return []
    source = re.sub(r"^\s*[%!].*$", "pass", source, flags=re.MULTILINE)  # commands of IPython
    lines, found = source.splitlines(), []
    for node in ast.parse(source).body:
        first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
        while first > 1 and lines[first - 2].startswith("#"):
            first -= 1
        found.append("\n".join(lines[first - 1 : node.end_lineno]))
    return found


def read_first(sources):
    """The names that cells read before one of them binds them.

    >>> sorted(read_first(["a = b", "def f(c):\\n    return a + c + d"]))
    ['b', 'd']
    """
    wanted, known = set(), set()
    for source in sources:
        for statement in statements(source):
            reads, bound, _ = names(statement)
            wanted |= reads - known
            known |= bound
    return wanted
