"""Metrics of an implementation's source: the differentiation method and the number of lines of code."""

import ast
import re
from copy import deepcopy

from xorbench.contract.source_text import imported, parsed, sibling

WRITTEN = ("predict", "loss", "gradient")

HARNESS = "xorbench"


def gradients_by(tree: ast.Module) -> str | None:
    """Return the method that a docstring names with "Gradients by ..." at its beginning; None if it names none."""
    found = re.match(r"Gradients by (.+?)(?=[,:]|\.?(?:\s*$|\s*\n)|\.\s)", ast.get_docstring(tree) or "")
    return found[1] if found else None


def lines_of_code(tree: ast.Module) -> int | None:
    """Return the lines of code of the functions in WRITTEN and of everything that they use, each counted once.

    A line is a statement, or the head of one, as `ast.unparse` writes it: comments, docstrings, annotations and the
    breaking of long lines do not count. What is imported from a sibling is counted there. Returns None if a part is in
    the package, or in a sibling that cannot be read.
    """
    counted: set[ast.stmt] = set()
    trees: dict[str, ast.Module | None] = {}  # of siblings
    lines, wanted = 0, [(tree, name) for name in WRITTEN]
    for text, name in wanted:  # which grows
        module, name_there = imported(text).get(name, ("", ""))
        if module.partition(".")[0] == HARNESS:
            return None
        if path := sibling(module):
            if (there := trees.setdefault(module, parsed(path))) is None:
                return None
            wanted += {(there, name_there)} - {*wanted}
        defined = {name: node for node in text.body for name in _names(node)}
        if name in defined and defined[name] not in counted:
            counted.add(defined[name])
            code = _Bare().visit(deepcopy(defined[name]))
            lines += sum(bool(line.strip()) for line in ast.unparse(code).splitlines())
            wanted += {(text, node.id) for node in ast.walk(code) if isinstance(node, ast.Name)} - {*wanted}
    return lines


def _names(node: ast.stmt) -> list[str]:
    """Return the names that a statement at the top of a file defines."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else []
    return [name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)]


class _Bare(ast.NodeTransformer):
    """A transformer that removes what is not run: annotations, and expressions that are only a constant."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        return self.generic_visit(node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST | None:
        return None if node.value is None else ast.copy_location(ast.Assign([node.target], node.value), node)

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        return None if isinstance(node.value, ast.Constant) else self.generic_visit(node)
