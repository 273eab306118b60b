"""Plans: what they decide, how units are shared out, and what is refused in one line."""

import itertools
import json
import platform
import re
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.command import called, document
from tests.conftest import Variant
from tests.fleets import gradients_of, part_of, plan_of, sweep_of
from tests.planted import NO_SHA256, planted
from xorbench import environment
from xorbench.affinity import allowed_cpus
from xorbench.cli.fleet import MOST_HOSTS
from xorbench.contract import REFERENCE, discover, read
from xorbench.environment import host
from xorbench.fleet import costs, divide, preflight, units
from xorbench.fleet import plan as plans
from xorbench.fleet.plan import FleetPlan, PlannedPart
from xorbench.fleet.units import Share
from xorbench.record import store
from xorbench.record.settings import Settings
from xorbench.record.timing import Failure
from xorbench.suite.about import harness_sha256
from xorbench.workloads import WORKLOADS, sizes

PLAN = plan_of(["neuron", "relu"], ["hidden"])


def test_a_plan_is_read_as_it_was_written_and_has_one_sha256(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    plans.write(PLAN, path)
    assert plans.read(path) == PLAN
    content = json.loads(path.read_text())
    turned = json.dumps(dict(reversed(content.items())))
    assert plans.parsed(turned).sha256 == PLAN.sha256
    assert replace(PLAN, versions={"python": "3.12.0"}).sha256 != PLAN.sha256
    assert len(PLAN.sha256) == 64


def argument(old: str, new: str) -> Callable[[dict[str, Any]], object]:
    def change(content: dict[str, Any]) -> None:
        content["arguments"] = [new if one == old else one for one in content["arguments"]]

    return change


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda c: c.update(kind="history"), "$.kind: Input should be 'run', 'sweep' or 'gradients', got 'history'"),
        (lambda c: c.update(more=1), "$.more: is not a known key"),
        (lambda c: c.pop("versions"), "$.versions: is missing"),
        (lambda c: c.update(parts=[]), "$.parts: List should have at least 1 item"),
        (
            lambda c: c["parts"].pop(),
            "$.parts: the units are not those of $.arguments, each once; for instance 'hidden'",
        ),
        (lambda c: c["parts"].append(c["parts"][1]), "$.parts: the units are not those of $.arguments, each once"),
        (lambda c: c["implementations"].pop("other"), "$.implementations: expected those of --implementation"),
        (argument("--workload=hidden", "--workload=none"), "$.parts: the units are not those of $.arguments"),
        (argument("--launches=4", "--launches=0"), "--launches=0, expected a whole number of at least 1"),
        (argument("--launches=4", "--launches=²"), "--launches=², expected a whole number of at least 1"),
        (argument("--launches=4", "--seed=1"), "--launches is there 0 times, expected once"),
        (argument("--workload=hidden", "--workload=relu"), "'--workload=relu' is there 2 times, expected once"),
        (argument("--seed=0", "--seed=4294967296"), "--seed=4294967296, expected at most 4294967295"),
        (argument("--launches=4", "--budget=1"), "'--budget=1' is not planned, expected one of implementation,"),
        (argument("--launches=4", "--quick=1"), "'--quick=1' is not planned"),
        (argument("--measure=epoch", "--measure=epoch,tea"), "--measure=epoch,tea, expected epoch, and others of"),
        (argument("--launches=4", "--launches=1000000000000000000"), "of at least 1 and at most 18"),
        (lambda c: c["files"].update({"../x.py": ""}), "$.files.../x.py"),
        (lambda c: c["files"].update({"x.py\n": ""}), "$.files.x.py"),
        (lambda c: c["files"].update({".x.py": ""}), "$.files..x.py"),
        (lambda c: c.update(harness_sha256="abc"), "$.harness_sha256: String should have at least 64 characters"),
    ],
)
def test_what_is_no_plan_is_refused_in_one_line(
    tmp_path: Path, change: Callable[[dict[str, Any]], object], says: str
) -> None:
    path = tmp_path / "plan.json"
    content = asdict(PLAN)
    change(content)
    path.write_text(json.dumps(content))
    with pytest.raises(ValueError, match="is not a plan: ") as refused:
        plans.read(path)
    assert says in str(refused.value)
    assert len(str(refused.value).splitlines()) == 1


