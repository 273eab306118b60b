"""What the author of an implementation meets: each mistake is told early, at its place, and as what it is."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.command import COMMITTED, XORBENCH, called, document, xorbench
from tests.conftest import Variant
from xorbench.consistency import rules
from xorbench.contract import REFERENCE, load, read
from xorbench.judging.trouble import Trouble, trouble
from xorbench.record import store
from xorbench.record.report import FAILED, INSIDE, NOT_OFFERED

pytestmark = pytest.mark.usefixtures("own_cache")

QUICK = ("gradients", "--quick", "--points=1", "--workload=neuron")
FORWARD = "    *layers, logits = forward(recipe, parameters, inputs)\n"
MODEST = (FORWARD, f'    if len(parameters) == 2: raise NotImplementedError("no single neuron")\n{FORWARD}')


def line_of(path: Path, words: str) -> int:
    (found,) = (number for number, line in enumerate(path.read_text().splitlines(), 1) if words in line)
    return found


@pytest.mark.parametrize("command", ["gradients", "run", "sweep"])
def test_every_fault_of_a_file_comes_first_and_nothing_is_computed(variant: Variant, command: str) -> None:
    broken = variant("broken", ("def loss(", "def cost("), ('TIER = "idiomatic"', "TIER = 3"))
    done = called(command, "--with", broken)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines() == [
        "xorbench: broken.py: TIER is 3, expected 'idiomatic' or 'tuned'",
        "xorbench: broken.py: the function loss is missing, expected def loss(recipe, parameters, inputs, targets)",
    ]


@pytest.mark.slow
def test_a_file_with_the_name_of_a_library_is_refused_and_one_in_the_current_folder_is_not(
    variant: Variant, tmp_path: Path
) -> None:
    done = xorbench("gradients", "--with", variant("json"))
    assert done.returncode == 2
    assert done.stderr.startswith(
        "xorbench: Invalid value for --with: json.py would shadow the library json; add where its gradients come from"
    )
    (tmp_path / "mine.py").write_text(variant("mine").read_text())
    here = [*XORBENCH, "list", "--with", "mine.py"]
    assert subprocess.run(here, cwd=tmp_path, capture_output=True, check=False).returncode == 0


def test_what_is_not_offered_is_no_failure_and_only_the_file_and_the_reference_are_judged(variant: Variant) -> None:
    done = called(*QUICK, "--json", "--with", variant("modest", MODEST))
    found = document(done)
    assert (done.returncode, found["passed"]) == (0, True)
    assert [i["name"] for i in found["implementations"]] == [REFERENCE, "modest"]
    said = {(row["verdict"], row["reason"]) for row in found["rows"] if row["implementation"] == "modest"}
    assert said == {(NOT_OFFERED, "no single neuron")}
    assert {row["verdict"] for row in found["rows"] if row["implementation"] == REFERENCE} == {INSIDE}
    assert {row["verdict"] for row in found["conduct"] if row["implementation"] == "modest"} == {NOT_OFFERED}


def test_what_is_not_offered_at_some_points_is_no_failure_and_hides_none(variant: Variant) -> None:
    large = (FORWARD, f'    if abs(parameters[-1]).max() > 30: raise NotImplementedError("too large")\n{FORWARD}')
    stops = ("    state = begin(recipe, parameters)\n", "    raise MemoryError\n")
    done = called(
        *QUICK, "--json", "--with", variant("partial", large), "--with", variant("stops_and_partial", large, stops)
    )
    rows = document(done)["rows"]
    of_gradient = [row for row in rows if row["dtype"] == "float64" and "after" not in row["parameter"]]
    said = {(row["implementation"], row["verdict"]) for row in of_gradient}
    assert said == {(REFERENCE, INSIDE), ("partial", NOT_OFFERED), ("stops_and_partial", FAILED)}


@pytest.mark.slow
def test_a_record_of_what_is_not_offered_at_some_points_can_be_read(variant: Variant, tmp_path: Path) -> None:
    stops = ("    state = begin(recipe, parameters)\n", '    raise NotImplementedError("no training")\n')
    call = ("run", "--quick", "--launches=2", "--rounds=4", "--workload=neuron", f"--implementation={REFERENCE}")
    done = xorbench(*call, "--output", tmp_path, "--with", variant("partial", stops))
    assert done.returncode == 0, done.stderr
    (path,) = tmp_path.glob("*/*.json")
    partial = [row for row in rules.read(path).gradients.rows if row.implementation == "partial" and row.decides]
    assert {(row.verdict, row.reason) for row in partial if row.of_bound} == {(NOT_OFFERED, "no training")}


@pytest.mark.slow
def test_what_is_not_offered_is_a_row_without_a_time(variant: Variant, tmp_path: Path) -> None:
    call = ("run", "--quick", "--launches=2", "--rounds=4", "--workload=neuron", f"--implementation={REFERENCE}")
    done = xorbench(*call, "--output", tmp_path, "--with", variant("modest", MODEST))
    assert done.returncode == 0
    assert "Not offered: modest: no single neuron." in " ".join(done.stdout.split())


def test_an_exception_is_named_with_its_place_and_shown_in_full_on_request(variant: Variant) -> None:
    fails = variant("fails", (FORWARD, f'    raise ValueError("too hot")\n{FORWARD}'))
    done = called(*QUICK, "--traceback", "--with", fails)
    line = line_of(fails, "too hot")
    assert done.returncode == 1
    assert f"neuron, float64: ValueError: too hot (gradient, fails.py line {line})" in " ".join(done.stdout.split())
    assert done.stderr.count("Traceback (most recent call last):") == 1
    assert f'fails.py", line {line}, in gradient' in done.stderr


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        ('raise NotImplementedError("no such loss")', NOT_OFFERED),
        ('(lambda: helper())()\ndef helper():\n    raise NotImplementedError("no such loss")', NOT_OFFERED),
        ("__import__('asyncio').AbstractEventLoop().run_forever()", FAILED),
        ("sum(iter(Library(), 0))", FAILED),
    ],
)
def test_only_what_the_file_itself_raises_is_not_offered(variant: Variant, body: str, verdict: str) -> None:
    first, *helpers = body.split("\n")
    path = variant("mine", ("    return array\n", f"    with np.errstate():\n        {first}\n"))
    library = "class Library:\n    __call__ = __import__('asyncio').AbstractEventLoop.run_forever\n"
    path.write_text("\n".join([path.read_text(), *helpers, library]))
    with pytest.raises(NotImplementedError) as raised:
        load(read(path)).to_numpy(None)
    found = trouble(raised.value)
    assert found.verdict == verdict
    assert "NotImplementedError" in found.traceback
    if verdict == NOT_OFFERED:
        assert found.reason == "no such loss"


def test_the_place_of_an_exception_outside_a_function_is_its_line(variant: Variant) -> None:
    path = variant("mine", ("Parameters = list[Array]\n", "Parameters = [1 / zero for zero in [0]]\n"))
    with pytest.raises(ZeroDivisionError) as raised:
        load(read(path))
    line = line_of(path, "1 / zero")
    assert trouble(raised.value, "importing: ").reason == (
        f"importing: ZeroDivisionError: division by zero (mine.py line {line})"
    )


def test_an_exception_of_the_harness_has_no_place() -> None:
    assert trouble(ValueError("two\n lines")) == Trouble("ValueError: two lines", FAILED, "ValueError: two\n lines\n")


DONATED = "; copy the arrays in begin before they are donated"


def test_a_deleted_array_has_a_sentence_of_its_own(variant: Variant) -> None:
    said = "INVALID_ARGUMENT: Buffer has been deleted or donated. " + 300 * "x"
    path = variant("mine", ("    return array\n", f"    raise RuntimeError({said!r})\n"))
    with pytest.raises(RuntimeError) as raised:
        load(read(path)).to_numpy(None)
    found = trouble(raised.value).reason
    assert found.startswith("RuntimeError: INVALID_ARGUMENT: Buffer has been deleted or donated. x")
    assert found.endswith(f"…{DONATED} (to_numpy, mine.py line {line_of(path, 'deleted')})")
    assert trouble(RuntimeError("Array has been deleted.")).reason == f"RuntimeError: Array has been deleted{DONATED}"
    assert trouble(RuntimeError("array has been lost")).reason == "RuntimeError: array has been lost"


def closed(*arguments: str, streams: str) -> int:
    """The exit code of the command, called by a shell with these streams closed."""
    return subprocess.run(["sh", "-c", f'exec "$@" {streams}', "sh", *XORBENCH, *arguments], check=False).returncode


@pytest.mark.slow
@pytest.mark.parametrize("streams", [">&-", "<&- >&- 2>&-"])
def test_closed_streams_change_no_verdict(tmp_path: Path, streams: str) -> None:
    call = ("run", "--quick", "--launches=1", "--rounds=4", "--workload=neuron", f"--implementation={REFERENCE}")
    assert closed(*call, f"--output={tmp_path}", streams=streams) == 0
    (path,) = store.paths(tmp_path)
    record = store.read(path)
    assert {row.verdict for row in record.gradients.deciding()} == {INSIDE}
    assert record.failures == []
    assert len(record.timings) == 2


CLOSED = "<&- >&- 2>&-"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("list",), 0),
        (("show", "/nowhere/record.json"), 2),
        (("check", "/dev/null"), 1),
        pytest.param(("show", COMMITTED), 0, marks=pytest.mark.slow),
        pytest.param(("check", COMMITTED), 0, marks=pytest.mark.slow),
        pytest.param((*QUICK, f"--implementation={REFERENCE}"), 0, marks=pytest.mark.slow),
    ],
    ids=lambda argument: argument[0] if isinstance(argument, tuple) else str(argument),
)
def test_closed_streams_change_no_exit_code(arguments: tuple[str, ...], code: int) -> None:
    assert closed(*arguments, streams=CLOSED) == code


@pytest.mark.slow
def test_closed_streams_change_no_published_file(tmp_path: Path) -> None:
    record = Path(COMMITTED)
    (tmp_path / record.parent.name).mkdir()
    shutil.copy(record, tmp_path / record.parent.name)
    assert closed("publish", f"--output={tmp_path}", streams=CLOSED) == 0
    assert called("verify", f"--output={tmp_path}").returncode == 0


@pytest.mark.slow
def test_closed_streams_change_no_sweep(tmp_path: Path) -> None:
    call = ("sweep", "--widths=2", "--batches=4", "--threads=1", "--launches=1", "--rounds=4")
    assert closed(*call, f"--implementation={REFERENCE}", f"--output={tmp_path}", streams=CLOSED) == 0
    (path,) = store.paths(tmp_path)
    assert not store.read(path).partial


@pytest.mark.slow
@pytest.mark.parametrize(
    ("startup", "says"),
    [
        (
            "import os; os._exit(7)",
            f"the process of the judge for {REFERENCE} ended with code 7 before it imported the implementation",
        ),
        (
            "import tempfile; tempfile.TemporaryFile = None",
            f"the process of the judge for {REFERENCE} failed: TypeError: 'NoneType' object is not callable",
        ),
        (
            "import os, importlib.util; importlib.util.spec_from_file_location = lambda *_: os._exit(7)",
            f"the reference, {REFERENCE}, failed: no answer: its process ended with code 7 while importing the",
        ),
    ],
)
def test_what_fails_beside_an_implementation_is_no_verdict(tmp_path: Path, startup: str, says: str) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        f"import sys\nif 'xorbench.judging.process_main' in sys.orig_argv:\n    {startup}\n"
    )
    path = os.pathsep.join(filter(None, [str(tmp_path), os.environ.get("PYTHONPATH")]))
    call = [*XORBENCH, *QUICK, f"--implementation={REFERENCE}"]
    done = subprocess.run(call, env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.splitlines()[-1].startswith(f"xorbench: {says}")
