"""What a step consists of: planted times come out, and whoever does not ask for them sees epochs only."""

import json
import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import typer

from tests.command import document as printed
from tests.command import xorbench
from tests.conftest import BASELINE, Variant
from tests.planted import changed, planted, with_durations, with_implementation, with_timings
from tests.test_render import page
from tests.test_suite import NEURON
from xorbench.affinity import allowed_cpus
from xorbench.charts import album, picture
from xorbench.charts.measured import measured as figure_of
from xorbench.cli import choices
from xorbench.consistency import times
from xorbench.consistency.rules import contradictions, read
from xorbench.contract import REFERENCE
from xorbench.contract import read as read_file
from xorbench.estimates.analysis import Analysis
from xorbench.estimates.measured import ABOVE, NOT_SEPARATED, WITHIN, Measured
from xorbench.exports import frames
from xorbench.exports.document import document
from xorbench.measures import MEASURES, Measure
from xorbench.page.sources import Drawing
from xorbench.publication.selection import Standing
from xorbench.record import store
from xorbench.record.run import WorkloadRecord
from xorbench.record.timing import Failure, Latency, Timing
from xorbench.suite import Settings, Suite, defaults
from xorbench.tables import catalogue
from xorbench.tables.parts import AGAINST, MEDIAN, RATIO, SLOW, UPDATE, line, parts
from xorbench.tables.summary import LINES, summary
from xorbench.workloads import named

WOBBLE = [0.01, -0.01, 0.005, -0.005, 0.0, 0.0]

SHARES: dict[Measure, float] = {"gradient": 0.6, "loss": 0.2, "predict": 0.1}
"""Times of one call as shares of that of an epoch."""


