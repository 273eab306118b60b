"""What an implementation file must offer, and which there are: found by looking into the folder, registered nowhere.

A file is read, not run: its names, their order and their signatures stand in its text, so that a missing framework or a
mistake is found, and named, before anything is imported.
"""

import ast
import hashlib
import importlib.util
import inspect
import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol, cast, get_args, get_type_hints

from benchmarks.environment import is_installed, without_folders
from benchmarks.interpreters.interpreter import HERE, Interpreter
from benchmarks.requirements import pin
from benchmarks.text import gradients_by, lines_of_code
from benchmarks.workloads import Array, Recipe

FOLDER = Path(__file__).parent.parent / "implementations"

REFERENCE = "numpy_backprop"
"""The text that the others translate: the baseline of every ratio, and the control that runs against itself."""


State = tuple[list[Any], Any]
"""Parameters, and what an optimiser remembers: only the file that gave it knows what that is."""


class Contract(Protocol):
    """The names of an implementation file, in this order.

    A recipe says what is computed. Parameters are a flat list, first layer first: W1 (n0, n1), b1 (1, n1), W2 (n1, n2),
    b2 (1, n2), ...; inputs are (samples, n0), targets (samples, n_last). Arrays are the framework's own, of the dtype
    that `convert` was asked for.
    """

    FRAMEWORK: str
    """What the version is read from: the distribution, as `pip` names it, or else the program of that name."""
    TIER: Literal["idiomatic", "tuned"]
    EXECUTION: Literal["eager", "compiled"]
    """Whether an epoch runs this file's Python, or what it was compiled to; the clock looks which it is."""
    GRANULARITY: Literal["one call per epoch", "whole loop"]

    def convert(self, parameters: list[Array], inputs: Array, targets: Array, dtype: str) -> tuple[list[Any], Any, Any]:
        """Plain NumPy arrays as the framework's own: the same shapes, copied, of dtype "float64" or "float32"; untimed.

        Parameters W1 (n0, n1), b1 (1, n1), W2 (n1, n2), ..., inputs (samples, n0), targets (samples, n_last).
        """

    def predict(self, recipe: Recipe, parameters: list[Any], inputs: Any) -> Any:
        """The outputs of the last layer, (samples, n_last)."""

    def loss(self, recipe: Recipe, parameters: list[Any], inputs: Any, targets: Any) -> Any:
        """The loss that the recipe names, over all samples: a scalar, of shape ()."""

    def gradient(self, recipe: Recipe, parameters: list[Any], inputs: Any, targets: Any) -> list[Any]:
        """The derivatives of `loss`, one array per parameter, of its shape and dtype: W1 (n0, n1), b1 (1, n1), ..."""

    def begin(self, recipe: Recipe, parameters: list[Any]) -> State:
        """The parameters, and what the recipe's optimiser keeps from epoch to epoch: as it is before the first."""

    def step(self, recipe: Recipe, state: State, inputs: Any, targets: Any) -> State:
        """One epoch: what `begin` or an earlier step gave, after one update; it may be used up."""

    def train(self, recipe: Recipe, parameters: list[Any], inputs: Any, targets: Any, epochs: int) -> list[Any]:
        """The parameters after `epochs` steps, W1 (n0, n1), b1 (1, n1), ..., computed and waited for; this is timed."""

    def to_numpy(self, array: Any) -> Array:
        """An array of the framework as a NumPy array of the same shape and dtype; untimed."""


class Remarks(Protocol):
    """What a file may say of itself besides."""

    PROGRAM: str
    """A program that must be on the path, beside the libraries that are imported."""
    SLOW_TO_COMPILE: bool
    """Whether the first call for a recipe and a shape takes seconds: tests then ask for little."""
    SOURCES: tuple[str, ...]
    """The files beside it that are a part of its text."""
    ADDS: str
    """What its step has and that of `ADDS_TO` has not, in a few words; without `ADDS_TO`, what all of its step is."""
    ADDS_TO: str
    """The implementation from which it differs in one thing: what that costs is the difference of their times."""


CONSTANTS: dict[str, Any] = get_type_hints(Contract)
REMARKS: dict[str, Any] = get_type_hints(Remarks)
FUNCTIONS = {
    name: list(inspect.signature(member).parameters)[1:]  # without self
    for name, member in vars(Contract).items()
    if inspect.isfunction(member) and not name.startswith("_")
}


@dataclass(frozen=True)
class Implementation:
    """One file, one framework, one way of getting gradients; and the interpreter that it runs in."""

    name: str
    path: Path
    framework: str = ""
    tier: str = ""
    execution: str = ""
    granularity: str = ""
    program: str | None = None
    slow_to_compile: bool = False
    sources: tuple[str, ...] = ()
    adds: str | None = None
    adds_to: str | None = None
    gradients_by: str | None = None
    lines_of_code: int | None = None
    missing: str | None = None
    """Why it cannot run here: a library or a program that is not installed."""
    broken: str | None = None
    """How it breaks the contract."""
    interpreter: Interpreter = HERE

    @property
    def version(self) -> str:
        """Of the framework, where this runs."""
        return self.interpreter.version_of(self.framework)

    @property
    def usable(self) -> bool:
        """Whether it can be asked for gradients here."""
        return self.missing is None and self.broken is None

    def description(self) -> dict[str, str | int | None]:
        """What a record says of it: no path, but the SHA-256 of its text, further sources one after the other."""
        text = [self.path, *(self.path.parent / name for name in self.sources)]
        return {
            "name": self.name,
            "framework": self.framework,
            "version": self.version,
            "tier": self.tier,
            "execution": self.execution,
            "granularity": self.granularity,
            "gradients_by": self.gradients_by,
            "lines_of_code": self.lines_of_code,
            "source_sha256": hashlib.sha256(b"".join(path.read_bytes() for path in text)).hexdigest(),
            "adds": self.adds,
            "adds_to": self.adds_to,
            "missing": self.missing,
            "broken": self.broken,
            **({"file": self.path.stem, "interpreter": self.interpreter.label} if self.interpreter.label else {}),
        }


def discover(extra: Iterable[Path] = (), folder: Path = FOLDER) -> list[Implementation]:
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
        return Implementation(name, path, broken=f"{path.name}: expected a file that ends in .py")
    try:
        tree = ast.parse(path.read_bytes(), path.name)
    except (SyntaxError, ValueError, OSError) as error:
        return Implementation(
            name, path, broken=without_folders(f"{path.name} is not Python that can be read: {error}")
        )
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
        gradients_by=gradients_by(tree),
        lines_of_code=lines_of_code(tree),
        missing=_missing(tree, needed),
        broken=f"{path.name}: {complaint}" if complaint else None,
    )


def load(implementation: Implementation) -> Contract:
    """Import the file. Raises whatever its import raises."""
    name = f"implementation_{implementation.path.stem}"  # a name of its own: no file can shadow a library
    spec = importlib.util.spec_from_file_location(name, implementation.path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{implementation.path} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return cast(Contract, module)


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
