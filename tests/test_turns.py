"""The clock's driver, with real workers: everybody gets every turn, and the lost harm nobody."""

import os
import random
import re
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.conftest import BASELINE, Variant, children_with
from xorbench.affinity import allowed_cpus
from xorbench.clock import turns
from xorbench.clock.system_counters import Account
from xorbench.clock.turns import Entry, Launch
from xorbench.clock.worker import BENCHMARK, Worker
from xorbench.contract import REFERENCE, read
from xorbench.orphans import adopting

ROUNDS = 6
LOOP = "    for _ in range(epochs):"


def launched(*entries: Entry, rounds: int = ROUNDS) -> Launch:
    launch = Launch(7, ["neuron", "hidden"], entries, random.Random(0))
    try:
        launch.start([[cpu] for cpu in allowed_cpus()])
        launch.wait()
        launch.run(allowed_cpus()[-1:], rounds)
    finally:
        launch.stop()
    assert not children_with(str(BENCHMARK))
    return launch


@pytest.fixture(scope="module")
def launch() -> Launch:
    """Two copies of the baseline on one workload."""
    return launched(Entry(BASELINE, {"neuron": 20}), Entry(BASELINE, {"neuron": 20}, copy=True))


def test_a_launch_hands_in_every_round_of_everybody(launch: Launch) -> None:
    assert launch.failures == []
    assert [(t.implementation, t.copy, t.launch, t.workload) for t in launch.timings] == [
        (REFERENCE, False, 7, "neuron"),
        (REFERENCE, True, 7, "neuron"),
    ]
    for row in launch.rows:
        timing = row.timing
        assert len(timing.round_nanoseconds) == ROUNDS
        assert min(timing.round_nanoseconds) > 0
        assert len(timing.waited_nanoseconds) == len(timing.involuntary_switches) == ROUNDS
        assert timing.epochs == [20, 10, 20, 10, 20, 10]
        assert [one.epochs for one in row.rounds] == timing.epochs
        assert timing.usage is not None
        assert timing.usage.epochs == sum(timing.epochs) + ROUNDS * 5


