"""Mistakes in a call, and what a call loads."""

import os
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from tests.command import COMMITTED, XORBENCH, called, xorbench
from xorbench import places
from xorbench.affinity import allowed_cpus
from xorbench.tables import names
from xorbench.tables.catalogue import CATALOGUE, OF_A_HISTORY, OF_A_RUN, OF_A_SWEEP

README = str(Path(__file__).parent.parent / "README.md")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("run", "--implementation=numpy_backprob"), "did you mean numpy_backprop"),
        (("run", "--workload=hiden"), "did you mean hidden"),
        (("gradients", "--implementation=zzzzzz"), "expected one of numpy_backprop"),
        (("run", "--launches=0"), "--launches"),
        (("run", "--rounds=10001"), "'--rounds': 10001: expected a number less than or equal to 10000"),
        (("run", "--rounds=x"), "'--rounds': x: expected a valid integer (see xorbench run --help)"),
        (("run", "--resolution=0%"), "--resolution: 0%: expected a percentage between 0 and 100"),
        (("run", "--quick", "--budget=1"), "--budget can't be combined with --launches, --rounds or --quick;"),
        (("run", "--rounds=1", "--resolution=2%"), "Invalid value: --resolution can't be combined with --launches,"),
        (("compare", "/nowhere/a.json", "/nowhere/b.json"), "/nowhere/a.json: No such file or directory"),
        (("compare", "a.json"), "Missing argument 'B'"),
        (("compare", "a.json", "b.json", "--fail-if-slower=much"), "--fail-if-slower: much: expected a percentage"),
        (("compare", "a.json", "b.json", "--fail-if-slower=5%", "--fail-if-slower=6%"), "a second limit for every row"),
        (("compare", COMMITTED, COMMITTED, "--fail-if-slower=numpy_backprob=5%"), "did you mean numpy_backprop"),
        (("compare", "a.json", "b.json", "--json", "--format=md"), "--format: expected one format, got --json as well"),
        (("export", README, "--pytest-benchmark=x.json"), "README.md is not a record"),
        (("export", README), "no output is given; give --pytest-benchmark FILE, --github-action-"),
        (("export", README, "--parquet=/dev/null/x"), "README.md is not a record"),
        (("show", README), "README.md is not a record"),
        (("show", COMMITTED, "--table=timing"), "no table is named 'timing'; did you mean timings"),
        (("show", COMMITTED, "--table=counts"), "--table: this record has no table counts, expected one of timings, "),
        (("show", COMMITTED, "--table=timings", "--all"), "--all: can't be combined with --table; give one of them"),
        (("show", COMMITTED, "--format=pdf"), "'pdf' is not one of 'md', 'csv', 'tex', 'html'"),
        (("export", COMMITTED, COMMITTED, "--pytest-benchmark=x.json"), "is given twice, expected different records"),
        (("export", COMMITTED, "--parquet=/dev/null/x"), "--parquet: /dev/null/x can't be written"),
        (("check", "/nowhere/a.json"), "/nowhere/a.json: No such file or directory"),
        (("run", "--cpu=4096"), f"--cpu: this process may not use CPU 4096, expected one of [{allowed_cpus()[0]}"),
        (("gradients", "--points=0"), "--points"),
        (("gradients", "--time-limit=0"), "--time-limit"),
        (("gradients", "--report=report.pdf"), "report.pdf: expected a name that ends in .md or .html"),
        (("gradients", "--report=/nowhere/report.md"), "/nowhere/report.md can't be written"),
        (("gradients", "--with=/nowhere/mine.py"), "/nowhere/mine.py is not a readable file"),
        (("list", "--with=/nowhere/mine.py"), "not a readable file"),
        (("run", "--with=results"), "results is not a readable file, expected the .py file of an implementation"),
        (("run", "--resolution=2%", "--budget=inf"), "expected a finite number, got inf"),
        (("sweep", "--budget=nan"), "'--budget': nan: expected a number greater than or equal to 0.1 (see xorbench sw"),
        (("gradients", "--time-limit=inf"), "'--time-limit': expected a finite number, got inf"),
        (("new", "mine", "--framework=numpy==2.0"), "'numpy==2.0' can't name a framework"),
        (("run", "--workload=all", "--workload=depth"), "no workload is named 'depth'; did you mean de"),
        (("publish", "--output=/nowhere"), "no record in it"),
        (("verify", "--output=/nowhere"), "no record in it"),
        (("sweep", "--widths=1,2"), "--widths: 1,2: expected whole numbers from 2 to 1,024, such as 4,16,64"),
        (("sweep", "--widths=2;4"), "--widths: 2;4: expected whole numbers"),
        (("sweep", "--batches=4,6"), "--batches: 4,6: expected powers of two from 4 to 1,024"),
        (("sweep", "--at-batch=2"), "--at-batch: 2: expected powers of two"),
        (("sweep", "--at-width=5000"), "--at-width: 5000: expected whole numbers"),
        (("sweep", "--budget=1", "--launches=2"), "--launches: can't be combined with --budget; give one of them"),
        (("sweep", "--threads=2"), "'2' is not one of '1', 'all', 'both'"),
        (("sweep", "--implementation=numpy_backprob"), "did you mean numpy_backprop"),
        (("sweep", "--output=/dev/null/results"), "/dev/null/results can't be written"),
        (("run", "--workload=width-4-batch-5"), "a point of a sweep is named as in width-64-batch-256"),
        (("run", "--python=a b=/bin/python"), "--python: 'a b' is not a valid label, expected letters"),
        (("run", "--python=nobody-made-it"), "no environment is named nobody-made-it"),
        (("gradients", "--python=a=/x", "--python=a=/y"), "the label a is given twice"),
        (("environments", "create", "new", "numpy @ file:///x"), "refers to file:///x, expected a name and a version"),
        (("environments", "create", "../new", "numpy"), "'../new' is not a valid label"),
        (("environments", "create", "new"), "Missing argument 'REQUIREMENT'. (see xorbench environments cr"),
        (("new", "two words", "--framework=numpy"), "'two words' can't name an implementation"),
        (("new", "mine"), "Missing option '--framework'"),
        (("run", "--fast"), "No such option: --fast"),
        (("history",), "Missing argument 'FRAMEWORK'"),
        (("history", "nunpy", "2.0.2", "2.1.3"), "FRAMEWORK: no framework is named 'nunpy'; did you mean numpy"),
        (
            ("history", "numpy"),
            "VERSION: 0 releases of numpy, expected 2 to 24: give versions such as 2.0.2 2.1.3,",
        ),
        (("history", "numpy", "2.0.2", "2.0.2"), "VERSION: 1 release of numpy, expected 2 to 24"),
        (("history", "numpy", "new", "2.0.2"), "VERSION: 'new' is not a version, expected one as in 2.0.2, or two as"),
        (("history", "numpy", "2.0.2..new"), "VERSION: 'new' is not a version"),
        (("history", "numpy", "--last=1"), "--last"),
        (
            ("history", "numpy", "1", "2", "--implementation=torch_nn"),
            "torch_nn uses torch, expected an",
        ),
        (("history", "numpy", "1", "2", "--quick", "--budget=1"), "--budget can't be combined with --launches"),
        (("dance",), "No such command 'dance'. (see xorbench --help)"),
        (("gradients", "--python=old=/nowhere/python"), "old: /nowhere/python can't be run: No such file or directory"),
        (("gradients", f"--python=same={sys.executable}"), "same runs no implementation; left out: numpy_backprop"),
        (("environments", "create", "new", "numpy", "--python-executable=/x"), "/x can't be run: No such file"),
    ],
)
def test_a_mistake_in_the_call_is_one_line_and_2(arguments: tuple[str, ...], says: str) -> None:
    one_line_and_2(called(*arguments), says)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("run", "--output=/dev/null/results"), "/dev/null/results can't be written"),
        (("gradients", "--python=old=/bin/cat"), "old: /bin/cat is not a Python interpreter; expected its bin/python"),
    ],
)
def test_so_it_is_in_a_process_of_its_own_whatever_processes_it_starts(arguments: tuple[str, ...], says: str) -> None:
    one_line_and_2(xorbench(*arguments), says)


