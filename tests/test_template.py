"""Skeletons: all that the contract asks for, in its order and words; what is not filled in fails by name."""

import ast
import re
from pathlib import Path

import pytest

from xorbench.contract import CONSTANTS, FUNCTIONS, REFERENCE, Contract, load, read, template
from xorbench.judging.judge import judge
from xorbench.tables import judge_report
from xorbench.tables.gradients import gradients
from xorbench.workloads import WORKLOADS


def test_a_skeleton_keeps_the_contract_and_says_what_each_function_gives(tmp_path: Path) -> None:
    found = read(template.write("mine", "numpy", tmp_path))
    assert (found.broken, found.missing, found.framework) == (None, None, "numpy")
    tree = ast.parse((tmp_path / "mine.py").read_text())
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    assert [node.name for node in functions] == [*FUNCTIONS]
    for node in functions:
        theirs = getattr(Contract, node.name).__doc__
        assert " ".join((ast.get_docstring(node) or "").split()) == " ".join(theirs.split())
    assert "W1 (n0, n1), b1 (1, n1), W2 (n1, n2)," in (ast.get_docstring(tree) or "")
    assert {name: getattr(load(found), name) for name in CONSTANTS} == {
        "FRAMEWORK": "numpy",
        "TIER": "idiomatic",
        "EXECUTION": "eager",
        "GRANULARITY": "one call per epoch",
    }


def test_each_function_fails_with_what_is_to_be_done(tmp_path: Path) -> None:
    module = load(read(template.write("mine", "numpy", tmp_path)))
    for name, arguments in FUNCTIONS.items():
        with pytest.raises(RuntimeError, match=f"^{name} is to be filled in$"):
            getattr(module, name)(*arguments)


def test_the_judge_says_it_in_one_line(tmp_path: Path) -> None:
    path = template.write("mine", "numpy", tmp_path)
    report = judge([read(path)], [WORKLOADS["neuron"]], 1, 0, thorough=False)
    notes = [*gradients(report).notes, *judge_report.conduct(report).notes]
    said = [note for note in notes if "filled in" in note]
    (line,) = (n for n, text in enumerate(path.read_text().splitlines(), 1) if "convert is to be filled in" in text)
    assert said == [
        "mine (neuron float64, neuron float32): RuntimeError: convert is to be filled in "
        f"(convert, mine.py line {line})."
    ]
    assert not report.passed


@pytest.mark.parametrize(
    ("framework", "imports"),
    [
        ("python-flint", "import flint\nimport numpy as np\nfrom numpy"),
        ("torch", "import numpy as np\nimport torch\nfrom numpy"),
        ("numpy", "Any\n\nimport numpy as np\nfrom numpy"),
        ("sh", "Any\n\nimport numpy as np\nfrom numpy"),
        (
            "not-installed",
            "import not_installed  # not-installed is not installed here: check that its module has this name\n"
            "import numpy as np",
        ),
    ],
)
def test_the_framework_is_imported_where_there_is_something_to_import(framework: str, imports: str) -> None:
    text = template.text(framework)
    assert imports in text
    assert f'FRAMEWORK = "{framework}"' in text


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("two words", "can't name an implementation, expected letters, digits and _"),
        ("class", "can't name an implementation"),
        ("_hidden", "can't name an implementation"),
        ("../up", "can't name an implementation"),
        ("mine.py", "can't name an implementation"),
        ("json", "json.py would shadow the library json; add where its gradients come from, as in json_grad"),
        (REFERENCE, f"an implementation named {REFERENCE} already exists"),
    ],
)
def test_a_name_that_cannot_be_is_refused(name: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=re.escape(says)):
        template.write(name, "numpy", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("precious")
    with pytest.raises(ValueError, match=r"mine\.py already exists; remove it, or choose another name"):
        template.write("mine", "numpy", tmp_path)
    assert (tmp_path / "mine.py").read_text() == "precious"
    with pytest.raises(ValueError, match="can't be written: No such file or directory; name another folder"):
        template.write("mine", "numpy", tmp_path / "nowhere")
