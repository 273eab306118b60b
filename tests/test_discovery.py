"""The contract: kept by every file in the folder, and each breach named in one line."""

import os
import re
import sys
from pathlib import Path

import pytest
import typer

from tests.conftest import REFERENCE_TEXT, Variant, loaded
from xorbench.cli import selected
from xorbench.contract import CONSTANTS, FUNCTIONS, REFERENCE, Implementation, discover, load, read
from xorbench.contract.source_text import shadows
from xorbench.suite.about import of_implementation


def test_every_implementation_keeps_the_contract(present: Implementation) -> None:
    assert present.broken is None
    module = loaded(present)
    for name in CONSTANTS:
        assert isinstance(getattr(module, name), str)
    for name in FUNCTIONS:
        assert callable(getattr(module, name))


def test_the_contract_is_what_the_readme_of_a_newcomer_says() -> None:
    assert list(CONSTANTS) == ["FRAMEWORK", "TIER", "EXECUTION", "GRANULARITY"]
    assert list(FUNCTIONS) == ["convert", "predict", "loss", "gradient", "begin", "step", "train", "to_numpy"]
    assert FUNCTIONS["train"] == ["recipe", "parameters", "inputs", "targets", "epochs"]


def test_the_reference_comes_first_and_the_others_in_order() -> None:
    names = [i.name for i in discover()]
    assert names == [REFERENCE, *sorted(names[1:])]


BREACHES = {
    "no_framework": (("FRAMEWORK = ", "LIBRARY = "), "FRAMEWORK is missing, expected FRAMEWORK = a string"),
    "odd_tier": (('TIER = "idiomatic"', 'TIER = "fast"'), "TIER is 'fast', expected 'idiomatic' or 'tuned'"),
    "odd_program": (('TIER = "idiomatic"', 'TIER = "idiomatic"\nPROGRAM = 3'), "PROGRAM is 3, expected a string"),
    "odd_slowness": (
        ('TIER = "idiomatic"', 'TIER = "idiomatic"\nSLOW_TO_COMPILE = "yes"'),
        "SLOW_TO_COMPILE is 'yes', expected True or False",
    ),
    "empty": (('FRAMEWORK = "numpy"', 'FRAMEWORK = ""'), "FRAMEWORK is empty, expected a string with a name in it"),
    "number": (('FRAMEWORK = "numpy"', "FRAMEWORK = 3"), "FRAMEWORK is 3, expected a string"),
    "no_predict": (
        ("def predict(", "def foretell("),
        "expected def predict(recipe, parameters, inputs)",
    ),
    "no_targets": (
        (
            "def loss(recipe: Recipe, parameters: Parameters, inputs: Array, targets: Array)",
            "def loss(recipe: Recipe, parameters: Parameters, inputs)",
        ),
        "parameters: Parameters, inputs), expected def loss(recipe, parameters, inputs, targets)",
    ),
    "extra": (("targets: Array, epochs: int", "targets: Array, epochs: int, *more: int"), "got def train("),
    "keyword": (("targets: Array, epochs: int", "targets: Array, *, epochs: int"), "got def train("),
}


def test_an_optional_function_has_the_signature_of_the_contract(variant: Variant) -> None:
    begin = "def begin(recipe: Recipe, parameters: Parameters) -> State:\n"
    arguments = "measure, recipe, parameters, inputs, targets"
    right = read(variant("prepares", (begin, f"def prepared({arguments}):\n    return None\n\n\n{begin}")))
    assert right.broken is None
    wrong = read(variant("prepares_wrong", (begin, f"def prepared(measure):\n    return None\n\n\n{begin}")))
    assert str(wrong.broken).endswith(f"got def prepared(measure), expected def prepared({arguments})")


