"""What the text of an implementation tells: by what it gets its gradients, and how much there was to write."""

import ast
import re
from collections.abc import Sequence
from copy import deepcopy
from pathlib import Path

WRITTEN = ("predict", "loss", "gradient")

NEIGHBOURS = "implementations"


def parsed(path: Path) -> ast.Module | None:
    """The text of a file; None where it is not Python that can be read."""
    try:
        return ast.parse(path.read_bytes(), path.name)
    except (SyntaxError, ValueError, OSError):
        return None


def gradients_by(tree: ast.Module) -> str | None:
    """What stands in "Gradients by ...", with which a docstring begins; None where it begins otherwise."""
    found = re.match(r"Gradients by (.+?)(?=[,:]|\.?(?:\s*$|\s*\n)|\.\s)", ast.get_docstring(tree) or "")
    return found[1] if found else None


def lines_of_code(tree: ast.Module, functions: Sequence[str] = WRITTEN) -> int | None:
    """Of these functions and all of the file that they use, each once.

    A line is a statement, or the head of one, as `ast.unparse` writes it: comments, docstrings, annotations and the
    breaking of long lines do not count. None where a part of it stands in another file of the folder.
    """
    defined = {name: node for node in tree.body for name in _names(node)}
    counted: set[ast.stmt] = set()
    elsewhere = {
        alias.asname or alias.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == NEIGHBOURS
        for alias in node.names
    }
    lines, wanted = 0, list(functions)
    while wanted:
        name = wanted.pop()
        if name in elsewhere:
            return None
        if name in defined and defined[name] not in counted:
            counted.add(defined[name])
            code = _Bare().visit(deepcopy(defined[name]))
            lines += sum(bool(line.strip()) for line in ast.unparse(code).splitlines())
            wanted += [node.id for node in ast.walk(code) if isinstance(node, ast.Name)]
    return lines


def _names(node: ast.stmt) -> list[str]:
    """What a statement at the top of a file defines."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else []
    return [name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)]


class _Bare(ast.NodeTransformer):
    """Leaves out what is not run: annotations, and strings that stand alone."""

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
