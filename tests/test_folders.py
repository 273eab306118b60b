"""Folders that cannot be written, full disks and limits: the command works, or says in one line why it can't."""

import functools
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import pytest

from tests.command import COMMITTED, XORBENCH
from tests.fleets import gradients_of
from xorbench import environment, places
from xorbench.cli import choices
from xorbench.contract import REFERENCE
from xorbench.failure import HarnessError
from xorbench.fleet import preflight
from xorbench.publication import contribution
from xorbench.record import store

if os.name != "posix":
    pytest.skip("the shell has no limits of resources", allow_module_level=True)

GRADIENTS = ("gradients", "--quick", "--points=1", "--workload=neuron", f"--implementation={REFERENCE}", "--json")


def called(
    *arguments: str | Path,
    variables: Mapping[str, str | None] = MappingProxyType({}),
    within: Sequence[str] = (),
    cwd: Path | None = None,
) -> "subprocess.CompletedProcess[str]":
    """What the command does in a process of its own; `within` is a command that starts it."""
    given = {name: value for name, value in {**os.environ, **variables}.items() if value is not None}
    return subprocess.run(
        [*within, *XORBENCH, *map(str, arguments)],
        env=given,
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )


def passed(done: "subprocess.CompletedProcess[str]") -> bool:
    """Whether gradients were judged and are right; fails with what was said otherwise."""
    assert (done.returncode, "Traceback" in done.stderr) == (0, False), done.stderr
    return bool(json.loads(done.stdout)["passed"])


def refused(done: "subprocess.CompletedProcess[str]") -> str:
    """The one line of a command that the system did not let do its work."""
    assert (done.returncode, done.stdout) == (3, ""), done.stderr
    line = done.stderr.splitlines()[-1]
    assert done.stderr == f"{line}\n"
    return line.removeprefix("xorbench: ")


@pytest.mark.slow
@pytest.mark.parametrize("place", ["/proc/nonexistent", "/dev/null", None])
def test_folders_that_are_missing_or_files_or_not_named_have_others_in_their_place(place: str | None) -> None:
    assert passed(called(*GRADIENTS, variables=dict.fromkeys(("TMPDIR", "HOME", "XDG_CACHE_HOME"), place)))


def limited(what: str) -> tuple[str, ...]:
    """The beginning of a command line that sets a limit of the shell and runs the rest."""
    return ("sh", "-c", f'ulimit {what} && exec "$@"', "sh")


@pytest.mark.slow
def test_without_any_folder_for_temporary_files_one_line_says_so() -> None:
    line = refused(called(*GRADIENTS, within=limited("-f 0")))
    assert line.startswith("No usable temporary directory found in [")
    assert line.endswith("set TMPDIR for temporary files, and --output for results")


def test_a_file_that_is_larger_than_allowed_is_named_and_leaves_no_part(tmp_path: Path) -> None:
    place = tmp_path / "timings.json"
    call = ("export", COMMITTED, "--pytest-benchmark", place)
    line = refused(called(*call, within=limited("-f 8")))
    assert line == f"{place}: File too large; allow larger files, as with ulimit -f unlimited"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_few_open_files_are_enough_for_few_implementations() -> None:
    assert passed(called(*GRADIENTS, within=limited("-n 64")))


def test_a_current_folder_that_was_removed_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "gone").mkdir()
    within = ("sh", "-c", 'rmdir "$PWD" && exec "$@"', "sh")
    done = called("run", "--quick", within=within, cwd=tmp_path / "gone")
    assert refused(done) == "the current folder was removed; change to another one"