ODD_REMARKS = {
    "odd_processor": ("PROCESSOR = 512", "PROCESSOR is 512, expected a string"),
    "one_source": ('SOURCES = "more.c"', "SOURCES is 'more.c', expected a tuple of names of files in the same folder"),
    "odd_addition": ("ADDS = 3", "ADDS is 3, expected a string"),
    "nameless": ('ADDS_TO = "floor"', "ADDS is missing, expected a few words that say what this file adds to ADDS_TO"),
}


@pytest.mark.parametrize("name", ODD_REMARKS)
def test_an_odd_remark_is_a_breach(variant: Variant, name: str) -> None:
    remark, expected = ODD_REMARKS[name]
    path = variant(name, ("ADDS", "ADDED"), ('FRAMEWORK = "numpy"', f'FRAMEWORK = "numpy"\n{remark}'))
    assert expected in str(read(path).broken)


def test_a_file_may_say_what_it_adds_to_another_and_what_else_is_its_text(variant: Variant) -> None:
    remarks = 'FRAMEWORK = "numpy"\nSOURCES = ("more.c",)\nADDS = "a call"\nADDS_TO = "floor"'
    path = variant("laddered", ("ADDS", "ADDED"), ('FRAMEWORK = "numpy"', remarks))
    assert "SOURCES names more.c, expected a file in the same folder" in str(read(path).broken)
    path.with_name("more.c").write_text("one")
    first = read(path)
    assert (first.broken, first.adds, first.adds_to, first.sources) == (None, "a call", "floor", ("more.c",))
    path.with_name("more.c").write_text("two")
    second = read(path)
    assert of_implementation(first).source_sha256 == first.source_sha256 != second.source_sha256
    first.must_be(first.source_sha256)
    with pytest.raises(ValueError, match=r"the text of laddered\.py was changed while it was measured"):
        second.must_be(first.source_sha256)


@pytest.mark.parametrize("name", BREACHES)
def test_a_breach_is_one_line_that_names_file_and_expectation(variant: Variant, name: str) -> None:
    change, expected = BREACHES[name]
    broken = read(variant(name, change)).broken
    assert broken is not None
    assert broken.startswith(f"{name}.py: ")
    assert expected in broken
    assert "\n" not in broken


def test_functions_out_of_order_are_a_breach(tmp_path: Path) -> None:
    head, predict, rest = REFERENCE_TEXT.partition("def predict(")
    body, loss, tail = rest.partition("def loss(")
    path = tmp_path / "disorder.py"
    path.write_text(f"{head}{loss}{tail}\n\n{predict}{body}", encoding="utf-8")
    assert "order convert, loss, gradient, begin, step, train, to_numpy, predict, expected convert, predict" in str(
        read(path).broken
    )


IMPORTS_TWO = (
    ("import numpy as np\n", "import numpy as np\nfrom numpy_backprop import predict, to_numpy\n"),
    ("def predict(", "def foretell("),
    ("def to_numpy(", "def as_numpy("),
)


def test_functions_may_be_imported_from_a_sibling_by_a_file_of_any_folder(variant: Variant) -> None:
    borrows = read(variant("borrows", *IMPORTS_TWO))
    assert (borrows.broken, borrows.missing) == (None, None)
    module = load(borrows)
    assert module.predict.__module__ == module.to_numpy.__module__ == "numpy_backprop"
    assert str(borrows.path.parent) not in sys.path


def test_what_is_defined_beside_an_import_must_still_be_in_order(tmp_path: Path) -> None:
    text = REFERENCE_TEXT
    for change in IMPORTS_TWO:
        text = text.replace(*change)
    head, loss, rest = text.partition("def loss(")
    body, gradient, tail = rest.partition("def gradient(")
    path = tmp_path / "disorder.py"
    path.write_text(f"{head}{gradient}{tail}\n\n{loss}{body}", encoding="utf-8")
    assert (
        "order convert, gradient, begin, step, train, loss, "
        "expected convert, loss, gradient, begin, step, train" in str(read(path).broken)
    )


