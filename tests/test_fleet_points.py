"""Points that are judged in parts give what they give in one part, whatever was interrupted and in which order."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.command import called, document
from tests.conftest import Variant
from xorbench.contract import REFERENCE, discover
from xorbench.fleet import plan as plans
from xorbench.fleet import points, units
from xorbench.workloads import named

HOST = "0" * 16


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(points, "POINTS_OF_A_CHUNK", 4)


def planned(folder: Path, hosts: int, *options: str | Path) -> plans.FleetPlan:
    folder.mkdir(exist_ok=True)
    common = ("gradients", "--points=20", "--workload=neuron", f"--implementation={REFERENCE}")
    done = called("plan", f"--output={folder / 'plan.json'}", f"--hosts={hosts}", *common, *options)
    assert done.returncode == 0, done.stderr
    return plans.read(folder / "plan.json")


def measured(folder: Path, part: str, *options: str, expected: int = 0) -> dict[str, object]:
    words = (f"--plan={folder / 'plan.json'}", f"--part={part}", f"--output={folder / 'parts'}", "--json", *options)
    done = called("gradients", *words)
    assert done.returncode == expected, done.stderr
    return document(done)


def merged(folder: Path, expected: int = 0) -> object:
    """Return what was found in all parts."""
    done = called("merge", folder / "parts", "--json")
    assert done.returncode == expected, done.stderr
    content = document(done)
    assert content["missing"] == []
    (path,) = content["written"]
    return json.loads(Path(path).read_text())["found"]


def test_parts_give_together_what_one_part_gives(tmp_path: Path) -> None:
    planned(tmp_path / "one", 1)
    assert measured(tmp_path / "one", "1/1")["points"] == 20
    planned(tmp_path / "three", 3)
    for part in ("2/3", "3/3", "1/3"):
        assert measured(tmp_path / "three", part)["passed"]
    whole = merged(tmp_path / "one")
    assert merged(tmp_path / "three") == whole
    assert merged(tmp_path / "three") == whole


def test_missing_parts_are_listed_with_their_command(tmp_path: Path) -> None:
    planned(tmp_path, 2)
    measured(tmp_path, "2/2")
    done = called("merge", tmp_path / "parts")
    assert done.returncode == 1
    assert "missing: part 1/2, which `xorbench gradients --plan " in done.stdout


def test_an_interrupted_part_goes_on_and_judges_no_point_twice(tmp_path: Path) -> None:
    plan = planned(tmp_path, 1)
    chosen, workloads, path = [discover()[0]], [named("neuron")], tmp_path / "points.json"
    whole = points.judge(plan, 1, HOST, chosen, workloads, path)
    assert whole.finished == [0, 1, 2, 3, 4]
    assert not whole.partial

    def interrupt(_points: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        points.judge(plan, 1, HOST, chosen, workloads, tmp_path / "new.json", advance=interrupt)
    before = points.begun(plan, 1, HOST, tmp_path / "new.json")
    assert before is not None
    assert before.partial
    assert len(before.finished) == 1
    seen: list[float] = []
    assert points.judge(plan, 1, HOST, chosen, workloads, tmp_path / "new.json", before, seen.append) == whole
    assert seen == [4.0] * 4
    assert points.begun(plan, 1, "1" * 16, path) is None


def test_a_wrong_gradient_is_1_and_so_is_its_merging(tmp_path: Path, variant: Variant) -> None:
    wrong = variant("wrong", ("delta = outputs - targets", "delta = targets - outputs"))
    planned(tmp_path, 2, f"--with={wrong}")
    for part in ("1/2", "2/2"):
        assert measured(tmp_path, part, expected=1)["passed"] is False
    merged(tmp_path, expected=1)


def test_a_result_of_another_number_of_points_is_none_of_the_plan(tmp_path: Path) -> None:
    plan = planned(tmp_path, 2)
    measured(tmp_path, "1/2")
    (path,) = (tmp_path / "parts").glob("points-*.json")
    content = json.loads(path.read_text())
    assert points.of_json(plan, content).points == units.points_of(plan, 1)[1] == 10
    with pytest.raises(ValueError, match=r"^\$\.points: 9, expected the 10 of part 1/2, judged$"):
        points.of_json(plan, content | {"points": 9})
    found = content["found"]
    for odd in (found | {"points": 9}, found | {"rows": found["rows"][1:]}, found | {"rows": []}):
        with pytest.raises(ValueError, match=r"^\$\.found: expected 10 points and the rows of the implementations"):
            points.of_json(plan, content | {"found": odd})
    for odd in ({"finished": [0, 0]}, {"finished": [3]}, {"partial": True}, {"finished": []}, {"found": None}):
        with pytest.raises(ValueError, match=r"^\$\.finished: expected|^\$\.partial: \d of 3 chunks are finished"):
            points.of_json(plan, content | odd)
    nothing = {"points": 0, "largest": None, "at": None, "sums": dict.fromkeys(found["rows"][0]["sums"], 0)}
    rows = [found["rows"][0] | nothing, *found["rows"][1:]]  # it would pass
    with pytest.raises(ValueError, match=r"^\$\.found: rows\[0\]: 0 points with and without an answer, expected 10$"):
        points.of_json(plan, content | {"found": found | {"rows": rows}})
    path.write_text(json.dumps(content | {"plan_sha256": "1" * 64}))
    done = called("merge", tmp_path / "parts", f"--plan={tmp_path / 'plan.json'}")
    assert done.returncode == 1
    assert "it is part 1/2 of another plan" in done.stderr


def test_of_a_part_that_two_hosts_judged_one_counts(tmp_path: Path) -> None:
    plan = planned(tmp_path, 1)
    one = points.judge(plan, 1, HOST, [discover()[0]], [named("neuron")], tmp_path / "points.json")
    assert points.together([one, replace(one, host="1" * 16)]).points == 20


def test_what_someone_has_put_into_the_folder_of_parts_is_judged_anew(tmp_path: Path) -> None:
    plan, path = planned(tmp_path, 1), tmp_path / "points.json"
    whole = points.judge(plan, 1, HOST, [discover()[0]], [named("neuron")], path)
    assert points.begun(plan, 1, HOST, path) == whole
    content = json.loads(path.read_text())
    for row in content["found"]["rows"]:
        row["points"] -= 1
    path.write_text(json.dumps(content))
    assert points.begun(plan, 1, HOST, path) is None


def test_a_part_without_a_point_of_a_large_workload_is_one_of_its_plan(tmp_path: Path) -> None:
    options = ("--points=2", "--workload=width-256-batch-4")
    planned(tmp_path, 2, *options)
    for part in ("1/2", "2/2"):
        assert measured(tmp_path, part)["passed"]
    merged(tmp_path)
