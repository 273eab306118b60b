"""What is said of a machine: enough to understand a number, and nothing that tells whose machine it is."""

import getpass
import importlib.metadata
import inspect
import os
import platform
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil
import pytest

from xorbench import affinity, environment


def test_a_machine_is_named_by_what_it_is() -> None:
    machine = environment.machine()
    assert machine.cores == max(psutil.cpu_count() or 1, len(affinity.allowed_cpus()))
    assert str(machine.cores) in machine.name
    assert machine.system.lower() in machine.name


def test_the_number_of_cores_is_not_the_one_that_an_environment_variable_may_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """From Python 3.13 on, PYTHON_CPU_COUNT sets what `os.cpu_count` returns."""
    cores = environment.machine().cores
    for wrong in (1_000_000, None):
        monkeypatch.setattr(os, "cpu_count", lambda wrong=wrong: wrong)
        assert environment.machine().cores == cores


def test_a_machine_has_at_least_as_many_cores_as_a_sweep_of_all_threads_has_threads(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A container with a share of the time of its CPUs may show fewer of them than its processes may use."""
    monkeypatch.setattr(psutil, "cpu_count", lambda: 2)
    monkeypatch.setattr(affinity, "allowed_cpus", lambda: [0, 1, 4, 5])
    assert environment.machine().cores == 4


def test_a_name_without_a_number_says_family_and_model_too() -> None:
    numbers = {"family": 26, "model": 2, "stepping": 1}
    assert environment.cpu_model({"brand_raw": "AMD EPYC", **numbers}) == "AMD EPYC, family 26, model 2"
    assert environment.cpu_model({"brand_raw": "AMD EPYC 7763", **numbers}) == "AMD EPYC 7763"
    assert environment.cpu_model({"brand_raw": "some processor"}) == "some processor"


def test_nothing_personal_is_said() -> None:
    said = repr([environment.machine(), environment.blas(), environment.observed()])
    for secret in (platform.node(), getpass.getuser(), str(Path.home()), str(Path.cwd())):
        assert len(secret) < 3 or secret not in said


def test_a_command_is_kept_without_its_folders() -> None:
    command = environment.command(
        ["run", "--with", "/home/somebody/private/mine.py", "--output=/srv/secret/res", "--quick"]
    )
    assert command == "xorbench run --with mine.py --output=res --quick"


def test_a_command_in_any_encoding_is_text_that_a_record_can_hold() -> None:
    given = [os.fsdecode(word) for word in ("--output=/srv/rés".encode(), b"--with=/a/\xff.py")]
    command = environment.command(["run", *given])
    assert command == "xorbench run '--output=rés' '--with=\ufffd.py'"


def test_versions_name_python_and_the_libraries() -> None:
    versions = environment.versions()
    assert versions["python"] == platform.python_version()
    assert versions["numpy"] == np.__version__ == environment.version_of("numpy")
    assert environment.version_of("no-such-library") == environment.version_of("") == "unknown"


def test_of_a_library_that_is_installed_twice_the_first_one_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    about = tmp_path / "numpy-0.1.dist-info" / "METADATA"
    about.parent.mkdir()
    about.write_text("Metadata-Version: 2.1\nName: numpy\nVersion: 0.1\n")
    for path in ([*sys.path, str(tmp_path)], [str(tmp_path), *sys.path]):
        monkeypatch.setattr("sys.path", path)
        found = inspect.unwrap(environment.versions)()  # it is cached in tests
        assert found["numpy"] == environment.version_of("numpy")
    assert found["numpy"] == "0.1"


def test_what_pip_left_of_a_library_has_no_version(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    before = inspect.unwrap(environment.versions)()
    for name, text in {"empty": None, "nameless": "Version: 1\n", "endless": "Name: endless\n"}.items():
        folder = tmp_path / f"{name}-1.dist-info"
        folder.mkdir()
        if text:
            (folder / "METADATA").write_text(text)
    monkeypatch.setattr("sys.path", [*sys.path, str(tmp_path)])
    assert inspect.unwrap(environment.versions)() == before
    distributions = importlib.metadata.distributions
    monkeypatch.setattr("importlib.metadata.distributions", lambda: [*distributions(), WithoutMetadata()])
    assert inspect.unwrap(environment.versions)() == before


class WithoutMetadata:
    """A distribution as the library importlib_metadata finds it where pip left an empty folder."""

    @property
    def metadata(self) -> object:
        raise FileNotFoundError


def test_python_is_a_framework_with_the_version_that_a_record_has_of_it() -> None:
    assert environment.version_of("python") == environment.versions()["python"]
    assert environment.is_installed("python")


def test_what_is_no_distribution_is_a_program_and_says_its_own_version(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = tmp_path / "own-compiler"
    program.write_text('#!/bin/sh\necho "own-compiler 1.2.3 for $1"\necho "no warranty"\n')
    program.chmod(0o755)
    assert not environment.is_installed("own-compiler")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    assert environment.is_installed("own-compiler")
    environment._program_version.cache_clear()
    assert environment.version_of("own-compiler") == "own-compiler 1.2.3 for --version"
    environment._program_version.cache_clear()


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("OSError: /home/somebody/private/mine.py", "OSError: mine.py"),
        ("[Errno 2] No such file: '/srv/secret/a.so'", "[Errno 2] No such file: 'a.so'"),
        ("in ~/secret/b.py, line 3", "in b.py, line 3"),
        ("error / bound of 1/2 and/or https://example.org/a/b", "error / bound of 1/2 and/or https://example.org/a/b"),
    ],
)
def test_a_message_is_kept_without_its_folders(message: str, said: str) -> None:
    assert environment.without_folders(message) == said


def test_a_worker_sees_no_flags(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("XLA_FLAGS", "CFLAGS", "PYTHONHASHSEED", "OMP_NUM_THREADS"):
        monkeypatch.setenv(name, "7")
    given = environment.worker_variables()
    assert not {"XLA_FLAGS", "CFLAGS", "PYTHONHASHSEED"} & set(given)
    assert given["OMP_NUM_THREADS"] == "1"
    assert given["PATH"] == os.environ["PATH"]


def test_installed_is_a_distribution_with_all_that_it_requires() -> None:
    numpy, pandas = (environment.installed_bytes(name) for name in ("numpy", "pandas"))
    assert numpy is not None
    assert pandas is not None
    assert 10 * 2**20 < numpy < pandas
    assert environment.installed_bytes("no-such-library") is None
    assert environment.installed_bytes("") is None


@dataclass(frozen=True)
class Installed:
    """What is read of an installed distribution."""

    name: str
    requires: tuple[str, ...] = ()


INSTALLED = [
    Installed("split", ("base", 'backend==1; extra == "cpu"', 'other; extra == "gpu"')),
    Installed("base", ("chain[more]",)),
    Installed("chain", ('link; extra == "more"',)),
    *map(Installed, ("backend", "other", "link")),
]


def test_what_is_required_with_an_extra_counts_with_that_extra_only(monkeypatch: pytest.MonkeyPatch) -> None:
    by_name = {one.name: one for one in INSTALLED}
    monkeypatch.setattr(importlib.metadata, "distribution", by_name.__getitem__)
    assert sorted(one.name for one in environment.required(["split"])) == ["base", "chain", "link", "split"]
    assert sorted(one.name for one in environment.required(["split"], ["cpu"])) == [
        "backend",
        "base",
        "chain",
        "link",
        "split",
    ]