ODD_IMPORTS = {
    "from_nowhere": ("from no_such_sibling import to_numpy", "no_such_sibling, which is no file of the project's own"),
    "from_beside": ("from beside import to_numpy", "to_numpy is imported from beside, which is no file of the"),
    "from_a_library": ("from numpy import asarray as to_numpy", "to_numpy is imported from numpy, which is no file"),
    "undefined": ("from numpy_backprop import sign as to_numpy", "numpy_backprop, which does not define sign"),
    "passed_on": ("from numba_loop import to_numpy", "numba_loop, which does not define to_numpy"),
    "of_other_arguments": (
        "from numpy_backprop import sigmoid as to_numpy",
        "got def sigmoid(logits: Array), expected def to_numpy(array)",
    ),
}


@pytest.mark.parametrize("name", ODD_IMPORTS)
def test_an_import_that_gives_no_such_function_is_a_breach(variant: Variant, name: str) -> None:
    line, expected = ODD_IMPORTS[name]
    path = variant(name, ("import numpy as np\n", f"import numpy as np\n{line}\n"), ("def to_numpy(", "def as_numpy("))
    path.with_name("beside.py").write_text(REFERENCE_TEXT, encoding="utf-8")
    broken = str(read(path).broken)
    assert broken.startswith(f"{name}.py: ")
    assert expected in broken
    assert "expected def to_numpy(array)" in broken


