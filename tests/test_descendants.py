"""What came from a process is found however it was started, and is ended with it; nothing else is."""

import ctypes
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from xorbench import descendants, environment, orphans
from xorbench.descendants import end, names, started_by, watch

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")

BEGIN = """
import ctypes, os, sys

def tell(pid):
    os.write(1, f"{pid}\\n".encode())

def begin(session=False, variables=os.environ):
    ours, theirs = os.pipe()
    child = os.fork()
    if not child:
        if session:
            os.setsid()
        os.execve("/bin/sleep", ["sleep", "86399"], variables)
    os.close(theirs)
    os.read(ours, 1)  # until execve has closed the other end
    tell(child)

def adopt():
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
"""

STAY = "\nsys.stdin.read()\n"

CHILD = "begin()\n"

OF_ITS_OWN_SESSION = "begin(True{})\n"

DAEMON = """
if not os.fork():
    os.setsid()
    begin(True{})
    os._exit(0)
os.wait()
"""

CLEAN = ", {}"
"""The variables of a process that removes what it inherited."""

Leader = subprocess.Popen[str]


@pytest.fixture
def leaders() -> Iterator[list[Leader]]:
    found: list[Leader] = []
    yield found
    end(*found)
    for leader in found:
        for stream in filter(None, (leader.stdin, leader.stdout)):
            stream.close()


def started(leaders: list[Leader], script: str, processes: int = 1) -> tuple[Leader, list[int]]:
    """A watched process that runs a script, and the numbers of the processes that it tells."""
    leader = watch(
        subprocess.Popen(
            [sys.executable, "-c", BEGIN + script],
            env=environment.worker_variables(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
    )
    leaders.append(leader)
    assert leader.stdout is not None
    return leader, [int(leader.stdout.readline()) for _ in range(processes)]


def is_there(pid: int) -> bool:
    """Whether a process has not ended."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.mark.parametrize(
    "script",
    [
        CHILD,
        OF_ITS_OWN_SESSION.format(""),
        OF_ITS_OWN_SESSION.format(CLEAN),
        "adopt()\n" + DAEMON.format(CLEAN),
    ],
    ids=["a child", "in its own session", "in its own session without variables", "a daemon without variables"],
)
def test_what_came_from_a_process_that_lives_is_found_and_ended(leaders: list[Leader], script: str) -> None:
    leader, (pid,) = started(leaders, script + STAY)
    found = started_by([leader.pid])[leader.pid]
    assert pid in {one.pid for one in found}
    with orphans.adopting():
        assert end(leader) == []
    assert not is_there(pid)
    assert not is_there(leader.pid)


@pytest.mark.parametrize(
    ("script", "unknown"),
    [
        (CHILD, []),
        (OF_ITS_OWN_SESSION.format(""), ["sleep"]),
        (DAEMON.format(""), ["sleep"]),
    ],
    ids=["a child", "in its own session", "a daemon"],
)
def test_what_is_left_of_a_process_that_has_ended_is_ended(
    leaders: list[Leader], script: str, unknown: list[str]
) -> None:
    with orphans.adopting():
        leader, (pid,) = started(leaders, script)
        leader.wait()
        assert is_there(pid)
        assert end(leader) == unknown
    assert not psutil.pid_exists(pid)  # it was waited for, too


def test_what_was_seen_before_its_process_ended_is_known_to_come_from_it(leaders: list[Leader]) -> None:
    with orphans.adopting():
        leader, (pid,) = started(leaders, OF_ITS_OWN_SESSION.format(CLEAN) + STAY)
        assert [one.name for one in started_by([leader.pid])[leader.pid]] == ["sleep"]
        assert leader.stdin is not None
        leader.stdin.close()
        leader.wait()
        assert [one.pid for one in started_by([leader.pid])[leader.pid]] == [pid]
        assert end(leader) == []
    assert not psutil.pid_exists(pid)


def test_other_processes_are_left_alone(leaders: list[Leader]) -> None:
    one, (of_one,) = started(leaders, OF_ITS_OWN_SESSION.format("") + STAY)
    other, (of_other,) = started(leaders, OF_ITS_OWN_SESSION.format("") + STAY)
    own = subprocess.Popen(["/bin/sleep", "86399"], start_new_session=True)
    try:
        found = started_by([one.pid, other.pid])
        assert {leader: [each.pid for each in of] for leader, of in found.items()} == {
            one.pid: [of_one],
            other.pid: [of_other],
        }
        assert end(one) == []
        assert not is_there(of_one)
        assert all(is_there(pid) for pid in (other.pid, of_other, own.pid))
    finally:
        own.kill()
        own.wait()


def test_many_processes_of_one_are_ended_while_it_starts_more(leaders: list[Leader]) -> None:
    leader, _ = started(leaders, "for _ in range(50):\n    begin(True)\n")
    with orphans.adopting():
        end(leader)
    assert not [process for process in psutil.process_iter() if is_marked(process)]


def is_marked(process: psutil.Process) -> bool:
    """Whether a process inherited the variable of the processes that this one starts for implementations."""
    try:
        return environment.DRIVER.items() <= process.environ().items()
    except (psutil.Error, OSError):
        return False


NAMED = r"""
if not os.fork():
    ctypes.CDLL(None).prctl(15, b"\x1b[31m) 1 (", 0, 0, 0)
    tell(os.getpid())
"""


def test_a_name_may_hold_any_characters(leaders: list[Leader]) -> None:
    leader, (pid,) = started(leaders, NAMED + STAY)
    (found,) = started_by([leader.pid])[leader.pid]
    assert (found.pid, found.parent, found.name) == (pid, leader.pid, "?[31m) 1 (")


def test_few_names_are_told() -> None:
    assert names(["sleep", "sh", "sleep"]) == ["sh", "sleep"]
    assert names("hgfedcba") == ["a", "b", "c", "d", "e", "others"]


def test_without_proc_the_process_group_is_ended(
    leaders: list[Leader], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    leader, (pid,) = started(leaders, CHILD + STAY)
    monkeypatch.setattr(descendants, "_PROCESSES", tmp_path / "nowhere")
    assert started_by([leader.pid]) == {leader.pid: []}
    assert end(leader) == []
    while is_there(pid):  # without /proc it is not waited for
        pass


def adopts() -> bool:
    found = ctypes.c_int(0)
    ctypes.CDLL(None).prctl(37, ctypes.byref(found), 0, 0, 0)
    return bool(found.value)


@pytest.fixture
def adopted(request: pytest.FixtureRequest) -> Iterator[bool]:
    """Whether this process adopts orphans before a test: as its parameter says, whatever other tests have left."""
    was, library = adopts(), ctypes.CDLL(None)
    library.prctl(36, int(request.param), 0, 0, 0)
    assert adopts() == request.param
    yield request.param
    library.prctl(36, int(was), 0, 0, 0)


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux")
@pytest.mark.parametrize("adopted", [False, True], indirect=True)
def test_orphans_are_adopted_inside_only(adopted: bool) -> None:
    with orphans.adopting():
        assert adopts()
        with orphans.adopting():
            assert adopts()
        assert adopts()
    assert adopts() == adopted


def test_a_process_that_ends_by_itself_leaves_nothing_to_end(leaders: list[Leader]) -> None:
    leader, _ = started(leaders, "tell(os.getpid())\n")
    leader.wait()
    assert started_by([leader.pid]) == {leader.pid: []}
    assert end(leader) == []
    assert leader.returncode == 0
