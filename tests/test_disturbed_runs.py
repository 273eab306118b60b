"""Runs whose implementations leave processes behind, or whose files change: their own rows say so, and no other."""

import json
import os
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.command import called, document
from tests.conftest import Variant
from xorbench.consistency.rules import read
from xorbench.contract import REFERENCE
from xorbench.estimates.analysis import Analysis
from xorbench.estimates.timing_table import Row
from xorbench.record.run import Record

LOOP = "    for _ in range(epochs):"
COUNTED = ("Parameters = list[Array]\n", "Parameters = list[Array]\nCALLS: list[bool] = []\n")

IN_A_LAUNCH = """    import os, sys
    from pathlib import Path
    CALLS.append("pytest" in sys.modules)
    if sum(CALLS) == 8 + 2 * 10 + 1:
        {}
"""
"""What is done in the eleventh turn of each launch.

Before its turns a worker trains 8 times, and twice in each turn; the calibration has 10 turns, a launch 12.
"""

CALL = ("run", "--quick", "--rounds=12", "--workload=neuron", f"--implementation={REFERENCE}")


def doing(variant: Variant, name: str, what: str, *changes: tuple[str, str]) -> Path:
    """An implementation that does something in the eleventh turn of each launch."""
    return variant(name, (LOOP, f"{IN_A_LAUNCH.format(what)}{LOOP}"), COUNTED, *changes)


def run(launches: int, folder: Path, *paths: Path) -> tuple[Record, dict[str, Row], str]:
    """The record of a run, its rows, and what it printed; it ended with 1."""
    given = [part for path in paths for part in ("--with", path)]
    done = called(*CALL, f"--launches={launches}", f"--output={folder}", "--json", *given)
    assert done.returncode == 1
    assert "Traceback" not in done.stdout + done.stderr
    record = read(Path(document(done)["record"]))
    return record, {row.implementation: row for row in Analysis(record).rows}, done.stdout


def timed(record: Record, name: str) -> set[tuple[int, bool]]:
    return {(t.launch, t.copy) for t in record.timings if t.implementation == name}


@pytest.mark.slow
def test_a_text_that_changes_during_a_run_keeps_its_launches_and_gets_no_more(variant: Variant, tmp_path: Path) -> None:
    edited = doing(variant, "edited", "Path(__file__).open('a').write('# more\\n')")
    deleted = doing(variant, "deleted", "Path(__file__).unlink(missing_ok=True)")
    beside = doing(
        variant,
        "beside",
        "Path(__file__).with_name('notes.c').write_text('// other')",
        ('TIER = "idiomatic"', 'TIER = "idiomatic"\nSOURCES = ("notes.c",)'),
    )
    beside.with_name("notes.c").write_text("// one")
    record, rows, printed = run(3, tmp_path / "results", edited, deleted, beside)
    assert not record.partial
    assert timed(record, REFERENCE) == {(launch, copy) for launch in range(3) for copy in (False, True)}
    assert rows[REFERENCE].reason is None
    for path in (edited, deleted, beside):
        name = path.stem
        launches = {launch for launch, _ in timed(record, name)}
        assert launches in ({0}, {0, 1})  # the second one may have started before
        lost = [failure for failure in record.failures if failure.implementation == name]
        assert sorted(failure.launch for failure in lost) == sorted({0, 1, 2} - launches)
        got = "got no text" if path is deleted else "got "
        says = f"ValueError: the text of {name}.py was changed while it was measured, expected SHA-256 "
        assert all(failure.reason.startswith(says) and got in failure.reason for failure in lost)
        assert rows[name].ratio is not None
        assert rows[name].reason == f"it was timed in {len(launches)} of 3 launches: {lost[0].reason}"
        assert lost[0].reason in [
            row["reason"].partition(": ")[2] for row in json.loads(printed)["rows"] if row["reason"]
        ]


def sleeping(seconds: str) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.cmdline() == ["sleep", seconds]:
                found.append(process)
    return found


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
def test_what_leaves_a_process_running_is_refused_by_name_and_nothing_is_left(variant: Variant, tmp_path: Path) -> None:
    seconds = f"86398.{os.getpid()}"
    forks = f"os.fork() or (os.setsid(), os.execv('/bin/sleep', ['sleep', {seconds!r}]))"
    helper = "import subprocess; sys.kept = subprocess.Popen('cat', stdin=subprocess.PIPE, start_new_session=True)"
    leaves, helped = doing(variant, "leaves", forks), doing(variant, "helped", helper)
    record, rows, _ = run(2, tmp_path / "results", leaves, helped)
    assert sleeping(seconds) == []
    assert record.failures == []
    assert [launch.left for launch in record.launches] == [{"leaves": "sleep"}] * 2
    assert rows["leaves"].verdict == "refused"
    assert rows["leaves"].reason == "it left a process running after its launch: sleep (in 2 of 2 launches)"
    for name in (REFERENCE, "helped"):
        assert rows[name].ratio is not None
        assert rows[name].reason is None
