"""Packages of this project and the imports between them, read from the code, for the section on architecture."""

import ast
import graphlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from xorbench.places import PACKAGE

NAME = PACKAGE.name

Imports = dict[str, set[str]]


def packages(root: Path = PACKAGE) -> dict[str, str]:
    """Return the first line of the docstring of each package inside this one, by its name."""
    found = {}
    for path in sorted(root.glob("*/__init__.py")):
        about = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        found[path.parent.name] = about.partition("\n")[0]
    return found


def imports(root: Path = PACKAGE) -> Imports:
    """Return the other packages that the modules of each package import, at the top of a file or inside a function."""
    names = packages(root).keys()
    found = {name: set[str]().union(*map(imported, (root / name).rglob("*.py"))) for name in names}
    return {name: (of & names) - {name} for name, of in found.items()}


def imported(path: Path) -> set[str]:
    """Return the packages and modules directly inside this package that a file imports."""
    found = set()
    for node in _statements(ast.parse(path.read_text(encoding="utf-8")).body):
        modules = []
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            modules = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        parts = [module.split(".") for module in modules]
        found |= {each[1] for each in parts if each[0] == NAME and len(each) > 1}
    return found


def _statements(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """Yield statements and those inside of them; expressions, which hold no import, are not searched."""
    for node in nodes:
        yield node
        for block in ("body", "handlers", "cases", "orelse", "finalbody"):
            yield from _statements(getattr(node, block, ()))


def order(found: Imports) -> list[str]:
    """Return the packages, each after all that it imports; raise graphlib.CycleError if that is impossible."""
    return list(graphlib.TopologicalSorter(found).static_order())


def reduced(found: Imports) -> Imports:
    """Return the transitive reduction of imports without cycles: those that do not follow from others."""
    reached: Imports = {}
    for name in order(found):
        reached[name] = found[name].union(*(reached[other] for other in found[name]))
    return {name: {one for one in of if not any(one in reached[other] for other in of)} for name, of in found.items()}


def section() -> str:
    """Return a Mermaid diagram of the imports and a table of the packages, as Markdown."""
    found = imports()
    names = order({name: found[name] for name in sorted(found)})
    lines = reduced(found)
    arrows = [f"    {one} --> {name}" for name in names for one in sorted(lines[name], key=names.index)]
    about = packages()
    rows = [f"| `{name}` | {about[name]} |" for name in names]
    picture = ["```mermaid", "flowchart TD", *arrows, "```"]
    return "\n".join([*picture, "", "| package | contents |", "| --- | --- |", *rows, ""])
