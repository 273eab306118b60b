"""Releases: which there are, an environment for each, and a history of a small framework that is made here."""

import functools
import platform
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from packaging.version import Version

from tests.command import called
from tests.conftest import Variant
from tests.released import FRAMEWORK, label_of
from xorbench.contract import REFERENCE, read
from xorbench.environments import releases, virtualenvs
from xorbench.estimates.analysis import Analysis
from xorbench.record import store
from xorbench.studies.wheels import alone, numpy_of_here, wheel
from xorbench.tables.catalogue import named

TEXT = """
def same(array):
    for _ in range({loops}):
        pass
    return array
"""
"""The framework: a function that returns its argument, after loops that do nothing."""

LOOPS = {"1.0": 0, "1.1": 0, "1.2": 1_000, "1.10": 1_000}

NOT_INSTALLABLE = "1.11"


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with wheels: four releases of a framework, one that needs what is not there, and NumPy by a link."""
    folder = tmp_path_factory.mktemp("index")
    for version, loops in LOOPS.items():
        wheel(folder, FRAMEWORK, version, {f"{FRAMEWORK}/__init__.py": TEXT.format(loops=loops)})
    wheel(folder, FRAMEWORK, NOT_INSTALLABLE, {f"{FRAMEWORK}/__init__.py": ""}, more="Requires-Dist: no-such-library\n")
    wheel(folder, FRAMEWORK, "2.0rc1", {f"{FRAMEWORK}/__init__.py": ""})
    wheel(folder, FRAMEWORK, "3.0", {f"{FRAMEWORK}/__init__.py": ""}, tag="cp27-cp27m-win32")
    numpy_of_here(folder)
    return folder


@pytest.fixture(autouse=True)
def pip(index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Pip finds these wheels only, and environments are made in a new folder."""
    monkeypatch.setattr(releases, "available", available)
    with alone(index, tmp_path / "cache"):
        yield


available = functools.cache(releases.available)
"""Pip is asked once for the releases of each framework: there are no others later."""


@pytest.fixture(scope="module")
def implementation(variant: Variant) -> Path:
    """An implementation that calls this framework once in each gradient."""
    return variant(
        "tiny_backprop",
        ("import numpy as np\n", f"import numpy as np\nimport {FRAMEWORK}\n"),
        ('FRAMEWORK = "numpy"', f'FRAMEWORK = "{FRAMEWORK}"'),
        ("delta = outputs - targets", f"delta = {FRAMEWORK}.same(outputs - targets)"),
    )


def versions(*texts: str) -> list[Version]:
    return [*map(Version, texts)]


def test_final_releases_with_a_wheel_for_this_python_are_available() -> None:
    assert releases.available(FRAMEWORK) == versions("1.0", "1.1", "1.2", "1.10", "1.11")


def test_one_that_the_index_does_not_have_is_one_line() -> None:
    with pytest.raises(
        ValueError, match="pip failed: ERROR: No matching distribution found for no-such-library"
    ) as error:
        releases.available("no-such-library")
    assert "\n" not in str(error.value)
    with pytest.raises(ValueError, match="is not a requirement"):
        releases.available("--help")


@pytest.mark.parametrize(
    ("given", "last", "expected"),
    [
        (["1.10", "1.0", "1.10"], None, ["1.0", "1.10"]),
        (["1.1..1.10"], None, ["1.1", "1.2", "1.10"]),
        (["1.0.5..1.5"], None, ["1.1", "1.2"]),
        ([], 3, ["1.2", "1.10", "1.11"]),
        (["0.9", "1.0..1.1"], 2, ["0.9", "1.0", "1.1", "1.10", "1.11"]),
        (["0.9", "0.8"], 99, ["0.8", "0.9", "1.0", "1.1", "1.2", "1.10", "1.11"]),
    ],
)
def test_releases_are_asked_for_by_number_by_range_and_from_the_newest(
    given: list[str], last: int | None, expected: list[str]
) -> None:
    assert releases.asked_for(FRAMEWORK, given, last) == versions(*expected)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ([], "0 releases of tinyframework, expected 2 to 24: give versions such as 2.0.2 2.1.3, OLD..NEW, or --last N"),
        (["1.0"], "1 release of tinyframework, expected 2 to 24"),
        (["1.10..1.0"], "0 releases of tinyframework"),
        ([str(number) for number in range(25)], "25 releases of tinyframework"),
        (["1.0", "newest"], "'newest' is not a version"),
        (["1.0..", "2.0"], "'' is not a version"),
        (["1.0..1.1..1.2"], "'1.1..1.2' is not a version"),
    ],
)
def test_a_mistake_is_one_line(given: list[str], says: str) -> None:
    with pytest.raises(ValueError, match=says) as error:
        releases.asked_for(FRAMEWORK, given)
    assert "\n" not in str(error.value)


def test_what_the_files_import_is_what_an_environment_holds_beside_the_framework(
    implementation: Path, variant: Variant
) -> None:
    assert releases.imported([read(implementation)]) == {"numpy"}  # the framework is not installed here
    more = read(variant("more", ("import numpy as np\n", "import json\nimport numpy as np\nimport scipy.special\n")))
    assert releases.imported([more]) == {"numpy", "scipy"}


