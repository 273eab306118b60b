"""The commands that ask implementations, as a user meets them."""

import itertools
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest
from pydantic import TypeAdapter

from tests.command import XORBENCH, called, document, xorbench
from tests.conftest import SINGLE, Variant
from xorbench import report
from xorbench.clock import host
from xorbench.contract import REFERENCE
from xorbench.record import store
from xorbench.record.checking import checked
from xorbench.record.report import Report
from xorbench.record.run import ImplementationRecord
from xorbench.tables.summary import LINES
from xorbench.workloads import WORKLOADS

pytestmark = pytest.mark.usefixtures("own_cache")

SHORT = (
    "--quick",
    "--launches=2",
    "--rounds=4",
    "--cold-starts=1",
    "--workload=neuron",
    f"--implementation={REFERENCE}",
)


def test_list_tells_what_there_is(variant: Variant) -> None:
    absent = variant("absent", ("import numpy as np", "import numpy as np\nimport no_such_library"))
    broken = variant("broken", ("def loss(", "def cost("))
    found = document(called("list", "--json", "--with", absent, "--with", broken))
    implementations = {i["name"]: i for i in found["implementations"]}
    assert {REFERENCE, "torch_autograd", "jax_grad"} <= set(implementations)
    assert implementations["absent"]["missing"] == "no_such_library is not installed"
    assert "the function loss is missing" in implementations["broken"]["broken"]
    assert {w["name"]: w["parameters_sha256"] for w in found["workloads"]} == {
        name: workload.parameters_sha256 for name, workload in WORKLOADS.items()
    }
    text = called("list", "--with", absent).stdout
    assert "absent is missing: no_such_library is not installed." in text


SIGN = ("delta = outputs - targets", "delta = targets - outputs")
FORWARD = "    *layers, logits = forward(recipe, parameters, inputs)\n"


@pytest.fixture(scope="module")
def judged(variant: Variant) -> dict[str, Any]:
    """The reference and one that is wrong, for programs."""
    call = ("gradients", "--points=3", "--json", "--workload=neuron", f"--implementation={REFERENCE}")
    done = called(*call, "--with", variant("wrong", SIGN))
    assert done.returncode == 1
    return document(done)


def test_gradients_outside_are_1_and_each_row_says_what_is_known(judged: dict[str, Any]) -> None:
    assert not judged["passed"]
    rows = judged["rows"]
    wanted = {"implementation", "workload", "dtype", "parameter", "points", "of_bound", "ulps", "absolute", "verdict"}
    assert all(wanted <= set(row) for row in rows)
    assert {row["verdict"] for row in rows if row["implementation"] == REFERENCE} == {"inside"}
    assert "outside" in {row["verdict"] for row in rows if row["implementation"] == "wrong"}
    of_gradients = [row for row in rows if row["parameter"] == "W1"]
    assert {row["dtype"] for row in of_gradients} == {"float64", "float32"}
    assert all(row["points"] >= 170 for row in of_gradients)  # those of the workload's own data, and others


@pytest.mark.slow
def test_one_that_hangs_is_named_and_the_others_are_judged(variant: Variant) -> None:
    hangs = variant("hangs", (FORWARD, f"    __import__('time').sleep(600)\n{FORWARD}"))
    call = ("gradients", "--quick", "--time-limit=5", "--json", "--workload=neuron", f"--implementation={REFERENCE}")
    done = called(*call, "--with", hangs)
    assert done.returncode == 1
    found = document(done)
    assert {r["reason"] for r in found["rows"] if r["implementation"] == "hangs"} == {
        "no answer: silent for 5 s while computing gradients of neuron in float64, 4 samples, layers 2-1; "
        "a longer --time-limit of xorbench gradients allows more"
    }
    assert {r["verdict"] for r in found["rows"] if r["implementation"] == REFERENCE} == {"inside"}


