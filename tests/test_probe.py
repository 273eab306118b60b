"""Other interpreters: what they have, and in one line why nothing can run there."""

import platform
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import OTHER_NUMPY, Variant, environment_with
from xorbench.contract import REFERENCE
from xorbench.environments import probe
from xorbench.environments.probe import Unusable
from xorbench.places import IMPLEMENTATIONS


def program(folder: Path, text: str) -> str:
    path = folder / "python"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


def test_an_interpreter_tells_what_it_has(other_numpy: str, variant: Variant) -> None:
    reference, lost = (
        IMPLEMENTATIONS / f"{REFERENCE}.py",
        variant("lost", ("import numpy as np", "import numpy as np, scipy")),
    )
    found, missing = probe.survey("other", other_numpy, [reference, lost])
    assert found.versions == {"python": platform.python_version(), "numpy": OTHER_NUMPY}
    assert found.version_of("numpy") == OTHER_NUMPY != np.__version__
    assert 2**24 < (found.installed_bytes("numpy") or 0) < 2**28
    assert missing == {reference: None, lost: "scipy is not installed"}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("echo 3.10.13", "other is Python 3.10.13, expected 3.11 or newer; make it with another interpreter"),
        ("echo 2.7.18", "other is Python 2.7.18, expected 3.11 or newer"),
        ("echo hello", "is not a Python interpreter; expected its bin/python"),
        ("exit 3", "is not a Python interpreter"),
        ("[ $1 = -c ] && echo 3.12.0 || exit 3", "other can't run a worker: it ended with code 3;"),
    ],
)
def test_what_can_run_nothing_says_why_in_one_line(text: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(Unusable) as raised:
        probe.survey("other", program(tmp_path, text), [])
    assert says in str(raised.value)
    assert "\n" not in str(raised.value)


def test_what_is_not_there_is_named() -> None:
    with pytest.raises(Unusable, match="other: /nowhere/python can't be run: No such file or directory"):
        probe.survey("other", "/nowhere/python", [])


def test_one_that_never_answers_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "SECONDS_TO_ANSWER", 1)
    with pytest.raises(Unusable, match="did not answer within 1 s"):
        probe.survey("other", program(tmp_path, "while :; do :; done"), [])


def test_a_missing_module_is_named_with_what_to_do(tmp_path: Path) -> None:
    empty = environment_with(tmp_path, "")
    with pytest.raises(Unusable, match=r"No module named 'numpy'; .* -m pip install numpy, or xorbench environments"):
        probe.survey("other", empty, [])