def one_line_and_2(done: "subprocess.CompletedProcess[str]", says: str) -> None:
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("xorbench: ")
    assert done.stderr.count("\n") == 1
    assert says in done.stderr


HEAVY = ("numpy", "torch", "jax", "pandas", "flint", "scipy", "pytest", "jinja2")


def loaded_by(statement: str) -> set[str]:
    script = f"import sys\n{statement}\nprint(' '.join(name for name in sys.modules if '.' not in name))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_help_loads_nothing_heavy() -> None:
    assert not loaded_by("import xorbench.cli.app") & set(HEAVY)
    help_ = xorbench("--help")
    assert help_.returncode == 0
    commands = (
        "list",
        "gradients",
        "run",
        "sweep",
        "history",
        "count",
        "plan",
        "merge",
        "show",
        "compare",
        "machines",
        "recommend",
        "export",
        "check",
        "publish",
        "verify",
    )
    assert all(command in help_.stdout for command in commands)


def test_the_names_of_tables_are_those_that_are_made() -> None:
    assert [*names.OF_A_RUN] == [*OF_A_RUN]
    assert [*names.OF_A_SWEEP] == [*OF_A_SWEEP]
    assert [*names.OF_A_HISTORY] == [*OF_A_HISTORY]
    assert [*names.NAMES] == [*CATALOGUE]


