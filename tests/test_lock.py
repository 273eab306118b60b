"""The lock file holds what CI installs, in versions that pyproject.toml allows, each with the hashes of its files."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

NOT_LOCKED = "torch"

HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def locked() -> list[tuple[Requirement, list[str]]]:
    """Each requirement of the lock file with its options."""
    text = "".join(line for line in LOCK.splitlines(keepends=True) if not line.lstrip().startswith("#"))
    entries = [entry.split(" --hash=") for entry in text.replace("\\\n", "").splitlines()]
    return [(Requirement(entry[0].strip()), [f"--hash={part.strip()}" for part in entry[1:]]) for entry in entries]


def declared(extra: str | None = None) -> list[Requirement]:
    """What pyproject.toml names, with what its extras bring."""
    optional = PROJECT["optional-dependencies"]
    found: list[Requirement] = []
    for requirement in map(Requirement, optional[extra] if extra else PROJECT["dependencies"]):
        if requirement.name == PROJECT["name"]:
            found += [further for name in requirement.extras for further in declared(name)]
        else:
            found.append(requirement)
    return found


@pytest.mark.parametrize("requirement", sorted([*declared(), *declared("dev")], key=str), ids=str)
def test_what_the_project_names_is_locked_within_its_range(requirement: Requirement) -> None:
    versions = [
        next(iter(entry.specifier)).version
        for entry, _ in locked()
        if canonicalize_name(entry.name) == canonicalize_name(requirement.name)
    ]
    if requirement.name == NOT_LOCKED:
        assert versions == []
        assert [specifier.operator for specifier in requirement.specifier] == ["=="]  # .ci/run installs that version
    else:
        assert versions
        assert all(requirement.specifier.contains(version) for version in versions)


def test_every_entry_is_one_version_with_hashes_and_nothing_else() -> None:
    entries = locked()
    assert len(entries) > 40
    for requirement, options in entries:
        assert requirement.url is None, requirement
        assert [specifier.operator for specifier in requirement.specifier] == ["=="], requirement
        assert options, requirement
        assert all(HASH.fullmatch(option) for option in options), requirement


def test_no_index_is_named_and_no_cuda_is_brought() -> None:
    assert "://" not in LOCK
    assert "index-url" not in LOCK
    assert [entry.name for entry, _ in locked() if entry.name.startswith(("nvidia", "cuda", "triton"))] == []


def test_ci_installs_the_lock_before_it_runs_the_tests() -> None:
    lines = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    (locked_first,) = (n for n, line in enumerate(lines) if "--require-hashes -r requirements.lock" in line)
    assert locked_first < lines.index('bash -euo pipefail "$home/tests"')
