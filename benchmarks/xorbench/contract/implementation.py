"""An implementation: a file, what its text declares, and the interpreter that runs it."""

import hashlib
import importlib.util
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

from xorbench.contract.interpreter import HERE, Interpreter
from xorbench.contract.protocol import Contract
from xorbench.contract.source_metrics import gradients_by, lines_of_code
from xorbench.contract.source_text import parsed
from xorbench.places import IMPLEMENTATIONS

MODULE = "implementation_"
"""The beginning of the name of the module of an implementation, so that no file can shadow a library."""


@dataclass(frozen=True)
class Implementation:
    """One file with one framework and one way of computing gradients, and the interpreter that runs it."""

    name: str
    path: Path
    framework: str = ""
    tier: Literal["idiomatic", "tuned", ""] = ""
    execution: Literal["eager", "compiled", ""] = ""
    granularity: Literal["one call per epoch", "whole loop", ""] = ""
    program: str | None = None
    processor: str | None = None
    slow_to_compile: bool = False
    sources: tuple[str, ...] = ()
    source_sha256: str | None = None
    """The SHA-256 of its text when it was read, then of the siblings that it imports, then of all further sources."""
    adds: str | None = None
    adds_to: str | None = None
    missing: str | None = None
    """Why it cannot run here: what is not installed, or a feature of the processor; None if nothing is missing."""
    faults: tuple[str, ...] = ()
    """The rules of the contract that the file breaks, one line each; empty if it breaks none."""
    interpreter: Interpreter = HERE

    @property
    def version(self) -> str:
        """The version of the framework in the interpreter that runs the file."""
        return self.interpreter.version_of(self.framework)

    @property
    def broken(self) -> str | None:
        """The first way in which the file breaks the contract; None if it keeps to it."""
        return next(iter(self.faults), None)

    @property
    def usable(self) -> bool:
        """Whether it can compute gradients here: nothing is missing and nothing is broken."""
        return self.missing is None and self.broken is None

    @property
    def gradients_by(self) -> str | None:
        """The differentiation method, from the docstring of the file; None if it names none or cannot be read."""
        return None if (tree := parsed(self.path)) is None else gradients_by(tree)

    @property
    def lines_of_code(self) -> int | None:
        """The lines of code of predict, loss and gradient; None if a part is in the package, or it cannot be read."""
        return None if (tree := parsed(self.path)) is None else lines_of_code(tree)

    def must_be(self, source_sha256: str | None) -> None:
        """Raise ValueError, with one line, if the text does not have this SHA-256."""
        if self.source_sha256 != source_sha256:
            raise ValueError(
                f"the text of {self.path.name} was changed while it was measured, expected SHA-256 "
                f"{(source_sha256 or '')[:8]}, got {(self.source_sha256 or 'no text')[:8]}; run it again"
            )


UNREADABLE_SHA256 = hashlib.sha256(b"").hexdigest()
"""The SHA-256 of the empty text, which a record has for a text that cannot be read."""


def sha256_of(paths: Iterable[Path]) -> str | None:
    """Return the SHA-256 of the files in `paths`, one after the other; None if one cannot be read."""
    try:
        return hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()
    except OSError:
        return None


def load(implementation: Implementation) -> Contract:
    """Import the file, which may import its siblings, and return its module. Raises whatever the import raises."""
    if str(IMPLEMENTATIONS) not in sys.path:
        sys.path.append(str(IMPLEMENTATIONS))  # at the end, so that no file can shadow a library
    name = f"{MODULE}{implementation.path.stem}"
    spec = importlib.util.spec_from_file_location(name, implementation.path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{implementation.path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return cast(Contract, module)
