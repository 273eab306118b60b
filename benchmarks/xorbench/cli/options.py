"""The options that several commands have."""

import math
from pathlib import Path
from typing import Annotated

import typer


def finite(value: float | None) -> float | None:
    """The number, if it is one that can be counted to. Raises typer.BadParameter."""
    if value is not None and not math.isfinite(value):
        raise typer.BadParameter(f"{value} is no length of time, expected a number")
    return value


Implementations = Annotated[
    list[str] | None, typer.Option("--implementation", metavar="NAME", help="This one only; may be repeated.")
]
Workloads = Annotated[
    list[str] | None,
    typer.Option("--workload", metavar="NAME", help="This one only, or all; may be repeated. Else neuron and hidden."),
]
Tuned = Annotated[bool, typer.Option("--tuned", help="The tuned implementations too: some take minutes to compile.")]
Extra = Annotated[
    list[Path] | None,
    typer.Option("--with", metavar="FILE", help="An implementation from anywhere on disk too; may be repeated."),
]
Pythons = Annotated[
    list[str] | None,
    typer.Option(
        "--python",
        metavar="LABEL[=PATH]",
        help="The same files in another environment too, by its Python or, if `environments` made it, its name.",
    ),
]
Seed = Annotated[int, typer.Option(min=0, max=2**32 - 1, metavar="N", help="Of all that is random.")]
Output = Annotated[Path | None, typer.Option(metavar="DIR", help="The folder of records; results/ if not given.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
