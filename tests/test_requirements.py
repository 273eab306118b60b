"""What the project asks pip for, as the installed metadata says it."""

import importlib.metadata

import pytest

from xorbench import requirements

DECLARED = [
    "numpy==2.4.6",
    'autograd==1.9.1; extra == "frameworks"',
    'Big_One==2; extra == "large"',
    'split[gpu,cpu]==3; extra == "split"',
    'xorbench[frameworks]; extra == "test"',
    'xorbench[frameworks,large]; extra == "all"',
    'winonly==1; sys_platform == "win32"',
]


@pytest.fixture
def declared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.metadata, "requires", lambda _name: DECLARED)
    requirements._requirements.cache_clear()
    monkeypatch.setattr(requirements, "_requirements", requirements._requirements.__wrapped__)


@pytest.mark.usefixtures("declared")
def test_a_pin_is_what_pip_must_be_told() -> None:
    assert requirements.pin("autograd") == "autograd==1.9.1"
    assert requirements.pin("big-one") == "Big_One==2"
    assert requirements.pin("numpy") == "numpy==2.4.6"
    assert requirements.pin("split") == "split[cpu,gpu]==3"
    assert requirements.pin("flax") is None


@pytest.mark.usefixtures("declared")
def test_the_extras_of_a_requirement_are_known() -> None:
    assert requirements.extras("Split") == {"cpu", "gpu"}
    assert requirements.extras("numpy") == requirements.extras("flax") == set()


@pytest.mark.usefixtures("declared")
def test_extras_bring_what_the_extras_in_them_bring() -> None:
    assert requirements.brought_by() == {"numpy"}
    assert requirements.brought_by("test") == {"numpy", "autograd"}
    assert requirements.brought_by("all") == {"numpy", "autograd", "big-one"}


def test_the_base_is_pinned() -> None:
    assert str(requirements.pin("numpy")).startswith("numpy==")
    assert {"numpy", "torch", "jax"} <= requirements.brought_by()
    assert "pytest" in requirements.brought_by("test")
