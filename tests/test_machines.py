"""The same ratios on several machines: which verdicts hold on all of them, and that no number is of two machines."""

import csv
import math
import re
from collections.abc import Sequence
from dataclasses import replace
from io import StringIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import stdtrit

from tests.planted import (
    HIDDEN,
    changed,
    counted,
    planted,
    with_implementation,
    with_machine,
    with_settings,
    with_timings,
)
from tests.shown import NASTY
from tests.test_steadiness import drifting
from xorbench.estimates.analysis import Analysis
from xorbench.estimates.machines import (
    ABSENT,
    FASTER,
    OPPOSITE,
    SLOWER,
    UNDECIDED,
    Comparison,
    Conclusion,
    OverMachines,
    over_machines,
)
from xorbench.record.run import Blas, Environment
from xorbench.tables import machines
from xorbench.tables.cells import plain
from xorbench.tables.formats import FORMATS

WOBBLE = [0.002, -0.002] * 3

LATER = "2026-02-03T04:05:06Z"


def on(cpu: str, *, created: str = "2026-01-02T03:04:05Z", **ratios: float) -> Analysis:
    """A record of a machine with these logarithms of ratios, which differ by 0.2 % from launch to launch."""
    return of(cpu, ratios, created)


def of(cpu: str, ratios: dict[str, float], created: str = "2026-01-02T03:04:05Z") -> Analysis:
    found = planted({name: [ratio + w for w in WOBBLE] for name, ratio in ratios.items()}, created=created)
    return with_machine(found, cpu=cpu)


def name_of(analysis: Analysis) -> str:
    return analysis.record.machine.name


def only(*records: Analysis) -> Comparison:
    (found,) = over_machines(records).comparisons
    return found


def conclusions(*records: Analysis) -> dict[str, Conclusion]:
    return {each.implementation: each for each in only(*records).conclusions}


@pytest.mark.parametrize(
    ("ratios", "verdict"),
    [
        ([-0.5, -0.1], FASTER),
        ([0.5, 0.1], SLOWER),
        ([-0.5, -0.1, -0.9], FASTER),
        ([-0.5, 0.1], OPPOSITE),
        ([-0.5, 0.1, 0.0], OPPOSITE),
        ([-0.5, 0.0], UNDECIDED),
        ([0.5, 0.0], UNDECIDED),
        ([0.0, 0.0], UNDECIDED),
    ],
)
def test_a_verdict_holds_if_it_is_the_same_on_every_machine(ratios: Sequence[float], verdict: str) -> None:
    records = [on(f"cpu {number}", other=ratio) for number, ratio in enumerate(ratios)]
    found = conclusions(*records)["other"]
    assert found.verdict == verdict
    values = [math.exp(ratio) for ratio in ratios]
    assert [ratio.value for ratio in found.ratios.values()] == pytest.approx(values, rel=1e-4)
    assert found.smallest == values.index(min(values))
    assert found.largest == values.index(max(values))
    assert conclusions(*reversed(records))["other"].verdict == verdict


def spread(rows: int, machines: int) -> list[Analysis]:
    """Records with values of launches whose means are 0.1 below 0, with a standard deviation of 0.1."""
    apart = 0.1 * math.sqrt(5 / 6)
    values = {f"row_{number}": [-0.1 + apart, -0.1 - apart] * 3 for number in range(rows)}
    return [with_machine(planted(values), cpu=f"cpu {number}") for number in range(machines)]


@pytest.mark.parametrize(("rows", "machines"), [(1, 2), (2, 2), (1, 3), (3, 4)])
def test_intervals_hold_together_over_implementations_and_machines(rows: int, machines: int) -> None:
    # Student's t of six launches, whose probability of an error is divided by the number of intervals.
    half = stdtrit(5, 1 - 0.05 / (rows * machines) / 2) * 0.1 / math.sqrt(6)
    for each in only(*spread(rows, machines)).conclusions:
        for ratio in each.ratios.values():
            assert (ratio.low, ratio.high) == pytest.approx((math.exp(-0.1 - half), math.exp(-0.1 + half)), rel=1e-3)


