"""An implementation: one file, what its text says of it, and the interpreter that it runs in."""

import hashlib
import importlib.util
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

from xorbench.contract.interpreter import HERE, Interpreter
from xorbench.contract.protocol import Contract
from xorbench.contract.source_metrics import gradients_by, lines_of_code, parsed


@dataclass(frozen=True)
class Implementation:
    """One file, one framework, one way of getting gradients; and the interpreter that it runs in."""

    name: str
    path: Path
    framework: str = ""
    tier: Literal["idiomatic", "tuned", ""] = ""
    execution: Literal["eager", "compiled", ""] = ""
    granularity: Literal["one call per epoch", "whole loop", ""] = ""
    program: str | None = None
    slow_to_compile: bool = False
    sources: tuple[str, ...] = ()
    source_sha256: str | None = None
    """Of its text when it was read, further sources one after the other; None where that cannot be read."""
    adds: str | None = None
    adds_to: str | None = None
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

    @property
    def gradients_by(self) -> str | None:
        """What its docstring begins with; None where it says nothing, or can't be read."""
        return None if (tree := parsed(self.path)) is None else gradients_by(tree)

    @property
    def lines_of_code(self) -> int | None:
        """Of predict, loss and gradient; None where a part stands elsewhere, or nothing can be read."""
        return None if (tree := parsed(self.path)) is None else lines_of_code(tree)

    def must_be(self, source_sha256: str | None) -> None:
        """Raise ValueError, in one line, where the text is not the one of this SHA-256."""
        if self.source_sha256 != source_sha256:
            raise ValueError(
                f"the text of {self.path.name} was changed while it was measured, expected SHA-256 "
                f"{(source_sha256 or '')[:8]}, got {(self.source_sha256 or 'no text')[:8]}; run it again"
            )


UNREADABLE_SHA256 = hashlib.sha256(b"").hexdigest()
"""What a record says of a text that cannot be read: the SHA-256 of none."""


def sha256_of(path: Path, sources: Iterable[str] = ()) -> str | None:
    """The SHA-256 of a file and of those beside it, one after the other; None where one cannot be read."""
    try:
        return hashlib.sha256(
            b"".join(one.read_bytes() for one in (path, *(path.parent / name for name in sources)))
        ).hexdigest()
    except OSError:
        return None


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
