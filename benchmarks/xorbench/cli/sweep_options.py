"""Validation of the options of a sweep."""

from collections.abc import Sequence
from typing import Literal

import typer

from xorbench.affinity import allowed_cpus
from xorbench.workloads import Workload, sizes


def points(widths: str | None, batches: str | None, at_width: int, at_batch: int, grid: bool) -> list[Workload]:
    """Return the workloads of a sweep: every width at one batch and every batch at one width, or a full `grid`.

    Raises typer.BadParameter where a number is not allowed.
    """
    wanted_widths, wanted_batches = sizes_of(widths, batches)
    if grid:
        return [sizes.sized(width, batch) for batch in wanted_batches for width in wanted_widths]
    (width,) = _numbers(str(at_width), "--at-width", ALL_WIDTHS, ())
    (batch,) = _numbers(str(at_batch), "--at-batch", sizes.BATCHES, ())
    return sizes.cross(wanted_widths, wanted_batches, width, batch)


def sizes_of(widths: str | None, batches: str | None) -> tuple[list[int], list[int]]:
    """Return the widths and the batches of a sweep, by default all. Raises typer.BadParameter as `points` does."""
    wanted = _numbers(widths, "--widths", ALL_WIDTHS, sizes.WIDTHS)
    return wanted, _numbers(batches, "--batches", sizes.BATCHES, sizes.BATCHES)


ALL_WIDTHS = range(sizes.SMALLEST, sizes.LARGEST + 1)


def threads(asked: Literal["1", "all", "both"]) -> list[int]:
    """Return the numbers of threads, of which each has a sweep of its own."""
    every = len(allowed_cpus())
    return {"1": [1], "all": [every], "both": list(dict.fromkeys([1, every]))}[asked]


def _numbers(text: str | None, option: str, allowed: Sequence[int], otherwise: Sequence[int]) -> list[int]:
    if text is None:
        return list(otherwise)
    what = "whole numbers" if isinstance(allowed, range) else "powers of two"
    try:
        found = sorted({int(part) for part in text.split(",")})
    except ValueError:
        found = []
    if not found or not {*found} <= {*allowed}:
        raise typer.BadParameter(
            f"{text}: expected {what} from {allowed[0]} to {allowed[-1]:,}, such as 4,16,64", param_hint=option
        )
    return found