def test_without_a_command_there_is_the_same_help_and_0() -> None:
    alone, asked = called(), called("--help")
    assert (alone.returncode, alone.stderr) == (0, "")
    assert alone.stdout == asked.stdout
    assert alone.stdout.startswith("Usage: xorbench [OPTIONS] COMMAND [ARGS]...")


def test_it_says_its_version() -> None:
    done = called("--version")
    assert (done.returncode, done.stdout) == (0, f"xorbench {metadata.version('xorbench')}\n")


def test_a_shell_completes_commands_options_and_names_of_tables() -> None:
    for words, expected in (("xorbench ver", "verify"), ("xorbench show --ta", "--table"), (TABLES, "quietness")):
        variables = {"_XORBENCH_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
        done = subprocess.run(XORBENCH, env={**os.environ, **variables}, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout.split(), done.stderr) == (0, [expected], "")
    assert {"--install-completion", "--show-completion"} <= {*called("--help").stdout.split()}


TABLES = "xorbench show --table quiet"


def test_the_help_of_show_names_the_tables_and_that_of_run_is_in_full_phrases() -> None:
    text = " ".join(called("show", "--help").stdout.split())
    assert all(name in text for name in CATALOGUE)
    text = " ".join(called("run", "--help").stdout.split())
    assert "--budget MINUTES Time limit of the whole command in minutes. [default: 5; 30 with --resolution]" in text
    assert "--seed N Random seed." in text


def test_importing_the_harness_imports_no_framework() -> None:
    house = places.PACKAGE
    rooms = [path.relative_to(house.parent).with_suffix("") for path in house.rglob("[!_]*.py")]
    loaded = loaded_by("import " + ", ".join(".".join(room.parts) for room in sorted(rooms)))
    assert "xorbench" in loaded
    assert not loaded & {"torch", "jax", "jaxlib", "tensorflow"}


def test_the_harness_names_no_framework() -> None:
    for path in places.PACKAGE.rglob("*.py"):
        assert not re.search(r"\b(torch|jax)\b", path.read_text(encoding="utf-8")), path.name
