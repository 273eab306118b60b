"""The process that judges chunks: it finds what is found here, and an implementation that crashes it fails alone."""

import errno
import functools
import os
import signal
import subprocess
import sys
import tempfile
import threading
import zlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.conftest import Variant
from tests.fleets import gradients_of
from xorbench import descendants
from xorbench.contract import REFERENCE, Implementation, discover
from xorbench.failure import HarnessError
from xorbench.fleet import chunk_process, tethered
from xorbench.fleet.chunk_process import ChunkProcess
from xorbench.fleet.plan import FleetPlan
from xorbench.judging import chunk_report
from xorbench.judging.chunk_judge import judge_chunk
from xorbench.judging.chunks import Chunk, joined
from xorbench.workloads import WORKLOADS

NEURON = WORKLOADS["neuron"]

PREDICT = "    return sigmoid(forward(recipe, parameters, inputs)[-1])\n"


@functools.cache
def chosen(*extra: Path) -> list[Implementation]:
    return [i for i in discover(extra) if i.name == REFERENCE or i.path in extra]


@contextmanager
def process(plan: FleetPlan, seconds_to_answer: float = 300.0) -> Iterator[ChunkProcess]:
    found = ChunkProcess(plan, seconds_to_answer)
    try:
        yield found
    finally:
        found.close()


def children() -> list[psutil.Process]:
    """The processes that judge chunks for this one."""
    found = psutil.Process().children(recursive=True)
    return [one for one in found if "xorbench.fleet.chunk_main" in " ".join(one.cmdline())]


def test_what_it_finds_is_what_is_found_here(variant: Variant) -> None:
    path = variant("its_own", ("ADDS = ", "REMARK = 'travels'\nADDS = "))
    with process(gradients_of(path)) as judging:
        parts = [judging.judged(chunk) for chunk in (Chunk(7, 3), Chunk(0, 7))]
    assert not children()
    found = [part.found for part in parts if part]
    assert functools.reduce(joined, found) == judge_chunk(chosen(path), [NEURON], Chunk(0, 10), seed=0)
    assert all(part and part.seconds > 0 and part.cpu_seconds > 0 for part in parts)


@pytest.mark.parametrize(
    "fault",
    ["os._exit(3)", *(pytest.param(way, marks=pytest.mark.slow) for way in ("os.kill(os.getpid(), 9)", "os.abort()"))],
)
def test_one_that_ends_the_process_fails_at_the_points_of_the_chunk_alone(variant: Variant, fault: str) -> None:
    path = variant("crashing", (PREDICT, f"    import os\n\n    {fault}\n"))
    with process(gradients_of(path)) as judging:
        judged = judging.judged(Chunk(0, 2))
    assert judged
    rows = judged.found.rows
    assert {(r.points, r.failed) for r in rows if r.implementation == "crashing"} == {(0, 2)}
    assert {(r.points, r.failed) for r in rows if r.implementation == REFERENCE} == {(2, 0)}
    reason = next(r.failures[0].reason for r in rows if r.implementation == "crashing")
    assert reason.startswith("no answer: its process ended with code ")
    report = chunk_report.report(judged.found, chosen(path), [NEURON], 0)
    assert not report.passed


FORGED = """    import json
    import os
    import sys

    message = {"says": "found", "found": FOUND, "seconds": 1.0, "cpu_seconds": 1.0}
    os.write(int(sys.argv[1]), json.dumps(message).encode() + b"\\n")
"""
"""What an implementation does that sends a result itself: the first argument is the number of the socket."""


@pytest.mark.slow
@pytest.mark.parametrize(
    "found", ["'no JSON'", "'{}'", """'{"points": 2, "rows": []}'"""], ids=["no JSON", "nothing", "without rows"]
)
def test_one_that_sends_a_result_itself_fails_alone(variant: Variant, found: str) -> None:
    path = variant("forging", (PREDICT, FORGED.replace("FOUND", found) + PREDICT))
    with process(gradients_of(path)) as judging:
        judged = judging.judged(Chunk(0, 2))
    assert judged
    rows = judged.found.rows
    assert {(r.points, r.failed) for r in rows if r.implementation == "forging"} == {(0, 2)}
    assert {(r.points, r.failed) for r in rows if r.implementation == REFERENCE} == {(2, 0)}
    reasons = {r.failures[0].reason for r in rows if r.implementation == "forging"}
    assert all(reason.startswith("no answer: its process sent an invalid result: ") for reason in reasons)


