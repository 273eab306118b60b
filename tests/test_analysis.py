"""An analysis computes each estimate of its record once, however much is rendered from it."""

import functools
import importlib
import inspect
import pkgutil
from collections import Counter
from collections.abc import Callable, Hashable, Iterator
from pathlib import Path
from types import FunctionType
from typing import Any

import pytest

from tests.released import planted_history
from tests.shown import shown
from tests.swept import planted_sweep, straight
from xorbench import estimates
from xorbench.charts import album
from xorbench.contract import REFERENCE
from xorbench.estimates.analysis import Analysis
from xorbench.estimates.machines import over_machines
from xorbench.exports import foreign, frames
from xorbench.exports.document import document
from xorbench.exports.lines import LINES
from xorbench.page import render
from xorbench.page.sources import Drawing, Sources
from xorbench.publication import contribution
from xorbench.tables import machines
from xorbench.tables.catalogue import named

Computations = Counter[tuple[Hashable, ...]]
"""How often each estimate was computed: by function and arguments, whatever object it was computed for."""

OF_A_RUN_ALONE, OF_A_SWEEP_ALONE = {"biases", "_levels"}, {"axes", "crossings", "growth"}

OF_A_HISTORY_ALONE = {"histories"}


def run() -> Analysis:
    return shown("other", "third")


def sweep() -> Analysis:
    return planted_sweep({REFERENCE: straight(1e6, 0), "other": straight(0, 5e4)}, widths=(2, 8, 32), batches=(4, 16))


def history() -> Analysis:
    return planted_history({"1": [0.0, 0.01] * 3, "2": [0.1, 0.11] * 3})


def kept_estimates() -> Iterator[FunctionType]:
    """The functions that are decorated with `once`."""
    modules = pkgutil.iter_modules(estimates.__path__, f"{estimates.__name__}.")
    for name in (module.name for module in modules):
        for thing in vars(importlib.import_module(name)).values():
            if inspect.isfunction(thing) and hasattr(thing, "__wrapped__") and thing.__module__ == name:
                yield thing


def counted(function: Callable[..., Any], found: Computations) -> Callable[..., Any]:
    signature = inspect.signature(function)

    @functools.wraps(function)
    def counting(*arguments: Any, **named: Any) -> Any:
        bound = signature.bind(*arguments, **named)
        bound.apply_defaults()
        _, *asked = bound.arguments.values()
        found[function.__name__, *asked] += 1
        return function(*arguments, **named)

    return counting


@pytest.fixture
def computations(monkeypatch: pytest.MonkeyPatch) -> Computations:
    """It counts inside of `once`, which holds the function that it decorates as its only outer variable."""
    found: Computations = Counter()
    for function in kept_estimates():
        (held,) = function.__closure__ or ()
        monkeypatch.setattr(held, "cell_contents", counted(inspect.unwrap(function), found))
    return found


def render_everything(analysis: Analysis) -> None:
    named(analysis)
    record = analysis.record
    drawn = album.of_record(analysis, [analysis] * record.is_sweep, [analysis] * record.is_history)
    render.page(Sources(analysis, named(analysis), [Drawing(figure, ()) for figure in drawn]))
    for name in LINES:
        frames.keyed(analysis, name)
    frames._rounds(analysis)
    document(analysis)
    assert analysis.pairs
    foreign.pytest_benchmark([analysis])
    foreign.github_action_benchmark([analysis])
    contribution._of_record(Path("somewhere.json"), analysis)
    machines.named(over_machines([analysis]))


@pytest.mark.parametrize(
    ("made", "unasked"),
    [
        (run, OF_A_SWEEP_ALONE | OF_A_HISTORY_ALONE),
        (sweep, OF_A_RUN_ALONE | OF_A_HISTORY_ALONE),
        (history, OF_A_SWEEP_ALONE | {"versions"}),
    ],
)
def test_everything_is_rendered_from_estimates_that_are_computed_once(
    computations: Computations, made: Callable[[], Analysis], unasked: set[str]
) -> None:
    analysis = made()
    render_everything(analysis)
    assert {name for name, *_ in computations} == {function.__name__ for function in kept_estimates()} - unasked
    assert {key: count for key, count in computations.items() if count > 1} == {}
    ours = [key for key in analysis.computed if isinstance(key, tuple) and key[0].startswith(estimates.__name__)]
    assert computations.total() == len(ours)
    before = computations.copy()
    render_everything(analysis)
    assert computations == before


def test_two_analyses_of_one_record_share_nothing_that_was_computed(computations: Computations) -> None:
    first = run()
    second = Analysis(first.record)
    assert first.rows
    assert second.computed == {}
    assert second.rows == first.rows
    assert second.rows is not first.rows
    assert set(computations.values()) == {2}
