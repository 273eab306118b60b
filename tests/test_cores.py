"""The process pools of the package: what their processes write is kept, and the end of one is told."""

import os
import re
import signal
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing

import psutil
import pytest

from tests.conftest import children_with
from xorbench import cores
from xorbench.affinity import allowed_cpus
from xorbench.cores import all_cores, in_copies, pool
from xorbench.failure import HarnessError
from xorbench.streams import Log


def warning() -> None:
    warnings.warn("torn", RuntimeWarning, stacklevel=1)
    os.write(1, b"torn")


def end() -> None:
    os.write(2, b"no memory\n")
    os._exit(9)


def test_what_a_process_writes_is_shown_nowhere(capfd: pytest.CaptureFixture[str]) -> None:
    with all_cores() as cores:
        cores.submit(warning).result()
    assert capfd.readouterr() == ("", "")


def test_the_end_of_a_process_is_told_in_one_line_with_what_it_wrote() -> None:
    says = f"in a computation on all CPUs, {cores.ENDED}; it last wrote 'no memory'"
    with pytest.raises(HarnessError, match=f"^{re.escape(says)}$"), all_cores() as processes:
        processes.submit(end).result()


@pytest.fixture
def two() -> Iterator[Executor]:
    """A pool of two processes."""
    with closing(Log()) as log, pool(log, 2, int) as processes:
        yield processes


def children() -> set[psutil.Process]:
    return {*psutil.Process().children(recursive=True)}


def unpicklable() -> object:
    return lambda: None


def test_every_task_is_done_once_and_by_other_processes(two: Executor) -> None:
    assert [*two.map(pow, range(20), [2] * 20)] == [number**2 for number in range(20)]
    numbers = {two.submit(os.getpid).result() for _ in range(20)}
    assert os.getpid() not in numbers
    assert len(numbers) <= 2


def test_an_exception_is_raised_here_with_the_traceback_from_there(two: Executor) -> None:
    with pytest.raises(ValueError, match="invalid literal for int") as raised:
        two.submit(int, "x").result()
    assert "in _done" in "".join(raised.value.__notes__)
    with pytest.raises(AttributeError, match="lambda"):
        two.submit(unpicklable).result()
    with pytest.raises(SystemExit):
        two.submit(sys.exit, 3).result()
    assert two.submit(abs, -1).result() == 1


def test_whoever_waits_for_a_process_that_ended_learns_of_it() -> None:
    with closing(Log()) as log, pool(log, 1, int) as processes:
        with pytest.raises(BrokenProcessPool, match="ended before it answered"):
            processes.submit(os._exit, 3).result()
        with pytest.raises(BrokenProcessPool):
            processes.submit(abs, -1).result()
    with closing(Log()) as log, pool(log, 1, int, "not a number") as processes:
        with pytest.raises(BrokenProcessPool):
            processes.submit(abs, -1).result()
        assert log.lines()[-1] == "ValueError: invalid literal for int() with base 10: 'not a number'"


@pytest.mark.parametrize("task", [b"short", b"long" * 2**20], ids=["read", "not read"])
def test_a_process_that_was_stopped_for_good_is_ended(task: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(Log()) as log, pool(log, 1, int) as processes:
        number = processes.submit(os.getpid).result()
        monkeypatch.setattr(cores, "SECONDS_BETWEEN_CHECKS", 0.05)
        monkeypatch.setattr(cores, "MOST_IDLE_CHECKS", 2)
        os.kill(number, signal.SIGSTOP)
        with pytest.raises(BrokenProcessPool, match=re.escape(cores.IDLE)):
            processes.submit(len, task).result()


def test_a_process_is_not_idle_while_one_that_it_started_works() -> None:
    works = "import time\nwhile time.process_time() < 0.1: pass\nprint('ready', flush=True)\ninput()"
    shell = subprocess.Popen(
        ["sh", "-c", '"$@"; true', "sh", sys.executable, "-c", works], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with shell:
        assert shell.stdout is not None
        assert shell.stdout.readline() == b"ready\n"
        assert cores._cpu_seconds(shell.pid) >= 0.05  # the system counts in ticks
        shell.communicate(b"\n")
    assert cores._cpu_seconds(shell.pid) == 0


@pytest.mark.parametrize("wait", [True, False])
def test_a_pool_that_is_shut_down_at_once_ends_what_its_processes_are_doing(wait: bool) -> None:
    before = children()
    with closing(Log()) as log:
        processes = pool(log, 2, int)
        tasks = [processes.submit(signal.pause) for _ in range(5)]
        assert len(children() - before) >= 2
        processes.shutdown(wait, cancel_futures=True)
        assert all(task.done() for task in tasks)
    assert {*children_with("spawn_main")} <= before


def test_what_a_terminal_sends_to_all_processes_ends_none_of_a_pool(two: Executor) -> None:
    for number in cores.HANDLED:
        assert two.submit(os.getpid).result() != os.getpid()
        assert two.submit(_sent, number).result() == "still here"


def _sent(number: signal.Signals) -> str:
    os.kill(os.getpid(), number)
    return "still here"


def test_no_semaphore_is_needed() -> None:
    # As where /dev/shm is missing or read-only.
    script = (
        "import _multiprocessing\n"
        "def refused(*_): raise OSError(30, 'Read-only file system')\n"
        "_multiprocessing.SemLock = refused\n"
        "if __name__ == '__main__':\n"
        "    from xorbench.cores import all_cores\n"
        "    with all_cores() as cores: print(cores.submit(abs, -7).result())\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "7\n", "")


several_cpus = pytest.mark.skipif(len(allowed_cpus()) < 2 or sys.platform != "linux", reason="nothing is copied here")


def test_tasks_in_copies_need_not_be_pickled_and_their_results_are_in_order() -> None:
    numbers = [*range(10)]

    def square_of(place: int) -> Callable[[], int]:
        return lambda: numbers[place] ** 2

    assert in_copies([square_of(place) for place in range(10)]) == [number**2 for number in numbers]
    assert in_copies([]) == []
    assert in_copies([os.getpid]) == [os.getpid()]


@several_cpus
def test_copies_are_other_processes_that_end_and_change_nothing_here() -> None:
    before, shared = children(), [0]

    def spoil() -> int:
        shared[0] += 1
        return os.getpid()

    assert os.getpid() not in in_copies([spoil] * 8)
    assert shared == [0]
    assert children() == before


@several_cpus
def test_what_a_task_in_a_copy_raises_is_raised_here_and_its_end_is_told() -> None:
    with pytest.raises(ZeroDivisionError):
        in_copies([lambda: 1, lambda: 1 // 0])
    with pytest.raises(HarnessError, match=r"a process ended .*; it last wrote 'no memory'$"):
        in_copies([end, end])


@several_cpus
def test_copies_write_nothing_on_the_terminal_and_get_nothing_that_is_not_written_yet(
    capfd: pytest.CaptureFixture[str],
) -> None:
    print("once", end="")
    in_copies([warning, warning])
    out, err = capfd.readouterr()
    assert (out, err) == ("once", "")


def test_on_one_cpu_nothing_is_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cores, "allowed_cpus", lambda: [3])
    assert in_copies([os.getpid] * 3) == [os.getpid()] * 3