BLAMING = """    import json
    import os
    import sys

    os.write(int(sys.argv[1]), json.dumps({"says": "doing", "what": "another"}).encode() + b"\\n")
    os._exit(3)
"""
"""Code of an implementation that reports another implementation as called, and then ends the process."""


@pytest.mark.slow
def test_one_that_names_another_when_it_ends_the_process_fails_alone(variant: Variant) -> None:
    path = variant("blaming", (PREDICT, BLAMING))
    with process(gradients_of(path)) as judging:
        judged = judging.judged(Chunk(0, 2))
    assert judged
    failed = {(r.implementation, r.failed, *(f.reason for f in r.failures[:1])) for r in judged.found.rows}
    why = "no answer: its process sent an invalid message: it does not call 'another'"
    assert failed == {(REFERENCE, 0), ("blaming", 2, why)}


@pytest.mark.slow
def test_one_that_names_another_whose_process_ended_before_fails_alone(variant: Variant) -> None:
    ending = variant("ending", (PREDICT, "    import os\n\n    os._exit(3)\n"))
    blaming = variant("blaming", (PREDICT, BLAMING.replace('"another"', '"ending"')))
    looks = iter(range(10_000))
    with process(gradients_of(ending, blaming)) as judging:
        judged = judging.judged(Chunk(0, 1), is_wanted=lambda: next(looks) < 1_000)
    assert judged
    failed = {(r.implementation, r.failed, *(f.reason for f in r.failures[:1])) for r in judged.found.rows}
    why = "no answer: its process sent an invalid message: it does not call 'ending'"
    assert failed == {
        (REFERENCE, 0),
        ("ending", 1, "no answer: its process ended with code 3"),
        ("blaming", 1, why),
    }


FLOODING = """    import os
    import sys

    while True:
        os.write(int(sys.argv[1]), b'{"says": "doing", "what": "flooding"}\\n')
"""
"""Code of an implementation that sends messages without end."""


def test_one_that_is_never_silent_is_ended_when_its_result_is_not_wanted_any_more(variant: Variant) -> None:
    path = variant("flooding", (PREDICT, FLOODING))
    looks = iter(range(10_000))
    with process(gradients_of(path)) as judging:
        assert judging.judged(Chunk(0, 1), is_wanted=lambda: next(looks) < 500) is None
        assert not children()


def test_of_a_process_that_cannot_be_started_nothing_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def started(*_given: object, **_options: object) -> None:
        raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))

    judging = ChunkProcess(gradients_of())
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(tethered, "started", started)
    before = psutil.Process().num_fds()
    for _ in range(2):
        with pytest.raises(BlockingIOError):
            judging.judged(Chunk(0, 1))
        assert [*tmp_path.iterdir()] == []
        assert psutil.Process().num_fds() == before


def test_a_result_that_is_unpacked_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunk_process, "LONGEST", 1_000)
    with pytest.raises(ValueError, match=r"^it has more than 1,000 bytes$"):
        _ = chunk_process.Judged(zlib.compress(b" " * 1_001), 1.0, 1.0).found


@pytest.mark.slow  # it is waited for a while
def test_one_that_hangs_is_ended(variant: Variant) -> None:
    path = variant("hanging", (PREDICT, "    import signal\n\n    signal.pause()\n"))
    with process(gradients_of(path), seconds_to_answer=6.0) as judging:
        judged = judging.judged(Chunk(0, 1))
    assert judged
    reasons = {r.failures[0].reason for r in judged.found.rows if r.implementation == "hanging"}
    assert reasons == {"no answer: its process was silent for 6 s"}


def test_what_is_not_wanted_any_more_ends_the_process(variant: Variant) -> None:
    path = variant("endless", (PREDICT, "    import signal\n\n    signal.pause()\n"))
    with process(gradients_of(path)) as judging:
        assert judging.judged(Chunk(0, 1), is_wanted=lambda: False) is None
        assert not children()