def measuring(
    analysis: Analysis, shares: Mapping[str, Mapping[Measure, float]], wobble: list[float] | None = None
) -> Analysis:
    """A record in which functions were measured too, in the same rounds; gradients wobble from launch to launch."""
    timings: list[Timing] = []
    for launch in range(len(analysis.record.launches)):
        of_launch = [timing for timing in analysis.record.timings if timing.launch == launch]
        for timing in [one for one in of_launch if not one.copy]:
            for number, (measure, share) in enumerate(shares.get(timing.implementation, {}).items()):
                stretch = math.exp(wobble[launch]) if wobble and measure == "gradient" else 1.0
                taken = [round(share * stretch * value) + number for value in timing.round_nanoseconds]
                latency = Latency(100, 2_000 + 20 * launch, 7_000) if measure == "predict" else None
                of_launch.append(
                    replace(timing, measure=measure, round_nanoseconds=taken, cpu_nanoseconds=[*taken], latency=latency)
                )
        rows = len(of_launch)
        timings += [
            replace(timing, positions=[(number + turn // 2) % rows for turn in range(len(timing.epochs))])
            for number, timing in enumerate(of_launch)
        ]
    there = {measure for each in shares.values() for measure in each} | {"epoch"}
    measures = [measure for measure in MEASURES if measure in there]
    settings = replace(analysis.record.settings, measures=measures)
    return Analysis(with_durations(replace(analysis.record, timings=timings, settings=settings)))


def known(wobble: list[float] | None = None, **shares: float) -> Analysis:
    """A record of the baseline, and of one that takes twice as long, both with these shares or SHARES."""
    chosen: Mapping[Measure, float] = {m: shares.get(m, SHARES[m]) for m in SHARES}
    analysis = planted({"slow": [math.log(2) + w for w in WOBBLE]})
    return measuring(analysis, {REFERENCE: chosen, "slow": chosen}, wobble)


def rows_of(analysis: Analysis) -> dict[str, Measured]:
    return {row.implementation: row for row in analysis.measured}


def test_planted_times_come_out() -> None:
    analysis = known()
    rows = rows_of(analysis)
    assert [*rows] == [REFERENCE, "slow"]  # by rising time of an epoch
    for row in rows.values():
        assert (row.workload, row.tier, row.launches) == ("hidden", "idiomatic", 6)
        epoch = row.microseconds["epoch"].value
        for measure, share in SHARES.items():
            assert row.microseconds[measure].value == pytest.approx(share * epoch, rel=1e-4)
        assert row.gradient_over_loss is not None
        assert row.update_microseconds is not None
        assert row.gradient_over_loss.value == pytest.approx(3, rel=1e-4)
        assert row.update_microseconds.value == pytest.approx(0.4 * epoch, rel=0.01)
        assert row.refused == {}
    of_rows = {row.implementation: row.microseconds_per_epoch for row in analysis.rows}
    assert {name: row.microseconds["epoch"] for name, row in rows.items()} == of_rows


def test_drift_that_all_measures_share_makes_no_interval_of_a_ratio_wider() -> None:
    ratio = rows_of(known())["slow"].gradient_over_loss
    assert ratio is not None
    assert ratio.low is not None
    assert ratio.high is not None
    assert ratio.high / ratio.low < 1.001
    wider = rows_of(known(wobble=[0.1, -0.1, 0.05, -0.05, 0.1, -0.1]))["slow"].gradient_over_loss
    assert wider is not None
    assert wider.low is not None
    assert wider.high is not None
    assert wider.low < 2.8 < 3.2 < wider.high


def test_latencies_are_those_of_the_launches() -> None:
    row = rows_of(known())["slow"]
    assert row.median_microseconds is not None
    assert row.percentile_99_microseconds is not None
    assert row.median_microseconds.value == pytest.approx(2.05, rel=1e-3)
    assert row.percentile_99_microseconds.value == pytest.approx(7, rel=1e-6)
    none = with_timings(known(), lambda timing: replace(timing, latency=None))
    assert rows_of(none)["slow"].median_microseconds is None


@pytest.mark.parametrize(
    ("gradient", "wobble", "verdict"),
    [(0.6, None, WITHIN), (1.2, None, ABOVE), (1.0, [0.1, -0.1] * 3, NOT_SEPARATED)],
)
def test_a_ratio_is_held_against_the_limit(gradient: float, wobble: list[float] | None, verdict: str) -> None:
    for row in known(wobble, gradient=gradient, loss=0.2).measured:
        assert row.against_limit == verdict


def test_one_launch_has_no_verdict_on_the_limit() -> None:
    analysis = measuring(planted({}, launches=1), {REFERENCE: SHARES})
    assert rows_of(analysis)[REFERENCE].against_limit is None
    assert len(parts(analysis)) == 1


def test_a_gradient_that_takes_longer_than_an_epoch_has_a_negative_update() -> None:
    update = rows_of(known(gradient=1.5))["slow"].update_microseconds
    assert update is not None
    assert update.value < 0


def test_readers_that_do_not_ask_see_epochs_only() -> None:
    analysis = known()
    alone = with_timings(analysis, lambda timing: timing if timing.measure == "epoch" else None)
    alone = changed(alone, settings=replace(alone.record.settings, measures=["epoch"]))
    assert alone.measured == []
    for name in ("rows", "pairs", "noise_floor", "second_control", "unfit", "autocorrelation", "quiet_share", "by_cpu"):
        assert getattr(analysis, name) == getattr(alone, name), name
    for name in ("costs", "order_effects", "disturbances", "steps", "versions"):
        assert getattr(analysis, name) == getattr(alone, name), name
    pd.testing.assert_frame_equal(frames._rounds(analysis), frames._rounds(alone))
    with_parts, without = (catalogue.named(each) for each in (analysis, alone))
    assert [*without] == [name for name in with_parts if name != "parts"]
    for name, tables in without.items():
        for one, other in zip(with_parts[name], tables, strict=True):
            pd.testing.assert_frame_equal(one.frame, other.frame)
    figures = [figure.name for figure in album.of_record(alone)]
    assert figures == [figure.name for figure in album.of_record(analysis) if figure.name != "parts"]


def test_what_was_refused_or_failed_says_why_and_the_rest_stands() -> None:
    def refuse(timing: Timing) -> Timing:
        wrong = (timing.implementation, timing.measure) == ("slow", "gradient")
        return replace(timing, violations=["wrong gradient"]) if wrong else timing

    analysis = with_timings(known(), refuse)
    analysis = with_timings(analysis, lambda t: None if (t.implementation, t.measure) == ("slow", "predict") else t)
    analysis = changed(analysis, failures=[Failure(0, "hidden", "slow", False, "no sample", "predict")])
    row = rows_of(analysis)["slow"]
    assert row.refused == {"gradient": "wrong gradient (in 6 of 6 launches)", "predict": "no sample"}
    assert (row.gradient_over_loss, row.update_microseconds, row.median_microseconds) == (None, None, None)
    assert {*row.microseconds} == {"epoch", "loss"}
    assert rows_of(analysis)[REFERENCE].gradient_over_loss is not None
    assert {one.implementation: one.verdict for one in analysis.rows}["slow"] == "slower"
    (table,) = parts(analysis)
    cells = table.frame.set_index("implementation").loc["slow"]
    assert (cells["gradient, µs"], cells[RATIO], cells[UPDATE], cells[MEDIAN]) == ("refused", "–", "–", "refused")
    assert "slow, gradient: wrong gradient (in 6 of 6 launches)." in table.notes
    assert "refused or failed slow (gradient) and slow (predict);" in line(analysis)


def test_the_table_is_sorted_by_the_epoch_and_has_what_was_measured() -> None:
    (table,) = parts(known())
    assert table.title == "What a step consists of: hidden (layer sizes 2-4-1, float64), idiomatic"
    assert table.frame["implementation"].tolist() == [REFERENCE, "slow"]
    heads = ["implementation", "loss, µs", "gradient, µs", "epoch, µs", UPDATE, RATIO, AGAINST, MEDIAN, SLOW]
    assert [*table.frame.columns] == heads
    assert table.frame[RATIO].str.startswith("3.00").all()
    assert table.frame[AGAINST].tolist() == [WITHIN] * 2
    assert any("Griewank" in note for note in table.notes)
    (only,) = parts(measuring(planted({}), {REFERENCE: {"loss": 0.2}}))
    assert [*only.frame.columns] == ["implementation", "loss, µs", "epoch, µs"]
    assert not any("Griewank" in note for note in only.notes)
    assert parts(planted({})) == []


def test_tuned_implementations_have_a_table_and_a_panel_of_their_own() -> None:
    analysis = with_implementation(known(), "slow", tier="tuned")
    assert [table.frame["implementation"].tolist() for table in parts(analysis)] == [[REFERENCE], ["slow"]]
    figure = figure_of(analysis)
    assert figure is not None
    assert [panel.title for panel in figure.panels] == ["hidden, idiomatic", "hidden, tuned"]


def test_a_summary_has_one_sentence_on_the_measures() -> None:
    text = line(known())
    assert text.startswith("Measures: gradient / loss 3.00")
    shown = summary(known())
    assert len(shown) <= LINES
    assert " ".join(shown).count("Measures: ") == 1
    assert line(planted({})) == ""
    assert "Measures" not in " ".join(summary(planted({})))


def test_programs_are_given_the_same_numbers() -> None:
    found = document(known())["parts"]
    json.dumps(found, allow_nan=False)
    assert [part["implementation"] for part in found] == [REFERENCE, "slow"]
    for part in found:
        assert part["gradient_over_loss"] == pytest.approx(3, rel=1e-4)
        assert part["gradient_microseconds"] == pytest.approx(0.6 * part["epoch_microseconds"], rel=1e-4)
        assert part["gradient_over_loss_low"] <= part["gradient_over_loss"] <= part["gradient_over_loss_high"]
        assert part["refused"] == {}
    assert document(planted({}))["parts"] == []


def test_the_picture_shows_each_measure_at_its_time() -> None:
    figure = figure_of(known())
    assert figure is not None
    (panel,) = figure.panels
    numbers = pd.DataFrame(panel.numbers)
    assert numbers["measure"].tolist() == ["predict", "loss", "gradient", "epoch"] * 2
    rows = rows_of(known())
    for _, number in numbers.iterrows():
        names: Any = number["measure"]
        assert number["microseconds"] == rows[number["implementation"]].microseconds[names].value
    assert [label.text[:4] for label in panel.labels if label.bold] == ["3.00", "3.00"]
    assert figure_of(planted({})) is None


def test_the_page_has_a_section_on_what_a_step_consists_of() -> None:
    analysis = known()
    figure = figure_of(analysis)
    assert figure is not None
    text = page(analysis, drawings=[Drawing(figure, picture.inlined(figure))])
    table, section = text.index('id="speed-title"'), text.index('id="parts-title"')
    assert table < section < text.index('id="table-parts"')
    assert 'id="parts-title"' not in page(planted({"slow": [0.7] * 6}))


def test_the_newest_record_with_measures_stands_for_them() -> None:
    older, newer = known(), changed(planted({"slow": [0.7] * 6, "other": [0.1] * 6}), created="2026-02-02T00:00:00Z")
    standing = Standing(older)
    standing.meet(newer)
    assert standing.analysis is newer
    assert standing.tables["parts"][0].frame.equals(parts(older)[0].frame)
    assert older.record.created in standing.tables["parts"][0].caption
    assert "parts" in {figure.name for figure in standing.figures}
    other = Standing(newer)
    other.join(standing)
    assert other.measuring is older


def test_measures_are_chosen_by_name() -> None:
    assert choices.measures("epoch") == ["epoch"]
    assert choices.measures("predict, gradient") == ["gradient", "predict"]
    assert defaults.of_a_run(0, 0, measures=["predict"]).measures == ["epoch", "predict"]
    assert defaults.of_a_run(0, 0).measures == ["epoch"]
    assert choices.measures("all") == choices.measures("loss,all") == [*MEASURES]
    with pytest.raises(typer.BadParameter, match="gradients"):
        choices.measures("gradients")


def test_a_record_with_measures_is_consistent(tmp_path: Path) -> None:
    record = known().record
    assert list(contradictions(record)) == []
    assert read(store.write(record, tmp_path)) == record


CONTRADICTIONS: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "unasked": ({"measure": "loss"}, {"measures": ["epoch", "gradient", "predict"]}, "measure: loss, expected one of"),
    "of_a_loss": ({"measure": "loss", "latency": Latency(10, 5, 6)}, {}, "latency: there is one, expected none"),
    "many": ({"measure": "predict", "latency": Latency(10**6, 5, 6)}, {}, "latency.calls: 1000000, expected at most"),
    "upside_down": (
        {"measure": "predict", "latency": Latency(10, 6, 5)},
        {},
        "its 99th percentile is below its median",
    ),
    "twice": ({"measure": "loss", "change": {"measure": "gradient"}}, {}, "again, expected once"),
    "other_lengths": ({"measure": "loss", "epochs": "doubled"}, {}, "as in $.timings"),
}


@pytest.mark.parametrize("name", CONTRADICTIONS)
def test_a_contradiction_of_measures_is_found(name: str) -> None:
    change, settings, expected = CONTRADICTIONS[name]
    wanted = dict(change)
    measure = wanted.pop("measure")
    record = known().record
    timings = [*record.timings]
    place = [n for n, t in enumerate(timings) if t.measure == measure and t.launch == 1][0]  # noqa: RUF015
    values = wanted.pop("change", wanted)
    if "epochs" in values:
        values = {"epochs": [2 * value for value in timings[place].epochs]}
    timings[place] = replace(timings[place], **values)
    record = replace(record, timings=timings, settings=replace(record.settings, **settings))
    assert any(expected in said for said in contradictions(record)), list(contradictions(record))


@pytest.mark.parametrize(
    ("median", "expected"),
    [
        (4_000, []),  # that of c_vectorised, which computes 11,264 products and 1,024 sigmoids
        (49, ["$.timings[0].latency: calls of 49 and 9000 ns, expected 50 to 1e+09 ns"]),
    ],
)
def test_a_prediction_of_one_sample_takes_no_time_of_a_whole_batch(median: int, expected: list[str]) -> None:
    large = WorkloadRecord.of(named("width-1024-batch-1024"))
    record = replace(known().record, workloads=[large])
    (first, *_) = (timing for timing in record.timings if timing.measure == "predict")
    timing = replace(first, workload=large.name, latency=Latency(10, median, 9_000))
    assert list(times.measures(replace(record, timings=[timing]))) == expected


SETTINGS = Settings(
    launches=2, rounds=4, points=2, cpu=allowed_cpus()[-1], seed=0, quick=True, measures=[*MEASURES], cold_starts=1
)


@pytest.mark.slow
def test_a_wrong_prepared_gradient_is_refused_and_all_else_is_timed(variant: Variant) -> None:
    begin = "def begin(recipe: Recipe, parameters: Parameters) -> State:\n"
    wrong = (
        "def prepared(measure, recipe, parameters, inputs, targets):\n"
        "    if measure == 'gradient':\n"
        "        return lambda: [2 * g for g in gradient(recipe, parameters, inputs, targets)]\n"
        "    if measure == 'predict':\n        raise OSError('no sample')\n"
        "    return lambda: loss(recipe, parameters, inputs, targets)\n\n\n"
    )
    session = Suite([BASELINE, read_file(variant("doubles", (begin, wrong + begin)))], NEURON, SETTINGS)
    session.run()
    record = session.record("xorbench run --quick --measure all")
    assert list(contradictions(store.parsed(store.as_text(record)))) == []
    rows = rows_of(Analysis(record))
    assert rows[REFERENCE].refused == {}
    assert {*rows[REFERENCE].microseconds} == {*MEASURES}
    assert {*rows["doubles"].microseconds} == {"epoch", "loss"}
    assert rows["doubles"].refused["gradient"].startswith("wrong gradient: after ")
    assert "OSError: no sample" in rows["doubles"].refused["predict"]
    assert {start.implementation for start in record.cold_starts} == {REFERENCE, "doubles"}
    assert len(record.cold_starts) == 2
    assert {(t.implementation, t.measure) for t in record.timings if t.copy} == {(REFERENCE, "epoch")}


@pytest.mark.slow
def test_a_run_of_all_measures_as_a_user_makes_it(tmp_path: Path) -> None:
    call = ("run", "--quick", "--launches=3", "--rounds=4", "--workload=neuron", f"--implementation={REFERENCE}")
    done = xorbench(*call, "--measure=all", "--output", tmp_path, "--json")
    assert done.returncode == 0, done.stderr
    found = printed(done)
    (part,) = found["parts"]
    assert part["implementation"] == REFERENCE
    for measure in MEASURES:
        assert part[f"{measure}_microseconds"] > 0
    assert part["loss_microseconds"] < part["epoch_microseconds"]
    record = read(Path(found["record"]))
    assert record.settings.measures == [*MEASURES]
    assert all(timing.compared_rounds == 4 for timing in record.timings if timing.measure != "epoch")
    assert all(timing.latency is None for timing in record.timings if timing.measure != "predict")
    shown = xorbench("show", found["record"], "--table=parts")
    assert shown.returncode == 0
    assert "What a step consists of: neuron" in shown.stdout
    assert xorbench(*call, "--measure=everything", "--output", tmp_path).returncode == 2