def test_a_plan_of_gradients_has_a_workload(tmp_path: Path) -> None:
    plan = gradients_of()
    plans.write(plan, tmp_path / "plan.json")
    content = json.loads((tmp_path / "plan.json").read_text())
    content["arguments"].remove("--workload=neuron")
    with pytest.raises(ValueError, match=r"^\$\.arguments: --workload is not there, expected at least one$"):
        plans.parsed(json.dumps(content))


def test_a_file_that_is_not_there_or_no_json_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"plan.json can't be read: No such file or directory$"):
        plans.read(tmp_path / "plan.json")
    (tmp_path / "plan.json").write_text("plan")
    with pytest.raises(ValueError, match=r"plan.json is not a plan: it is not JSON: expected"):
        plans.read(tmp_path / "plan.json")


def test_a_part_of_a_run_is_some_of_its_workloads_in_their_order() -> None:
    assert units.workloads(PLAN) == ["neuron", "hidden", "relu"]
    assert units.shares(PLAN, 1) == [Share(("neuron", "relu"))]
    assert units.settings(PLAN, "1", cpu=3, threads_here=8) == Settings(
        points=200, cpu=3, seed=0, launches=4, rounds=12, cold_starts=3
    )


def test_a_part_of_a_sweep_is_whole_curves_and_has_a_record_for_each_number_of_threads() -> None:
    widths, batches = "widths at batch 4", "batches at width 4"
    every = [f"{curve}, {threads}" for threads in ("1 thread", "all threads") for curve in (widths, batches)]
    plan = sweep_of(every[:1], every[1:], threads="both")
    assert [*units.wholes(plan)] == every
    points = ("width-2-batch-4", "width-4-batch-4", "width-8-batch-4"), ("width-4-batch-4", "width-4-batch-8")
    assert units.shares(plan, 1) == [Share(points[0])]
    assert units.shares(plan, 2) == [Share(points[1]), Share((*points[0], points[1][1]), "all")]
    assert units.settings(plan, "all", cpu=1, threads_here=2).threads == 2
    assert units.settings(plan, "1", cpu=1, threads_here=2).threads == 1


def test_the_curves_of_a_grid_are_its_widths_at_each_batch() -> None:
    plan = sweep_of(["widths at batch 4, 1 thread"], ["widths at batch 8, 1 thread"])
    plan = replace(plan, arguments=[*plan.arguments, "--grid"])
    units.check(plan)
    assert units.workloads(plan) == [f"width-{width}-batch-{batch}" for batch in (4, 8) for width in (2, 4, 8)]


@given(points=st.integers(1, 10**7), hosts=st.integers(1, 50))
def test_ranges_have_every_point_once_and_are_equally_long(points: int, hosts: int) -> None:
    plan = plan_of(["neuron"], kind="gradients", arguments=[f"--points={points}"])
    ends = [units.ends_of(unit) for unit in units.ranges(plan, hosts)]
    lengths = [last + 1 - first for first, last in ends]
    assert (ends[0][0], ends[-1][1]) == (0, points - 1)
    assert all(one[1] + 1 == other[0] for one, other in itertools.pairwise(ends))
    assert len(ends) == min(hosts, points)
    assert max(lengths) - min(lengths) <= 1


@example(each={"a": 0.0, "b": 0.0}, number=2)
@given(each=st.dictionaries(st.text(max_size=5), st.floats(0, 1e6), min_size=1, max_size=30), number=st.integers(1, 12))
def test_each_unit_is_in_one_part_and_no_part_is_much_longer_than_another(each: dict[str, float], number: int) -> None:
    groups = divide.balanced(each, number)
    assert sorted(unit for group in groups for unit in group) == sorted(each)
    assert len(groups) == min(number, len(each))
    order = [*each]
    assert all(group == sorted(group, key=order.index) for group in groups)
    sums = [sum(each[unit] for unit in group) for group in groups]
    assert max(sums) - min(sums) <= max(each.values()) * (1 + 1e-9)


