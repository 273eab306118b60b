"""The options that several commands share."""

import math
from pathlib import Path
from typing import Annotated

import typer

POINTS = 500
"""The random points at which `gradients` judges each workload and dtype by default."""


def finite(value: float | None) -> float | None:
    """Return `value`. Raises typer.BadParameter where it is infinite or NaN."""
    if value is not None and not math.isfinite(value):
        raise typer.BadParameter(f"expected a finite number, got {value}")
    return value


def count(about: str, least: int = 1, most: int | None = None) -> object:
    """Return an option that is a whole number of at least `least`, and at most `most`; `about` is its help."""
    return typer.Option(min=least, max=most, metavar="N", help=about)


MOST_ROUNDS = 10_000
"""The most rounds of a launch: a worker sends the times of all of them in one message of at most 1 MiB."""


def rounds_of_a_launch(about: str) -> object:
    """Return an option that is a number of rounds of a launch; `about` is its help."""
    return count(about, most=MOST_ROUNDS)


def minutes(about: str) -> object:
    """Return an option that is a time in minutes of at least 0.1; `about` is its help."""
    return typer.Option(min=0.1, callback=finite, metavar="MINUTES", help=about)


Implementations = Annotated[
    list[str] | None,
    typer.Option(
        "--implementation",
        metavar="NAME",
        help="Only this implementation; may be repeated. [default: all idiomatic ones]",
    ),
]
Workloads = Annotated[
    list[str] | None,
    typer.Option(
        "--workload", metavar="NAME", help="Only this workload, or all; may be repeated. [default: neuron and hidden]"
    ),
]
Tuned = Annotated[
    bool, typer.Option("--tuned", help="Also the tuned implementations, some of which take minutes to compile.")
]
Extra = Annotated[
    list[Path] | None,
    typer.Option("--with", metavar="FILE", help="Also the implementation in this file; may be repeated."),
]
Pythons = Annotated[
    list[str] | None,
    typer.Option(
        "--python",
        metavar="LABEL[=PATH]",
        help="Also the same files in another environment: the label of one that `environments create` made, or a new "
        "label and the path of a Python.",
    ),
]
Seed = Annotated[int, typer.Option(min=0, max=2**32 - 1, metavar="N", help="Random seed.")]
Wait = Annotated[bool, typer.Option("--wait", help="Wait until no other measurement runs on this machine.")]
Output = Annotated[Path | None, typer.Option(metavar="DIR", help="Folder of records. [default: results/]")]
Resume = Annotated[
    bool, typer.Option("--resume", help="Continue the newest unfinished run of the same call from its journal.")
]
OfPlanFile = Annotated[
    Path | None,
    typer.Option("--plan", metavar="FILE", help="Measure a part of the plan that `xorbench plan` wrote to this file."),
]
OfPart = Annotated[
    str | None,
    typer.Option(
        "--part", metavar="K/N", help="The part of the plan, such as 2/3; the plan decides the other options."
    ),
]
Scheduler = Annotated[
    str | None,
    typer.Option(
        "--scheduler",
        metavar="ADDRESS",
        help="A Dask scheduler whose workers measure: tls://HOST:PORT, tcp://127.0.0.1:PORT, or local, which starts "
        "one inside the command.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