def test_memory_counts_as_gained_after_one_round_of_each_length(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: Counter[Worker] = Counter()
    take_turn = Worker.take_turn

    def noted(worker: Worker, *arguments: Any) -> list[float | None]:
        taken[worker] += 1
        return take_turn(worker, *arguments)

    monkeypatch.setattr(Worker, "take_turn", noted)
    monkeypatch.setattr(Worker, "account", lambda worker: Account(*[taken[worker]] * 4))
    launch = launched(Entry(BASELINE, {"neuron": 20}))
    (usage,) = (timing.usage for timing in launch.timings)
    assert usage is not None
    assert (usage.cpu_nanoseconds, usage.child_nanoseconds) == (ROUNDS, ROUNDS)
    assert (usage.executable_bytes_gained, usage.resident_bytes_gained) == (ROUNDS - 2, ROUNDS - 2)


def test_every_round_is_one_turn_of_each_in_balanced_order() -> None:
    launch = launched(*(Entry(BASELINE, {"neuron": 2}, copy=number > 0) for number in range(3)), rounds=12)
    rounds = list(zip(*(timing.positions for timing in launch.timings), strict=True))
    assert len(rounds) == 12
    assert all(sorted(positions) == [0, 1, 2] for positions in rounds)
    for length in (rounds[::2], rounds[1::2]):  # long and short rounds, each balanced by itself
        assert set(Counter(positions[0] for positions in length).values()) == {2}


def test_every_round_starts_elsewhere_and_all_rows_of_a_round_start_alike(launch: Launch) -> None:
    one, other = ([round_.seed for round_ in row.rounds] for row in launch.rows)
    assert one == other
    assert len({*one}) == ROUNDS
    ends = [tuple(round_.end) for row in launch.rows for round_ in row.rounds]
    assert len({*ends}) == ROUNDS  # both copies ended alike, and every round elsewhere


def test_workers_observe_one_cpu_and_one_thread_in_their_pools(launch: Launch) -> None:
    for timing in launch.timings:
        assert timing.ledger.cpus == [allowed_cpus()[-1]]
        assert all(pool.threads == 1 for pool in timing.ledger.pools)
        assert timing.ledger.process_threads >= 1


def test_a_worker_that_ends_is_a_failure_of_its_own_which_says_why_without_a_path(variant: Variant) -> None:
    wrote = "os.write(2, b'no memory\\n')"
    changes = {
        "exits": (LOOP, f"    if epochs == 34: __import__('os')._exit(9)\n{LOOP}"),
        "aborts": (LOOP, f"    if epochs == 34: import os; {wrote}; os.abort()\n{LOOP}"),
        "raises": ("Parameters = list[Array]", "raise OSError(__file__)"),
    }
    ending = [Entry(read(variant(name, change)), {"neuron": 34}) for name, change in changes.items()]
    launch = launched(Entry(BASELINE, {"neuron": 20}), *ending)
    assert [t.implementation for t in launch.timings] == [REFERENCE]
    assert len(launch.timings[0].round_nanoseconds) == ROUNDS
    assert len(launch.failures) == len(changes)
    assert {f.implementation: re.sub(r"line \d+", "line N", f.reason) for f in launch.failures} == {
        "exits": "its process ended with code 9",
        "aborts": "its process ended with code -6 (SIGABRT); the last line that it wrote is 'no memory'",
        "raises": "OSError: raises.py (raises.py line N)",
    }


def test_nobody_left_is_no_timing(variant: Variant) -> None:
    raising = read(variant("raising_too", ("Parameters = list[Array]", "raise OSError('no')")))
    launch = launched(Entry(raising, {"neuron": 20}))
    assert launch.timings == []
    assert [re.sub(r"\d+", "N", f.reason) for f in launch.failures] == ["OSError: no (raising_too.py line N)"]


def test_workloads_come_one_after_the_other_in_the_order_of_the_launch() -> None:
    launch = launched(Entry(BASELINE, {"hidden": 6, "neuron": 10}), Entry(BASELINE, {"hidden": 6}, copy=True))
    assert launch.timings[0].workload == "neuron"
    assert {(t.workload, t.copy, max(t.epochs)) for t in launch.timings} == {
        ("neuron", False, 10),
        ("hidden", False, 6),
        ("hidden", True, 6),
    }
    assert launch.failures == []
    assert launch.seconds_starting > 0


def test_a_worker_that_is_killed_costs_what_it_had_not_handed_in() -> None:
    launch = Launch(0, ["neuron", "hidden"], [Entry(BASELINE, {"neuron": 6, "hidden": 6})] * 2, random.Random(0))
    try:
        launch.start([[cpu] for cpu in allowed_cpus()])
        launch.wait()
        launch._take_turns("neuron", 2)
        launch._workers[1]._process.kill()
        launch._take_turns("hidden", 2)
    finally:
        launch.stop()
    assert [t.workload for t in launch.timings] == ["neuron", "neuron", "hidden"]
    assert [(f.workload, f.reason) for f in launch.failures] == [("hidden", "its process ended with code -9 (SIGKILL)")]


COUNTED = ("Parameters = list[Array]\n", "Parameters = list[Array]\nCALLS: list[int] = []\n")

TURNS = {
    "a ValueError": ("raise ValueError('no')", "ValueError: no"),
    "a SystemExit": ("raise SystemExit(3)", "SystemExit: 3"),
    "a KeyboardInterrupt": ("raise KeyboardInterrupt", "KeyboardInterrupt"),
    "the end of pytest": ("__import__('pytest').exit('no')", "Exit: no"),
    "a MemoryError": ("raise MemoryError", "MemoryError"),
    "a RecursionError": ("raise RecursionError('deep')", "RecursionError: deep"),
    "a lone surrogate": ("raise ValueError(chr(0xD800))", "ValueError: ?"),
    "a message of 5 MB": ("raise ValueError('x' * 5_000_000)", f"ValueError: {'x' * 200}"),
    "its end": ("__import__('os')._exit(0)", "its process ended with code 0"),
    "a segmentation fault": (
        "__import__('os').kill(__import__('os').getpid(), 11)",
        "its process ended with code -11 (SIGSEGV)",
    ),
    "closed descriptors": ("__import__('os').closerange(3, 100_000)", ""),
    "garbage on the line": (
        "[__import__('os').write(fd, b'12\\n') for fd in LINES()]",
        "it sent an invalid message",
    ),
    "a message out of turn": (
        "[__import__('os').write(fd, b'{\"says\": \"ready\"}\\n') for fd in LINES()]",
        "it sent an unexpected message, 'ready'",
    ),
    "no number as a time": (
        "__import__('xorbench.clock.timed_implementation', fromlist=['x']).process_time_ns = lambda: float('nan')",
        "ValueError: Out of range float values are not JSON compliant",
    ),
}
"""What an implementation does in one of its turns, and what its row says then."""

SOCKETS = """def LINES():
    import os

    folder = "/proc/self/fd"
    there = [fd for fd in os.listdir(folder) if os.path.exists(f"{folder}/{fd}")]
    return [int(fd) for fd in there if os.readlink(f"{folder}/{fd}").startswith("socket")]


def train("""


LAST = 12
TIMES = (1, 2, 10, LAST)


@pytest.mark.parametrize("first", [0, *(pytest.param(first, marks=pytest.mark.slow) for first in (1, 2, 3))])
def test_whatever_a_row_does_in_a_turn_is_its_own_loss(first: int, variant: Variant) -> None:
    # Long rounds have 48 epochs, short ones 24; both are trained once before the first turn, in case they compile.
    # The four launches together have each fault in each of these turns.
    entries = [Entry(BASELINE, {"hidden": 48})]
    for number, (fault, _) in enumerate(TURNS.values()):
        turn = TIMES[(first + number) % len(TIMES)]
        counting = "    if epochs in (48, 24):\n        CALLS.append(0)\n"
        doing = f"{counting}        if len(CALLS) == 2 + {turn}:\n            {fault}\n"
        path = variant(f"fault_{number}", (LOOP, doing + LOOP), COUNTED, ("def train(", SOCKETS))
        entries.append(Entry(read(path), {"hidden": 48}))
    launch = launched(*entries, Entry(BASELINE, {"hidden": 48}, copy=True), rounds=LAST)
    assert [(t.implementation, len(t.round_nanoseconds)) for t in launch.timings] == [(REFERENCE, LAST)] * 2
    reasons = {failure.implementation: failure.reason for failure in launch.failures}
    assert len(launch.failures) == len(reasons)
    for number, (name, (_, expected)) in enumerate(TURNS.items()):
        assert expected in reasons[f"fault_{number}"], name
        assert "\n" not in reasons[f"fault_{number}"]
        assert len(reasons[f"fault_{number}"]) < 400


def test_a_text_that_is_changed_or_deleted_after_it_was_read_is_not_timed(variant: Variant) -> None:
    grows = ("Parameters = list[Array]\n", "Parameters = list[Array]\nopen(__file__, 'a').write('# more\\n')\n")
    paths = [variant("changed_before"), variant("deleted"), variant("grows_while_it_is_imported", grows)]
    entries = [Entry(read(path), {"neuron": 4}) for path in paths]
    paths[0].write_text(paths[0].read_text(encoding="utf-8") + "# other\n", encoding="utf-8")
    paths[1].unlink()
    launch = launched(*entries, Entry(BASELINE, {"neuron": 4}))
    assert [t.implementation for t in launch.timings] == [REFERENCE]
    assert len(launch.failures) == len(paths)
    reasons = {failure.implementation: failure.reason for failure in launch.failures}
    for path in paths:
        assert f"the text of {path.name} was changed while it was measured" in reasons[path.stem]
    assert re.fullmatch(
        r"ValueError: the text of deleted\.py was changed while it was measured, expected SHA-256 \w{8}, got no text; "
        r"run it again",
        reasons["deleted"],
    )


STARTS = "    if epochs == 34 and not CALLS:\n        import os, subprocess, sys\n        CALLS.append(0)\n"

SECONDS = f"86399.{os.getpid()}"
"""The argument of what such implementations start: no one else starts the same."""

LEAVES = (
    f"        if not os.fork():\n            os.setsid()\n            os.execv('/bin/sleep', ['sleep', '{SECONDS}'])\n"
)
DAEMON = (
    "        if not os.fork():\n            os.setsid()\n            if not os.fork():\n"
    f"                os.execve('/bin/sleep', ['sleep', '{SECONDS}'], {{}})\n"
    "            os._exit(0)\n        os.wait()\n"
)
HELPED = (
    "        CALLS.append(subprocess.Popen([sys.executable, '-c', 'import sys; sys.stdin.read()'],\n"
    "                                      stdin=subprocess.PIPE, start_new_session=True))\n"
    "        import multiprocessing.resource_tracker\n"
    "        multiprocessing.resource_tracker.ensure_running()\n"
)
COUNTED_PROCESSES = ("Parameters = list[Array]\n", "Parameters = list[Array]\nCALLS: list[object] = []\n")


def sleeping() -> list[psutil.Process]:
    """The processes that such implementations start, and that have not ended."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.cmdline() == ["sleep", SECONDS]:
                found.append(process)
    return found


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
def test_what_a_worker_leaves_running_is_named_and_ended_and_what_ends_with_it_is_not_told(variant: Variant) -> None:
    entries = [Entry(BASELINE, {"neuron": 34})]
    for name, starts in {"leaves": LEAVES, "daemon": DAEMON, "helped": HELPED}.items():
        path = variant(name, (LOOP, f"{STARTS}{starts}{LOOP}"), COUNTED_PROCESSES)
        entries.append(Entry(read(path), {"neuron": 34}))
    with adopting():
        launch = launched(*entries)
    assert launch.failures == []
    assert {t.implementation for t in launch.timings} == {REFERENCE, "leaves", "daemon", "helped"}
    assert launch.left == {"leaves": "sleep", "daemon": "sleep"}
    assert sleeping() == []


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
def test_what_a_lost_worker_leaves_running_is_ended(variant: Variant) -> None:
    for name, starts in {"left": LEAVES, "left_daemon": DAEMON.replace(", {}", ", os.environ")}.items():
        dies = f"{STARTS}{starts}        os._exit(3)\n{LOOP}"
        entry = Entry(read(variant(name, (LOOP, dies), COUNTED_PROCESSES)), {"neuron": 34})
        with adopting():
            launch = launched(entry)
        assert [failure.reason for failure in launch.failures] == ["its process ended with code 3"]
        assert sleeping() == []


def test_turns_have_a_time_limit_untimed_parts_included(variant: Variant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "SECONDS_TO_SPARE", 1.0)
    monkeypatch.setattr(turns, "SECONDS_OF_A_TURN", 0.05)
    slow = read(variant("slow", ("    return array\n", "    __import__('time').sleep(0.35)\n    return array\n")))
    launch = launched(Entry(slow, {"neuron": 4}), Entry(BASELINE, {"neuron": 4}))
    assert [t.implementation for t in launch.timings] == [REFERENCE]
    assert launch.failures[0].reason == "its turns took more than 1 s together, untimed parts included"
