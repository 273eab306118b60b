"""Files that are no part of the plan, or not as it was planned, are refused by name or passed over."""

import os
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.fleets import PLAN, kept, part_of, with_text
from xorbench.contract import REFERENCE
from xorbench.fleet import measured, merge
from xorbench.fleet import plan as plans
from xorbench.fleet.plan import FleetPlan
from xorbench.record import store
from xorbench.record.run import Record


def refused(folder: Path, plan: FleetPlan = PLAN) -> list[str]:
    """Return why parts are refused, without the folder."""
    lines = merge.merge(folder, plan).refused
    assert all("\n" not in line for line in lines)
    return [line.replace(f"{folder}/", "") for line in lines]


def test_two_different_records_of_one_part_on_one_host_are_refused_by_name(tmp_path: Path) -> None:
    first = part_of(PLAN, 1)
    kept(tmp_path / "one", first)
    kept(tmp_path / "two", replace(first, created="2026-02-01T00:00:00Z"))
    (line,) = refused(tmp_path)
    machine = first.machine.name
    assert line == (
        f"two/{machine}/2026-02-01T000000Z.json: it and one/{machine}/2026-01-02T030401Z.json are two "
        "different records of part 1/3 on one host; remove one of them"
    )


def with_version(record: Record) -> Record:
    return replace(record, environment=replace(record.environment, versions={"python": "3.12.0"}))


def without(record: Record) -> Record:
    other = [replace(i, missing="it is not there") if i.name == "other" else i for i in record.implementations]
    return replace(record, implementations=other, timings=[t for t in record.timings if t.implementation != "other"])


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            lambda r: replace(r, plan_sha256="1" * 64),
            f"it is part 1/3 of another plan, 111111111111, expected {PLAN.sha256[:12]}; keep",
        ),
        (
            lambda r: replace(r, plan_sha256=None),
            f"it is part 1/3 of another plan, None, expected {PLAN.sha256[:12]}; keep",
        ),
        (lambda r: replace(r, part="1/4"), "it is part 1/4, expected one of 1/3 to 3/3"),
        (lambda r: replace(r, part="0/3"), "it is part 0/3, expected one of 1/3 to 3/3"),
        (lambda r: replace(r, part="2/3"), "its workloads and settings are not those of part 2/3 of the plan"),
        (with_text, "other had another text, of the SHA-256 111111111111, expected 000000000000 of the plan"),
        (with_version, "python was 3.12.0, expected 3.11.7 of the plan"),
        (without, "other could not run there: it is not there"),
        (lambda r: replace(r, implementations=r.implementations[:1]), f"it has the implementations {REFERENCE}, exp"),
        (lambda r: replace(r, host=None), "it is a run without the name of a host, expected a run"),
        (lambda r: replace(r, kind="history"), "it is a history, expected a run"),
        (
            lambda r: replace(r, settings=replace(r.settings, seed=1)),
            "its workloads and settings are not those of part",
        ),
        (lambda r: replace(r, timings=r.timings[1:]), "it contradicts itself: $.timings: "),
    ],
)
def test_a_part_that_does_not_fit_is_refused_by_name(
    tmp_path: Path, change: Callable[[Record], Record], says: str
) -> None:
    (path,) = kept(tmp_path, change(part_of(PLAN, 1)))
    (line,) = refused(tmp_path)
    assert line.startswith(f"{path.relative_to(tmp_path)}: {says}")


def test_a_file_that_is_no_json_is_refused_and_what_is_no_part_is_passed_over(tmp_path: Path) -> None:
    plans.write(PLAN, tmp_path / "plan.json")
    kept(tmp_path, part_of(PLAN, 1, part=None, host=None), part_of(PLAN, 2, part=None))
    (tmp_path / "list.json").write_text("[1]")
    found = merge.merge(tmp_path, PLAN)
    assert (found.refused, found.groups, found.missing) == ([], [], [1, 2, 3])
    (tmp_path / "odd\n.json").write_text("{")
    (line,) = refused(tmp_path)
    assert line.startswith("odd\\n.json: it is not JSON: EOF while parsing")


def test_missing_and_unfinished_parts_are_told(tmp_path: Path) -> None:
    _, path = kept(tmp_path, part_of(PLAN, 1), part_of(PLAN, 3, partial=True))
    found = merge.merge(tmp_path, PLAN)
    assert found.missing == [2, 3]
    assert found.notes == [f"{path} is unfinished: part 3/3"]
    assert [len(group) for group in found.groups] == [1]


