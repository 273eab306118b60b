"""`pytest benchmarks/` without a driver is plain pytest-benchmark: real runs of it, with its own options."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Variant
from xorbench.contract import REFERENCE, discover

ROOT = Path(__file__).parent.parent


def plain(*options: str, plugins: Path | None = None) -> subprocess.CompletedProcess[str]:
    arguments = ("--rounds=3", "--epochs-per-round=10", "-p", "no:cacheprovider", *options)
    variables = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    if plugins:
        variables["PYTHONPATH"] = os.pathsep.join(filter(None, [str(plugins), os.environ.get("PYTHONPATH")]))
    return subprocess.run(
        [sys.executable, "-m", "pytest", "benchmarks/", *arguments],
        cwd=ROOT,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_times_and_takes_the_options_of_pytest_benchmark(tmp_path: Path) -> None:
    path = tmp_path / "timings.json"
    asked = (f"--implementation={REFERENCE}", "--workload=hidden")
    done = plain(*asked, f"--benchmark-json={path}", "--benchmark-columns=median,rounds")
    assert done.returncode == 0, done.stdout
    found = {b["name"]: b for b in json.loads(path.read_text())["benchmarks"]}
    assert set(found) == {f"test_train[hidden-{REFERENCE}]"}
    train = found[f"test_train[hidden-{REFERENCE}]"]
    assert train["stats"]["rounds"] == 3
    assert train["extra_info"] == {"epochs_per_round": 10}
    assert train["group"] == "hidden"


@pytest.mark.slow
def test_no_passed_gradient_check_no_time(variant: Variant) -> None:
    wrong = variant("wrong", ("delta = outputs - targets", "delta = targets - outputs"))
    done = plain(f"--with={wrong}", "--implementation=wrong", "--workload=neuron")
    assert done.returncode == 1
    assert "not timed: the gradient check was not passed: outside W1" in done.stdout
    assert "Rounds" not in done.stdout


def test_a_name_that_nothing_bears_is_one_line_with_what_is_near() -> None:
    for option, says in (
        ("--workload=hiden", "no workload is named 'hiden'; did you mean hidden?"),
        ("--implementation=numpy_backprob", "no implementation is named 'numpy_backprob'; did you mean numpy_backprop"),
    ):
        done = plain(option)
        assert done.returncode == 4  # pytest's own, of a mistake in the call
        assert f"ERROR: {says}" in done.stderr
        assert "Traceback" not in done.stderr + done.stdout


@pytest.mark.slow
def test_what_is_missing_is_skipped_by_name(variant: Variant) -> None:
    absent = variant("absent", ("import numpy as np", "import numpy as np\nimport no_such_library"))
    done = plain(f"--with={absent}", "--implementation=absent")
    assert done.returncode == 0
    assert "absent: no_such_library is not installed" in done.stdout
    assert "2 skipped" in done.stdout


def collected(*options: str) -> tuple[str, set[str]]:
    """What is printed before the benchmarks, and the implementations that would be timed on one workload."""
    done = plain("--collect-only", "--workload=neuron", *options)
    assert done.returncode == 0, done.stdout
    return done.stdout, set(re.findall(r"test_train\[neuron-(\w+)\]", done.stdout))


@pytest.mark.slow
def test_it_says_that_it_judges_first_and_leaves_tuned_files_out_unless_they_are_asked_for(variant: Variant) -> None:
    tuned = {i.name for i in discover() if i.tier == "tuned"}
    idiomatic = {i.name for i in discover()} - tuned
    header, found = collected()
    assert found == idiomatic
    judged = f"the gradients of {len(idiomatic)} implementations are judged at 100 random points"
    assert f"xorbench: before the first benchmark, {judged}" in header
    assert "xorbench: tuned implementations are left out (" in header
    assert all(name in header for name in tuned)
    header, found = collected("--tuned")
    assert found == idiomatic | tuned
    assert "left out" not in header
    mine = variant("mine", ('TIER = "idiomatic"', 'TIER = "tuned"'))
    assert collected(f"--with={mine}")[1] == idiomatic | {"mine"}
    header, found = collected("--implementation=numpy_inplace")
    assert found == {"numpy_inplace"}
    assert "the gradients of 1 implementation are judged" in header
    assert "left out" not in header


STAND_IN = """
import pytest

class Benchmark:
    group, extra_info = None, {}

    def pedantic(self, target, args=(), kwargs={}, setup=None, teardown=None, rounds=1):
        given = ("an argument", 1)
        for _ in range(rounds):
            args, kwargs = setup(*given)
            target(*args, **kwargs)
            teardown(*args, **kwargs)
        print(f"timed {rounds} rounds by the stand-in")

@pytest.fixture
def benchmark():
    return Benchmark()
"""
"""A plugin in place of pytest-benchmark that, as pytest-codspeed, calls `setup` with the arguments of the target."""


@pytest.mark.slow
def test_a_plugin_may_give_the_setup_of_a_round_the_arguments_of_the_target(tmp_path: Path) -> None:
    (tmp_path / "stand_in.py").write_text(STAND_IN)
    options = (f"--implementation={REFERENCE}", "--workload=neuron", "-s", "-p", "no:benchmark", "-p", "stand_in")
    done = plain(*options, plugins=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "timed 3 rounds by the stand-in" in done.stdout
