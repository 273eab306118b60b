"""Find the implementations in a folder and check each against the contract; there is no registry.

A file is parsed, not run: names, their order and signatures are taken from its text, so that a missing framework or a
mistake is found and reported before anything is imported.
"""

import ast
import importlib.util
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, get_args

from xorbench.contract.implementation import Implementation, sha256_of
from xorbench.contract.protocol import CONSTANTS, FUNCTIONS, OPTIONS, REFERENCE, REMARKS
from xorbench.contract.source_text import functions_of, imported, libraries, parsed, sibling, siblings, tree_of
from xorbench.environment import is_installed, processor_features, without_folders
from xorbench.places import IMPLEMENTATIONS
from xorbench.requirements import pin


def discover(extra: Iterable[Path] = (), folder: Path = IMPLEMENTATIONS) -> list[Implementation]:
    """Return the implementations in `folder`, the reference first, then those in `extra`; each is named after its file.

    Raises ValueError if two have the same name, or if a name has a character that no record may have.
    """
    found: dict[str, Implementation] = {}
    for path in [*sorted(folder.glob("[!_]*.py"), key=lambda path: (path.stem != REFERENCE, path.stem)), *extra]:
        if not path.stem.isprintable():
            raise ValueError(f"{path.name!r}: expected a name of printable characters; rename the file")
        implementation = read(path)
        if implementation.name in found:
            raise ValueError(f"{path}: an implementation named {implementation.name} already exists; rename the file")
        found[implementation.name] = implementation
    return list(found.values())


def read(path: Path) -> Implementation:
    """Return the implementation that the text of a file describes, with what is missing or broken; it is not run."""
    name = path.stem
    if path.suffix != ".py":
        fault = f"{path.name}: expected a file that ends in .py"
        return Implementation(name, path, source_sha256=sha256_of([path]), faults=(fault,))
    try:
        tree = tree_of(path.read_bytes(), path.name)
    except (SyntaxError, ValueError, OSError) as error:
        fault = without_folders(f"{path.name} cannot be parsed as Python: {error}")
        return Implementation(name, path, source_sha256=sha256_of([path]), faults=(fault,))
    constants = _constants(tree)
    complaints = [*_complaints(tree, constants)]
    if not complaints and (odd := _odd_remark(path, constants)):
        complaints = [odd]
    about: dict[str, Any] = {key.lower(): str(constants[key]) for key in CONSTANTS if key in constants}
    needed = [str(constants[key]) for key in ("FRAMEWORK", "PROGRAM") if key in constants]
    if not complaints:
        about |= {key.lower(): constants[key] for key in REMARKS if key in constants}
    imports = {one: text for one in siblings(tree) if (text := parsed(one))}
    sources = [path.parent / source for source in about.get("sources", ())]
    sources += [one.parent / str(source) for one, text in imports.items() for source in _sources(text)]
    return Implementation(
        name,
        path,
        **about,
        source_sha256=sha256_of(dict.fromkeys([path, *imports, *sources])),
        missing=_missing([tree, *imports.values()], needed) or _lacking(constants.get("PROCESSOR")),
        faults=tuple(f"{path.name}: {complaint}" for complaint in complaints),
    )


def _constants(tree: ast.Module) -> dict[str, object]:
    found = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            with suppress(ValueError):  # the contract asks for no computed value
                found[node.targets[0].id] = ast.literal_eval(node.value)
    return found


def _sources(tree: ast.Module) -> tuple[object, ...]:
    found = _constants(tree).get("SOURCES")
    return found if isinstance(found, tuple) else ()


def _complaints(tree: ast.Module, constants: dict[str, object]) -> Iterator[str]:
    """Yield the ways in which the file breaks the contract, one line each: constants, functions, their order."""
    for name, kind in CONSTANTS.items():
        allowed = get_args(kind)
        expected = " or ".join(repr(word) for word in allowed) if allowed else "a string"
        value = constants.get(name)
        if name not in constants:
            yield f"{name} is missing, expected {name} = {expected} at the top of the file"
        elif not isinstance(value, str) or (allowed and value not in allowed):
            yield f"{name} is {value!r}, expected {expected}"
        elif not value.strip():
            yield f"{name} is empty, expected {expected} with a name in it"
    functions, elsewhere = functions_of(tree), imported(tree)
    offered = {name: names for name, names in OPTIONS.items() if name in functions or name in elsewhere}
    for name, expected_names in (FUNCTIONS | offered).items():
        if complaint := _of_function(name, expected_names, functions.get(name), elsewhere.get(name)):
            yield complaint
    order = [name for name in functions if name in FUNCTIONS]
    expected_order = [name for name in FUNCTIONS if name in functions]
    if order != expected_order:
        yield f"the functions are in the order {', '.join(order)}, expected {', '.join(expected_order)}"


def _of_function(
    name: str, expected_names: list[str], function: ast.FunctionDef | None, elsewhere: tuple[str, str] | None
) -> str | None:
    """Return what is wrong with a function of the contract, in one line; None if nothing is.

    `elsewhere` is the module that it is imported from, and its name there.
    """
    expected, where = f"def {name}({', '.join(expected_names)})", ""
    if function is None and elsewhere:
        module, name_there = elsewhere
        path = sibling(module)
        if path is None:
            return f"{name} is imported from {module}, which is no file of the project's own, expected {expected}"
        text = parsed(path)
        function, where = functions_of(text).get(name_there) if text else None, f"{path.name}, "
        if function is None:
            return f"{name} is imported from {module}, which does not define {name_there}, expected {expected}"
    if function is None:
        return f"the function {name} is missing, expected {expected}"
    given = function.args
    names = [a.arg for a in (*given.posonlyargs, *given.args)]
    if names != expected_names or given.vararg or given.kwarg or given.kwonlyargs:
        return f"{where}line {function.lineno}: got def {function.name}({ast.unparse(given)}), expected {expected}"
    return None


def _odd_remark(path: Path, constants: dict[str, object]) -> str | None:
    """Return what is wrong with the first invalid constant of `REMARKS`, in one line; None if all are valid."""
    sources = constants.get("SOURCES", ())
    if not isinstance(sources, tuple) or not all(isinstance(name, str) for name in sources):
        return f"SOURCES is {sources!r}, expected a tuple of names of files in the same folder"
    for name in sources:
        if not (path.parent / name).is_file():
            return f"SOURCES names {name}, expected a file in the same folder"
    for type_, expected in ((str, "a string"), (bool, "True or False")):
        for key in (name for name in REMARKS if REMARKS[name] is type_ and name in constants):
            if not isinstance(constants[key], type_):
                return f"{key} is {constants[key]!r}, expected {expected}"
    if "ADDS_TO" in constants and "ADDS" not in constants:
        return "ADDS is missing, expected a few words that say what this file adds to ADDS_TO"
    return None


def _missing(trees: list[ast.Module], needed: list[str]) -> str | None:
    """Return the first library, framework or program of a file and its siblings that is not installed here."""
    for library in (library for tree in trees for library in libraries(tree)):
        if importlib.util.find_spec(library) is None:
            return _not_installed(library)
    return next((_not_installed(name) for name in needed if not is_installed(name)), None)


def _lacking(feature: object) -> str | None:
    """Return the feature that this processor lacks, in a few words; None if it has it, or none is needed."""
    return None if feature is None or str(feature) in processor_features() else f"this processor has no {feature}"


def _not_installed(name: str) -> str:
    pinned = pin(name)
    return f"{name} is not installed" + (f"; pip install {pinned}" if pinned else "")
