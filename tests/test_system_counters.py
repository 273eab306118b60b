"""Evidence: what this system tells is taken down, what another does not is unknown."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest

from xorbench.affinity import allowed_cpus
from xorbench.clock import system_counters
from xorbench.clock.system_counters import Conditions, Reading


def test_between_two_readings_things_only_grow() -> None:
    before = system_counters.reading()
    sum(range(100_000))
    between = before.until(system_counters.reading())
    assert between.involuntary_switches is None or between.involuntary_switches >= 0
    assert between.waited_nanoseconds is None or between.waited_nanoseconds >= 0


def test_what_is_not_told_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system_counters, "resource", None)
    monkeypatch.setattr(system_counters, "_THREADS", Path("/nowhere"))
    assert system_counters.reading() == Reading(None, None)
    assert Reading(1, None).until(Reading(4, 5)) == Reading(3, None)


def test_conditions_are_of_the_cpu() -> None:
    found = system_counters.conditions(allowed_cpus()[-1:])
    assert found.load_1_minute is not None
    assert found.load_1_minute >= 0
    assert system_counters.conditions([10_000]).steal_seconds is None


def test_steal_and_frequency_are_those_of_the_cpus_to_time_on(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("user", "system", "idle", "steal", "guest")
    times = [SimpleNamespace(**dict.fromkeys(names, 1000.0) | {"steal": steal}) for steal in (1.0, 20.0, 300.0)]
    frequencies = [SimpleNamespace(current=current) for current in (2500.0, 2600.0, 2700.0)]
    monkeypatch.setattr(psutil, "cpu_times", lambda **_: times)
    monkeypatch.setattr(psutil, "cpu_freq", lambda **_: frequencies, raising=False)
    monkeypatch.setattr(psutil, "getloadavg", lambda: (0.5, 8.0, 9.0))
    assert system_counters.conditions([1]) == Conditions(0.5, 20.0, 2600.0)
    assert system_counters.conditions([2, 0]) == Conditions(0.5, 301.0, 2700.0)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [(5.0, 5.5, 0.5), (5.0, 7.0, 2.0), (5.0, 4.0, None), (5.0, 9e9, None), (None, 5.0, None), (5.0, None, None)],
)
def test_steal_that_runs_backwards_or_leaps_is_not_known(
    before: float | None, after: float | None, expected: float | None
) -> None:
    assert Conditions(0.5, before, None).stolen(Conditions(0.5, after, None), most=2.0) == expected


def test_the_waiting_of_every_thread_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for thread, waited in (("1", 30), ("2", 12)):
        (tmp_path / thread).mkdir()
        (tmp_path / thread / "schedstat").write_text(f"1000 {waited} 7\n")
    monkeypatch.setattr(system_counters, "_THREADS", tmp_path)
    monkeypatch.setattr(system_counters, "_open", {})
    assert system_counters.reading().waited_nanoseconds == 42
    (tmp_path / "2" / "schedstat").write_text("1000 15 7\n")
    assert system_counters.reading().waited_nanoseconds == 45
    (tmp_path / "1" / "schedstat").unlink()
    (tmp_path / "1").rmdir()  # a thread that ended takes its waiting with it
    assert system_counters.reading().waited_nanoseconds == 15
    assert Reading(0, 45).until(system_counters.reading()).waited_nanoseconds == 0


def test_the_account_of_a_process_is_the_systems() -> None:
    script = (
        "import mmap, subprocess, sys\n"
        "kept = mmap.mmap(-1, 1 << 20, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)\n"
        "held = bytearray(64 << 20)\n"
        "child = subprocess.Popen([sys.executable, '-c', 'sum(range(30_000_000)); print(flush=True); input()'],"
        " stdin=subprocess.PIPE, stdout=subprocess.PIPE)\n"
        "child.stdout.readline(); print(flush=True); input()\n"
    )
    with subprocess.Popen([sys.executable, "-c", "print(flush=True); input()"], **PIPES) as plain:
        with subprocess.Popen([sys.executable, "-c", script], **PIPES) as busy:
            for process in (plain, busy):
                assert process.stdout is not None
                process.stdout.readline()
            one, other = system_counters.account(plain.pid), system_counters.account(busy.pid)
            busy.kill()
        plain.kill()
    assert one is not None
    assert other is not None
    assert (one.child_nanoseconds, other.child_nanoseconds > 50_000_000) == (0, True)  # its child is alive
    assert other.executable_bytes - one.executable_bytes >= 1 << 20
    assert other.resident_bytes - one.resident_bytes > 60 << 20
    assert system_counters.account(busy.pid) is None  # it has ended


PIPES: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
