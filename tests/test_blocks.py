"""The study of faults is done in blocks, which a file keeps, so that it continues after an interruption."""

import json
import random
import threading
from collections.abc import Iterator
from concurrent.futures import Executor
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.studied import planted_study
from xorbench import environment
from xorbench.record import studies
from xorbench.studies import asking, faults
from xorbench.studies.injection import blocks, files, large, messages, records, runs
from xorbench.studies.injection.blocks import Block, Finished
from xorbench.studies.injection.drivers import Lasting
from xorbench.studies.injection.joining import joined
from xorbench.studies.injection.outcomes import Happened
from xorbench.studies.injection.records import Counts
from xorbench.studies.injection.run_faults import OF_A_DRIVER, UNDISTURBED, Fault
from xorbench.studies.injection.runs import FaultSequence, SequenceInOneDriver
from xorbench.tables.studies.faults import table_of

ABOUT = {"seed": 1, "messages": 3}


def test_a_file_continues_with_the_blocks_that_it_has(tmp_path: Path) -> None:
    path = tmp_path / "blocks.jsonl"
    first = Finished(ABOUT, path)
    first.note("messages 0", {"a": (1, 2)})
    first.note("real fresh 0", {"b": None})
    first.note("messages 0", {"a": "another result"})
    first.close()
    again = Finished(ABOUT, path)
    assert ("messages 0" in again, "messages 1" in again, len(again)) == (True, False, 2)
    assert again.of("messages") == [{"a": [1, 2]}] == first.of("messages")
    assert again.of("real") == [{"b": None}]
    assert again.of("mess") == []
    again.note("messages 1", {})
    again.close()
    last = Finished(ABOUT, path)
    last.close()
    assert len(last) == 3


def test_a_line_that_was_not_finished_is_done_again(tmp_path: Path) -> None:
    path = tmp_path / "blocks.jsonl"
    first = Finished(ABOUT, path)
    first.note("messages 0", {"a": 1})
    first.close()
    whole = path.read_bytes()
    for end in range(len(whole)):
        path.write_bytes(whole[:end])
        again = Finished(ABOUT, path)
        assert len(again) == 0
        again.note("messages 0", {"a": 1})
        again.close()
        assert path.read_bytes() == whole


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ('{"seed": 2, "messages": 3}\n', "has another seed, which decides it; give another file"),
        ("[]\n", "has another seed, which decides it"),
        ("notes\n", "does not hold blocks of this study; give another file"),
        ('{"seed": 1, "messages": 3}\n{"block": "x"}\n', "does not hold blocks of this study"),
    ],
)
def test_a_file_of_another_study_is_refused_and_stays(content: str, says: str, tmp_path: Path) -> None:
    path = tmp_path / "blocks.jsonl"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match=says):
        Finished(ABOUT, path)
    assert path.read_text(encoding="utf-8") == content


def test_two_processes_do_not_continue_the_same_file(tmp_path: Path) -> None:
    path = tmp_path / "blocks.jsonl"
    first = Finished(ABOUT, path)
    with pytest.raises(ValueError, match="another process continues the study in"):
        Finished(ABOUT, path)
    first.close()
    Finished(ABOUT, path).close()


def test_blocks_are_done_elsewhere_each_once_and_few_are_waiting(cores: Executor) -> None:
    taken: list[int] = []

    def made() -> Iterator[Block]:
        for number in range(20):
            taken.append(number)
            yield Block(str(number), partial(dict, number=number))

    found = {}
    for name, data in blocks.done(made(), cores, together=3):
        found[name] = data
        assert len(taken) <= len(found) + 3
    assert found == {str(number): {"number": number} for number in range(20)}


def test_ranges_cover_every_number_once() -> None:
    assert [*blocks.ranges(5, 2)] == [range(2), range(2, 4), range(4, 5)]
    assert [*blocks.ranges(0, 2)] == []


def without_times(data: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in data.items() if not key.endswith(("_seconds", "_mib"))}