def test_what_is_shown_on_one_machine_alone_may_not_be_on_all_together() -> None:
    # The mean is 2.8 standard errors below 0: beyond the 2.57 of one interval, and within the 3.16 of one of two.
    apart = 0.087 * math.sqrt(5 / 6)
    records = [with_machine(planted({"other": [-0.1 + apart, -0.1 - apart] * 3}), cpu=cpu) for cpu in ("one", "two")]
    assert [analysis.rows[1].verdict for analysis in records] == ["faster", "faster"]
    found = conclusions(*records)["other"]
    assert [there.verdict for there in found.found] == ["not separated", "not separated"]
    assert found.verdict == UNDECIDED


def test_implementations_of_one_machine_only_do_not_widen_the_intervals_and_are_named() -> None:
    alone = {"second": 0.2, "third": 0.3}
    one, two, wide = of("one", {"other": 0.5, **alone}), on("two", other=0.4, fourth=0.1), on("one", other=0.5)
    found, narrow = only(one, two), only(wide, two)
    assert [each.implementation for each in found.conclusions] == ["other"]
    assert found.conclusions == narrow.conclusions
    assert found.alone == [("second", 0), ("third", 0), ("fourth", 1)]
    note = "On one machine only, and not in the table: second (A), third (A), fourth (B)."
    assert note in machines.tables(over_machines([one, two]))[1].notes


def test_what_is_not_steady_on_a_machine_is_not_shown_to_hold_there() -> None:
    one, two = with_machine(drifting(0.05), cpu="one"), with_machine(drifting(0.0), cpu="two")
    found = conclusions(one, two)
    assert [there.verdict for there in found["other"].found] == ["not steady", "slower"]
    assert {name: each.verdict for name, each in found.items()} == {
        "fast": FASTER,
        "other": UNDECIDED,
        "slow": SLOWER,
        "slower": SLOWER,
    }
    assert (
        "Not steady, so that the ratio has no verdict there: other (A)."
        in machines.tables(over_machines([one, two]))[1].notes
    )


def test_a_machine_without_a_ratio_says_why_and_the_others_decide() -> None:
    one, two, three = (on(cpu, other=0.5, second=0.2) for cpu in ("one", "two", "three"))
    two = with_implementation(with_timings(two, without("other")), "other", missing="it is not installed")
    three = changed(
        with_timings(three, without("other")),
        implementations=[i for i in three.record.implementations if i.name != "other"],
    )
    four = on("four", other=0.4)
    found = conclusions(one, two, three, four)["other"]
    assert [there.verdict for there in found.found] == ["slower", two.rows[-1].verdict, ABSENT, "slower"]
    assert found.verdict == SLOWER
    (_, table) = machines.tables(over_machines([one, two, three, four]))
    line = table.frame.set_index("implementation").loc["other"]
    assert (line["machines with a ratio"], line["C"], line["verdict"]) == ("2 of 4", ABSENT, SLOWER)


def without(name: str) -> Any:
    return lambda timing: None if timing.implementation == name else timing


@settings(max_examples=15)
@given(st.lists(st.tuples(*[st.floats(-1, 1)] * 3), min_size=2, max_size=4))
def test_every_number_is_that_of_one_record(ratios: list[tuple[float, float, float]]) -> None:
    records = [on(f"cpu {n}", a=a, b=b, c=c) for n, (a, b, c) in enumerate(ratios)]
    found = only(*records)
    assert [*found.records] == records
    for number, analysis in enumerate(records):
        rows = {row.implementation: row for row in analysis.rows}
        for each in found.conclusions:
            ratio, own = each.ratios[number], rows[each.implementation].ratio
            assert own is not None
            assert ratio.value == own.value
            assert own.low is not None
            assert own.high is not None
            assert ratio.low is not None
            assert ratio.high is not None
            assert ratio.low <= own.low  # for all machines together, and so wider
            assert ratio.high >= own.high
    others = over_machines(records[::-1]).comparisons[0]
    assert {each.implementation: each.verdict for each in others.conclusions} == {
        each.implementation: each.verdict for each in found.conclusions
    }


