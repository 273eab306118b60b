"""The picture of the data flow is made from the imports, and there is no cycle in it."""

import ast
import graphlib
from pathlib import Path

import pytest

from xorbench import places
from xorbench.publication import architecture
from xorbench.tables.studies import showing


def made(folder: Path, **modules: str) -> Path:
    for name, text in modules.items():
        package = folder / "xorbench" / name
        package.mkdir(parents=True)
        (package / "__init__.py").write_text(f'"""The {name}."""\n')
        (package / "module.py").write_text(text)
    return folder / "xorbench"


def test_imports_are_found_wherever_they_stand(tmp_path: Path) -> None:
    root = made(
        tmp_path,
        one="import json",
        two="from xorbench.one.module import x",
        three="def f():\n    from xorbench import one, two\n    import numpy.one",
    )
    assert architecture.imports(root) == {"one": set(), "two": {"one"}, "three": {"one", "two"}}
    assert architecture.packages(root) == {"one": "The one.", "two": "The two.", "three": "The three."}


@pytest.mark.parametrize(
    "text",
    [
        "if x:\n    pass\nelse:\n    {}",
        "try:\n    {}\nfinally:\n    pass",
        "try:\n    pass\nexcept OSError:\n    {}",
        "try:\n    pass\nexcept OSError:\n    pass\nelse:\n    {}",
        "try:\n    pass\nfinally:\n    {}",
        "for x in y:\n    while x:\n        {}",
        "class A:\n    async def f(self):\n        with x:\n            {}",
        "match x:\n    case 1:\n        {}",
    ],
)
def test_imports_are_found_in_every_kind_of_block(text: str, tmp_path: Path) -> None:
    path = tmp_path / "module.py"
    path.write_text(text.format("from xorbench.one import x"))
    assert architecture.imported(path) == {"one"}


def test_arrows_that_follow_from_others_are_left_out() -> None:
    chain = {"a": set[str](), "b": {"a"}, "c": {"a", "b"}, "d": {"a", "c"}}
    assert architecture.reduced(chain) == {"a": set(), "b": {"a"}, "c": {"b"}, "d": {"c"}}
    assert architecture.order(chain) == ["a", "b", "c", "d"]


def test_a_cycle_is_an_error() -> None:
    with pytest.raises(graphlib.CycleError):
        architecture.order({"a": {"b"}, "b": {"a"}})


def test_the_project_has_no_cycle_and_nothing_after_the_record_runs_a_framework() -> None:
    found = architecture.imports()
    architecture.order(found)
    assert not found["workloads"]
    for view in ("estimates", "tables", "charts", "page", "exports"):
        assert not found[view] & {"judging", "clock", "suite"}, view
    assert all(about.endswith(".") for about in architecture.packages().values())


def test_only_studies_import_studies_because_a_wheel_has_none() -> None:
    studies = places.PACKAGE / "studies"
    others = [path for path in places.PACKAGE.rglob("*.py") if not path.is_relative_to(studies)]
    assert [path for path in others if "studies" in architecture.imported(path)] == []
    assert all((studies / f"{name}.py").is_file() for name in showing.TABLES)


SETTABLE = {"time", "time_ns", "now", "utcnow", "today", "localtime", "gmtime", "ctime"}
"""Functions that read the clock of the system, which may jump during a run."""


def test_only_three_modules_read_the_clock_that_an_administrator_may_set() -> None:
    # One says when something began, one refuses dates to come, and one deletes old journals; all durations follow
    # monotonic clocks.
    found = set()
    for path in places.PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Attribute(value=ast.Name(id="time" | "datetime" | "date"), attr=name) if name in SETTABLE:
                    found.add(path.relative_to(places.PACKAGE).as_posix())
                case ast.ImportFrom(module="time", names=names):
                    assert not SETTABLE & {name.name for name in names}, path
    assert found == {"record/store.py", "consistency/identity.py", "suite/journal.py"}