def test_a_study_in_pieces_has_the_same_faults_as_one_at_once() -> None:
    text = records.smallest()

    def found(*sizes: int) -> dict[str, Any]:
        finished, first = Finished(ABOUT), 0
        for size in sizes:
            numbers = range(first, first + size)
            finished.note(f"messages {first}", messages.study(1, numbers))
            finished.note(f"files {first}", files.study(text.encode(), 1, numbers))
            first += size
        return joined(1, len(text), finished)

    whole, pieces = found(25), found(10, 1, 14)
    assert {*whole} == {"seed", "cpus", "record_bytes", "messages", "files"}
    for part in ("messages", "files"):
        assert without_times(whole[part]) == without_times(pieces[part])
        assert sum(of["times"] for of in whole[part]["kinds"].values()) == 25


def test_counts_of_blocks_are_added() -> None:
    one, other = Counts(refused=3, accepted=2, slowest=0.5, memory=2**21), Counts(accepted=1, slowest=0.25, slow=1)
    one.wrong["KeyError"] = 2
    other.wrong.update({"KeyError": 1, "TypeError": 1})
    other.touched["open x"] = 1
    finished = Finished(ABOUT)
    finished.note("mutations 0", one.block)
    finished.note("mutations 6", other.block)
    data = joined(0, 1, finished)["mutations"]
    assert data["times"] == 10
    assert (data["refused"], data["accepted"], data["slow"], data["memory_mib"]) == (3, 3, 1, 2)
    assert (data["slowest_seconds"], data["wrong"]) == (0.5, {"KeyError": 3, "TypeError": 1})
    assert data["touched"] == {"open x": 1}


