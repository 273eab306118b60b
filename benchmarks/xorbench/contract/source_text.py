"""The text of an implementation: it is read, never run, and it may import from files of the project's own folder."""

import ast
import sys
from functools import lru_cache
from importlib.machinery import PathFinder
from pathlib import Path

from xorbench.places import IMPLEMENTATIONS


def parsed(path: Path) -> ast.Module | None:
    """Return the text of a file as a tree, which is not to be changed; None where it is not Python that can be read."""
    try:
        return tree_of(path.read_bytes(), path.name)
    except (SyntaxError, ValueError, OSError):
        return None


@lru_cache(maxsize=100)
def tree_of(text: bytes, name: str) -> ast.Module:
    """Return the text of a file of this name as a tree, which is not to be changed: equal texts have the same one.

    Raises SyntaxError or ValueError where it is not Python.
    """
    return ast.parse(text, name)


def functions_of(tree: ast.Module) -> dict[str, ast.FunctionDef]:
    """Return the functions that are defined at the top of a file, by name."""
    return {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}


def text_of(path: Path, function: str) -> str:
    """Return the lines of a function at the top of a file, with its decorators. Raises ValueError if there is none."""
    tree = parsed(path)
    found = functions_of(tree).get(function) if tree else None
    if found is None:
        raise ValueError(f"{path.name} has no function {function} that can be read")
    first = min([found.lineno, *(decorator.lineno for decorator in found.decorator_list)])
    lines = path.read_text(encoding="utf-8").splitlines()[first - 1 : found.end_lineno]
    return "".join(f"{line}\n" for line in lines)


def imported(tree: ast.Module) -> dict[str, tuple[str, str]]:
    """Return what is imported by `from MODULE import NAME` at the top of a file: the module and the name there."""
    return {
        alias.asname or alias.name: (node.module, alias.name)
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module and not node.level
        for alias in node.names
    }


def sibling(module: str) -> Path | None:
    """Return the file of the project's own folder that is imported under this name; None where there is none."""
    path = IMPLEMENTATIONS / f"{module}.py"
    return path if path.is_file() else None


def shadows(path: Path) -> str | None:
    """Return which library a file of this name would shadow, and what to do; None where no library has its name.

    The libraries are those that are installed, and those that files of the suite import, because other users may have
    installed them. Files in the folders of implementations and in the current folder are no libraries.
    """
    name, none = path.stem, (path.absolute().parent.resolve(), Path.cwd().resolve(), IMPLEMENTATIONS)
    folders = [entry for entry in sys.path if Path(entry).resolve() not in none]
    installed = name in sys.stdlib_module_names or (name.isidentifier() and PathFinder.find_spec(name, folders))
    if installed or name in _imported_by_the_suite():
        return f"{name}.py would shadow the library {name}; add where its gradients come from, as in {name}_grad"
    return None


def _imported_by_the_suite() -> set[str]:
    trees = (parsed(path) for path in IMPLEMENTATIONS.glob("[!_]*.py"))
    return {library for tree in trees if tree for library in libraries(tree)}


def libraries(tree: ast.Module) -> list[str]:
    """Return the names of the packages that the top of a file imports, in its order, except the project's own files."""
    found = []
    for node in tree.body:
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module]
        found += [name.partition(".")[0] for name in names if sibling(name) is None]
    return list(dict.fromkeys(found))


def siblings(tree: ast.Module) -> list[Path]:
    """Return the files of the project's own folder that a file imports, and those that these import, each once."""
    found: list[Path] = []
    trees = [tree]
    for one in trees:
        for path in filter(None, map(sibling, _modules(one))):
            if path not in found:
                found.append(path)
                trees += [text for text in [parsed(path)] if text]
    return found


@lru_cache(maxsize=100)
def _modules(tree: ast.Module) -> list[str]:
    """Return the names of the modules that a file imports anywhere, also in its functions."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.append(node.module)
    return found