@pytest.mark.slow
def test_a_process_that_ended_while_it_was_idle_is_started_again() -> None:
    with process(gradients_of()) as judging:
        before = judging.judged(Chunk(0, 2))
        (idle,) = children()
        idle.kill()
        psutil.wait_procs([idle])
        again = judging.judged(Chunk(0, 2))
    assert before
    assert again
    assert again.found == before.found


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"harness_sha256": "0" * 64}, "xorbench has another text here, of the SHA-256 .{12}, expected 000000000000: "),
        ({"implementations": {REFERENCE: "0" * 64}}, f"{REFERENCE} has another text here, of the SHA-256 "),
        ({"versions": {"numpy": "0.1"}}, "numpy is .* here, expected 0.1"),
    ],
)
def test_another_text_or_version_on_the_host_is_refused_in_one_line(changes: dict[str, Any], says: str) -> None:
    plan = replace(gradients_of(), **changes)
    with process(plan) as judging, pytest.raises(HarnessError, match=f"^points can't be judged: {says}"):
        judging.judged(Chunk(0, 1))
    assert not children()


def test_files_that_travelled_are_removed_with_the_process(variant: Variant) -> None:
    path = variant("travelling", ("ADDS = ", "REMARK = 'here'\nADDS = "))
    with process(gradients_of(path)) as judging:
        judging.judged(Chunk(0, 1))
        (child,) = children()
        folder = Path(child.cmdline()[-1])
        assert (folder / "travelling.py").exists()
    assert not folder.exists()


@pytest.mark.slow
def test_one_that_another_thread_has_just_started_is_not_ended_with_an_earlier_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    watch = descendants.watch
    with process(gradients_of()) as earlier, process(gradients_of()) as later:
        assert earlier.judged(Chunk(0, 1))
        ending = threading.Thread(target=earlier.close)

        def watched_late(started: "subprocess.Popen[bytes]") -> "subprocess.Popen[bytes]":
            ending.start()
            ending.join(1.0)  # until then the new one could be taken for one that is left of the earlier one
            return watch(started)

        monkeypatch.setattr(descendants, "watch", watched_late)
        assert later.judged(Chunk(1, 1))
        ending.join()


@pytest.mark.slow
def test_processes_of_several_threads_do_not_end_each_other() -> None:
    plan, stop = gradients_of(), threading.Event()

    def judged(number: int) -> int:
        found = 0
        while not stop.is_set():
            with process(plan) as judging:
                assert judging.judged(Chunk(number, 1))
            found += 1
            if found == 3:
                stop.set()
        return found

    with ThreadPoolExecutor(3) as threads:
        assert 3 in [*threads.map(judged, range(3))]


PARENT = """
import sys
from pathlib import Path
from tests.fleets import gradients_of
from xorbench.fleet.chunk_process import ChunkProcess
from xorbench.judging.chunks import Chunk
ChunkProcess(gradients_of(Path(sys.argv[1]))).judged(Chunk(0, 1))
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a process with its parent")
@pytest.mark.parametrize("ended_by", [signal.SIGKILL, signal.SIGTERM])
def test_it_ends_with_its_parent(variant: Variant, tmp_path: Path, ended_by: signal.Signals) -> None:
    # Its implementation never returns: otherwise it would end by itself, because its connection is closed.
    number = tmp_path / "number"
    number.touch()
    tells = f"    import os\n    import signal\n\n    open({str(number)!r}, 'w').write(f'{{os.getpid()}}')\n"
    path = variant("endless", (PREDICT, f"{tells}    while True:\n        signal.pause()\n"))
    command: Sequence[str] = [sys.executable, "-c", PARENT, str(path)]
    variables = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(command, env=variables) as parent:
        while not (told := number.read_text(encoding="utf-8")):
            assert parent.poll() is None
        child = psutil.Process(int(told))
        os.kill(parent.pid, ended_by)
        psutil.wait_procs([child], timeout=60)
        assert not child.is_running()
