"""What a step is made of: planted parts come out, add up, and say where they are not separated from nothing."""

import math
import statistics

import numpy as np
import pytest

from tests.marked import ends
from tests.planted import planted, with_implementation, with_timings
from xorbench.charts.cost_breakdown import decomposition
from xorbench.contract import REFERENCE, discover
from xorbench.estimates.analysis import Analysis
from xorbench.estimates.cost_breakdown import Step, steps
from xorbench.estimates.intervals import mean
from xorbench.estimates.ratios import RowId, seconds_per_epoch
from xorbench.estimates.timing_table import confidence
from xorbench.tables.cost_breakdown import decompositions

LADDER = {"floor": ("arithmetic", None), "manual": ("dispatch", "floor"), "graph": ("graph", "manual")}
SHARES = {"floor": 0.1, "manual": 0.4, "graph": 1.0}
LAUNCHES = 6


def laddered(
    heights: dict[str, float], spread: float = 0.0, ladder: dict[str, tuple[str, str | None]] | None = None
) -> Analysis:
    """A record in which each takes so many times the baseline's time, but for a spread over the launches."""
    random = np.random.RandomState(0)
    logs = {
        name: [math.log(height) + spread * random.standard_normal() for _ in range(LAUNCHES)]
        for name, height in heights.items()
    }
    analysis = planted(logs, launches=LAUNCHES)
    for name, (adds, adds_to) in (ladder or LADDER).items():
        analysis = with_implementation(analysis, name, adds=adds, adds_to=adds_to)
    return analysis


def without(analysis: Analysis, name: str) -> Analysis:
    """As if it had been chosen, and never timed."""
    return with_timings(analysis, lambda timing: None if timing.implementation == name else timing)


def only(analysis: Analysis) -> Step:
    (step,) = steps(analysis)
    return step


def times_of(analysis: Analysis, name: str) -> list[float]:
    """Microseconds of an epoch in each launch."""
    return [seconds * 1e6 for seconds in seconds_per_epoch(analysis, "hidden", RowId(name)).values()]


def values(step: Step) -> list[float]:
    return [part.share.value for part in step.parts]


def test_the_planted_parts_come_out_and_the_longest_ladder_alone_is_a_step() -> None:
    step = only(laddered(SHARES))
    assert (step.implementation, step.workload, step.launches) == ("graph", "hidden", LAUNCHES)
    assert [part.adds for part in step.parts] == ["arithmetic", "dispatch", "graph"]
    assert [part.beside for part in step.parts] == [None, "floor", "manual"]
    assert values(step) == pytest.approx([0.1, 0.3, 0.6], rel=1e-6)
    assert [part.verdict for part in step.parts] == ["costs"] * 3


def test_parts_add_up_in_whatever_the_launches_differ() -> None:
    step = only(laddered(SHARES, spread=0.2))
    assert sum(values(step)) == pytest.approx(1, rel=1e-12)
    assert sum(part.microseconds.value for part in step.parts) == pytest.approx(step.microseconds, rel=1e-12)


def test_a_step_is_the_mean_of_its_times_in_the_launches_that_have_all_rungs() -> None:
    analysis = laddered(SHARES, spread=0.2)
    step = only(analysis)
    assert step.microseconds == pytest.approx(statistics.fmean(times_of(analysis, "graph")), rel=1e-12)
    missing = ("floor", 0)
    fewer = only(
        with_timings(analysis, lambda timing: None if (timing.implementation, timing.launch) == missing else timing)
    )
    assert fewer.launches == LAUNCHES - 1
    assert fewer.microseconds == pytest.approx(statistics.fmean(times_of(analysis, "graph")[1:]), rel=1e-12)
    assert sum(part.microseconds.value for part in fewer.parts) == pytest.approx(fewer.microseconds, rel=1e-12)


def test_a_launch_in_which_the_step_has_no_time_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def but_of_launch_2(analysis: Analysis, workload: str, contender: RowId) -> dict[int, float]:
        found = seconds_per_epoch(analysis, workload, contender)
        return {launch: seconds for launch, seconds in found.items() if launch != 2}

    monkeypatch.setattr("xorbench.estimates.cost_breakdown.seconds_per_epoch", but_of_launch_2)
    analysis = laddered(SHARES, spread=0.2)
    step = only(analysis)
    times = times_of(analysis, "graph")
    assert step.launches == LAUNCHES - 1
    assert step.microseconds == pytest.approx(statistics.fmean(times[:2] + times[3:]), rel=1e-12)
    assert sum(part.microseconds.value for part in step.parts) == pytest.approx(step.microseconds, rel=1e-12)


def test_a_share_that_never_varies_has_microseconds_that_vary_as_much_as_the_step() -> None:
    analysis = laddered(SHARES)  # whose times differ from launch to launch, as the baseline drifts
    step = only(analysis)
    whole = mean(times_of(analysis, "graph"), confidence(analysis, len(step.parts)))
    assert whole.low is not None
    assert whole.high is not None
    assert whole.high - whole.low > 0.05 * whole.value
    for part, share in zip(step.parts, (0.1, 0.3, 0.6), strict=True):
        expected = (share * whole.value, share * whole.low, share * whole.high)
        assert (part.microseconds.value, part.microseconds.low, part.microseconds.high) == pytest.approx(
            expected, rel=1e-5
        )


