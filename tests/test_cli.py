"""The command as a user meets it: real processes, their standard output, their exit codes."""

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
from conftest import Variant, planted_record

from benchmarks import keeping, records
from benchmarks.contract import REFERENCE
from benchmarks.workloads import WORKLOADS

XORBENCH = (sys.executable, "-m", "benchmarks.cli")
SHORT = (
    "--quick",
    "--launches=2",
    "--rounds=4",
    "--cold-starts=1",
    "--workload=neuron",
    f"--implementation={REFERENCE}",
)


COMMITTED = str(records.paths(records.FOLDER)[-1])


def xorbench(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*XORBENCH, *map(str, arguments)], capture_output=True, text=True, check=False)


def document(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(done.stdout)
    return content


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("run", "--implementation=numpy_backprob"), "did you mean numpy_backprop"),
        (("run", "--workload=hiden"), "did you mean hidden"),
        (("gradients", "--implementation=zzzzzz"), "expected one of numpy_backprop"),
        (("run", "--launches=0"), "--launches"),
        (("run", "--rounds=x"), "--rounds"),
        (("run", "--resolution=0%"), "--resolution: 0%: expected a number of percent between 0 and 100"),
        (("run", "--quick", "--budget=1"), "give these, or --budget and --resolution"),
        (("compare", "/nowhere/a.json", "/nowhere/b.json"), "/nowhere/a.json: No such file or directory"),
        (("compare", "a.json"), "Missing argument 'B'"),
        (("compare", "a.json", "b.json", "--fail-if-slower=much"), "--fail-if-slower: much: expected a number"),
        (("export", "README.md", "--pytest-benchmark=x.json"), "README.md is no record"),
        (("export", "README.md"), "nothing to write; give --pytest-benchmark FILE or --parquet DIR"),
        (("export", "README.md", "--parquet=/dev/null/x"), "README.md is no record"),
        (("show", "README.md"), "README.md is no record"),
        (("show", COMMITTED, "--table=timing"), "no table is named 'timing'; did you mean timings"),
        (("show", COMMITTED, "--format=pdf"), "no format is named 'pdf'; did you mean md?"),
        (("export", COMMITTED, COMMITTED, "--pytest-benchmark=x.json"), "expected one record, got 2"),
        (("export", COMMITTED, "--parquet=/dev/null/x"), "--parquet: /dev/null/x can't be written"),
        (("check", "/nowhere/a.json"), "/nowhere/a.json: No such file or directory"),
        (("run", "--cpu=4096"), "--cpu: 4096 is not allowed here, expected one of [0"),
        (("run", "--output=/dev/null/results"), "/dev/null/results can't be written"),
        (("gradients", "--points=0"), "--points"),
        (("gradients", "--time-limit=0"), "--time-limit"),
        (("gradients", "--report=report.pdf"), "report.pdf: expected a name that ends in .md or .html"),
        (("gradients", "--report=/nowhere/report.md"), "/nowhere/report.md can't be written"),
        (("gradients", "--with=/nowhere/mine.py"), "/nowhere/mine.py: no such file"),
        (("list", "--with=/nowhere/mine.py"), "no such file"),
        (("publish", "--output=/nowhere"), "no record in it"),
        (("verify", "--output=/nowhere"), "no record in it"),
        (("sweep", "--widths=1,2"), "--widths: 1,2: expected whole numbers from 2 to 1,024, as in 4,16,64"),
        (("sweep", "--widths=2;4"), "--widths: 2;4: expected whole numbers"),
        (("sweep", "--batches=4,6"), "--batches: 4,6: expected powers of two from 4 to 1,024"),
        (("sweep", "--at-batch=2"), "--at-batch: 2: expected powers of two"),
        (("sweep", "--at-width=5000"), "--at-width: 5000: expected whole numbers"),
        (("sweep", "--budget=1", "--launches=2"), "--launches: give this, or --budget, which chooses it"),
        (("sweep", "--threads=2"), "--threads: 2: expected 1, all or both"),
        (("sweep", "--implementation=numpy_backprob"), "did you mean numpy_backprop"),
        (("sweep", "--output=/dev/null/results"), "/dev/null/results can't be written"),
        (("run", "--workload=width-4-batch-5"), "no workload is named 'width-4-batch-5'"),
        (("run", "--python=a b=/bin/python"), "--python: 'a b' is no label, expected letters"),
        (("run", "--python=nobody-made-it"), "no environment is named nobody-made-it"),
        (("gradients", "--python=old=/nowhere/python"), "old: /nowhere/python can't be run: No such file or directory"),
        (("gradients", "--python=old=/bin/cat"), "old: /bin/cat is no Python interpreter; expected its bin/python"),
        (("gradients", f"--python=same={sys.executable}"), "same runs nobody; left out: numpy_backprop"),
        (("gradients", "--python=a=/x", "--python=a=/y"), "the label a is given twice"),
        (("environments", "create", "new", "numpy @ file:///x"), "leads to file:///x, expected a name and a version"),
        (("environments", "create", "../new", "numpy"), "'../new' is no label"),
        (("environments", "create", "new"), "Missing argument 'REQUIREMENT...'"),
        (("environments", "create", "new", "numpy", "--python-executable=/x"), "/x can't be run: No such file"),
        (("new", "two words", "--framework=numpy"), "'two words' can't name an implementation"),
        (("new", "mine"), "Missing option '--framework'"),
        (("dance",), "No such command 'dance'"),
        (("run", "--fast"), "No such option: --fast"),
    ],
)
def test_a_mistake_in_the_call_is_one_line_and_2(arguments: tuple[str, ...], says: str) -> None:
    done = xorbench(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("xorbench: ")
    assert done.stderr.count("\n") == 1
    assert says in done.stderr


def test_list_tells_what_there_is(variant: Variant) -> None:
    absent = variant("absent", ("import numpy as np", "import numpy as np\nimport no_such_library"))
    broken = variant("broken", ("def loss(", "def cost("))
    found = document(xorbench("list", "--json", "--with", absent, "--with", broken))
    implementations = {i["name"]: i for i in found["implementations"]}
    assert {REFERENCE, "torch_autograd", "jax_grad"} <= set(implementations)
    assert implementations["absent"]["missing"] == "no_such_library is not installed"
    assert "the function loss is missing" in implementations["broken"]["broken"]
    assert {w["name"]: w["parameters_sha256"] for w in found["workloads"]} == {
        name: workload.parameters_sha256 for name, workload in WORKLOADS.items()
    }
    text = xorbench("list", "--with", absent).stdout
    assert "absent is missing: no_such_library is not installed." in text


def test_gradients_inside_are_0_and_outside_1(variant: Variant) -> None:
    wrong = variant("wrong", ("delta = outputs - targets", "delta = targets - outputs"))
    call = ("gradients", "--points=3", "--seed=5", "--json", f"--implementation={REFERENCE}")
    fine, bad = xorbench(*call), xorbench(*call, "--with", wrong)
    assert (fine.returncode, bad.returncode) == (0, 1)
    assert document(fine)["passed"]
    rows = document(bad)["rows"]
    wanted = {"implementation", "workload", "dtype", "parameter", "points", "of_bound", "ulps", "absolute", "verdict"}
    assert all(wanted <= set(row) for row in rows)
    assert {row["verdict"] for row in rows if row["implementation"] == REFERENCE} == {"inside"}
    assert "outside" in {row["verdict"] for row in rows if row["implementation"] == "wrong"}
    assert {(row["points"], row["dtype"]) for row in rows} == {(170, "float64"), (170, "float32")}


def test_gradients_for_people_show_where(variant: Variant) -> None:
    wrong = variant("wrong", ("delta = outputs - targets", "delta = targets - outputs"))
    done = xorbench("gradients", "--points=1", "--workload=neuron", "--implementation=wrong", "--with", wrong)
    assert done.returncode == 1
    assert re.search(r"wrong \(neuron float64\): [Wb]1\[\d, \d\] is .*, the truth .* times the bound, at ", done.stdout)
    assert "Traceback" not in done.stderr


def test_a_wrong_gradient_comes_with_its_smallest_example(variant: Variant, tmp_path: Path) -> None:
    wrong = variant("wrong", ("delta = outputs - targets", "delta = targets - outputs"))
    call = ("gradients", "--points=1", "--workload=neuron", "--implementation=wrong", "--with", wrong)
    done = xorbench(*call)
    script = done.stdout.split("to paste:\n\n")[1]
    shown = subprocess.run(
        [sys.executable, "-"], input=script, capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert shown.stdout == "[[-0.125]] and at [0, 0] not 0.125\n"


@pytest.mark.parametrize("ending", ["md", "html"])
def test_a_report_holds_all_of_it(tmp_path: Path, ending: str) -> None:
    file = tmp_path / f"judged.{ending}"
    done = xorbench("gradients", "--points=3", f"--implementation={REFERENCE}", "--report", file)
    assert done.returncode == 0
    assert f"The report: {file}" in done.stdout
    text = file.read_text(encoding="utf-8")
    for title in ("Planted faults in float32", "The oracle audited", "The same bits again", "True errors in float64"):
        assert title in text
    assert str(tmp_path) not in text
    pictures = sorted(path.name for path in tmp_path.glob("*.svg"))
    if ending == "md":
        drawn = ("accuracy-saturation", "accuracy-scale", "losses", "trajectories")
        assert pictures == [f"judged-{name}.svg" for name in drawn]
        assert all(f"]({name})" in text for name in pictures)
    else:
        assert pictures == []
        assert text.count("<svg") == 4
        assert "http" not in re.sub(r'xmlns(:\w+)?="[^"]+"', "", text)


def test_one_that_hangs_is_named_and_the_others_are_judged(variant: Variant) -> None:
    line = "    *layers, logits = forward(recipe, parameters, inputs)\n"
    hangs = variant("hangs", (line, f"    while True: pass\n{line}"))
    call = ("gradients", "--points=1", "--workload=neuron", f"--implementation={REFERENCE}", "--time-limit=2", "--json")
    done = xorbench(*call, "--with", hangs)
    assert done.returncode == 1
    rows = document(done)["rows"]
    assert {r["reason"] for r in rows if r["implementation"] == "hangs"} == {
        "no answer: silent for 2 s while giving gradients of neuron in float64",
    }
    assert {r["verdict"] for r in rows if r["implementation"] == REFERENCE} == {"inside"}


def test_asking_by_name_for_what_is_missing_is_1(variant: Variant) -> None:
    absent = variant("absent", ("import numpy as np", "import numpy as np\nimport no_such_library"))
    call = ("gradients", "--points=1", "--workload=neuron", "--with", absent, f"--implementation={REFERENCE}")
    assert xorbench(*call).returncode == 0
    assert xorbench(*call, "--implementation=absent").returncode == 1


def test_a_run_writes_its_record_and_says_where(tmp_path: Path, variant: Variant) -> None:
    wrong = variant("wrong", ("delta = outputs - targets", "delta = targets - outputs"))
    done = xorbench("run", *SHORT, "--output", tmp_path / "res", "--with", wrong, "--json")
    assert done.returncode == 1
    found = document(done)
    record = records.read(Path(found["record"]))
    assert record["command"].endswith("--output res --with wrong.py --json")
    assert set(found["noise_floor"]) == {"value", "low", "high"}
    rows = {row["implementation"]: row for row in found["rows"]}
    assert (rows[REFERENCE]["verdict"], rows[REFERENCE]["ratio"]) == ("baseline", 1)
    assert rows[REFERENCE]["microseconds_per_epoch"] > 0
    assert (rows["wrong"]["verdict"], rows["wrong"]["microseconds_per_epoch"]) == ("outside", None)
    assert [path for path in (tmp_path / "res").rglob("*") if path.is_file()] == [Path(found["record"])]
    published = xorbench("publish", "--output", tmp_path / "res")
    assert published.returncode == 0
    assert str(tmp_path / "res" / "data" / "timings.csv") in published.stdout
    assert xorbench("verify", "--output", tmp_path / "res").returncode == 0
    checked = xorbench("check", found["record"])
    assert checked.returncode == 1
    assert "the gradient of wrong on neuron is not inside its bound" in checked.stdout
    (tmp_path / "res" / "README.md").write_text("1.0\n")
    spoilt = xorbench("verify", "--output", tmp_path / "res")
    assert spoilt.returncode == 1
    assert spoilt.stdout.startswith(f"{tmp_path / 'res' / 'README.md'}:1: found '1.0', expected '# Results'")


def test_a_run_for_people_prints_the_tables(tmp_path: Path) -> None:
    done = xorbench("run", *SHORT, "--output", tmp_path)
    assert done.returncode == 0, done.stderr
    for part in ("neuron (2-1, float64), idiomatic", "noise floor", "Only 2 launches", "The record: "):
        assert part in done.stdout
    assert "launches: 2 of 2, about 0 s left" in done.stderr


@pytest.mark.parametrize("stage", ["gradients: ", "launches: 1"])
def test_ctrl_c_keeps_what_is_finished_and_leaves_no_worker(tmp_path: Path, stage: str) -> None:
    call = (
        "run",
        f"--output={tmp_path}",
        f"--implementation={REFERENCE}",
        "--workload=neuron",
        "--launches=10",
        "--json",
    )
    with subprocess.Popen(
        [*XORBENCH, *call], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as run:
        assert run.stderr is not None
        assert any(line.startswith(stage) for line in run.stderr)
        workers = psutil.Process(run.pid).children(recursive=True)
        os.killpg(run.pid, signal.SIGINT)  # as a terminal does, to all that are in its foreground
        out, err = run.communicate()
    assert run.returncode == 130
    assert "Traceback" not in err
    assert psutil.wait_procs(workers, timeout=10)[1] == []
    if stage.startswith("launches"):
        found = json.loads(out)
        assert found["partial"]
        assert found["rows"][0]["launches"] >= 1
        assert records.read(Path(found["record"]))["partial"]
    else:
        assert out == ""
        assert list(tmp_path.iterdir()) == []


def test_two_records_are_compared_as_a_gate(tmp_path: Path) -> None:
    wobble = [0.002, -0.002, 0.0] * 2
    paths = []
    for number, ratio in enumerate((0.5, 0.6)):
        record = planted_record({"other": [ratio + w for w in wobble]}, created=f"2026-01-0{number + 1}T03:04:05Z")
        paths.append(records.write(record, tmp_path))
    before, after = paths
    done = xorbench("compare", before, after)
    assert done.returncode == 0
    assert "changed" in done.stdout
    for arguments, code in (
        ((before, after, "--fail-if-slower=5%"), 1),
        ((before, after, "--fail-if-slower", "20"), 0),
        ((after, before, "--fail-if-slower=5%"), 0),
    ):
        assert xorbench("compare", *arguments).returncode == code
    found = document(xorbench("compare", before, after, "--fail-if-slower=5%", "--json"))
    assert found["failed"]
    assert found["changes"][0]["change"]["value"] == pytest.approx(1.105, abs=0.001)


def test_a_gate_that_can_not_see_is_not_open(tmp_path: Path) -> None:
    here = records.write(planted_record({"other": [0.5] * 6}), tmp_path)
    there = planted_record({"other": [0.5] * 6})
    there["machine"]["name"] = "another"
    elsewhere = records.write(there, tmp_path)
    done = xorbench("compare", here, elsewhere, "--fail-if-slower=5%")
    assert done.returncode == 1
    assert "machines of two kinds, some-cpu-1-cores-linux and another" in done.stdout
    assert xorbench("compare", here, elsewhere).returncode == 0


def test_an_export_is_a_file_for_other_tools(tmp_path: Path) -> None:
    record = records.write(planted_record({"other": [0.5] * 6}), tmp_path)
    done = xorbench("export", record, "--pytest-benchmark", tmp_path / "out.json")
    assert (done.returncode, done.stdout.strip()) == (0, str(tmp_path / "out.json"))
    assert len(json.loads((tmp_path / "out.json").read_text())["benchmarks"]) == 3


def test_an_export_to_parquet_is_a_file_a_frame(tmp_path: Path) -> None:
    done = xorbench("export", COMMITTED, "--parquet", tmp_path / "frames")
    assert done.returncode == 0, done.stderr
    files = [Path(line) for line in done.stdout.split()]
    assert {file.stem for file in files} >= {"records", "rounds", "timings", "gradients"}
    assert all(file.stat().st_size for file in files)


def test_a_record_is_shown_again_for_people_and_as_a_text() -> None:
    assert "The fairness ledger" in xorbench("show", COMMITTED).stdout
    tex = xorbench("show", COMMITTED, "--table=timings", "--format=tex").stdout
    assert tex == (records.FOLDER / "tables" / "timings.tex").read_text(encoding="utf-8")


def test_the_committed_records_may_be_published() -> None:
    done = xorbench("check")
    assert (done.returncode, done.stdout.split(" records ")[1]) == (0, "may be published\n")


def test_a_folder_that_turns_unwritable_costs_no_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where a folder should be")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    record = planted_record({})
    path = keeping.kept(record, blocked)
    assert path.is_relative_to(tmp_path)
    assert records.read(path) == record


HEAVY = ("numpy", "torch", "jax", "pandas", "flint", "scipy", "pytest", "jsonschema_rs", "jinja2")


def loaded_by(statement: str) -> set[str]:
    script = f"import sys\n{statement}\nprint(' '.join(name for name in sys.modules if '.' not in name))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_help_loads_nothing_heavy() -> None:
    assert not loaded_by("import benchmarks.cli") & set(HEAVY)
    help_ = xorbench("--help")
    assert help_.returncode == 0
    commands = ("list", "gradients", "run", "sweep", "show", "compare", "export", "check", "publish", "verify")
    assert all(command in help_.stdout for command in commands)


def test_importing_the_harness_imports_no_framework() -> None:
    house = Path(records.__file__).parent
    rooms = [path.relative_to(house.parent).with_suffix("") for path in house.rglob("[!_]*.py")]
    loaded = loaded_by("import " + ", ".join(".".join(room.parts) for room in sorted(rooms)))
    assert "benchmarks" in loaded
    assert not loaded & {"torch", "jax", "jaxlib", "tensorflow"}


def test_the_harness_names_no_framework() -> None:
    for path in Path(records.__file__).parent.rglob("*.py"):
        assert not re.search(r"\b(torch|jax)\b", path.read_text(encoding="utf-8")), path.name
