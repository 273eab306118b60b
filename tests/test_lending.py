"""What is lent to other environments: the judge and the clock, and no numerical library."""

import subprocess
from pathlib import Path

import pytest

from tests.conftest import environment_with
from xorbench import environment
from xorbench.contract.interpreter import HERE, Interpreter
from xorbench.contract.lending import lent


def test_no_framework_and_no_metadata_is_lent() -> None:
    names = {path.name for path in Path(lent()).iterdir()}
    assert {"pytest", "pytest_benchmark", "psutil", "flint", "hypothesis", "threadpoolctl.py"} <= names
    assert not {"numpy", "scipy", "jax", "torch", "optax", "pandas"} & names
    assert not [name for name in names if name.endswith(("-info", ".pth"))]
    assert all(path.exists() for path in Path(lent()).iterdir())


def test_another_environment_finds_ours_and_has_nothing_else(tmp_path: Path) -> None:
    other = Interpreter("other", environment_with(tmp_path, ""))
    script = (
        "import pytest_benchmark.plugin, psutil, flint, hypothesis, importlib.util as u\nprint(u.find_spec('numpy'))"
    )
    done = subprocess.run(
        [other.executable, "-c", script],
        env=other.variables_with_harness(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.returncode) == ("None\n", 0), done.stderr


def test_what_leads_to_our_libraries_is_kept_from_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "/ours")
    monkeypatch.setenv("VIRTUAL_ENV", "/ours")
    other = Interpreter("other", "/other/python")
    assert {"PYTHONPATH", "VIRTUAL_ENV"} <= HERE.variables().keys()
    assert HERE.variables() == HERE.variables_with_harness() == environment.worker_variables()
    assert not {"PYTHONPATH", "VIRTUAL_ENV"} & other.variables().keys()
    assert other.variables_with_harness() == other.variables() | {"PYTHONPATH": lent()}