def test_microseconds_are_the_differences_in_each_launch() -> None:
    analysis = laddered(SHARES, spread=0.2)
    step = only(analysis)
    of = confidence(analysis, len(step.parts))
    times = {name: times_of(analysis, name) for name in LADDER}
    below = {"floor": [0.0] * LAUNCHES, "manual": times["floor"], "graph": times["manual"]}
    for part in step.parts:
        differences = [a - b for a, b in zip(times[part.implementation], below[part.implementation], strict=True)]
        expected = mean(differences, of)  # all rounds of a launch differ by the same factor here
        assert part.microseconds.value == pytest.approx(expected.value, rel=1e-5)
        assert (part.microseconds.low, part.microseconds.high) == pytest.approx((expected.low, expected.high), rel=1e-4)


def test_drift_that_all_rounds_share_makes_no_interval_of_a_share_wider() -> None:
    share = only(laddered(SHARES)).parts[1].share
    assert share.low is not None
    assert share.high is not None
    assert share.high - share.low < 1e-6  # the baseline drifts by half from round to round


def test_a_part_that_saves_is_negative_and_one_that_does_neither_is_said_to() -> None:
    saving = only(laddered(SHARES | {"manual": 0.05}))
    assert [part.verdict for part in saving.parts] == ["costs", "saves", "costs"]
    assert values(saving)[1] == pytest.approx(-0.05, rel=1e-6)
    equal = only(laddered(SHARES | {"manual": 0.1}, spread=0.05))
    assert equal.parts[1].verdict == "not separated"


def test_the_part_of_one_that_was_not_timed_is_in_the_next() -> None:
    step = only(without(laddered(SHARES), "manual"))
    assert [part.adds for part in step.parts] == ["arithmetic", "dispatch; graph"]
    assert values(step) == pytest.approx([0.1, 0.9], rel=1e-6)
    lowest = only(without(laddered(SHARES), "floor"))
    assert [part.adds for part in lowest.parts] == ["arithmetic; dispatch", "graph"]


def test_what_is_under_the_lowest_that_the_record_knows_is_not_named() -> None:
    heights = {name: SHARES[name] for name in ("manual", "graph")}
    step = only(laddered(heights))
    assert [part.adds for part in step.parts] == ["all of manual", "graph"]


def test_a_branch_is_a_step_of_its_own() -> None:
    ladder = LADDER | {"other": ("a call for each epoch", "floor")}
    found = steps(laddered(SHARES | {"other": 0.5}, ladder=ladder))
    assert {step.implementation: len(step.parts) for step in found} == {"graph": 3, "other": 2}


@pytest.mark.parametrize("circle", ["floor", "graph"])
def test_a_ladder_that_bites_its_tail_ends_there(circle: str) -> None:
    analysis = laddered(SHARES, ladder=LADDER | {"floor": ("arithmetic", circle)})
    assert all(len({part.implementation for part in step.parts}) == len(step.parts) for step in steps(analysis))


def test_without_a_ladder_there_is_nothing_to_show() -> None:
    analysis = planted({"other": [0.1] * 6})
    assert (steps(analysis), decompositions(analysis), decomposition(analysis)) == ([], [], None)


def test_one_launch_has_no_intervals() -> None:
    analysis = laddered(SHARES)
    step = only(with_timings(analysis, lambda timing: timing if timing.launch == 0 else None))
    assert {part.verdict for part in step.parts} == {"one launch"}


@pytest.mark.parametrize("seed", range(5))
def test_the_table_adds_up_to_the_last_digit(seed: int) -> None:
    random = np.random.RandomState(seed)
    heights = dict(zip(LADDER, random.uniform(0.01, 30, 3), strict=True))
    (table,) = decompositions(laddered(heights, spread=0.1))
    for column in ("µs per epoch", "% of the step"):
        *cells, total = (round(100 * float(str(cell).replace(",", ""))) for cell in table.frame[column])
        assert sum(cells) == total
    assert list(table.frame["% of the step"])[-1] == "100.00"


def test_the_table_has_an_interval_of_the_time_and_one_of_the_share() -> None:
    (table,) = decompositions(laddered(SHARES))
    *lines, together = table.frame.to_dict("records")
    assert [line["95 % interval, %"] for line in lines] == ["10.00 to 10.00", "30.00 to 30.00", "60.00 to 60.00"]
    for line in lines:
        low, high = map(float, str(line["95 % interval, µs"]).split(" to "))
        assert high - low > 0.05 * float(str(line["µs per epoch"]))
    assert (together["95 % interval, µs"], together["95 % interval, %"]) == ("n/a", "n/a")
    assert any("The verdict is about the share." in note for note in table.notes)


def test_the_picture_has_every_part_where_the_one_before_ends() -> None:
    analysis = laddered(SHARES | {"manual": 0.05})
    figure = decomposition(analysis)
    assert figure is not None
    times, shares = figure.panels
    bars = [mark for mark in shares.marks if mark.fill]
    assert [mark.tip.split(":")[0] for mark in bars] == ["arithmetic", "dispatch", "graph"]
    assert shares.x is not None
    across = shares.x.over(shares.width)
    reaches = [(begin, end) for (begin, _), (end, _) in map(ends, bars)]
    expected = [(across(begin), across(end)) for begin, end in ((0, 10), (10, 5), (5, 100))]
    assert reaches == [pytest.approx(reach, abs=0.06) for reach in expected]
    assert len({y for (_, y), _ in map(ends, bars)}) == 3  # each part has a row of its own
    assert "graph: arithmetic 10" in shares.text
    assert "µs" in times.text


def test_every_ladder_in_the_folder_ends_at_the_floor() -> None:
    about = {i.name: i for i in discover()}
    laddering = [name for name, i in about.items() if i.adds_to]
    assert {REFERENCE, "torch_nn", "jax_grad"} <= {*laddering}
    for name in laddering:
        seen = []
        while (here := about[name]).adds_to:
            seen.append(name)
            name = here.adds_to
            assert name not in seen
        assert name == "c_strict"
