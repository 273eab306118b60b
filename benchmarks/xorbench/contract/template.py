"""Write the skeleton of an implementation from the source of the contract, so that the two always agree."""

import ast
import importlib.metadata
import inspect
import keyword
import shutil
import textwrap
from pathlib import Path
from typing import get_args

from packaging.utils import InvalidName, canonicalize_name

from xorbench.contract import CONSTANTS, FUNCTIONS, REFERENCE, Contract, discover
from xorbench.contract.source_text import shadows


def write(name: str, framework: str, folder: Path) -> Path:
    """Write the skeleton `name`.py for a framework into `folder`, and return its path.

    Raises ValueError, with one line, if a name is invalid or taken, or if the file cannot be written.
    """
    if not name.isidentifier() or keyword.iskeyword(name) or name.startswith("_"):
        raise ValueError(f"{name!r} can't name an implementation, expected letters, digits and _, as in tinygrad_eager")
    if not shutil.which(framework):
        try:
            canonicalize_name(framework, validate=True)
        except InvalidName as error:
            raise ValueError(f"{framework!r} can't name a framework, expected a name as in tinygrad") from error
    path = folder / f"{name}.py"
    if path.exists():
        raise ValueError(f"{path} already exists; remove it, or choose another name")
    if name in {i.name for i in discover()}:
        raise ValueError(f"an implementation named {name} already exists; choose another name")
    if complaint := shadows(path):
        raise ValueError(complaint)
    try:
        path.write_text(text(framework), encoding="utf-8")
    except OSError as error:
        raise ValueError(f"{path} can't be written: {error.strerror}; name another folder with --output") from error
    return path


def text(framework: str) -> str:
    """Return a skeleton: every name of the contract in order, with functions that raise RuntimeError."""
    (contract,) = ast.parse(textwrap.dedent(inspect.getsource(Contract))).body
    assert isinstance(contract, ast.ClassDef)
    functions = [node for node in contract.body if isinstance(node, ast.FunctionDef) and node.name in FUNCTIONS]
    _, *about = (ast.get_docstring(contract) or "").split("\n\n")  # the first paragraph describes the contract itself
    return "\n".join(
        [
            f'"""Gradients by {framework}: say here only how this file differs from {REFERENCE}.py.',
            "",
            *"\n\n".join(about).splitlines(),
            '"""',
            "",
            "from __future__ import annotations",
            "",
            "from typing import TYPE_CHECKING, Any",
            "",
            *_imports(framework),
            "",
            "if TYPE_CHECKING:",
            "    from xorbench.workloads import Recipe",
            "",
            *(_constant(constant, framework) for constant in CONSTANTS),
            "",
            "Array = NDArray[np.floating]",
            "State = tuple[list[Any], Any]",
            *(line for function in functions for line in ("", "", *_function(function))),
            "",
        ]
    )


def _imports(framework: str) -> list[str]:
    """Return the import statements for NumPy and the framework; a program is not imported."""
    owners = importlib.metadata.packages_distributions()
    modules = [m for m, names in owners.items() if canonicalize_name(framework) in map(canonicalize_name, names)]
    likely = framework.replace("-", "_")
    imports = {"import numpy as np"}
    if modules:
        imports.add(f"import {likely if likely in modules else modules[0]}")
    elif not shutil.which(framework):
        imports.add(f"import {likely}  # {framework} is not installed here: check that its module has this name")
    imports.discard("import numpy")
    return [*sorted(imports), "from numpy.typing import NDArray"]


def _constant(name: str, framework: str) -> str:
    allowed = get_args(CONSTANTS[name])
    first, *others = [f'"{word}"' for word in allowed or (framework,)]
    return f"{name} = {first}{f'  # or {others[0]}' if others else ''}"


def _function(function: ast.FunctionDef) -> list[str]:
    arguments = ast.unparse(function.args).removeprefix("self, ")
    docstring = textwrap.indent(ast.get_docstring(function) or "", "    ").strip()
    end = "\n    " if "\n" in docstring else ""
    return [
        f"def {function.name}({arguments}) -> {ast.unparse(function.returns or ast.Constant(None))}:",
        f'    """{docstring}{end}"""',
        f'    raise RuntimeError("{function.name} is to be filled in")',  # NotImplementedError says "not offered"
    ]
