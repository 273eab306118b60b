"""What is told of an implementation by its text alone."""

import ast
from pathlib import Path

import pytest

from xorbench.contract import discover
from xorbench.contract.source_metrics import gradients_by, lines_of_code


@pytest.mark.parametrize(
    ("docstring", "expected"),
    [
        ("Gradients by hand: backpropagation.", "hand"),
        ("Gradients by torch.func.grad, compiled.", "torch.func.grad"),
        ("Gradients by JAX's grad.\n\nAnd more.", "JAX's grad"),
        ("Gradients by x.y. And more: much.", "x.y"),
        ("Backpropagation: by hand.", None),
        ("", None),
    ],
)
def test_the_source_of_gradients_is_what_the_docstring_begins_with(docstring: str, expected: str | None) -> None:
    assert gradients_by(ast.parse(f'"""{docstring}"""')) == expected


def test_every_file_here_tells_it() -> None:
    assert [i.name for i in discover() if not i.gradients_by] == []


def lines(text: str) -> int | None:
    return lines_of_code(ast.parse(text))


def test_lines_are_those_of_a_function_and_of_all_that_it_uses() -> None:
    assert lines("def loss(x): return x\ndef other(x): return x") == 2
    assert lines("def loss(x): return twice(x)\ndef twice(x): return K * x\nK = 2\nUNUSED = 3") == 5
    assert lines("def loss(x): return compiled(x)\ncompiled = jit(slow)\ndef slow(x): return loss(x)") == 5
    assert lines("A, B = range(2)\ndef loss(x): return A + B + x") == 3
    assert lines("@jit\ndef loss(x):\n    if x:\n        return x\n    return Layer()\nclass Layer: pass") == 7


def test_what_is_not_run_is_no_line() -> None:
    plain = "def loss(x, y):\n    z = x + y\n    return z"
    dressed = '''
K: TypeAlias = int
def loss(
    x: K,  # a comment

    y: K,
) -> K:
    """What it does."""
    unset: K
    z: K = (
        x
        + y
    )
    return z
'''
    assert lines(plain) == lines(dressed) == 3


def test_what_stands_in_another_file_of_the_folder_cannot_be_counted() -> None:
    imported = "from xorbench.contract.c_library import compute\ndef loss(x): return {}(x)"
    assert lines(imported.format("compute")) is None
    assert lines(imported.format("abs")) == 2


def test_what_stands_in_a_sibling_is_counted_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xorbench.contract.source_text.IMPLEMENTATIONS", tmp_path)
    sibling = tmp_path / "near.py"
    sibling.write_text("def cost(x): return K * x\nK = 2\ndef other(x): return x")
    assert lines("from near import cost as loss\nK = 3") == 3
    assert lines("from near import cost, other\ndef loss(x): return cost(x) + cost(x) + K\nK = 3") == 6
    sibling.write_text("from near import cost")
    assert lines("from near import cost as loss") == 0
    sibling.write_text("from xorbench.contract.c_library import cost")
    assert lines("from near import cost as loss") is None
    sibling.write_text("def (")
    assert lines("from near import cost as loss") is None


def test_known_files_are_counted() -> None:
    counted = {i.name: i.lines_of_code for i in discover()}
    assert counted["numpy_backprop"] == 39
    assert counted["torch_autograd"] == 23
    assert counted["c_strict"] is counted["c_vectorised"] is None
    assert counted["numba_loop"] == counted["numba_backprop"] == 92
