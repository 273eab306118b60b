"""Cold starts: real processes, and what went wrong in one line."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import BASELINE, Variant
from tests.ended import assert_has_ended
from xorbench.affinity import allowed_cpus
from xorbench.clock import cold
from xorbench.clock.cold import cold_start
from xorbench.contract import Implementation, read
from xorbench.record.timing import ColdStart
from xorbench.workloads import WORKLOADS

CPU = allowed_cpus()[-1]
NEURON = WORKLOADS["neuron"]


@pytest.mark.slow
def test_every_implementation_starts_cold(present: Implementation) -> None:
    found = cold_start(present, NEURON, CPU)
    assert isinstance(found, ColdStart)
    assert (found.implementation, found.workload) == (present.name, "neuron")
    assert found.import_seconds > 0
    assert found.first_call_seconds > 0
    assert found.peak_bytes is None or 2**23 < found.peak_bytes < 2**33


def test_memory_is_its_own_and_not_that_of_its_parent() -> None:
    ballast = bytearray(600 * 2**20)
    found = cold_start(BASELINE, NEURON, CPU)
    assert isinstance(found, ColdStart)
    assert len(ballast) > (found.peak_bytes or 0)


def test_nothing_heavy_is_there_before_the_clock_runs() -> None:
    script = "import runpy, sys; runpy.run_path(sys.argv[1]); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script, cold.SCRIPT], capture_output=True, text=True, check=True)
    assert not {"numpy", "xorbench", "pytest"} & set(done.stdout.split())


def test_what_is_printed_is_not_mistaken_for_an_answer(variant: Variant) -> None:
    loud = read(variant("loud", ("Parameters = list[Array]\n", "Parameters = list[Array]\nprint('{}' * 9_999)\n")))
    assert isinstance(cold_start(loud, NEURON, CPU), ColdStart)


def test_a_text_that_is_changed_while_it_starts_has_no_cold_start(variant: Variant) -> None:
    line = "open(__file__, 'a').write('# more\\n')"
    growing = read(variant("growing", ("Parameters = list[Array]\n", f"Parameters = list[Array]\n{line}\n")))
    for _ in range(2):  # it is changed after it was read, and before
        found = cold_start(growing, NEURON, CPU)
        assert str(found).startswith("the text of growing.py was changed while it was measured, expected SHA-256 ")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("raise OSError(__file__)", "OSError: ends.py"),
        ("raise SystemExit(3)", "its process ended with code 3"),
        ("__import__('os')._exit(0)", "its process ended with code 0"),
        ("__import__('os').kill(__import__('os').getpid(), 9)", "its process ended with code -9 (SIGKILL)"),
        (
            "__import__('os').write(2, b'no memory\\n'); __import__('os').abort()",
            "its process ended with code -6 (SIGABRT); the last line that it wrote is 'no memory'",
        ),
    ],
)
def test_an_end_is_told_in_one_line(variant: Variant, line: str, says: str) -> None:
    ends = read(variant("ends", ("Parameters = list[Array]\n", f"Parameters = list[Array]\n{line}\n")))
    assert cold_start(ends, NEURON, CPU) == says


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        ("{}", "import_seconds: Field required"),
        ("hello", "it: Invalid JSON: expected value at line 1 column 1"),
        (
            '{"import_seconds": NaN, "first_call_seconds": 1.0, "peak_bytes": 1}',
            "import_seconds: Input should be a finite",
        ),
        (
            '{"import_seconds": 1.0, "first_call_seconds": -1.0, "peak_bytes": 1}',
            "first_call_seconds: Input should be gre",
        ),
        (
            '{"import_seconds": 1.0, "first_call_seconds": 1.0, "peak_bytes": 1, "launch": 1}',
            "launch: Unexpected keyword",
        ),
    ],
)
def test_a_result_that_is_none_is_a_failure_in_one_line(variant: Variant, sent: str, why: str) -> None:
    line = f"__import__('os').write(int(__import__('sys').argv[1]), {sent.encode()!r}); __import__('os')._exit(0)"
    forges = read(variant("forges", ("Parameters = list[Array]\n", f"Parameters = list[Array]\n{line}\n")))
    found = cold_start(forges, NEURON, CPU)
    assert isinstance(found, str)
    assert found.startswith(f"it sent an invalid result: {why}")


def test_one_that_never_comes_back_is_ended(variant: Variant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cold, "SECONDS_TO_START", 1)
    hangs = read(variant("hangs", ("Parameters = list[Array]\n", "while True: pass\n")))
    assert cold_start(hangs, NEURON, CPU) == "no result within 1 s"


def test_much_that_is_written_and_a_process_that_outlives_it_block_nothing(variant: Variant) -> None:
    line = "__import__('os').write(2, b'x' * 2**20); __import__('os').fork() or __import__('time').sleep(1_000)"
    loud = read(variant("loud", ("Parameters = list[Array]\n", f"Parameters = list[Array]\n{line}\n")))
    assert isinstance(cold_start(loud, NEURON, CPU), ColdStart)


def test_one_whose_driver_was_killed_ends(variant: Variant, tmp_path: Path) -> None:
    there = tmp_path / "there"
    line = f"__import__('pathlib').Path({str(there)!r}).touch(); __import__('time').sleep(1_000)"
    stuck = variant("stuck", ("Parameters = list[Array]\n", f"Parameters = list[Array]\n{line}\n"))
    script = (
        "import os, signal, subprocess, time; from pathlib import Path; from xorbench.contract import read\n"
        "from xorbench.clock import cold; from xorbench.workloads import WORKLOADS\n"
        "class Killed(subprocess.Popen):\n"
        "    def communicate(self, job, timeout):\n"
        "        self.stdin.write(job)\n"
        "        self.stdin.close()\n"  # with its job, so that it does not end because it can read none
        f"        while not Path({str(there)!r}).exists():\n"
        "            assert self.poll() is None\n"
        "            time.sleep(0.01)\n"
        "        print(self.pid, flush=True)\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "cold.subprocess.Popen = Killed\n"
        f"cold.cold_start(read(Path({str(stuck)!r})), WORKLOADS['neuron'], {CPU})\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == -9
    assert_has_ended(int(done.stdout))


SIBLING = ("import numpy as np\n", "import numpy as np\nfrom {} import to_numpy as as_numpy\n")


def test_a_file_of_any_folder_starts_with_its_sibling(variant: Variant) -> None:
    line = SIBLING[1].format("numpy_backprop")
    assert isinstance(cold_start(read(variant("starts", (SIBLING[0], line))), NEURON, CPU), ColdStart)
    lost = read(variant("lost", (SIBLING[0], SIBLING[1].format("beside"))))
    lost.path.with_name("beside.py").write_text("to_numpy = None")
    assert cold_start(lost, NEURON, CPU) == "ModuleNotFoundError: No module named 'beside'"


def test_a_sibling_shadows_no_library(variant: Variant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xorbench.places.IMPLEMENTATIONS", tmp_path)
    (tmp_path / "numpy.py").write_text("raise OSError('not the library')")
    assert isinstance(cold_start(read(variant("unshadowed")), NEURON, CPU), ColdStart)