@pytest.fixture
def lanes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Lanes in which nothing happens in truth; the names of the faults are noted."""
    there: list[str] = []

    def happened(lane: FaultSequence, fault: Fault, _seed: int) -> Happened | None:
        there.append(fault.name)
        if fault.prepare:
            lane.notes[fault.name] = "it is not permitted"
            return None
        return Happened(fault.name, 1.0, "all is well")

    monkeypatch.setattr(FaultSequence, "happened", happened)
    lasting = [{"driver": "a", "memory_mib": 9.0, "descriptors": 3}]
    monkeypatch.setattr(SequenceInOneDriver, "lasting", lambda _: lasting)
    return there


def test_faults_in_runs_are_continued_behind_an_undisturbed_run(lanes: list[str]) -> None:
    number = 2 * (len(OF_A_DRIVER) + 5)
    whole = dict(runs.happened(number, 1, threading.Event()))
    names = [f"real {lane} {place}" for lane in ("fresh", "lasting") for place in range(number // 2 + 1)]
    assert sorted(whole) == sorted(names)
    assert lanes.count(UNDISTURBED.name) == 2
    lanes.clear()
    random_ = random.Random(1)
    first = {name: data for name, data in whole.items() if "lasting" in name or random_.random() < 0.5}
    rest = dict(runs.happened(number, 1, threading.Event(), first))
    assert {*first, *rest} == {*whole}
    assert {*first} & {*rest} <= {"real fresh 0"}
    assert lanes.count(UNDISTURBED.name) == 1  # the other half was finished
    assert all(rest[name] == whole[name] for name in rest if whole[name]["happened"])
    assert dict(runs.happened(number, 1, threading.Event(), whole)) == {}


@pytest.mark.usefixtures("lanes")
def test_what_came_of_faults_in_runs_is_joined() -> None:
    finished = Finished(ABOUT)
    for name, data in runs.happened(2 * len(OF_A_DRIVER), 1, threading.Event()):
        finished.note(name, data)
    data = joined(1, 1, finished)
    prepared = {fault.name for fault in OF_A_DRIVER if fault.prepare}
    assert data["not_possible"] == dict.fromkeys(prepared, "it is not permitted")
    runs_of_driver = len(OF_A_DRIVER) + 1
    assert data["driver"]["runs"] == [runs_of_driver] == [len(data["driver"]["memory_mib"])]
    assert data["driver"]["drivers"] == 1
    assert len(data["real"]) == 2 * runs_of_driver - len(prepared)
    assert len(table_of(data).frame) == len({one["fault"] for one in data["real"]})


def test_what_a_lane_raises_ends_the_study(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_lane: FaultSequence, _fault: Fault, _seed: int) -> None:
        raise KeyError("planted")

    monkeypatch.setattr(FaultSequence, "happened", fails)
    with pytest.raises(KeyError, match="planted"):
        dict(runs.happened(4, 1, threading.Event()))


def test_each_run_of_a_lasting_driver_is_told_once() -> None:
    def made(lane: SequenceInOneDriver, name: str) -> Lasting:
        driver = object.__new__(Lasting)
        driver.name, driver.memory, driver.descriptors = name, [], []
        lane._drivers.append(driver)
        return driver

    lane = SequenceInOneDriver(threading.Event())
    assert lane.lasting() == []
    first = made(lane, "first")
    first.memory += [100.0, 101.0]
    first.descriptors += [7, 8]
    assert [one["memory_mib"] for one in lane.lasting()] == [100.0, 101.0]
    second = made(lane, "second")
    second.memory.append(99.0)
    second.descriptors.append(6)
    assert lane.lasting() == [{"driver": "second", "memory_mib": 99.0, "descriptors": 6}]
    assert lane.lasting() == []


CALL = ("--real=0", "--no-cheats", "--minutes=0", "--mutations=0", "--published=0", "--messages=24")


def asked(monkeypatch: pytest.MonkeyPatch, *further: str) -> int:
    monkeypatch.setattr("sys.argv", ["faults.py", *CALL, *further])
    with pytest.raises(SystemExit) as ended:
        asking.run("faults", faults.main)
    return int(ended.value.code or 0)


@pytest.mark.slow
def test_an_interrupted_study_is_written_when_it_is_complete(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(large, "FILES", {})
    monkeypatch.setattr(faults, "MESSAGES_BATCH", 12)
    kept, output = tmp_path / "blocks.jsonl", tmp_path / "results"
    note = Finished.note

    def interrupted(finished: Finished, name: str, data: dict[str, Any]) -> None:
        note(finished, name, data)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Finished, "note", interrupted)
        assert asked(monkeypatch, f"--blocks={kept}", f"--output={output}") == 130
    assert f"1 finished blocks are in {kept}; the same command continues" in capsys.readouterr().err
    assert studies.paths(output) == []
    (before,) = kept.read_text(encoding="utf-8").splitlines()[1:]
    assert asked(monkeypatch, f"--blocks={kept}", f"--output={output}") == 0
    assert before in kept.read_text(encoding="utf-8").splitlines()
    assert kept.read_text(encoding="utf-8").count("\n") == 5
    (path,) = studies.paths(output)
    data = studies.read(path).data
    assert sum(of["times"] for of in data["messages"]["kinds"].values()) == 24
    assert asked(monkeypatch, f"--blocks={kept}", f"--output={output}", "--seed=7") == 2
    assert "has another seed, which decides it" in capsys.readouterr().err


@pytest.mark.slow
def test_kinds_that_are_not_asked_for_are_those_of_the_study_that_is_continued(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(large, "FILES", {})
    versions = {"python": environment.versions()["python"]}
    guided = {"missing": "atheris is not installed"}
    data = {"seed": 0, "guided": guided, "messages": {"kinds": {}}}
    about = {"study": "faults", "machine": environment.machine(), "versions": versions}
    earlier = planted_study(command="python -m xorbench.studies.faults", data=data, **about)
    before = studies.write(earlier, tmp_path)
    assert asked(monkeypatch, f"--after={before}", f"--output={tmp_path}") == 0
    (after,) = {*studies.paths(tmp_path)} - {before}
    found = studies.read(after).data
    assert found["guided"] == guided
    assert sum(of["times"] for of in found["messages"]["kinds"].values()) == 24
    assert found["after"] == [earlier.created, None]
    assert asked(monkeypatch, f"--after={before}", "--seed=7") == 2


def test_what_decides_a_study_can_be_kept() -> None:
    about = faults.about(faults.Amounts(seed=3), "text")
    assert json.loads(json.dumps(about)) == about
    assert about["seed"] == 3
    assert faults.about(faults.Amounts(seed=3), "other") != about