def no_cpu_time(analysis: Analysis) -> Analysis:
    return with_timings(
        analysis,
        lambda timing: replace(
            timing,
            cpu_nanoseconds=[None] * len(timing.epochs),
            waited_nanoseconds=[None] * len(timing.epochs),
        ),
    )


def wall_time(analysis: Analysis) -> Analysis:
    """The record as of a system that reports CPU times, but not how long a process waited."""
    return with_timings(analysis, lambda timing: replace(timing, waited_nanoseconds=[None] * len(timing.epochs)))


GOOD = on("good", other=0.5)

UNUSABLE = {
    "was interrupted": changed(GOOD, partial=True),
    "is of a quick run": with_settings(GOOD, quick=True),
    "is of the kind sweep, not of a run": with_settings(GOOD, sweep=True),
    "is of the kind history, not of a run": changed(GOOD, kind="history"),
    "is of the kind count, not of a run": counted({"numpy_backprop": 10, "other": 20}),
    "has no CPU times of its rounds, as no record of schema 4 has": no_cpu_time(GOOD),
    "has no timings": changed(GOOD, timings=[]),
    "has one launch, and so no intervals": planted({"other": [0.5]}, launches=1),
    "is unfit: the baseline against itself": planted({"other": [0.5] * 6}, control=[0.1, 0.11] * 3),
    "has no ratio to numpy_backprop": on("good"),
}


@pytest.mark.parametrize("why", UNUSABLE)
def test_a_record_that_cannot_be_compared_is_left_out_with_the_reason(why: str) -> None:
    bad, one, two = with_machine(UNUSABLE[why], cpu="bad"), on("one", other=0.5), on("two", other=0.4)
    over = over_machines([bad, one, two])
    assert over.compared == [name_of(one), name_of(two)]
    (found,) = over.comparisons
    assert found.machines == over.compared
    assert over.left_out[name_of(bad)].startswith(f"Its record of {bad.record.created} {why}")
    table, _ = machines.tables(over)
    assert any(note.startswith(f"{name_of(bad)} is not compared. Its record of ") for note in table.notes)
    frame = table.frame.set_index("name")
    assert [*frame.loc[name_of(bad), ["machine", "compared", "records"]]] == ["n/a", "no", "n/a"]
    assert [*frame.loc[name_of(one), ["machine", "compared", "records"]]] == ["A", "yes", one.record.created]


def test_why_a_machine_is_not_compared_is_said_of_its_newest_record_unless_an_older_one_has_ratios() -> None:
    quick, stopped = with_settings(GOOD, quick=True), changed(GOOD, partial=True, created=LATER)
    (said,) = over_machines([quick, stopped]).left_out.values()
    assert said == f"Its record of {LATER} was interrupted."
    (said,) = over_machines([GOOD, stopped]).left_out.values()
    assert said == "No other machine has a ratio of the same implementation under the same conditions."