def test_the_same_as_one_page_without_an_address(judged: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "judged.html"
    content = {key: value for key, value in judged.items() if key not in ("passed", "implementations")}
    found = checked(TypeAdapter(Report), content)
    implementations = checked(TypeAdapter(list[ImplementationRecord]), judged["implementations"])
    assert report.write(file, found, implementations, "xorbench gradients") == [file]
    text = file.read_text(encoding="utf-8")
    assert all(title in text for title in TITLES)
    assert list(tmp_path.glob("*.svg")) == []
    assert text.count("<svg") >= 4
    assert "http" not in re.sub(r'xmlns(:\w+)?="[^"]+"', "", text)


def test_people_are_shown_one_line_a_file_and_all_on_request(variant: Variant, tmp_path: Path) -> None:
    call = ("gradients", "--points=1", "--workload=neuron", "--implementation=wrong", "--with", variant("wrong", SIGN))
    done = called(*call, "--all")
    assert done.returncode == 1
    assert re.search(r"wrong \(neuron float64\): [Wb]1\[\d, \d\] is .*, the truth .* times the bound, at ", done.stdout)
    assert all(title in done.stdout for title in TITLES)
    assert "Traceback" not in done.stderr
    script, lines = done.stdout.split("example of wrong:\n\n")[1].split("1 file on neuron\n")
    shown = subprocess.run(
        [sys.executable, "-"], input=script, capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert shown.stdout == "[[-0.125]] expected at [0, 0]: 0.125\n"
    assert re.search(r"^FAILED  wrong .* 0\.0 .* differs$", lines, re.MULTILINE)
    assert re.search(r"^        neuron, float64: W1\[\d, 0\] is \S+, true \S+, at ", lines, re.MULTILINE)
    assert lines.splitlines()[-2:] == [
        "0 of 1 file passed, 1 failed, 0 missing. Known mistake: sign (wrong). Details:",
        "--report FILE, --all",
    ]


def test_quick_prints_one_line_a_file_and_a_table_by_its_name(variant: Variant) -> None:
    call = ("gradients", "--quick", "--workload=neuron", f"--implementation={REFERENCE}")
    absent = variant("absent", ("import numpy as np", "import numpy as np\nimport no_such_library"))
    done = called(*call, "--with", absent)
    assert done.returncode == 1  # the file was asked for
    lines = done.stdout.splitlines()
    assert max(map(len, lines)) <= 80
    assert len(lines) <= 8
    assert lines[0] == "2 files on neuron"
    assert lines[3] == "missing  absent           no_such_library is not installed"
    assert re.fullmatch(rf"passed   {REFERENCE} +0\.\d+ +0\.\d+ +not run", lines[4])
    assert lines[-1].startswith("1 of 2 files passed, 0 failed, 1 missing.")
    done = called(*call, "--table=audits")
    assert "Audit of the oracle" in done.stdout
    assert "passed, 0 failed" not in done.stdout
    assert called(*call, "--table=accuracy").stdout == "There is nothing to show in accuracy: this was not judged.\n"


TITLES = ("Planted faults in float32", "Audit of the oracle", "Reproducibility", "Gradient errors in float64")


def test_gradients_inside_are_0_and_a_report_holds_all_of_it(tmp_path: Path, variant: Variant) -> None:
    file = tmp_path / "judged.md"
    absent = variant("absent", ("import numpy as np", "import numpy as np\nimport no_such_library"))
    call = ("gradients", "--points=3", "--workload=hidden", f"--implementation={REFERENCE}")
    done = called(*call, "--report", file, "--with", absent)
    assert done.returncode == 1  # a file that was asked for is missing
    assert f"The report: {file}" in done.stdout
    text = file.read_text(encoding="utf-8")
    assert all(title in text for title in TITLES)
    assert text.startswith("# Report on gradients\n\n**Passed: 1 of 2 files passed, 0 failed, 1 missing.**\n")
    assert str(tmp_path) not in text
    pictures = sorted(path.name for path in tmp_path.glob("*.svg"))
    drawn = ("accuracy-saturation", "accuracy-scale", "losses", "trajectories")
    assert pictures == [f"judged-{name}.svg" for name in drawn]
    assert all(f"]({name})" in text for name in pictures)


@pytest.mark.slow
def test_quick_verdicts_are_all_that_is_said() -> None:
    done = xorbench("gradients", "--quick", "--seed=5", "--workload=kink", "--json", f"--implementation={REFERENCE}")
    assert done.returncode == 0
    found = document(done)
    assert found["seed"] == 5
    assert {row["verdict"] for row in found["rows"]} == {"inside"}
    assert all(row["points"] >= 1 + 10 + 4 for row in found["rows"] if row["parameter"] == "W1")
    assert found["endings"] == []  # no training of 10,000 epochs
    assert {(audit["points"], audit["verdict"]) for audit in found["audits"]} == {(1, "inside")}
    assert not any(found[name] for name in ("accuracy", "faults", "trajectories"))


@pytest.mark.slow
def test_a_wrong_gradient_in_a_dtype_that_is_not_timed_is_said_and_is_0(variant: Variant) -> None:
    call = ("gradients", "--quick", "--implementation=single", "--with", variant("single", SINGLE))
    done = xorbench(*call, "--workload=hidden-float32")
    assert done.returncode == 0
    assert re.search(
        r"^passed  single .*\n        failed in float64, in which hidden-float32 is not timed$", done.stdout, re.M
    )
    assert xorbench(*call, "--workload=hidden").returncode == 1


def test_a_file_that_is_no_python_is_told_before_anything_is_computed(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text("def predict(:\n")
    done = called("gradients", "--with", path)
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("xorbench: mine.py cannot be parsed as Python: invalid syntax")
    unknown = called("gradients", "--table=error")
    assert (unknown.returncode, unknown.stdout) == (2, "")
    assert "did you mean errors" in unknown.stderr


@pytest.mark.parametrize("options", [(), ("--implementation=absent",)])
def test_asking_by_file_or_by_name_for_what_is_missing_is_1(variant: Variant, options: tuple[str, ...]) -> None:
    absent = variant("absent", ("import numpy as np", "import numpy as np\nimport no_such_library"))
    assert called("gradients", "--quick", "--workload=neuron", "--with", absent, *options).returncode == 1


def test_a_run_writes_its_record_and_says_where(tmp_path: Path, variant: Variant) -> None:
    wrong = variant("wrong", SIGN)
    done = called("run", *SHORT, "--output", tmp_path / "res", "--with", wrong, "--json")
    assert done.returncode == 1
    found = document(done)
    record = store.read(Path(found["record"]))
    assert record.command.endswith("--output res --with wrong.py --json")
    assert set(found["noise_floor"]) == {"value", "low", "high"}
    rows = {row["implementation"]: row for row in found["rows"]}
    assert (rows[REFERENCE]["verdict"], rows[REFERENCE]["ratio"]) == ("baseline", 1)
    assert rows[REFERENCE]["microseconds_per_epoch"] > 0
    assert (rows["wrong"]["verdict"], rows["wrong"]["microseconds_per_epoch"]) == ("outside", None)
    assert [path for path in (tmp_path / "res").rglob("*") if path.is_file()] == [Path(found["record"])]
    published = called("publish", "--output", tmp_path / "res")
    assert published.returncode == 0
    assert str(tmp_path / "res" / "data" / "timings.csv") in published.stdout
    checked = called("check", found["record"])
    assert checked.returncode == 1
    assert "the gradient of wrong on neuron did not pass the check" in checked.stdout
    (tmp_path / "res" / "README.md").write_text("1.0\n")
    spoilt = called("verify", "--output", tmp_path / "res")
    assert spoilt.returncode == 1
    assert spoilt.stdout.startswith(f"{tmp_path / 'res' / 'README.md'}:1: found '1.0', expected '# Results'")


@pytest.mark.slow
def test_a_run_for_people_prints_the_summary(tmp_path: Path) -> None:
    done = called("run", *SHORT, "--output", tmp_path)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) <= LINES
    for part in (
        "neuron (2-1, float64)",
        "Noise: ",
        "Warning: ",
        "Record:",
        "More: ",
    ):
        assert any(line.startswith(part) for line in lines)
    # Another sentence stands before it where the run is unfit, as so short a one may be by chance.
    assert "Training XOR's single neuron (2-1, float64)" in " ".join(lines)
    (path,) = store.paths(tmp_path)
    assert str(path) in lines
    assert f"xorbench show {path} --all" in " ".join(lines)
    stages = [line.partition(":")[0] for line in done.stderr.splitlines()]
    assert [*dict.fromkeys(stages)] == ["gradients", "calibration", "cold starts", "launches"]


def test_an_exception_in_a_turn_costs_its_own_row_and_the_exit_code_says_so(tmp_path: Path, variant: Variant) -> None:
    # Before its turns a worker trains 8 times, and twice in each turn; the calibration has 10 turns, a launch 12.
    doing = (
        "    CALLS.append('pytest' in __import__('sys').modules)\n"
        "    if sum(CALLS) > 8 + 2 * 10: raise ValueError('no more')\n"
    )
    counted = ("Parameters = list[Array]\n", "Parameters = list[Array]\nCALLS: list[bool] = []\n")
    tired = variant("tired", ("    for _ in range(epochs):", f"{doing}    for _ in range(epochs):"), counted)
    call = ("run", "--quick", "--launches=2", "--rounds=12", "--workload=neuron", f"--implementation={REFERENCE}")
    done = called(*call, "--output", tmp_path, "--with", tired)
    assert done.returncode == 1
    assert "Traceback" not in done.stdout + done.stderr
    (line,) = (n for n, text in enumerate(tired.read_text().splitlines(), 1) if "no more" in text)
    reason = f"ValueError: no more (train, tired.py line {line})"
    assert f"Failed: tired: {reason}." in " ".join(done.stdout.split())
    (path,) = store.paths(tmp_path)
    record = store.read(path)
    assert not record.partial
    assert {(f.implementation, f.launch, f.reason) for f in record.failures} == {
        ("tired", launch, reason) for launch in (0, 1)
    }
    timed = {(t.implementation, t.copy, t.launch, len(t.epochs)) for t in record.timings}
    assert timed == {(REFERENCE, copy, launch, 12) for copy in (False, True) for launch in (0, 1)}


@pytest.mark.parametrize(
    ("stage", "number", "sent", "code"),
    [
        ("launches", 3, signal.SIGINT, 130),
        pytest.param("gradients", 1, signal.SIGTERM, 143, marks=pytest.mark.slow),
        pytest.param("calibration", 1, signal.SIGTERM, 143, marks=pytest.mark.slow),
        pytest.param("gradients", 1, signal.SIGINT, 130, marks=pytest.mark.slow),
        pytest.param("launches", 3, signal.SIGTERM, 143, marks=pytest.mark.slow),
        pytest.param("launches", 3, signal.SIGHUP, 129, marks=pytest.mark.slow),
    ],
)
@pytest.mark.parametrize("times", [pytest.param(1, marks=pytest.mark.slow), 3])
def test_signals_that_end_a_run_keep_what_is_finished_and_leave_no_worker(
    tmp_path: Path, stage: str, number: int, sent: signal.Signals, code: int, times: int
) -> None:
    # The first line of a stage is printed when it begins, each other one after a launch.
    results = tmp_path / "results"
    call = (
        "run",
        "--quick",
        f"--output={results}",
        f"--implementation={REFERENCE}",
        "--workload=neuron",
        "--launches=10",
        "--json",
    )
    with subprocess.Popen(
        [*XORBENCH, *call],
        env=os.environ | {"XDG_CACHE_HOME": str(tmp_path / "cache")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as run:
        assert run.stderr is not None
        seen = (line for line in run.stderr if line.startswith(f"{stage}: "))
        assert len([*itertools.islice(seen, number)]) == number
        workers = psutil.Process(run.pid).children(recursive=True)
        for _ in range(times):
            # A terminal sends its signals to all processes in its foreground, and `kill` to one.
            (os.kill if sent == signal.SIGTERM else os.killpg)(run.pid, sent)
        out, err = run.communicate()
    assert run.returncode == code
    assert "Traceback" not in err
    assert psutil.wait_procs(workers, timeout=10)[1] == []
    if stage == "launches":
        found = json.loads(out)
        assert found["partial"]
        assert found["rows"][0]["launches"] >= 1
        assert store.read(Path(found["record"])).partial
    else:
        assert err.splitlines()[-1] == f"xorbench: interrupted by {sent.name}"
        assert out == ""
        assert not results.exists()
        finished = {"gradients": 0, "calibration": 1}[stage]  # the judge's report is worth a journal
        assert len([*(tmp_path / "cache").rglob("*.jsonl")]) == finished


SIGNALLED = """
import signal
from xorbench.cli.__main__ import main
from xorbench.record import store

write = store.write

def interrupted(*arguments):
    signal.raise_signal(signal.SIGTERM)
    return write(*arguments)

store.write = interrupted
main()
"""
"""A command that gets a signal when its record is about to be written."""


@pytest.mark.slow
def test_a_signal_while_the_record_is_written_costs_nothing_and_its_path_is_told(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    done = subprocess.run(
        [sys.executable, "-c", SIGNALLED, "run", *SHORT, f"--output={tmp_path / 'results'}", "--json"],
        env=os.environ | {"XDG_CACHE_HOME": str(cache)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 143
    assert not store.read(Path(json.loads(done.stdout)["record"])).partial
    assert done.stderr.splitlines()[-1] == "xorbench: interrupted by SIGTERM"
    assert [*cache.rglob("*.jsonl")] == []


@pytest.mark.slow
@pytest.mark.parametrize("stage", ["gradients", pytest.param("launches", marks=pytest.mark.slow)])
def test_nothing_is_left_of_a_run_that_is_killed(tmp_path: Path, stage: str) -> None:
    call = ("run", "--quick", f"--output={tmp_path}", f"--implementation={REFERENCE}", "--workload=neuron")
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    with subprocess.Popen(
        [*XORBENCH, *call],
        env=os.environ | {"XDG_CACHE_HOME": str(tmp_path), "TMPDIR": str(temporary)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as run:
        assert run.stderr is not None
        next(line for line in run.stderr if line.startswith(f"{stage}: "))
        left = psutil.Process(run.pid).children(recursive=True)
        assert left
        run.kill()
        assert psutil.wait_procs(left, timeout=30)[1] == []
    if stage == "launches":  # before, the folder in which processes run may not be there yet
        assert [path.name for path in temporary.iterdir()] == [host.NAME]