@pytest.mark.slow
def test_a_plan_of_the_most_parts_can_be_read(tmp_path: Path) -> None:
    plan = divide.divided(gradients_of(points=10**18 - 1), MOST_HOSTS, costs.Costs())
    assert len(plan.parts) == MOST_HOSTS
    plans.write(plan, tmp_path / "plan.json")
    assert plans.read(tmp_path / "plan.json") == plan


def test_the_longest_unit_has_a_part_of_its_own() -> None:
    assert divide.balanced({"a": 1, "b": 9, "c": 2, "d": 3}, 2) == [["a", "c", "d"], ["b"]]


def test_what_units_have_in_common_is_paid_once() -> None:
    alone = sum(divide.seconds(PLAN, [name], costs.Costs()) for name in ("neuron", "relu"))
    assert (
        divide.seconds(PLAN, ["neuron"], costs.Costs())
        < divide.seconds(PLAN, ["neuron", "relu"], costs.Costs())
        < alone
    )


def test_costs_are_those_of_the_newest_complete_run_of_this_machine(tmp_path: Path) -> None:
    record = planted({"other": [0.0] * 6}).record
    seconds = replace(record.seconds, judge=30.0)
    found = costs.of_record(replace(record, seconds=seconds), Path("x.json"))
    assert found.source == "x.json"
    assert found.judgement == 30.0  # two implementations on one workload, on a machine with two cores
    assert found.quick_judgement == costs.OF_A_QUICK_JUDGEMENT
    assert found.start == pytest.approx(2 / 3)  # on two cores; the second copy of the baseline starts, too
    assert found.turn == pytest.approx(0.8 * record.launches[0].seconds / 22 / 3)
    assert found.peaks == pytest.approx({REFERENCE: 10 / 1024, "other": 20 / 1024})
    assert found.gib(["other"], None) == pytest.approx(1.0 + len(allowed_cpus()) * 20 / 1024)
    assert costs.here(tmp_path) == costs.Costs()


def test_the_workers_start_on_all_cpus_for_the_calibration_and_for_each_launch() -> None:
    settings = replace(planted({"other": [0.0] * 6}).record.settings, launches=1, rounds=1, cold_starts=0)
    one, two = (costs.Costs(start=seconds).of_a_run(3, 1, settings) for seconds in (1.0, 2.0))
    assert two - one == pytest.approx(2 * (3 + 1) / len(allowed_cpus()))


def test_a_record_that_contradicts_itself_tells_no_costs(tmp_path: Path) -> None:
    record = replace(planted({"other": [0.0] * 6}).record, machine=environment.machine())
    assert costs.here(store.write(record, tmp_path).parent.parent).source.endswith(".json")
    for path in store.paths(tmp_path):
        path.unlink()
    store.write(replace(record, launches=[]), tmp_path)
    assert costs.here(tmp_path) == costs.Costs()


def test_a_job_asks_for_twice_the_estimate_in_steps_of_five_minutes() -> None:
    assert [costs.to_ask_for(seconds) for seconds in (1, 150, 151, 3_000)] == [300, 300, 600, 6_000]


def mine(variant: Variant) -> FleetPlan:
    """Return a plan of the reference and of a file."""
    path = variant("mine")
    chosen = [discover()[0], read(path)]
    arguments = ["--implementation=numpy_backprop", "--implementation=mine", "--workload=neuron", *PLAN.arguments[2:5]]
    plan = plans.drafted("run", [*arguments, "--cold-starts=0", "--measure=epoch"], chosen, chosen[1:])
    return replace(plan, parts=[PlannedPart(["neuron"], 1.0)])


def test_a_host_like_that_of_the_plan_is_fit_and_files_travel(tmp_path: Path, variant: Variant) -> None:
    plan = mine(variant)
    plans.write(plan, tmp_path / "plan.json")
    assert plan.versions["python"] == platform.python_version()
    assert {"numpy", "python-flint"} <= plan.versions.keys()
    assert preflight.unfit(plan, tmp_path) == []
    first, second = plans.implementations(plan, tmp_path)
    assert (first.name, second.name, second.path) == (REFERENCE, "mine", tmp_path / "mine.py")
    assert second.source_sha256 == plan.implementations["mine"]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"harness_sha256": NO_SHA256}, f"xorbench has another text here, of the SHA-256 {harness_sha256()[:12]}, exp"),
        ({"versions": {"python": "2.7"}}, f"python is {platform.python_version()} here, expected 2.7"),
        ({"versions": {"no-such-library": "1"}}, "no-such-library is not installed here, expected 1"),
        ({"files": {}}, "no implementation is named mine here"),
        (
            {"implementations": {REFERENCE: NO_SHA256, "mine": NO_SHA256}},
            f"{REFERENCE} has another text here, of the SHA-256 {str(discover()[0].source_sha256)[:12]}, expected 0000",
        ),
    ],
)
def test_an_unfit_host_is_told_why_in_one_line(
    tmp_path: Path, variant: Variant, changes: dict[str, Any], says: str
) -> None:
    first, *_ = preflight.unfit(replace(mine(variant), **changes), tmp_path)
    assert first.startswith(says)
    assert "\n" not in first


