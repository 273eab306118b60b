"""The sweep as a user meets it: real processes, killed and interrupted, that go on from where they were."""

import itertools
import json
import os
import signal
import subprocess
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.command import XORBENCH, called
from tests.conftest import BASELINE, Variant
from xorbench.affinity import allowed_cpus
from xorbench.cli import keeping
from xorbench.clock.host import Lock
from xorbench.consistency import rules
from xorbench.contract import REFERENCE, read
from xorbench.estimates.analysis import Analysis
from xorbench.record import store
from xorbench.record.run import Record
from xorbench.record.settings import Settings
from xorbench.suite.sweep import Sweep
from xorbench.suite.sweep_cost import Estimate
from xorbench.workloads import named

CALL = (
    *("sweep", "--json", f"--implementation={REFERENCE}"),
    *("--widths=2,4", "--batches=4,8", "--at-width=4", "--launches=3", "--rounds=2", "--threads=1"),
)
POINTS = {"width-2-batch-4", "width-4-batch-4", "width-4-batch-8"}


class Folder:
    """Where sweeps are kept, and noted."""

    def __init__(self, path: Path) -> None:
        self.path = path / "results"
        self._environment = os.environ | {"XDG_CACHE_HOME": str(path / "cache")}

    def start(self, *options: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [*XORBENCH, *CALL, f"--output={self.path}", *options],
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def stop_after_a_point(self, how: signal.Signals, *options: str) -> tuple[int, str]:
        with self.start(*options) as process:
            assert process.stderr is not None
            seen = (line for line in process.stderr if line.startswith("points: "))
            assert len([*itertools.islice(seen, 2)]) == 2  # the first line is printed before the first point
            os.killpg(process.pid, how)
            out, _ = process.communicate()
        return process.returncode, out

    @property
    def journals(self) -> list[Path]:
        return list(self.path.parent.rglob("*.jsonl"))


def timed(record: Record) -> Counter[tuple[str, bool]]:
    return Counter((t.workload, t.copy) for t in record.timings)


@pytest.mark.slow
def test_a_sweep_that_is_killed_and_interrupted_goes_on_and_measures_nothing_twice(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    assert folder.stop_after_a_point(signal.SIGKILL)[0] == -signal.SIGKILL
    assert len(folder.journals) == 1
    assert store.paths(folder.path) == []

    code, out = folder.stop_after_a_point(signal.SIGINT, "--resume")
    assert code == 130
    path = Path(json.loads(out)["sweeps"][0]["record"])
    partial = rules.read(path)
    assert partial.partial
    assert partial.resumed
    assert sum(timed(partial).values()) >= 4  # a point of each process, and its second copy

    with folder.start("--resume") as process:
        out, err = process.communicate()
    assert process.returncode == 0, (err, [row["reason"] for row in json.loads(out)["sweeps"][0]["rows"]])
    assert "gradients: " not in err  # judged before
    assert "calibration: " not in err
    assert f"continuing the sweep of {partial.created}: " in err
    assert store.paths(folder.path) == [path]
    whole = rules.read(path)
    assert not whole.partial
    assert whole.resumed
    assert len(whole.launches) == whole.plan.launches == 3
    assert whole.timings[: len(partial.timings)] == partial.timings
    assert timed(whole) == {(point, copy): 3 for point in POINTS for copy in (False, True)}
    assert len({(t.workload, t.copy, t.launch) for t in whole.timings}) == len(whole.timings)
    assert folder.journals == []
    assert whole.seconds.total > partial.seconds.total
    check(whole, json.loads(out)["sweeps"][0])


def test_without_an_unfinished_sweep_there_is_nothing_to_continue(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    done = called(*CALL, f"--output={tmp_path}", "--resume")
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert "--resume: there is no unfinished run of the same implementations, workloads, settings" in line
    said: list[str] = []
    with Lock(said.append).held():
        assert said == []  # the command has released the lock of the host


def check(record: Record, document: dict[str, Any]) -> None:
    """A record of a sweep is one of a run, whose workloads are points."""
    assert {w.name for w in record.workloads} == POINTS
    assert record.settings.sweep
    assert record.settings.threads == 1
    judged = record.gradients.rows
    assert {(row.workload, row.verdict, row.points, row.dtype) for row in judged} == {
        (point, "inside", 2, "float64") for point in POINTS
    }
    assert all(end.verdict == "inside" and end.parameters is None for end in record.gradients.endings)
    assert all(timing.violations == [] for timing in record.timings)
    assert [products.implementation for products in record.products] == [REFERENCE]
    assert document["crossings"] == []
    assert [row["implementation"] for row in document["growth"]] == [REFERENCE]
    assert record.seconds.total >= record.seconds.launches + record.seconds.judge


@pytest.mark.slow
def test_all_threads_are_allowed_where_all_are_asked_for_and_nobody_is_timed_unjudged(
    tmp_path: Path, variant: Variant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("sys.argv", ["xorbench", "sweep"])  # its journal holds the command
    every = allowed_cpus()
    wrong = read(variant("wrong", ("delta = outputs - targets", "delta = targets - outputs")))
    settings = Settings(1, every[-1], 0, launches=1, rounds=2, cold_starts=0, threads=len(every), sweep=True)

    def swept(resume: bool) -> Record:
        session = Sweep([BASELINE, wrong], [named("width-2-batch-4")], settings)
        keeping.prepare(session, resume)
        session.run()
        keeping.end([session], is_complete=False)
        return session.record("xorbench sweep")

    record = swept(resume=False)
    store.parsed(store.as_text(record))
    assert not record.resumed
    assert set(record.environment.variables.values()) == {str(len(every))}
    assert {timing.implementation for timing in record.timings} == {REFERENCE}
    assert [row.verdict for row in Analysis(record).rows] == ["baseline", "outside"]
    for timing in record.timings:
        assert timing.ledger.cpus == every
        assert timing.violations == []
        assert {pool.threads for pool in timing.ledger.pools} == {len(every)}
    assert len(every) == 1 or not any(launch.overlapped for launch in record.launches)
    assert swept(resume=True) == record  # from its journal, down to the seconds


@pytest.mark.slow
@pytest.mark.parametrize(("seconds_left", "launches"), [(0.0, 4), (4e9, 6)])
def test_a_sweep_whose_launches_take_longer_than_expected_ends_with_its_budget_after_four(
    seconds_left: float, launches: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Estimate, "launches_in", lambda _self, _seconds: 6)
    monkeypatch.setattr(Sweep, "_left", lambda _self: seconds_left)
    settings = Settings(1, allowed_cpus()[-1], 0, budget_minutes=60.0, rounds=2, cold_starts=0, sweep=True)
    session = Sweep([BASELINE], [named("width-2-batch-4")], settings)
    session.run()
    record = session.record("xorbench sweep")
    assert (record.plan.launches, len(record.launches), record.partial) == (launches, launches, False)
    assert [*rules.contradictions(store.parsed(store.as_text(record)))] == []