def test_folders_a_thousand_deep_and_links_to_folders_do_not_matter(tmp_path: Path) -> None:
    kept(tmp_path, part_of(PLAN, 1))
    (tmp_path / "again").symlink_to(tmp_path)
    here = Path.cwd()
    try:
        os.chdir(tmp_path)
        for _ in range(1_500):
            os.mkdir("d")  # noqa: PTH102  its path is too long for one call
            os.chdir("d")
        Path("part.json").write_text("{")
        os.chdir(here)
        found = merge.merge(tmp_path, PLAN)
    finally:
        os.chdir(here)
        subprocess.run(["rm", "-rf", tmp_path / "d"], check=True)  # shutil.rmtree can't, nor the end of pytest
    assert [len(group) for group in found.groups] == [1]
    told = [*found.refused, *found.notes]  # some systems read paths that are as long
    assert len(told) == 1
    assert all(line.isprintable() and len(line) < 5_000 for line in told)


def of_text(inside: str) -> Callable[[Path], object]:
    """Return a function that writes a JSON object with this text inside."""
    return lambda path: path.write_text(f"{{{inside}}}")


@pytest.mark.parametrize(
    ("made", "says"),
    [
        (lambda path: path.symlink_to(path), "No such file or directory"),
        (lambda path: path.symlink_to("/dev/zero"), "it is not a file"),
        (os.mkfifo, "it is not a file"),
        (lambda path: path.write_bytes(b'{"part":' * 100_000), "recursion limit exceeded"),
        (lambda path: path.write_text('{"part": {"a": "' + "\x07" * 9 + '"}}'), "control character"),
        (of_text('"part": [[1]], "plan_sha256": {}'), "it is part [[1]] of another plan, {}, expected"),
        (of_text('"part": "\\u001b[2J", "plan_sha256": 1'), "it is part \\x1b[2J of another plan, 1, expected"),
        (of_text(f'"part": 1e400, "plan_sha256": "{PLAN.sha256}"'), "it is part inf, expected one of 1/3 to 3/3"),
        (of_text(f'"part": ["1/3"], "plan_sha256": "{PLAN.sha256}"'), "it is part ['1/3'], expected one of 1/3 to 3/3"),
        (of_text(f'"part": "1/3", "plan_sha256": "{PLAN.sha256}"'), "$.schema: is missing"),
    ],
    ids=range(10),
)
def test_odd_files_are_refused_by_name(tmp_path: Path, made: Callable[[Path], object], says: str) -> None:
    made(tmp_path / "odd\x1b[2J.json")
    (line,) = refused(tmp_path)
    assert line.startswith("odd\\x1b[2J.json: ")
    assert says in line
    assert line.isprintable()
    assert len(line) < 1_000


def test_a_pipe_among_records_is_passed_over(tmp_path: Path) -> None:
    record = part_of(PLAN, 1)
    (path,) = kept(tmp_path, record)
    os.mkfifo(path.with_name("odd.json"))
    assert measured.finished(tmp_path, PLAN, 1, str(record.host)) == {0: path}


def test_a_part_that_is_changed_while_parts_are_merged_is_refused(tmp_path: Path) -> None:
    first, second = kept(tmp_path, part_of(PLAN, 1, "a"), part_of(PLAN, 1, "b"))
    found = merge.merge(tmp_path, PLAN)
    record = store.read(first)
    store.write_whole(first, store.as_text(replace(record, created="2026-02-01T00:00:00Z")))
    (merged_one,) = found.records()
    assert merged_one.host == store.read(second).host
    assert found.refused == [f"{first} was changed while the parts were merged; merge again"]


def test_parts_that_contradict_each_other_are_not_merged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    early = "2025-01-01T00:00:00Z"
    monkeypatch.setattr(merge, "joined", lambda _plan, parts: replace(parts[0], part=None, created=early))
    (path,) = kept(tmp_path, part_of(PLAN, 1))
    found = merge.merge(tmp_path, PLAN)
    assert found.refused == []
    assert [*found.records()] == []
    (line,) = found.refused
    assert line.startswith(f"{path}: merged with the other parts of its host it has $.")


def test_parts_of_other_numbers_of_launches_are_not_merged(tmp_path: Path) -> None:
    second = part_of(PLAN, 2)
    shorter = replace(
        second,
        launches=second.launches[:-1],
        timings=[timing for timing in second.timings if timing.launch < len(second.launches) - 1],
        plan=replace(second.plan, launches=len(second.launches) - 1),
    )
    _, path = kept(tmp_path, part_of(PLAN, 1), shorter)
    found = merge.merge(tmp_path, PLAN)
    assert found.missing == [2, 3]
    assert [line.partition(": $.")[2] for line in found.refused] == [
        "settings.launches: 4, expected 3, the number of launches"
    ]
    assert str(path) in found.refused[0]


def test_seconds_whose_sum_is_not_finite_are_refused_by_name(tmp_path: Path) -> None:
    parts = [part_of(PLAN, number) for number in (1, 2)]
    parts = [replace(part, seconds=replace(part.seconds, judge=1.7e308, total=1.7e308)) for part in parts]
    first, _ = kept(tmp_path, *parts)
    found = merge.merge(tmp_path, PLAN)
    assert [*found.records()] == []
    assert found.refused == [
        f"{first}: its seconds and those of the other parts of its host add up to inf, expected a finite number"
    ]