def test_a_library_that_is_missing_is_named(tmp_path: Path, variant: Variant) -> None:
    path = variant("mine", ("import numpy as np", "import numpy as np\nimport no_such_library"))
    plan = replace(
        mine(variant),
        files={"mine.py": path.read_text()},
        implementations={
            REFERENCE: str(discover()[0].source_sha256),
            "mine": str(read(path).source_sha256),
        },
    )
    assert preflight.unfit(plan, tmp_path) == ["mine cannot run here: no_such_library is not installed"]


def test_of_many_reasons_five_are_told() -> None:
    assert preflight.told(["a"]) == "a"
    assert preflight.told([*"abcdefg"]) == "a; b; c; d; e; and 2 more"


def checked(text: str) -> list[str]:
    """Return what the check of a host answers to a plan."""
    words = [sys.executable, "-P", "-m", "xorbench.fleet.preflight"]
    found: list[str] = json.loads(subprocess.run(words, input=text.encode(), capture_output=True, check=True).stdout)
    return found


@pytest.mark.slow
def test_the_check_of_a_host_answers_with_sentences(variant: Variant) -> None:
    plan = replace(mine(variant), versions={"numpy": "0.1"})
    first, *others = checked(plans.text_of(plan))
    assert re.fullmatch(r"numpy is \S+ here, expected 0\.1", first)
    assert all("at least 2" in sentence for sentence in others)  # on a machine with one CPU
    (line,) = checked("{")
    assert line.startswith("it can't read the plan: ")
    assert "\n" not in line


def test_a_host_has_another_name_in_each_plan_and_each_host_another_in_one(monkeypatch: pytest.MonkeyPatch) -> None:
    assert host("one") == host("one") != host("two")
    assert len(host("one")) == 16
    monkeypatch.setenv("XORBENCH_HOST", "another")
    another = host("one")
    monkeypatch.setenv("XORBENCH_HOST", "a third")
    assert len({another, host("one")}) == 2