@pytest.mark.slow
def test_a_current_folder_that_is_removed_during_a_run_costs_nothing(tmp_path: Path) -> None:
    (tmp_path / "gone").mkdir()
    call = ("run", "--quick", "--launches=2", "--rounds=4", "--workload=neuron", f"--implementation={REFERENCE}")
    with subprocess.Popen(
        [*XORBENCH, *call, f"--output={tmp_path / 'results'}"],
        cwd=tmp_path / "gone",
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as run:
        assert run.stderr is not None
        next(line for line in run.stderr if line.startswith("calibration: "))
        (tmp_path / "gone").rmdir()
        out, err = run.communicate()
    assert (run.returncode, "Traceback" in err) == (0, False)
    (path,) = store.paths(tmp_path / "results")
    assert str(path) in out
    assert not store.read(path).partial


def test_what_names_paths_needs_no_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    assert places.results() == gone / "results"
    assert choices.near(gone / "results" / "a.json") == Path("results/a.json")
    gone.rmdir()
    assert places.current() is None
    assert not places.in_checkout()
    assert not (tmp_path / "results").is_relative_to(places.results())
    assert choices.near(tmp_path / "a.json") == tmp_path / "a.json"


def test_a_home_that_cannot_be_written_has_a_temporary_one_in_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert places.home() == tmp_path
    monkeypatch.setenv("HOME", str(tmp_path / "missing"))
    other = places.home()
    assert other.is_dir()
    assert other == places.home() != tmp_path / "missing"
    assert environment.worker_variables()["HOME"] == str(other)
    other.rmdir()  # as a program does that cleans up
    assert places.home().is_dir()


def unknown() -> Path:
    raise RuntimeError("Could not determine home directory.")


def test_a_user_whom_the_system_does_not_know_has_a_home_and_may_check_a_record(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Path, "home", unknown)
    assert places.home().is_dir()
    assert contribution.examined(Path(COMMITTED)).complaints == []


@pytest.mark.parametrize("place", ["", "relative", "~/.cache"])
def test_the_cache_is_never_in_the_current_folder_by_mistake(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", place)
    assert places.user_cache().is_absolute()
    assert places.user_cache().name == "xorbench"


def test_no_other_user_can_write_to_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    before = os.umask(0)
    try:
        assert places.user_cache().stat().st_mode & 0o777 == 0o700
        places.user_cache().chmod(0o777)
        assert places.user_cache().stat().st_mode & 0o777 == 0o755
    finally:
        os.umask(before)


def test_a_cache_that_another_user_made_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    planted = tmp_path / "planted"
    planted.mkdir()
    (tmp_path / "xorbench").symlink_to(planted)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert places.user_cache() == tmp_path / "xorbench"  # a link to a folder of one's own
    me = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: me + 1)
    with pytest.raises(HarnessError, match="belongs to another user, who could change what is run from it; set XDG_"):
        places.user_cache()
    (sentence,) = preflight._unfit_for_a_worker(gradients_of())
    assert "belongs to another user" in sentence


def test_folders_for_child_processes_can_be_written_and_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    first = places.no_code()
    assert first == places.no_code() != places.home()
    shutil.rmtree(first)
    assert list(places.no_code().iterdir()) == []
    monkeypatch.setenv("TMPDIR", "/proc/nonexistent")
    assert environment.worker_variables()["TMPDIR"] == tempfile.gettempdir()


@functools.cache
def namespace() -> tuple[str, ...]:
    """The beginning of a command line that mounts what its first argument says, and runs the others; () if it can't."""
    unshare = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--mount", "--map-root-user"]
    found = (*unshare, "sh", "-c", 'eval "$1" && shift && exec "$@"', "sh")
    if shutil.which("unshare") is None:
        return ()
    tried = subprocess.run([*found, "mount -t tmpfs none /tmp", "true"], capture_output=True, check=False)
    return () if tried.returncode else found


def mounted(what: str) -> list[str]:
    """The beginning of a command line that sees these mounts; skips the test where mounting is not permitted."""
    if not namespace():
        pytest.skip("this user may not mount file systems in a namespace of its own")
    return [*namespace(), what]


@pytest.mark.slow
def test_without_shared_memory_gradients_are_judged() -> None:
    assert passed(called(*GRADIENTS, within=mounted("mount -t tmpfs -o ro none /dev/shm")))


@pytest.mark.slow
def test_a_read_only_or_full_folder_of_temporary_files_has_another_in_its_place(tmp_path: Path) -> None:
    for options in ("ro", "size=4k"):
        fill = f'mount -t tmpfs -o {options} none "{tmp_path}"; head -c 64k /dev/zero > "{tmp_path}/all" || true'
        assert passed(called(*GRADIENTS, variables={"TMPDIR": str(tmp_path)}, within=mounted(fill)))


@pytest.mark.slow
def test_a_read_only_home_is_no_failure_of_an_implementation(tmp_path: Path) -> None:
    if shutil.which("cc") is None:
        pytest.skip("there is no C compiler")
    home = mounted(f'mount -t tmpfs -o ro none "{tmp_path}"')
    call = [argument for argument in GRADIENTS if not argument.startswith("--implementation")]
    variables = {"HOME": str(tmp_path), "XDG_CACHE_HOME": None}
    assert passed(called(*call, "--implementation=c_strict", variables=variables, within=home))


@pytest.mark.slow
def test_a_full_disk_is_told_with_the_file_that_it_has_no_room_for(tmp_path: Path) -> None:
    full = mounted(f'mount -t tmpfs -o size=64k none "{tmp_path}"')
    place = tmp_path / "timings.json"
    line = refused(called("export", COMMITTED, "--pytest-benchmark", place, within=full))
    assert line == (
        f"{place}: No space left on device; make room there, or set TMPDIR and --output to folders with free space"
    )


@pytest.mark.slow
def test_pages_on_a_full_disk_are_one_line(tmp_path: Path) -> None:
    record = Path(COMMITTED)
    script = f'mount -t tmpfs -o size=8m none "{tmp_path}" && mkdir "{tmp_path}/{record.parent.name}"'
    script += f' && cp "{record}" "{tmp_path}/{record.parent.name}"'
    script += f' && head -c 20m /dev/zero 2>/dev/null > "{tmp_path}/all" || true'
    assert ": No space left on device; make room there" in refused(
        called("publish", f"--output={tmp_path}", within=mounted(script))
    )