@pytest.mark.parametrize(
    "other",
    [
        with_settings(on("two", other=0.5), threads=2),
        with_settings(on("two", other=0.5), measures=["epoch", "loss"]),
        with_implementation(on("two", other=0.5), "other", tier="tuned"),
        changed(on("two", other=0.5), workloads=[replace(HIDDEN, rate=0.25)]),
        changed(on("two", other=0.5), workloads=[replace(HIDDEN, parameters_sha256="1" * 64)]),
        changed(on("two", other=0.5), workloads=[replace(HIDDEN, dtype="float32")]),
        wall_time(on("two", other=0.5)),
        on("two", third=0.5),
    ],
    ids=["threads", "measures", "tier", "rate", "parameters", "dtype", "clock", "implementations"],
)
def test_ratios_under_other_conditions_are_not_compared(other: Analysis) -> None:
    one = on("one", other=0.5)
    over = over_machines([one, other])
    assert not over.comparisons
    why = "No other machine has a ratio of the same implementation under the same conditions."
    assert over.left_out == {name_of(one): why, name_of(other): why}
    again = with_machine(other, cpu="three")
    (found,) = over_machines([one, other, again]).comparisons
    assert found.machines == [name_of(other), name_of(again)]


def test_of_each_machine_the_record_with_the_most_implementations_is_compared_and_of_these_the_newest() -> None:
    full, newer = on("one", other=0.5, second=0.2), on("one", other=0.6, second=0.2, created=LATER)
    small, two = on("one", other=0.7, created="2026-03-03T00:00:00Z"), on("two", other=0.4, second=0.1)
    for records in ([full, newer, small, two], [small, two, newer, full]):
        found = only(*records)
        assert newer in found.records
        assert two in found.records
    assert small in only(small, two).records


def test_comparisons_are_in_the_order_of_threads_tiers_and_workloads() -> None:
    def both(cpu: str) -> list[Analysis]:
        one = on(cpu, other=0.5, fast=-2.0)
        tuned = with_implementation(one, "fast", tier="tuned")
        later = changed(with_settings(tuned, threads=2), created=LATER)
        return [later, tuned]

    over = over_machines([*both("one"), *both("two")])
    found = [(each.conditions.threads, each.conditions.tier) for each in over.comparisons]
    assert found == [(1, "idiomatic"), (1, "tuned"), (2, "idiomatic"), (2, "tuned")]
    titles = [table.title for table in machines.tables(over)]
    hidden = "hidden (layer sizes 2-4-1, float64)"
    assert titles == [
        "Machines",
        f"{hidden}, idiomatic, 2 machines",
        f"{hidden}, tuned, 2 machines",
        f"{hidden}, idiomatic, 2 threads, 2 machines",
        f"{hidden}, tuned, 2 threads, 2 machines",
    ]


def test_the_order_of_implementations_is_that_of_the_first_machine() -> None:
    found = only(on("one", slow=1.0, fast=-1.0, middle=0.5), on("two", slow=-1.0, fast=1.0, middle=0.5))
    assert [each.implementation for each in found.conclusions] == ["fast", "middle", "slow"]


def test_versions_and_texts_that_differ_are_told_with_the_machines() -> None:
    def with_versions(cpu: str, python: str, version: str, sha256: str, commit: str | None) -> Analysis:
        found = with_implementation(on(cpu, other=0.5, same=0.1), "other", version=version, source_sha256=sha256 * 64)
        return changed(found, environment=Environment({"python": python}, Blas("openblas", "1"), {}), commit=commit)

    commit = "0123456789abcdef+changes"
    told = [
        ("one", "3.11.7", "1.0", "a", commit),
        ("two", "3.12.1", "2.0", "a", commit),
        ("three", "3.11.7", "1.0", "b", None),
    ]
    records = [with_versions(*each) for each in told]
    _, table = machines.tables(over_machines(records))
    assert [note for note in table.notes if note.startswith(("Versions", "Files"))] == [
        "Versions of xorbench differ: 0123456789ab+changes on A and B; an unknown commit on C.",
        "Versions of Python differ: 3.11.7 on A and C; 3.12.1 on B.",
        "Versions of other differ: 1.0 on A and C; 2.0 on B.",
        "Files whose texts differ: other.py.",
    ]