def made(tmp_path: Path, *arguments: str) -> dict[str, Any]:
    done = called("plan", "--json", f"--output={tmp_path / 'plan.json'}", *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    return document(done)


def test_a_run_is_planned_with_all_that_decides_it(tmp_path: Path) -> None:
    content = made(
        tmp_path, "--hosts=2", "run", "--workload=all", f"--implementation={REFERENCE}", "--quick", "--launches=8"
    )
    plan = plans.read(tmp_path / "plan.json")
    assert plan.arguments == [
        f"--implementation={REFERENCE}",
        *(f"--workload={name}" for name in WORKLOADS),
        *("--quick", "--launches=8", "--rounds=30", "--cold-starts=0", "--measure=epoch", "--seed=0"),
    ]
    assert content["sha256"] == plan.sha256
    assert [part["part"] for part in content["parts"]] == ["1/2", "2/2"]
    assert sorted(unit for part in content["parts"] for unit in part["units"]) == sorted(WORKLOADS)
    file = tmp_path / "plan.json"
    assert content["parts"][1]["command"] == f"xorbench run --plan {file} --part 2/2 --output parts --resume"
    assert content["job"]["command"] == f'xorbench run --plan {file} --part "$K/2" --output parts --resume'
    assert content["job"]["cpus"] == len(allowed_cpus())
    assert content["job"]["wall_seconds"] >= 2 * max(part["seconds"] for part in content["parts"])
    assert content["job"]["memory_gib"] >= 1


def test_a_sweep_and_points_are_planned_too(tmp_path: Path) -> None:
    options = ("--widths=2,4", "--batches=4", "--at-width=4", "--threads=1", f"--implementation={REFERENCE}")
    content = made(tmp_path, "--hosts=2", "sweep", *options)
    assert [part["units"] for part in content["parts"]] == [
        ["widths at batch 4, 1 thread"],
        ["batches at width 4, 1 thread"],
    ]
    made(tmp_path, "--hosts=3", "gradients", "--points=10", "--workload=neuron", f"--implementation={REFERENCE}")
    plan = plans.read(tmp_path / "plan.json")
    assert [part.units for part in plan.parts] == [["0 to 2"], ["3 to 5"], ["6 to 9"]]
    assert units.points_of(plan, 3) == (6, 4)
    judging = ("gradients", "--points=10", "--workload=neuron", f"--implementation={REFERENCE}")
    lines = called("plan", f"--output={tmp_path / 'plan.json'}", *judging).stdout.splitlines()
    assert re.fullmatch(r"part 1/1: about (\d+ min )?\d+ s: points 0 to 9", lines[1])


def test_without_a_command_a_run_is_planned_and_it_is_said_what_is_left_out(tmp_path: Path) -> None:
    done = called("plan", "--hosts=9", f"--output={tmp_path / 'plan.json'}")
    assert done.returncode == 0
    assert "there is work for 2 hosts only, in as many parts" in done.stderr.splitlines()
    assert done.stdout.splitlines()[0] == f"{tmp_path / 'plan.json'}: run in 2 parts"
    plan = plans.read(tmp_path / "plan.json")
    assert plan.values("launches") == ["20"]
    assert [part.units for part in plan.parts] == [["neuron"], ["hidden"]]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("walk",), "COMMAND: no command that can be planned is named 'walk'"),
        (("run", "--launches=0"), "--launches"),
        (("run", "--fast"), "No such option: --fast"),
        (
            ("run", "--budget=1"),
            "--budget: can't be in a plan, because all hosts measure the same amount: give --lau",
        ),
        (("run", "--output=x"), "--output: can't be in a plan; give it where a part is measured"),
        (("run", "--python=old"), "--python: can't be in a plan"),
        (("run", "--workload=none"), "no workload is named 'none'"),
        (("gradients", "--quick"), "--quick: can't be in a plan"),
        (("sweep", "--widths=1"), "--widths: 1: expected whole numbers from 2 to 1,024"),
        (("--hosts=0",), "--hosts"),
        (("--hosts=100001", "gradients", "--points=200000"), "100001: expected a number less than or equal to 100000"),
        (("--output=plan.txt",), "plan.txt: expected a name that ends in .json"),
    ],
)
def test_a_mistake_in_a_plan_is_one_line_and_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], says: str
) -> None:
    monkeypatch.chdir(tmp_path)
    done = called("plan", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert says in line
    assert [*tmp_path.iterdir()] == []


def test_what_is_asked_for_and_missing_is_3(tmp_path: Path, variant: Variant) -> None:
    path = variant("mine", ("import numpy as np", "import numpy as np\nimport no_such_library"))
    done = called("plan", f"--output={tmp_path / 'plan.json'}", "run", f"--with={path}")
    assert done.returncode == 3
    assert done.stderr.splitlines()[-1] == (
        "xorbench: mine: no_such_library is not installed; make the plan on a machine that has it"
    )
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("run", "--plan=PLAN"), "--part: expected both --plan FILE and --part K/N"),
        (("run", "--part=1/2"), "--plan: expected both --plan FILE and --part K/N"),
        (("run", "--plan=PLAN", "--part=3/2"), "--part: 3/2: expected one of 1/2 to 2/2, the parts of the plan"),
        (("run", "--plan=PLAN", "--part=0/2"), "--part: 0/2: expected one of 1/2 to 2/2"),
        (("run", "--part="), "--plan: expected both --plan FILE and --part K/N"),
        (("gradients", "--scheduler="), "--scheduler: is not the address of a scheduler, expected local, "),
        (("run", "--plan=PLAN", "--part=/2"), "--part: /2: expected one of 1/2 to 2/2"),
        (("run", "--plan=PLAN", "--part=1/3"), "--part: 1/3: expected one of 1/2 to 2/2"),
        (("run", "--plan=PLAN", "--part=1/2", "--quick"), "--quick: can't be combined with --plan, which decides it"),
        (("sweep", "--plan=PLAN", "--part=1/2"), "--plan: it is a plan of run; call xorbench run --plan"),
        (("gradients", "--plan=PLAN", "--part=1/2"), "--plan: it is a plan of run; call xorbench run --plan"),
        (("run", "--plan=nowhere.json", "--part=1/2"), "--plan: nowhere.json can't be read: No such file"),
        (("gradients", "--output=x"), "--output: expected --plan and --part with it"),
        (("merge", "nowhere"), "FOLDER: nowhere is not a folder, expected one with the parts of a plan"),
        (("merge", "."), "--plan: there is no plan in .; name its file"),
    ],
)
def test_a_mistake_in_the_call_of_a_part_is_one_line_and_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], says: str
) -> None:
    monkeypatch.chdir(tmp_path)
    plans.write(PLAN, tmp_path / "kept.json")
    done = called(*(word.replace("PLAN", "kept.json") for word in arguments))
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert says in line


