"""How long an epoch takes, for a plan: of everybody who answers."""

import itertools
from types import SimpleNamespace
from typing import Any

import pytest

from tests.conftest import BASELINE, Variant
from xorbench.clock.pace import LONG_ENOUGH, PaceQuestion, paces
from xorbench.contract import REFERENCE, read
from xorbench.workloads import WORKLOADS, named


def test_everybody_who_answers_has_a_pace_and_the_others_have_none(variant: Variant) -> None:
    broken = read(variant("breaks", ("    for _ in range(epochs):", "    for _ in range(epochs // 0):")))
    small, large = named("width-2-batch-4"), named("width-64-batch-256")
    steps: list[None] = []
    found = paces([BASELINE, broken], [small, large], 1, lambda: steps.append(None))
    assert found.keys() == {(REFERENCE, small.name), (REFERENCE, large.name)}
    assert 1e-7 < found[REFERENCE, small.name] < found[REFERENCE, large.name] < 1
    assert found[REFERENCE, small.name] < LONG_ENOUGH  # so that more than one epoch was timed
    assert len(steps) == 4


@pytest.mark.parametrize(
    ("seconds", "trained", "pace"),
    [
        ([(0.005, 0.002, 0.009)], [1] * 4, 0.002),
        ([(0.001, 0.001, 0.001)], [1] * 4, 0.001),  # just long enough
        ([(0.0004, 0.0009, 0.5), (0.02, 0.03, 0.01)], [1] * 4 + [10] * 4, 0.001),
        ([(0.0, 0.0, 0.0)] * 6, [10**power for power in range(6) for _ in range(4)], 0.0),  # it is given up
    ],
)
def test_a_pace_is_the_shortest_of_three_trainings_of_a_millisecond_or_more(
    seconds: list[tuple[float, float, float]], trained: list[int], pace: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Each is preceded by one that is not timed.
    clock = iter([reading for each in itertools.chain(*seconds) for reading in (0.0, each)])
    monkeypatch.setattr("xorbench.clock.pace.perf_counter", lambda: next(clock))
    asked: list[int] = []
    module: Any = SimpleNamespace(
        convert=lambda parameters, inputs, targets, _dtype: (parameters, inputs, targets),
        train=lambda _recipe, _parameters, _inputs, _targets, epochs: asked.append(epochs),
    )
    assert PaceQuestion(WORKLOADS["neuron"]).ask(module, lambda _: None) == pytest.approx(pace)
    assert asked == trained
    assert next(clock, None) is None