def test_what_a_library_uses_in_turn_is_found_where_the_files_can_be_imported(
    implementation: Path, variant: Variant
) -> None:
    using = read(variant("using", ("import numpy as np\n", "import numpy as np\nimport threadpoolctl\nimport yaml\n")))
    assert {"PyYAML", "threadpoolctl"} <= releases.used([using])
    assert "xorbench" not in releases.used([using])
    assert releases.used([read(implementation)]) == set()  # its framework is not installed here


@pytest.mark.slow
def test_an_environment_is_created_once_and_holds_the_release(implementation: Path) -> None:
    files = [read(implementation)]
    selection = releases.select_in_release(FRAMEWORK, Version("1.1"), files)
    (there,) = selection.implementations
    assert (there.name, there.version, there.missing) == (f"tiny_backprop@{label_of('1.1')}", "1.1", None)
    expected = {"python": platform.python_version(), "numpy": np.__version__, FRAMEWORK: "1.1"}
    assert there.interpreter.versions == expected
    mark = virtualenvs.default_folder() / label_of("1.1") / "mark"
    mark.touch()
    assert releases.select_in_release(FRAMEWORK, Version("1.1"), files).implementations == selection.implementations
    assert mark.exists()
    mark.parent.rename(mark.parent.with_name(label_of("1.2")))
    with pytest.raises(ValueError, match=r"the environment \S+-1\.2 has tinyframework 1\.1 on Python .*; remove /"):
        releases.select_in_release(FRAMEWORK, Version("1.2"), files)


@pytest.mark.slow
def test_a_release_that_cannot_be_installed_leaves_nothing_and_says_why(implementation: Path) -> None:
    with pytest.raises(ValueError, match="pip failed: ERROR: ") as error:
        releases.select_in_release(FRAMEWORK, Version(NOT_INSTALLABLE), [read(implementation)])
    assert "\n" not in str(error.value)
    assert list(virtualenvs.environments()) == []


def test_versions_of_here_are_given_up_one_after_the_other(
    implementation: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[tuple[str, ...]] = []

    def refused(_label: str, wanted: list[str], pinned: tuple[str, ...], only_wheels: bool) -> Path:
        assert only_wheels
        assert wanted == [f"{FRAMEWORK}==1.0", "numpy"]
        tried.append(pinned)
        raise ValueError(f"number {len(tried)}")

    monkeypatch.setattr(virtualenvs, "create", refused)
    with pytest.raises(ValueError, match="number 3"):
        releases.select_in_release(FRAMEWORK, Version("1.0"), [read(implementation)])
    every, imported, none = tried
    assert {f"numpy=={np.__version__}", *imported} < {*every}
    assert imported == (f"numpy=={np.__version__}",)
    assert none == ()


SHORT = ("--quick", "--launches=2", "--rounds=4", "--workload=neuron")


@pytest.mark.slow
def test_a_history_is_measured_and_what_cannot_be_installed_is_named_and_left_out(
    implementation: Path, tmp_path: Path
) -> None:
    options = ("--with", implementation, "--output", tmp_path / "records", *SHORT)
    done = called("history", FRAMEWORK, "1.0..1.11", *options)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{FRAMEWORK} {NOT_INSTALLABLE} is left out: pip failed: ERROR: " in done.stderr
    (path,) = store.paths(tmp_path / "records")
    record = store.read(path)
    assert (record.kind, record.partial, record.failures) == ("history", False, [])
    labels = [label_of(version) for version in LOOPS]
    assert list(record.environment.others) == labels
    names = [REFERENCE, *(f"tiny_backprop@{label}" for label in labels)]
    assert [i.name for i in record.implementations] == names
    assert {timing.implementation for timing in record.timings} == {*names}
    assert all(row.verdict == "inside" for row in record.gradients.deciding())
    analysis = Analysis(record)
    (found,) = analysis.histories
    assert [release.version for release in found.releases] == [*LOOPS]
    assert all(release.cost for release in found.releases)
    (table,) = named(analysis)["history"]
    assert len(table.frame) == len(LOOPS)
    assert f"{FRAMEWORK} 1.10" in done.stdout
    assert f"{FRAMEWORK} 1.10" in called("show", path).stdout
    assert f"{FRAMEWORK} 1.10" in called("show", path, "--table", "history").stdout


@pytest.mark.slow
def test_where_fewer_than_two_releases_can_be_used_there_is_no_history(implementation: Path, tmp_path: Path) -> None:
    options = ("--with", implementation, "--output", tmp_path / "records", *SHORT)
    done = called("history", FRAMEWORK, "1.0", NOT_INSTALLABLE, "7.0", *options)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.endswith(f"xorbench: 1 of 3 releases of {FRAMEWORK} can be used, expected 2\n")
    assert not (tmp_path / "records").exists()


def test_files_of_another_framework_have_no_part_in_it(implementation: Path) -> None:
    done = called("history", "numpy", "1", "2", "--with", implementation)
    assert done.returncode == 2
    assert f"tiny_backprop uses {FRAMEWORK}, expected an implementation of numpy" in done.stderr
