"""What is said of a machine: enough to understand a number, and nothing that tells whose machine it is."""

import getpass
import json
import os
import platform
from pathlib import Path

import numpy as np
import pytest

from benchmarks import environment


def test_a_machine_is_named_by_what_it_is() -> None:
    machine = environment.machine()
    assert machine["cores"] == os.cpu_count()
    assert str(machine["cores"]) in machine["name"]
    assert machine["system"].lower() in machine["name"]


def test_nothing_personal_is_said() -> None:
    said = json.dumps([environment.machine(), environment.blas(), environment.disturbance(), environment.observed()])
    for secret in (platform.node(), getpass.getuser(), str(Path.home()), str(Path.cwd())):
        assert len(secret) < 3 or secret not in said


def test_a_command_is_kept_without_its_folders() -> None:
    command = environment.command(
        ["run", "--with", "/home/somebody/private/mine.py", "--output=/srv/secret/res", "--quick"]
    )
    assert command == "xorbench run --with mine.py --output=res --quick"


def test_versions_name_python_and_the_libraries() -> None:
    versions = environment.versions()
    assert versions["python"] == platform.python_version()
    assert versions["numpy"] == np.__version__ == environment.version_of("numpy")
    assert environment.version_of("no-such-library") == environment.version_of("") == "unknown"


def test_a_child_starts_on_one_cpu_and_the_parent_stays_free() -> None:
    before = environment.allowed_cpus()
    with environment.started_on(before[-1]):
        assert environment.allowed_cpus() == [before[-1]]
    assert environment.allowed_cpus() == before


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