@pytest.mark.parametrize(("failures", "code"), [([], 0), ([Failure(1, "hidden", "other", False, "it ended")], 1)])
def test_what_was_measured_before_has_the_exit_code_that_it_had(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failures: list[Failure], code: int
) -> None:
    plans.write(PLAN, tmp_path / "plan.json")
    store.write(part_of(PLAN, 2, host=host(PLAN.sha256), failures=failures), tmp_path / "parts")
    monkeypatch.setattr(preflight, "unfit", lambda *_given: [])
    monkeypatch.setattr(plans, "implementations", lambda *_given: [])
    done = called("run", f"--plan={tmp_path / 'plan.json'}", "--part=2/2", f"--output={tmp_path / 'parts'}", "--json")
    assert (done.returncode, document(done)["measured_before"]) == (code, True)


def test_a_host_that_is_unfit_measures_nothing_and_says_why_in_one_line(tmp_path: Path) -> None:
    plans.write(PLAN, tmp_path / "plan.json")
    folder = tmp_path / "parts"
    done = called("run", f"--plan={tmp_path / 'plan.json'}", "--part=1/2", f"--output={folder}")
    assert (done.returncode, done.stdout) == (3, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith(
        "xorbench: this host can't measure part 1/2: xorbench has another text here, of the SHA-256 "
    )
    assert "no implementation is named other here" in line
    assert not folder.exists()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("--widths=2,4,8", f"--widths={','.join(map(str, range(10_000)))}"),
        ("--widths=2,4,8", "--widths=2,4,4"),
        ("--widths=2,4,8", "--widths=02,4,2"),
        ("--batches=4,8", "--batches=4,5"),
        ("--batches=4,8", f"--batches={','.join(map(str, range(10_000)))}"),
    ],
)
def test_sizes_that_no_sweep_has_are_refused_before_they_are_made(old: str, new: str) -> None:
    plan = sweep_of(["widths at batch 4, 1 thread"], ["widths at batch 8, 1 thread"])
    plan = replace(plan, arguments=[*(new if one == old else one for one in plan.arguments), "--grid"])
    tracemalloc.start()
    with pytest.raises(ValueError, match="expected sizes of a sweep, each once, and commas"):
        units.check(plan)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 2**24


def test_reading_a_plan_constructs_no_workload() -> None:
    sizes.sized.cache_clear()
    units.check(sweep_of(["widths at batch 4, 1 thread"], ["batches at width 4, 1 thread"]))
    assert sizes.sized.cache_info().currsize == 0


@pytest.mark.parametrize(("command", "option"), [("gradients", "--points"), ("run", "--launches")])
def test_a_number_that_is_too_large_for_a_plan_is_one_line_and_2(tmp_path: Path, command: str, option: str) -> None:
    done = called("plan", f"--output={tmp_path / 'plan.json'}", command, f"{option}=99999999999999999999")
    assert done.returncode == 2
    assert f"{option}=99999999999999999999, expected a whole number" in done.stderr
    assert [*tmp_path.iterdir()] == []
