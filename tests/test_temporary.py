"""Temporary folders: removed by whoever made them, at the end of a process, and after it was killed."""

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.conftest import children_with
from xorbench.temporary import REMOVE, Temporary


def removers(folder: str | Path) -> list[psutil.Process]:
    """The shells that wait for the end of this process and would remove this folder, or one in it."""
    return [child for child in children_with(str(folder)) if REMOVE in child.cmdline()]


def test_a_folder_is_removed_with_all_that_is_in_it_and_so_is_its_shell(tmp_path: Path) -> None:
    with Temporary(tmp_path) as name:
        assert Path(name).parent == tmp_path
        Path(name, "a").mkdir()
        Path(name, "a", "b").write_text("c", encoding="utf-8")
        assert len(removers(name)) == 1
    assert list(tmp_path.iterdir()) == []
    assert removers(name) == []


def test_it_may_be_removed_twice_or_by_someone_else(tmp_path: Path) -> None:
    one, other = Temporary(tmp_path), Temporary(tmp_path)
    Path(other.name).rmdir()
    for folder in (one, one, other):
        folder.cleanup()
    assert list(tmp_path.iterdir()) == []


LASTS = "import sys\nfrom xorbench.temporary import Temporary\nkept = Temporary()\nprint(kept.name, flush=True)\n"


def test_it_is_removed_at_the_end_of_the_process(tmp_path: Path) -> None:
    script, variables = f"{LASTS}raise SystemExit(3)", os.environ | {"TMPDIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-X", "dev", "-c", script], env=variables, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (3, b"")
    assert Path(done.stdout.decode().strip()).parent == tmp_path
    assert list(tmp_path.iterdir()) == []


def killed_in(folder: Path) -> None:
    """Kill a process that has made a temporary folder in this one, and wait for the shell that removes it."""
    script, variables = f"{LASTS}sys.stdin.read()", os.environ | {"TMPDIR": str(folder)}
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", script], env=variables, stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdout is not None
        made = Path(process.stdout.readline().strip())
        assert made.parent == folder
        (made / "file").write_text("", encoding="utf-8")
        shells = psutil.Process(process.pid).children()
        process.kill()
    assert len(shells) == 1
    assert psutil.wait_procs(shells, timeout=60)[1] == []


def test_it_is_removed_after_the_process_was_killed(tmp_path: Path) -> None:
    killed_in(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_name_with_a_meaning_for_the_shell_is_a_name(tmp_path: Path) -> None:
    odd = tmp_path / "-rf $(touch there) 'a' *"
    odd.mkdir()
    (tmp_path / "beside").mkdir()
    killed_in(odd)
    assert sorted(path.name for path in tmp_path.iterdir()) == [odd.name, "beside"]
    assert list(odd.iterdir()) == []


def test_without_a_shell_there_is_a_folder_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    with Temporary(tmp_path) as name:
        assert removers(name) == []
        assert Path(name).is_dir()
    assert list(tmp_path.iterdir()) == []
