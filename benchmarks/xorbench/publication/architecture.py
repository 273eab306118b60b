"""The packages of this project and which imports which, read from the code, for the section on architecture."""

import ast
import graphlib
from pathlib import Path

from xorbench.places import PACKAGE

NAME = PACKAGE.name

Imports = dict[str, set[str]]


def packages(root: Path = PACKAGE) -> dict[str, str]:
    """Return by name of each package inside this one the first sentence of its docstring."""
    found = {}
    for path in sorted(root.glob("*/__init__.py")):
        about = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        found[path.parent.name] = about.partition("\n")[0]
    return found


def imports(root: Path = PACKAGE) -> Imports:
    """Return by package the other packages that its modules import, at the top of a file or inside a function."""
    names = packages(root).keys()
    found: Imports = {name: set() for name in names}
    for name in names:
        for path in (root / name).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                modules = []
                if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    modules = [f"{node.module}.{alias.name}" for alias in node.names]
                elif isinstance(node, ast.Import):
                    modules = [alias.name for alias in node.names]
                parts = [module.split(".") for module in modules]
                found[name] |= {each[1] for each in parts if each[0] == NAME and len(each) > 1 and each[1] in names}
        found[name].discard(name)
    return found


def order(found: Imports) -> list[str]:
    """Return the packages, each after all that it imports. Raises graphlib.CycleError where that is impossible."""
    return list(graphlib.TopologicalSorter(found).static_order())


def reduced(found: Imports) -> Imports:
    """Return the imports without those that follow from others: the transitive reduction of a graph without cycles."""
    reached: Imports = {}
    for name in order(found):
        reached[name] = found[name].union(*(reached[other] for other in found[name]))
    return {name: {one for one in of if not any(one in reached[other] for other in of)} for name, of in found.items()}


def section(root: Path = PACKAGE) -> str:
    """Return a picture of the data flow in Mermaid and a table of the packages, as Markdown."""
    found = imports(root)
    names = order({name: found[name] for name in sorted(found)})
    lines = reduced(found)
    arrows = [f"    {one} --> {name}" for name in names for one in sorted(lines[name], key=names.index)]
    about = packages(root)
    rows = [f"| `{name}` | {about[name]} |" for name in names]
    picture = ["```mermaid", "flowchart TD", *arrows, "```"]
    return "\n".join([*picture, "", "| package | contents |", "| --- | --- |", *rows, ""])
