"""`xorbench merge` writes what is there, and lists what is missing with the command that measures it."""

from pathlib import Path

from tests.command import called, document
from tests.fleets import PLAN, kept, part_of, plan_of, with_text
from xorbench.fleet import plan as plans
from xorbench.fleet.plan import FleetPlan
from xorbench.record import store


def kept_plan(folder: Path, plan: FleetPlan = PLAN) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = plans.place(plan, folder)
    plans.write(plan, path)
    return path


def test_the_command_writes_what_is_there_and_lists_what_is_missing(tmp_path: Path) -> None:
    parts, results = tmp_path / "parts", tmp_path / "results"
    file = kept_plan(parts)
    kept(parts, part_of(PLAN, 1), part_of(PLAN, 2))
    done = called("merge", parts, f"--output={results}")
    assert (done.returncode, done.stderr) == (1, "")
    (path,) = store.paths(results)
    command = f"xorbench run --plan {file} --part 3/3 --output {parts} --resume"
    assert done.stdout.splitlines() == [str(path), f"missing: part 3/3, which `{command}` measures"]
    kept(parts, part_of(PLAN, 3))
    done = called("merge", parts, f"--output={results}", "--json")
    assert done.returncode == 0
    assert document(done) == {"written": [str(path)], "missing": [], "refused": [], "passed": True}
    before = path.read_bytes()
    assert called("merge", parts, f"--output={results}").returncode == 0
    assert (store.paths(results), path.read_bytes()) == ([path], before)
    assert called("check", path).returncode == 0


def test_the_command_writes_nothing_where_a_part_is_refused(tmp_path: Path) -> None:
    parts = tmp_path / "parts"
    kept_plan(parts)
    kept(parts, part_of(PLAN, 1), with_text(part_of(PLAN, 2)))
    done = called("merge", parts, f"--output={tmp_path / 'results'}", "--json")
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"xorbench: {parts}/")
    assert document(done)["refused"] == [line.removeprefix("xorbench: ")]
    assert document(done)["written"] == []
    assert not (tmp_path / "results").exists()


def test_parts_of_two_plans_in_one_folder_are_told_apart_by_their_files(tmp_path: Path) -> None:
    parts, other = tmp_path / "parts", plan_of(["neuron"], ["relu"])
    files = [kept_plan(parts), kept_plan(parts, other)]
    kept(parts, part_of(PLAN, 1), part_of(other, 2))
    done = called("merge", parts, f"--output={tmp_path / 'results'}")
    assert done.returncode == 2
    assert all(str(file) in done.stderr for file in files)
    done = called("merge", parts, f"--plan={files[0]}", f"--output={tmp_path / 'results'}")
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert f"it is part 2/2 of another plan, {other.sha256[:12]}, expected {PLAN.sha256[:12]}" in line


def test_names_of_files_cannot_change_the_terminal(tmp_path: Path) -> None:
    parts = tmp_path / "\x1b]0;parts\x07"
    file = kept_plan(parts)
    file.rename(file.with_name("plan-\x1b[2J.json"))
    done = called("merge", parts, f"--output={tmp_path / 'results'}")
    assert done.returncode == 1
    assert all(line.isprintable() for line in done.stdout.splitlines())
    assert "plan-�[2J.json" in done.stdout
    (parts / "plan-\x1b[2K.json").write_text("{")
    done = called("merge", parts)
    assert done.returncode == 2
    assert all(line.isprintable() for line in done.stderr.splitlines())
