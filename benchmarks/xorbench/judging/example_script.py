"""The smallest example of a wrong gradient as a self-contained Python script."""

import ast
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from xorbench.contract import Implementation
from xorbench.contract.source_text import imported, sibling
from xorbench.judging.counterexample import Example
from xorbench.judging.layout import LOSS, PREDICTIONS
from xorbench.record.report import Counterexample
from xorbench.workloads import Array, Recipe, Workload
from xorbench.workloads.workload import Dtype


def counterexample(
    implementation: Implementation, workload: Workload, dtype: Dtype, example: Example
) -> Counterexample:
    """Return the example as a script that needs the framework and NumPy, and nothing of this project."""
    parameters = ", ".join(_literal(p) for p in example.problem(workload).shaped(example.row))
    place = ", ".join(map(str, example.index))
    function, call = _call(example, workload)
    what = f"{example.name}[{place}]" if place else example.name
    script = f"""\
# A wrong {function}, {what}, from {implementation.framework} {implementation.version} in {dtype}.
# The true value is {example.truth!r}; rounding explains an error of at most {example.bound:.2g}.
from __future__ import annotations

from collections import namedtuple

{standalone(implementation.path, ("convert", function, "to_numpy"))}

recipe = namedtuple("Recipe", "{" ".join(Recipe._fields)}")(*{tuple(workload.recipe)!r})
parameters = [{parameters}]
inputs, targets = {_literal(example.inputs)}, {_literal(example.targets)}
parameters, inputs, targets = convert(parameters, inputs, targets, "{dtype}")
found = to_numpy({call})
print(found.tolist(), "expected{f" at [{place}]" if place else ""}:", {example.truth!r})
"""
    return Counterexample(implementation.name, workload.name, dtype, script)


def _call(example: Example, workload: Workload) -> tuple[str, str]:
    """Return the function of the contract that gives the entry of the example, and the call."""
    if example.name == PREDICTIONS:
        return "predict", "predict(recipe, parameters, inputs)"
    if example.name == LOSS:
        return "loss", "loss(recipe, parameters, inputs, targets)"
    which = example.problem(workload).parameter_names.index(example.name)
    return "gradient", f"gradient(recipe, parameters, inputs, targets)[{which}]"


def _literal(array: Array) -> str:
    return f"np.array({array.astype(np.float64).tolist()})"


def standalone(path: Path, names: Sequence[str]) -> str:
    """Return the statements of the file `path` that `names` need, with imports of sibling files replaced by their code.

    An import stays where the file and its sibling use the same name for different things.
    """
    source = needed(path.read_text(encoding="utf-8"), names)
    tree = ast.parse(source)
    elsewhere = imported(tree)
    used = {*names} | {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    own = {name: ast.unparse(node) for node in tree.body for name in _defined(node)}
    lines = source.splitlines()
    for node in reversed(tree.body):
        place = sibling(node.module or "") if isinstance(node, ast.ImportFrom) else None
        if place is None:
            continue
        borrowed = {name: there for name, (module, there) in elsewhere.items() if module == place.stem}
        text = standalone(place, [there for name, there in borrowed.items() if name in used])
        theirs = {name: ast.unparse(node) for node in ast.parse(text).body for name in _defined(node)}
        clash = any(own[name] != theirs[name] for name in own.keys() & theirs.keys() - borrowed.keys())
        if not clash and all(name == there for name, there in borrowed.items()):
            lines[node.lineno - 1 : node.end_lineno] = text.splitlines()
    return "\n".join(lines)


def needed(text: str, names: Sequence[str]) -> str:
    """Return the statements of the module `text` that define `names` and all that these need, in their order.

    Bare expressions, such as settings of a framework, and `import numpy as np` are always included.
    """
    nodes = [node for node in ast.parse(text).body if not _is_docstring(node) and "annotations" not in _defined(node)]
    wanted = set(names)
    kept: set[int] = {i for i, node in enumerate(nodes) if isinstance(node, ast.Expr)}  # such as settings
    grown = True
    while grown:
        before = len(kept)
        kept |= {i for i, node in enumerate(nodes) if _defined(node) & wanted}
        wanted |= {n.id for i in kept for n in ast.walk(nodes[i]) if isinstance(n, ast.Name)}
        grown = len(kept) > before
    lines = text.splitlines()
    parts = []
    for node in (nodes[i] for i in sorted(kept)):
        first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
        apart = [""] if isinstance(node, ast.FunctionDef) else []
        parts.append("\n".join([*apart, *lines[first - 1 : node.end_lineno]]))
    source = "\n".join(parts)
    return source if "import numpy as np" in source else f"import numpy as np\n{source}"


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _defined(node: ast.stmt) -> set[str]:
    """Return the names that a statement at the top level of a module defines."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.Assign | ast.AnnAssign):
        return {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    return set()
