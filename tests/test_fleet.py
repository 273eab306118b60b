"""Parts of a plan as users measure them, on hosts that are interrupted, and the merging of what they wrote."""

import json
import os
import re
import shlex
import signal
import subprocess
from collections import Counter
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from tests.command import XORBENCH
from tests.conftest import Variant
from xorbench.consistency import rules
from xorbench.contract import REFERENCE
from xorbench.fleet import plan as plans
from xorbench.fleet import units
from xorbench.publication import contribution
from xorbench.record import store
from xorbench.record.run import Record

pytestmark = pytest.mark.slow


class Hosts:
    """A folder with a plan and its parts, and processes on hosts of any name, each with journals that all can read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.plan = path / "plan.json"
        self.parts = path / "parts"
        self.results = path / "results"

    def started(self, *arguments: str, on: str = "a", **variables: str) -> "subprocess.Popen[str]":
        given = {"XDG_CACHE_HOME": str(self.path / "cache"), "XORBENCH_HOST": on, **variables}
        return subprocess.Popen(
            [*XORBENCH, *arguments],
            env=os.environ | given,
            cwd=self.path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def done(self, *arguments: str, on: str = "a", expected: int = 0) -> tuple[str, str]:
        """Return standard output and error of a command that exits with the expected code."""
        with self.started(*arguments, on=on) as process:
            out, err = process.communicate()
        assert process.returncode == expected, (out, err)
        assert "Traceback" not in err
        return out, err

    def planned(self, *arguments: str) -> plans.FleetPlan:
        self.done("plan", *arguments)
        return plans.read(self.plan)

    def part(self, kind: str, part: str, *options: str, on: str = "a", expected: int = 0) -> tuple[str, str]:
        return self.done(kind, "--plan=plan.json", f"--part={part}", *options, on=on, expected=expected)

    @property
    def records(self) -> list[Record]:
        """The records of parts, each checked."""
        return [rules.read(path) for path in store.paths(self.parts)]

    @property
    def journals(self) -> list[Path]:
        return sorted(self.path.rglob("*.jsonl"))


QUICK = ("run", "--quick", "--rounds=12", "--workload=neuron", "--workload=relu", f"--implementation={REFERENCE}")

OF_TIME = (
    "seconds",
    "created",
    "commit",
    "host",
    "plan_sha256",
    "launches",
    "timings",
    "cold_starts",
    "unfit",
    "command",
)
"""The fields of a record that are of its measurement or of its origin, and not of what was asked and judged."""


def without_times(record: Record) -> dict[str, Any]:
    """Return what a record says but for times, and for the values of the second one of two identical measurements."""
    content = {name: value for name, value in store.as_json(record).items() if name not in OF_TIME}
    return content | {
        "timings": Counter((t.launch, t.workload, t.implementation, t.copy, t.measure) for t in record.timings),
        "cold starts": Counter((start.workload, start.implementation) for start in record.cold_starts),
        "launches": [(launch.number, launch.rounds) for launch in record.launches],
    }


def in_a_job_array(hosts: Hosts, plan: plans.FleetPlan, kind: str) -> None:
    """Measure all parts as the jobs of an array do, which have the number of their part in a variable."""
    for number in range(1, len(plan.parts) + 1):
        script = f'exec "$@" {kind} --plan plan.json --part "$SLURM_ARRAY_TASK_ID/{len(plan.parts)}" --resume'
        done = subprocess.run(
            ["sh", "-c", script, "sh", *XORBENCH],
            env=os.environ | {"XDG_CACHE_HOME": str(hosts.path / "cache"), "SLURM_ARRAY_TASK_ID": str(number)},
            cwd=hosts.path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, (done.stdout, done.stderr)
        assert f"part {number}/{len(plan.parts)} of the plan was not begun on this host; it begins now" in done.stderr


def test_three_parts_and_their_merging_are_one_run_but_for_the_timings(tmp_path: Path) -> None:
    hosts = Hosts(tmp_path)
    options = ("--launches=4", "--rounds=12", "--cold-starts=1", "--implementation=numpy_backprop")
    workloads = [f"--workload={name}" for name in ("neuron", "hidden", "relu")]
    plan = hosts.planned("--hosts=3", "run", *options, *workloads, "--implementation=numpy_inplace")
    in_a_job_array(hosts, plan, "run")
    assert [record.part for record in hosts.records] == ["1/3", "2/3", "3/3"]
    out, _ = hosts.done("merge", "parts", "--json")
    (path,) = json.loads(out)["written"]
    merged = rules.read(hosts.path / path)
    hosts.done(*shlex.split(merged.command)[1:], "--output=whole")
    (whole,) = map(rules.read, store.paths(hosts.path / "whole"))
    assert without_times(merged) == without_times(whole)
    assert merged.command == whole.command.removesuffix(" --output=whole")
    noisy = re.compile("unfit|interval|control|identical|resolution|noise|wide|disturbed", re.IGNORECASE)
    complaints = contribution.complaints(hosts.path / path)
    assert [complaint for complaint in complaints if not noisy.search(complaint)] == []
    assert hosts.done("publish", f"--output={hosts.results}")[1] == ""
    assert "numpy_inplace" in (hosts.results / "README.md").read_text(encoding="utf-8")
    assert hosts.journals == []


def test_a_host_measures_a_part_once_and_merging_is_idempotent(tmp_path: Path) -> None:
    hosts = Hosts(tmp_path)
    hosts.planned("--hosts=2", *QUICK, "--launches=2")
    hosts.part("run", "2/2")
    before = {path: path.read_bytes() for path in hosts.parts.rglob("*.json")}
    out, err = hosts.part("run", "2/2", "--json")
    (record,) = json.loads(out)["records"]
    assert err.splitlines()[-1] == f"part 2/2 was measured on this host before: {record}"
    out, _ = hosts.done("merge", "parts", expected=1)
    path, missing = out.splitlines()
    assert missing.startswith("missing: part 1/2, which `xorbench run --plan parts/plan-")
    first = Path(tmp_path, path).read_bytes()
    hosts.done("merge", "parts", expected=1)
    assert Path(tmp_path, path).read_bytes() == first
    assert {path: path.read_bytes() for path in hosts.parts.rglob("*.json")} == before
    (command,) = re.findall("`(.*)`", missing)
    hosts.done(*shlex.split(command)[1:])  # as it is printed
    out, _ = hosts.done("merge", "parts")
    assert [workload.name for workload in rules.read(tmp_path / out.strip()).workloads] == ["neuron", "relu"]
    hosts.part("run", "2/2", on="b")
    out, _ = hosts.done("merge", "parts")
    assert len(out.splitlines()) == 2


def test_an_interrupted_part_goes_on_on_its_host_and_begins_anew_on_another(tmp_path: Path) -> None:
    hosts = Hosts(tmp_path)
    plan = hosts.planned("--hosts=2", *QUICK, "--launches=5")
    deadline = monotonic() + 120
    with hosts.started("run", "--plan=plan.json", "--part=1/2") as process:
        while not any(b'"what":"launched"' in path.read_bytes() for path in hosts.journals):
            assert monotonic() < deadline
            with suppress(subprocess.TimeoutExpired):
                out, err = process.communicate(timeout=0.02)
                raise AssertionError(f"it ended before a launch was noted: {out}{err}")
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    assert store.paths(hosts.parts) == []

    _, err = hosts.part("run", "1/2", "--resume", on="b")
    assert "part 1/2 of the plan was not begun on this host; it begins now" in err
    (anew,) = hosts.records
    assert not anew.resumed

    _, err = hosts.part("run", "1/2", "--resume")
    assert re.search(r"continuing the run of .*: [1-4] launch(es)? finished", err)
    (continued,) = [record for record in hosts.records if record.host != anew.host]
    assert continued.resumed
    assert len(continued.launches) == 5
    assert (continued.plan_sha256, continued.part) == (anew.plan_sha256, anew.part) == (plan.sha256, "1/2")
    assert hosts.journals == []


def test_a_part_that_is_ended_by_a_signal_keeps_what_is_finished_and_is_not_merged(tmp_path: Path) -> None:
    hosts = Hosts(tmp_path)
    hosts.planned("--hosts=1", *QUICK, "--launches=40")
    with hosts.started("run", "--plan=plan.json", "--part=1/1") as process:
        assert process.stderr is not None
        seen = (line for line in process.stderr if line.startswith("launches: "))
        next(seen)
        next(seen)
        process.send_signal(signal.SIGTERM)
        process.communicate()
    assert process.returncode == 143
    (partial,) = hosts.records
    assert partial.partial
    out, err = hosts.done("merge", "parts", expected=1)
    assert err.rstrip().endswith("is unfinished: part 1/1")
    assert out.startswith("missing: part 1/1, which `")
    assert not hosts.results.exists()


def test_files_travel_with_a_plan_and_changed_hosts_are_refused(tmp_path: Path, variant: Variant) -> None:
    hosts, mine = Hosts(tmp_path), variant("mine")
    plan = hosts.planned("--hosts=1", *QUICK, "--launches=1", f"--with={mine}")
    mine.unlink()
    hosts.part("run", "1/1")
    (record,) = hosts.records
    assert [i.name for i in record.implementations] == [REFERENCE, "mine"]
    assert {i.name: i.source_sha256 for i in record.implementations} == plan.implementations
    content = json.loads(hosts.plan.read_text())
    content["versions"]["numpy"] = "1.0"
    content["files"]["mine.py"] += "\n"
    hosts.plan.write_text(json.dumps(content))
    _, err = hosts.part("run", "1/1", "--output=others", expected=3)
    (line,) = err.splitlines()
    assert line.startswith("xorbench: this host can't measure part 1/1: numpy is ")
    assert "; mine has another text here, of the SHA-256 " in line
    assert not (tmp_path / "others").exists()


def test_the_curves_of_a_sweep_are_merged_into_one_with_each_point_once(tmp_path: Path) -> None:
    hosts = Hosts(tmp_path)
    sizes = ("--widths=2,4", "--batches=4,8", "--at-width=4", "--threads=1", "--launches=2", "--rounds=6")
    plan = hosts.planned("--hosts=2", "sweep", *sizes, f"--implementation={REFERENCE}")
    in_a_job_array(hosts, plan, "sweep")
    out, _ = hosts.done("merge", "parts")
    merged = rules.read(tmp_path / out.strip())
    hosts.done(*shlex.split(merged.command)[1:], "--output=whole")
    (whole,) = map(rules.read, store.paths(tmp_path / "whole"))
    products = {"products": None}
    assert without_times(merged) | products == without_times(whole) | products
    assert [workload.name for workload in merged.workloads] == units.workloads(plan)
    assert len(merged.products) == len(whole.products) == 1
