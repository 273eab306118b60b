"""`pytest benchmarks/` without a driver is plain pytest-benchmark: real runs of it, with its own options."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.conftest import Variant
from xorbench.contract import REFERENCE

ROOT = Path(__file__).parent.parent


def plain(*options: str) -> subprocess.CompletedProcess[str]:
    arguments = ("--rounds=3", "--epochs-per-round=10", "-p", "no:cacheprovider", *options)
    return subprocess.run(
        [sys.executable, "-m", "pytest", "benchmarks/", *arguments],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")},
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_times_and_takes_the_options_of_pytest_benchmark(tmp_path: Path) -> None:
    path = tmp_path / "timings.json"
    done = plain(f"--implementation={REFERENCE}", f"--benchmark-json={path}", "--benchmark-columns=median,rounds")
    assert done.returncode == 0, done.stdout
    found = {b["name"]: b for b in json.loads(path.read_text())["benchmarks"]}
    assert set(found) == {f"test_train[{workload}-{REFERENCE}]" for workload in ("neuron", "hidden")}
    train = found[f"test_train[hidden-{REFERENCE}]"]
    assert train["stats"]["rounds"] == 3
    assert train["extra_info"] == {"epochs_per_round": 10}
    assert train["group"] == "hidden"


def test_no_passed_gradient_check_no_time(variant: Variant) -> None:
    wrong = variant("wrong", ("delta = outputs - targets", "delta = targets - outputs"))
    done = plain(f"--with={wrong}", "--implementation=wrong", "--workload=neuron")
    assert done.returncode == 1
    assert "not timed: the gradient check was not passed: outside W1" in done.stdout
    assert "Rounds" not in done.stdout


def test_a_name_that_nothing_bears_is_one_line_with_what_is_near() -> None:
    for option, says in (
        ("--workload=hiden", "no workload is named 'hiden'; did you mean hidden or"),
        ("--implementation=numpy_backprob", "no implementation is named 'numpy_backprob'; did you mean numpy_backprop"),
    ):
        done = plain(option)
        assert done.returncode == 4  # pytest's own, of a mistake in the call
        assert f"ERROR: {says}" in done.stderr
        assert "Traceback" not in done.stderr + done.stdout


def test_what_is_missing_is_skipped_by_name(variant: Variant) -> None:
    absent = variant("absent", ("import numpy as np", "import numpy as np\nimport no_such_library"))
    done = plain(f"--with={absent}", "--implementation=absent")
    assert done.returncode == 0
    assert "absent: no_such_library is not installed" in done.stdout
    assert "2 skipped" in done.stdout