def test_the_text_of_a_file_is_that_of_its_siblings_too(
    variant: Variant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("xorbench.contract.source_text.IMPLEMENTATIONS", tmp_path)
    path = variant("near", ("import numpy as np\n", "import numpy as np\nfrom one import x\n"))
    texts = {"one.py": "from two import x", "two.py": 'import one\nSOURCES = ("more.c",)', "more.c": "", "three.py": ""}
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    first = read(path)
    assert first.usable
    changes = {}
    for name, text in texts.items():
        (tmp_path / name).write_text(text + "\n")
        changes[name] = read(path).source_sha256 != first.source_sha256
        (tmp_path / name).write_text(text)
    assert changes == {"one.py": True, "two.py": True, "more.c": True, "three.py": False}
    assert read(path).source_sha256 == first.source_sha256


def test_a_library_that_a_sibling_misses_is_named(
    variant: Variant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("xorbench.contract.source_text.IMPLEMENTATIONS", tmp_path)
    path = variant("needs", ("import numpy as np\n", "import numpy as np\nfrom one import x\n"))
    assert read(path).missing == "one is not installed"
    (tmp_path / "one.py").write_text("import no_such_library")
    assert read(path).missing == "no_such_library is not installed"


@pytest.mark.parametrize("content", [b"def (", b"\xff\xfe", b"x = '\0'"])
def test_what_is_not_python_is_a_breach(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "scrawl.py"
    path.write_bytes(content)
    assert "scrawl.py cannot be parsed as Python" in str(read(path).broken)


def test_a_folder_and_another_ending_are_breaches(tmp_path: Path) -> None:
    assert "expected a file that ends in .py" in str(read(tmp_path).broken)
    assert "expected a file that ends in .py" in str(read(tmp_path / "notes.txt").broken)


def test_reading_a_file_does_not_run_it(variant: Variant) -> None:
    dangerous = read(variant("dangerous", ('FRAMEWORK = "numpy"', 'FRAMEWORK = "numpy"\nraise SystemExit("run!")')))
    assert dangerous.usable


def test_a_missing_library_is_named(variant: Variant) -> None:
    absent = read(variant("absent", ("import numpy as np", "import numpy as np\nimport no_such_library.part as nsl")))
    assert (absent.missing, absent.broken, absent.usable) == ("no_such_library is not installed", None, False)
    assert of_implementation(absent).missing == absent.missing


def test_a_framework_that_is_neither_a_distribution_nor_a_program_is_missing(variant: Variant) -> None:
    odd = read(variant("odd", ('FRAMEWORK = "numpy"', 'FRAMEWORK = "no-such-framework"')))
    assert (odd.missing, odd.broken, odd.usable) == ("no-such-framework is not installed", None, False)
    assert of_implementation(odd).version == "unknown"
    assert read(variant("shell", ('FRAMEWORK = "numpy"', 'FRAMEWORK = "sh"'))).usable


def test_a_missing_library_that_the_project_pins_comes_with_what_to_do(
    variant: Variant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "xorbench.contract.discovery.pin", lambda name: f"{name}==1.2" if name == "no_such_library" else None
    )
    absent = read(variant("pinned", ("import numpy as np", "import numpy as np\nimport no_such_library as nsl")))
    assert absent.missing == "no_such_library is not installed; pip install no_such_library==1.2"


def test_a_program_that_a_file_needs_is_missing_by_name(variant: Variant) -> None:
    head = 'TIER = "idiomatic"'
    assert read(variant("shell_too", (head, f'{head}\nPROGRAM = "sh"'))).usable
    odd = read(variant("odd_too", (head, f'{head}\nPROGRAM = "no-such-program"')))
    assert (odd.missing, odd.program) == ("no-such-program is not installed", "no-such-program")


def test_two_of_one_name_are_refused(variant: Variant) -> None:
    with pytest.raises(ValueError, match="named numpy_backprop already"):
        list(discover([variant(REFERENCE)]))


@pytest.mark.parametrize("name", [b"caf\xe9", b"a\nb", b"a\x1bb"])
def test_a_name_that_no_record_may_have_is_refused_before_anything_is_measured(name: bytes, tmp_path: Path) -> None:
    path = tmp_path / f"{os.fsdecode(name)}.py"
    path.write_text(REFERENCE_TEXT, encoding="utf-8")
    told = f"{path.name!r}: expected a name of printable characters; rename the file"
    with pytest.raises(ValueError, match=f"^{re.escape(told)}$"):
        discover([path])
    with pytest.raises(typer.BadParameter, match=f"^{re.escape(told)}$"):
        selected.implementations(None, [path])
    (tmp_path / "café_grad.py").write_text(REFERENCE_TEXT, encoding="utf-8")
    assert discover([tmp_path / "café_grad.py"])[-1].name == "café_grad"


def test_files_with_an_underscore_are_no_implementations(tmp_path: Path) -> None:
    (tmp_path / "_helper.py").write_text("x = 1")
    (tmp_path / "other.py").write_text(REFERENCE_TEXT, encoding="utf-8")
    assert [i.name for i in discover(folder=tmp_path)] == ["other"]


def test_an_implementation_cannot_shadow_a_library(variant: Variant) -> None:
    import json

    load(read(variant("json")))
    import json as again

    assert again is json
    assert hasattr(again, "dumps")


def test_the_name_of_a_library_of_the_suite_is_refused_also_where_it_is_not_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert shadows(Path("tiny_library.py")) is None
    (tmp_path / "tiny_grad.py").write_text("import tiny_library.core as tiny\n")
    monkeypatch.setattr("xorbench.contract.source_text.IMPLEMENTATIONS", tmp_path)
    assert str(shadows(Path("tiny_library.py"))).startswith("tiny_library.py would shadow the library tiny_library;")
    assert shadows(Path("tiny_grad.py")) is None


def test_a_sibling_cannot_shadow_a_library(variant: Variant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xorbench.contract.implementation.IMPLEMENTATIONS", tmp_path)
    monkeypatch.setattr("sys.path", [*sys.path])
    monkeypatch.delitem(sys.modules, "this_is_near", raising=False)
    (tmp_path / "tabnanny.py").write_text("raise OSError('not the library')")
    (tmp_path / "this_is_near.py").write_text("x = 1")
    load(read(variant("imports_both", ("import numpy as np\n", "import numpy as np\nimport tabnanny, this_is_near\n"))))
    assert sys.path[-1] == str(tmp_path)
    assert hasattr(sys.modules["tabnanny"], "check")
