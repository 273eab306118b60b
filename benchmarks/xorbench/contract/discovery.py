"""Which implementations there are, and whether each keeps to the contract: looked up in the folder, registered nowhere.

A file is read, not run: its names, their order and their signatures stand in its text, so that a missing framework or a
mistake is found, and named, before anything is imported.
"""

import ast
import importlib.util
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, get_args

from xorbench.contract.implementation import Implementation, sha256_of
from xorbench.contract.protocol import CONSTANTS, FUNCTIONS, REFERENCE, REMARKS
from xorbench.environment import is_installed, without_folders
from xorbench.places import IMPLEMENTATIONS
from xorbench.requirements import pin


def discover(extra: Iterable[Path] = (), folder: Path = IMPLEMENTATIONS) -> list[Implementation]:
    """Every implementation in `folder`, the reference first, then those in `extra`; each is named after its file.

    Raises ValueError where two bear one name.
    """
    found: dict[str, Implementation] = {}
    for path in [*sorted(folder.glob("[!_]*.py"), key=lambda path: (path.stem != REFERENCE, path.stem)), *extra]:
        implementation = read(path)
        if implementation.name in found:
            raise ValueError(f"{path}: there is an implementation named {implementation.name} already; rename the file")
        found[implementation.name] = implementation
    return list(found.values())


def read(path: Path) -> Implementation:
    """What the text of the file says, without running it."""
    name = path.stem
    if path.suffix != ".py":
        broken = f"{path.name}: expected a file that ends in .py"
        return Implementation(name, path, source_sha256=sha256_of(path), broken=broken)
    try:
        tree = ast.parse(path.read_bytes(), path.name)
    except (SyntaxError, ValueError, OSError) as error:
        broken = without_folders(f"{path.name} is not Python that can be read: {error}")
        return Implementation(name, path, source_sha256=sha256_of(path), broken=broken)
    constants = _constants(tree)
    complaint = _complaint(tree, constants) or _odd_remark(path, constants)
    about: dict[str, Any] = {key.lower(): str(constants[key]) for key in CONSTANTS if key in constants}
    needed = [str(constants[key]) for key in ("FRAMEWORK", "PROGRAM") if key in constants]
    if not complaint:
        about |= {key.lower(): constants[key] for key in REMARKS if key in constants}
    return Implementation(
        name,
        path,
        **about,
        source_sha256=sha256_of(path, about.get("sources", ())),
        missing=_missing(tree, needed),
        broken=f"{path.name}: {complaint}" if complaint else None,
    )


def _constants(tree: ast.Module) -> dict[str, object]:
    found = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            with suppress(ValueError):  # it is computed: nothing that the contract asks for
                found[node.targets[0].id] = ast.literal_eval(node.value)
    return found


def _complaint(tree: ast.Module, constants: dict[str, object]) -> str | None:
    """The first way in which the file breaks the contract, in one line."""
    for name, kind in CONSTANTS.items():
        allowed = get_args(kind)
        expected = " or ".join(repr(word) for word in allowed) if allowed else "a string"
        if name not in constants:
            return f"{name} is missing, expected {name} = {expected} at the top of the file"
        value = constants[name]
        if not isinstance(value, str) or (allowed and value not in allowed):
            return f"{name} is {value!r}, expected {expected}"
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    for name, expected_names in FUNCTIONS.items():
        expected = f"def {name}({', '.join(expected_names)})"
        if name not in functions:
            return f"the function {name} is missing, expected {expected}"
        given = functions[name].args
        names = [a.arg for a in (*given.posonlyargs, *given.args)]
        if names != expected_names or given.vararg or given.kwarg or given.kwonlyargs:
            return f"line {functions[name].lineno}: got def {name}({ast.unparse(given)}), expected {expected}"
    order = [name for name in functions if name in FUNCTIONS]
    if order != list(FUNCTIONS):
        return f"the functions stand in the order {', '.join(order)}, expected {', '.join(FUNCTIONS)}"
    return None


def _odd_remark(path: Path, constants: dict[str, object]) -> str | None:
    """What is wrong with the first of the `REMARKS` that has something wrong with it, in one line."""
    sources = constants.get("SOURCES", ())
    if not isinstance(sources, tuple) or not all(isinstance(name, str) for name in sources):
        return f"SOURCES is {sources!r}, expected a tuple of names of files beside it"
    for name in sources:
        if not (path.parent / name).is_file():
            return f"SOURCES names {name}, expected a file beside it"
    for type_, expected in ((str, "a string"), (bool, "True or False")):
        for key in (name for name in REMARKS if REMARKS[name] is type_ and name in constants):
            if not isinstance(constants[key], type_):
                return f"{key} is {constants[key]!r}, expected {expected}"
    if "ADDS_TO" in constants and "ADDS" not in constants:
        return "ADDS is missing, expected in a few words what this adds to ADDS_TO"
    return None


def _missing(tree: ast.Module, needed: list[str]) -> str | None:
    """The first library imported at the top of the file, framework or program that is not installed here."""
    for node in tree.body:
        names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module]
        for name in names:
            library = name.partition(".")[0]
            if importlib.util.find_spec(library) is None:
                return _not_installed(library)
    return next((_not_installed(name) for name in needed if not is_installed(name)), None)


def _not_installed(name: str) -> str:
    pinned = pin(name)
    return f"{name} is not installed" + (f"; pip install {pinned}" if pinned else "")
