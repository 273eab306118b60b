"""Points that are judged in parts give what they give in one part, whatever was interrupted and in which order."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.command import called, document
from tests.conftest import Variant
from xorbench.contract import REFERENCE, discover
from xorbench.fleet import merge, points, units
from xorbench.fleet import plan as plans
from xorbench.fleet.chunk_loop import Judging
from xorbench.fleet.chunk_pool import ChunkPool
from xorbench.judging.chunk_judge import judge_chunk
from xorbench.judging.chunks import Chunk, Found
from xorbench.workloads import named


def of_reference(first: int, number: int) -> Found:
    """What is found at some points with the reference on the neuron."""
    return judge_chunk([i for i in discover() if i.name == REFERENCE], [named("neuron")], Chunk(first, number), seed=0)


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


@pytest.mark.slow
def test_parts_give_together_what_one_part_gives(tmp_path: Path) -> None:
    planned(tmp_path / "one", 1)
    assert measured(tmp_path / "one", "1/1")["points"] == 20
    planned(tmp_path / "three", 3)
    for part in ("2/3", "3/3", "1/3"):
        assert measured(tmp_path / "three", part)["passed"]
    whole = merged(tmp_path / "one")
    assert merged(tmp_path / "three") == whole
    assert merged(tmp_path / "three") == whole


def test_points_are_merged_into_the_folder_that_is_named(tmp_path: Path) -> None:
    planned(tmp_path, 1)
    measured(tmp_path, "1/1")
    done = called("merge", tmp_path / "parts", f"--output={tmp_path / 'results'}")
    (path,) = (tmp_path / "results").iterdir()
    assert (done.returncode, done.stdout.splitlines()) == (0, [str(path)])
    assert len([*(tmp_path / "parts").glob("points-*.json")]) == 1


def test_missing_parts_are_listed_with_their_command(tmp_path: Path) -> None:
    planned(tmp_path, 2)
    measured(tmp_path, "2/2")
    done = called("merge", tmp_path / "parts")
    assert done.returncode == 1
    assert "missing: part 1/2, which `xorbench gradients --plan " in done.stdout


@pytest.mark.slow
def test_an_interrupted_part_goes_on_and_gives_what_it_gives_at_once(tmp_path: Path) -> None:
    plan = planned(tmp_path, 2)
    measured(tmp_path, "2/2")
    (path,) = (tmp_path / "parts").glob("points-*.json")
    whole = json.loads(path.read_text())

    def interrupt(_chunk: object, _judged: object) -> None:
        raise KeyboardInterrupt

    new = points.of_part(plan, 2)
    with pytest.raises(KeyboardInterrupt):
        Judging(new, path, first=10).run(ChunkPool(plan), interrupt, points_of_a_chunk=4)
    begun = points.read(plan, path, new, pytest.fail)
    assert begun.judged in (2, 4)
    done = called("merge", tmp_path / "parts")
    assert done.returncode == 1
    assert done.stderr.startswith(f"xorbench: {path} is unfinished: part 2/2")
    measured(tmp_path, "2/2", "--resume")
    assert json.loads(path.read_text()) == whole


def test_of_an_interrupted_part_it_is_said_where_it_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    planned(tmp_path, 1)

    def interrupted(judging: Judging, *_given: object) -> None:
        judging.kept = judging.kept.plus(Chunk(0, 3), of_reference(0, 3))
        points.write(judging.kept, judging.path)
        raise KeyboardInterrupt

    monkeypatch.setattr(Judging, "run", interrupted)
    done = called("gradients", f"--plan={tmp_path / 'plan.json'}", "--part=1/1", f"--output={tmp_path / 'parts'}")
    (path,) = (tmp_path / "parts").glob("points-*.json")
    assert done.returncode == 130
    assert (
        f"xorbench: 3 of 20 points of part 1/1 are judged, in {path}; the same command with --resume continues\n"
        in done.stderr
    )


@pytest.mark.slow
def test_a_part_without_resume_begins_anew_and_says_so(tmp_path: Path) -> None:
    plan = planned(tmp_path, 1)
    new = points.of_part(plan, 1)
    path = points.place(new, tmp_path / "parts")
    points.write(new.plus(Chunk(0, 3), of_reference(0, 3)), path)
    words = (f"--plan={tmp_path / 'plan.json'}", "--part=1/1", f"--output={tmp_path / 'parts'}")
    done = called("gradients", *words)
    assert f"an unfinished part 1/1 is in {path}, which --resume continues; this one begins anew" in done.stderr
    assert points.read(plan, path, new, pytest.fail).judged == 20


def test_an_implementation_that_ends_its_process_fails_alone(tmp_path: Path, variant: Variant) -> None:
    returns = "    return sigmoid(forward(recipe, parameters, inputs)[-1])\n"
    crashing = variant("crashing", (returns, "    import os\n\n    os.abort()\n"))
    planned(tmp_path, 1, f"--with={crashing}")
    assert measured(tmp_path, "1/1", expected=1)["passed"] is False
    found = merged(tmp_path, expected=1)
    assert isinstance(found, dict)
    failed = {row["implementation"]: row["failed"] for row in found["rows"]}
    assert failed == {REFERENCE: 0, "crashing": 20}


@pytest.mark.slow
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
    assert points.of_json(plan, content).judged == units.points_of(plan, 1)[1] == 10
    expected = r"^\$\.ranges: expected ranges of the 10 points from 0 on, those of part 1/2$"
    twice, empty, split, unsorted = [[0, 10], [0, 10]], [[0, 10], [10, 10]], [[0, 5], [5, 10]], [[6, 10], [0, 5]]
    others = [[0, 4], [5, 11]], [[10, 20]]
    for odd in ({"points": 9}, *({"ranges": ranges} for ranges in (*others, twice, empty, split, unsorted))):
        with pytest.raises(ValueError, match=expected):
            points.of_json(plan, content | odd)
    found = content["found"]
    for odd in (found | {"points": 9}, found | {"rows": found["rows"][1:]}, found | {"rows": []}):
        with pytest.raises(ValueError, match=r"^\$\.found: expected 10 points and the rows of the implementations"):
            points.of_json(plan, content | {"found": odd})
    with pytest.raises(ValueError, match=r"^\$\.found: expected 9 points and the rows of the implementations"):
        points.of_json(plan, content | {"ranges": [[0, 9]]})
    nothing = {"points": 0, "largest": None, "at": None, "sums": dict.fromkeys(found["rows"][0]["sums"], 0)}
    rows = [found["rows"][0] | nothing, *found["rows"][1:]]  # it would pass
    with pytest.raises(ValueError, match=r"^\$\.found: rows\[0\]: 0 points with and without an answer, expected 10$"):
        points.of_json(plan, content | {"found": found | {"rows": rows}})
    path.write_text(json.dumps(content | {"plan_sha256": "1" * 64}))
    done = called("merge", tmp_path / "parts", f"--plan={tmp_path / 'plan.json'}")
    assert done.returncode == 1
    assert "it is part 1/2 of another plan" in done.stderr


def test_of_a_part_that_two_hosts_judged_one_counts(tmp_path: Path) -> None:
    planned(tmp_path, 1)
    measured(tmp_path, "1/1")
    (path,) = (tmp_path / "parts").glob("points-*.json")
    content = json.loads(path.read_text())
    path.with_name("points-other.json").write_text(json.dumps(content | {"host": "1" * 16}))
    assert merged(tmp_path) == content["found"]


def test_parts_are_together_as_if_they_were_one(tmp_path: Path) -> None:
    plan = planned(tmp_path, 2)
    one, other = (points.of_part(plan, number) for number in (1, 2))
    one, other = one.plus(Chunk(0, 10), of_reference(0, 10)), other.plus(Chunk(10, 10), of_reference(10, 10))
    whole = points.together(iter([other, one]))
    assert (whole.part, whole.points, whole.ranges) == (None, 20, [(0, 20)])
    assert whole.found == of_reference(0, 20)
    assert points.together([one]) == replace(one, part=None)
    with pytest.raises(ValueError, match=r"^0 to 9 is there already, in part or whole$"):
        points.together([one, other, one])


def test_a_part_that_is_changed_while_parts_are_merged_is_refused(tmp_path: Path) -> None:
    plan = planned(tmp_path, 1)
    measured(tmp_path, "1/1")
    (path,) = (tmp_path / "parts").glob("points-*.json")
    found = merge.merge(tmp_path / "parts", plan)
    assert found.points().judged == 20
    path.write_text(json.dumps(json.loads(path.read_text()) | {"host": "1" * 16}))
    with pytest.raises(ValueError, match=f"^{path} was changed while the parts were merged; merge again$"):
        found.points()


def failed_at_a_point(path: Path) -> dict[str, Any]:
    """What is in a file of 20 points, but with no answer at one of them."""
    content: dict[str, Any] = json.loads(path.read_text())
    (row, *_) = [r for r in content["found"]["rows"] if r["dtype"] == named("neuron").dtype]
    sums = dict.fromkeys(row["sums"], 0)
    row |= {"points": 19, "failed": 1, "failures": [{"point": 0, "reason": "it ended"}], "sums": sums}
    return content


def test_two_different_results_of_one_part_on_one_host_are_refused_by_name(tmp_path: Path) -> None:
    planned(tmp_path, 1)
    measured(tmp_path, "1/1")
    (path,) = (tmp_path / "parts").glob("points-*.json")
    path.with_name("same.json").write_text(path.read_text())
    merged(tmp_path)
    path.with_name("second.json").write_text(json.dumps(failed_at_a_point(path)))
    done = called("merge", tmp_path / "parts", "--json")
    (line,) = document(done)["refused"]
    assert done.returncode == 1
    assert line.endswith("second.json: it is another result of part 1/1 on one host; remove one of both")


@pytest.mark.parametrize("host", ["0" * 16, "f" * 16])
def test_a_part_that_failed_on_one_of_two_hosts_is_not_passed(tmp_path: Path, host: str) -> None:
    planned(tmp_path, 1)
    measured(tmp_path, "1/1")
    (path,) = (tmp_path / "parts").glob("points-*.json")
    content = failed_at_a_point(path)
    other = path.with_name(path.name.replace(content["host"], host))
    other.write_text(json.dumps(content | {"host": host}))
    done = called("merge", tmp_path / "parts", "--json")
    assert (done.returncode, document(done)["passed"], document(done)["refused"]) == (1, False, [])
    (whole,) = document(done)["written"]
    assert json.loads(Path(whole).read_text())["ranges"] == [[0, 20]]


def test_what_someone_has_put_into_the_folder_of_parts_is_judged_anew(tmp_path: Path) -> None:
    plan, path = planned(tmp_path, 1), tmp_path / "points.json"
    new = points.of_part(plan, 1)
    points.write(begun := new.plus(Chunk(0, 3), of_reference(0, 3)), path)
    assert points.read(plan, path, new, pytest.fail) == begun
    content = json.loads(path.read_text())
    for row in content["found"]["rows"]:
        row["points"] -= 1
    path.write_text(json.dumps(content))
    said: list[str] = []
    assert points.read(plan, path, new, said.append) == new
    (line,) = said
    assert line.endswith("$.found: rows[0]: 2 points with and without an answer, expected 3")


@pytest.mark.slow
def test_a_part_without_a_point_of_a_large_workload_is_one_of_its_plan(tmp_path: Path) -> None:
    planned(tmp_path, 2, "--points=2", "--workload=width-256-batch-4")
    for part in ("1/2", "2/2"):
        assert measured(tmp_path, part)["passed"]
    merged(tmp_path)
