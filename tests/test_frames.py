"""Records as frames: every column explained, every value the record's."""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import xorbench
from tests.command import COMMITTED
from tests.planted import changed, loud, planted, with_timings
from xorbench import places
from xorbench.contract import REFERENCE
from xorbench.estimates.analysis import Analysis
from xorbench.exports.columns import COLUMNS
from xorbench.exports.frames import load
from xorbench.exports.lines import RecordLine, TimingLine
from xorbench.record import store
from xorbench.record.timing import Timing


@pytest.fixture(scope="module")
def analysis() -> Analysis:
    """With what the committed report of the judge says of two implementations on the planted workload."""
    report = store.read(Path(COMMITTED)).gradients
    parts = {field.name: getattr(report, field.name) for field in fields(report)}
    names = {REFERENCE: REFERENCE, "jax_grad": "other"}
    of_two: dict[str, Any] = {name: [*_of(part, names)] for name, part in parts.items() if isinstance(part, list)}
    return planted({"other": [0.5] * 6}, gradients=replace(report, points=1, **of_two))


def _of(part: list[Any], names: Mapping[str, str]) -> Iterator[Any]:
    """Yield the rows on the planted workload that are about implementations in `names`, with their new names."""
    for row in part:
        found = {key: getattr(row, key) for key in ("implementation", "first", "second") if hasattr(row, key)}
        if row.workload == "hidden" and {*found.values()} <= names.keys():
            yield replace(row, **{key: names[name] for key, name in found.items()})


def test_every_column_is_explained_and_of_its_type(tmp_path: Path, analysis: Analysis) -> None:
    frames = load(store.write(analysis.record, tmp_path))
    assert vars(frames).keys() == COLUMNS.keys()
    for name, frame in vars(frames).items():
        assert {column: str(dtype) for column, dtype in frame.dtypes.items()} == {
            column: dtype for column, (dtype, _) in COLUMNS[name].items()
        }
        assert len(frame) > 0, name


def test_the_types_of_lines_have_the_columns_of_their_frames() -> None:
    for name, kind in (("records", RecordLine), ("timings", TimingLine)):
        assert {*kind.__annotations__} == {*COLUMNS[name]}


def test_every_round_has_its_line(tmp_path: Path, analysis: Analysis) -> None:
    def one_is_other(timing: Timing) -> Timing:
        if (timing.launch, timing.implementation, timing.copy) != (1, REFERENCE, False):
            return timing
        taken, waited = [*timing.cpu_nanoseconds], [*timing.waited_nanoseconds]
        taken[0], waited[2] = 12_345, None
        return replace(timing, cpu_nanoseconds=taken, waited_nanoseconds=waited)

    analysis = with_timings(analysis, one_is_other)
    rounds = load(store.write(analysis.record, tmp_path)).rounds
    assert len(rounds) == 3 * 6 * 22
    for timing in analysis.record.timings:
        mine = rounds[
            (rounds["launch"] == timing.launch)
            & (rounds["implementation"] == timing.implementation)
            & (rounds["copy"] == timing.copy)
        ]
        assert list(mine["nanoseconds"]) == timing.round_nanoseconds
        assert list(mine["cpu_nanoseconds"]) == timing.cpu_nanoseconds
        assert list(mine["round"]) == list(range(22))
        assert list(mine["position"]) == timing.positions
        assert list(mine["epochs"]) == timing.epochs
        waited = [None if pd.isna(w) else w for w in mine["waited_nanoseconds"]]
        assert waited == timing.waited_nanoseconds


def test_estimates_stand_beside_what_they_are_of(tmp_path: Path, analysis: Analysis) -> None:
    frames = load(store.write(analysis.record, tmp_path))
    other = frames.timings.set_index("implementation").loc["other"]
    assert other["ratio"] == pytest.approx(1.6487, abs=1e-4)
    assert other["start_microseconds"] == pytest.approx(0, abs=0.01)
    assert other["idle_share"] == 0
    assert pd.isna(other["slow_factor"])
    assert pd.isna(other["quiet_share"])
    assert len(frames.gradients) == len(analysis.record.gradients.rows)
    assert frames.gradients["of_bound_largest"].max() < 1
    assert len(frames.cold_starts) == len(analysis.record.cold_starts)
    assert set(frames.trajectories["epoch"]) >= {1, 10_000}


def test_several_records_are_told_apart(tmp_path: Path) -> None:
    one = planted({"one": [0.5] * 6})
    two = planted({"two": [0.5] * 6}, created="2026-02-02T00:00:00Z")
    paths = [store.write(each.record, tmp_path) for each in (one, two)]
    frames = load(tmp_path)
    assert list(frames.records["created"]) == ["2026-01-02T03:04:05Z", "2026-02-02T00:00:00Z"]
    assert list(frames.records["sha256"]) == [store.digest(path) for path in paths]
    assert set(frames.rounds.loc[frames.rounds["created"] == two.record.created, "implementation"]) == {
        "two",
        "numpy_backprop",
    }
    assert str(frames.rounds["implementation"].dtype) == "category"


def test_the_fitness_of_a_record_is_derived_from_its_rounds(tmp_path: Path) -> None:
    honest = planted({"other": [0.5] * 6})
    paths = [
        store.write(changed(loud(honest), command="xorbench run other").record, tmp_path / "a"),
        store.write(changed(honest, unfit="why").record, tmp_path),
    ]
    unfit = load(*paths).records.set_index("command")["unfit"]
    assert unfit["xorbench run other"].startswith("the baseline against itself came out as 1.2")
    assert pd.isna(unfit["xorbench run"])


def test_nothing_to_load_is_said(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no record in it"):
        load(tmp_path)


def test_parquet_gives_back_every_frame(tmp_path: Path, analysis: Analysis) -> None:
    frames = load(store.write(analysis.record, tmp_path))
    files = frames.to_parquet(tmp_path / "out")
    assert [file.stem for file in files] == list(COLUMNS)
    for file in files:
        pd.testing.assert_frame_equal(pd.read_parquet(file), getattr(frames, file.stem))


def test_an_empty_run_has_empty_frames(tmp_path: Path) -> None:
    frames = load(store.write(planted({}, timings=[], cold_starts=[]).record, tmp_path))
    assert len(frames.rounds) == 0
    assert list(frames.rounds.columns) == list(COLUMNS["rounds"])


def test_load_stands_at_the_door(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "results", lambda: tmp_path)
    store.write(planted({"other": [0.5] * 6}).record, tmp_path)
    assert list(xorbench.load().records["command"]) == ["xorbench run"]
    assert "pandas" in sys.modules


def test_a_notebook_shows_what_was_loaded_and_executes_none_of_it(tmp_path: Path) -> None:
    for number in range(1, 12):
        store.write(planted({"other": [0.5] * 6}, created=f"2026-01-{number:02}T00:00:00Z").record, tmp_path)
    frames = load(tmp_path)
    frames.records.loc[0, "command"] = "xorbench <script>alert(1)</script>"
    shown = frames._repr_html_()
    assert "xorbench: 11 records (the first 10)" in shown
    assert "xorbench &lt;script&gt;alert(1)&lt;/script&gt;" in shown
    assert "<script>" not in shown
    assert '<td class="right">4,356</td>' in shown  # rounds: 11 records of 3 rows, 6 launches and 22 rounds
    assert shown.count("2026-01-") == 10
    assert len(shown) < 10_000