@pytest.mark.parametrize(
    ("ratios", "said"),
    [
        (
            {"a": (-0.5, -0.4), "b": (0.5, 0.4), "c": (-0.5, 0.5), "d": (0.5, 0.0)},
            "2 of 4 implementations have the same verdict on all machines, faster or slower than numpy_backprop; "
            "faster on one machine and slower on another: c; undecided, because not separated or not steady on some "
            "machine: d.",
        ),
        (
            {"a": (-0.5, -0.4)},
            "1 of 1 implementation has the same verdict on all machines, faster or slower than numpy_backprop.",
        ),
    ],
)
def test_the_conclusion_counts_what_holds(ratios: dict[str, tuple[float, float]], said: str) -> None:
    one, two = (of(f"cpu {n}", {name: both[n] for name, both in ratios.items()}) for n in (0, 1))
    assert machines.conclusion(only(one, two)) == said


def test_the_smallest_and_the_largest_ratio_stand_with_their_machines() -> None:
    records = [on("one", other=0.5), on("two", other=-0.5), on("three", other=0.1)]
    _, table = machines.tables(over_machines(records))
    (line,) = table.frame.to_dict("records")
    assert float(line["smallest ratio"]) == pytest.approx(math.exp(-0.5), abs=0.005)
    assert float(line["largest ratio"]) == pytest.approx(math.exp(0.5), abs=0.005)
    assert (line["smallest ratio, machine"], line["largest ratio, machine"]) == ("B", "A")
    assert line["A"].startswith(line["largest ratio"])
    (found,) = csv.DictReader(StringIO("\n".join(FORMATS["csv"]([table]).splitlines()[:2])))
    for letter, ratio in zip("ABC", (0.5, -0.5, 0.1), strict=True):
        assert float(found[letter]) == pytest.approx(math.exp(ratio), rel=1e-4)
        assert float(found[f"{letter}, low"]) < float(found[letter]) < float(found[f"{letter}, high"])


def test_machines_have_letters_however_many_there_are() -> None:
    over = OverMachines({f"machine-{number}": GOOD for number in range(704)}, comparisons=[], left_out={})
    found = [*machines.letters_of(over).values()]
    assert [found[number] for number in (0, 25, 26, 701, 702, 703)] == ["A", "Z", "AA", "ZZ", "AAA", "AAB"]
    assert len({*found}) == 704


def test_one_machine_has_a_table_of_machines_and_publishes_none() -> None:
    over = over_machines([GOOD])
    assert machines.named(over) == {}
    (table,) = machines.tables(over)
    assert any(note.startswith(f"{name_of(GOOD)} is not compared. No other machine has") for note in table.notes)


def test_texts_of_records_are_escaped() -> None:
    records = [
        with_implementation(
            with_machine(planted({name: [0.5] * 6 for name in NASTY}), cpu=f"{place}{NASTY[place]}"),
            NASTY[0],
            version=f"{place}{NASTY[1]}",
        )
        for place in (0, 1)
    ]
    found = machines.tables(over_machines(records))
    assert len(found) == 2
    for ending, write in FORMATS.items():
        text = write(found)
        assert "\u2028" not in text
        if ending in ("md", "html"):
            assert not re.search(r"(?<!\\)<(?:script|img)", text)
    for table in found:
        assert all(sentence == plain(sentence, 4000) for sentence in table.below)


def test_the_level_follows_the_looks_at_the_data() -> None:
    one, two = spread(1, 2)
    strict = changed(one, plan=replace(one.record.plan, confidence=0.975))
    halves = []
    for records in ((one, two), (strict, two)):
        ratio, other = only(*records).conclusions[0].ratios.values()
        assert ratio.low is not None
        halves.append(math.log(ratio.value / ratio.low))
        assert other == only(one, two).conclusions[0].ratios[1]
    expected = [float(stdtrit(5, 1 - alpha / 2 / 2)) for alpha in (0.05, 0.025)]
    assert halves[1] / halves[0] == pytest.approx(expected[1] / expected[0], rel=1e-6)
