"""Parts over hosts, with a client in place of Dask's: each is collected once, and what fails is tried elsewhere."""

import pickle
import zlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.fleets import WORKLOADS, plan_of
from tests.planted import planted
from tests.scheduled import skip_without_dask
from xorbench.fleet import dask_parts
from xorbench.fleet.dask_cluster import SLOT, Worker
from xorbench.fleet.dask_parts import Collected
from xorbench.fleet.host_parts import Order, Result
from xorbench.record import store

skip_without_dask()

PLAN = plan_of(*([name] for name in WORKLOADS))

RECORD = planted({"other": [0.5] * 6}).record


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def text(tmp_path: Path) -> Callable[[int], bytes]:
    """`text(part)` is the record of a part."""

    def written(part: int) -> bytes:
        path = store.write(replace(RECORD, created=f"2026-01-02T03:04:{part:02}Z"), tmp_path / str(part))
        return path.read_bytes()

    return written


LOG = "first line\nlast line\n"


def of(part: int, text: bytes, host: str = "abc", code: int = 0) -> Result:
    return Result(part, host, code, {"some/record.json": zlib.compress(text)} if text else {}, LOG)


def names(collected: Collected) -> list[str]:
    return [path.name for path in store.paths(collected.records)]


def test_a_part_that_is_collected_twice_counts_once(text: Callable[[int], bytes]) -> None:
    collected = Collected.begun(PLAN)
    for part in (2, 1, 2):
        collected.keep(of(part, text(part)))
    assert collected.finished == {1, 2}
    assert names(collected) == ["2026-01-02T030401Z.json", "2026-01-02T030402Z.json"]
    assert store.paths(collected.records)[0].read_bytes() == text(1)


@pytest.mark.parametrize("broken", [b"{", b"{}", b"[1]"])
def test_what_is_no_record_is_not_collected(broken: bytes) -> None:
    collected = Collected.begun(PLAN)
    with pytest.raises(ValueError, match=r"^[^\n]+$"):
        collected.keep(of(1, broken))
    assert collected.finished == set()


@pytest.mark.parametrize(
    ("change", "says"),
    [(lambda _data: b"no zlib", "incorrect header check"), (lambda data: data[:-9], "its end is missing")],
    ids=["no zlib", "cut off"],
)
def test_what_cannot_be_decompressed_is_not_collected(
    text: Callable[[int], bytes], change: Callable[[bytes], bytes], says: str
) -> None:
    collected, result = Collected.begun(PLAN), of(1, text(1))
    odd = replace(result, files={name: change(data) for name, data in result.files.items()})
    with pytest.raises(ValueError, match=f"^[^\\n]*{says}$"):
        collected.keep(odd)
    assert (collected.finished, names(collected)) == (set(), [])


def test_a_record_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch, text: Callable[[int], bytes]) -> None:
    monkeypatch.setattr(dask_parts, "MOST_BYTES", 1_000)
    with pytest.raises(ValueError, match="more than 1,000 bytes"):
        Collected.begun(PLAN).keep(of(1, text(1)))


def test_a_call_is_continued_until_it_has_ended(text: Callable[[int], bytes]) -> None:
    assert Collected.unfinished(PLAN) is None
    collected = Collected.begun(PLAN)
    collected.keep(of(1, text(1)))
    collected.log(of(1, b""))
    another = Collected.begun(replace(PLAN, versions={}))
    assert another.call != collected.call
    assert Collected.unfinished(PLAN) == collected
    collected.end()
    assert Collected.unfinished(PLAN) is None
    assert not collected.records.exists()
    assert [path.name for path in collected.place.glob("*.log")] == ["abc.log"]


def test_a_call_is_continued_in_the_parts_in_which_it_was_begun() -> None:
    collected = Collected.begun(PLAN)
    assert Collected.unfinished(plan_of(WORKLOADS[:2], WORKLOADS[2:])) == collected
    assert collected.plan == PLAN


def test_an_unfinished_call_whose_plan_cannot_be_read_is_passed_over() -> None:
    collected, broken = Collected.begun(PLAN), Collected.begun(PLAN)
    (broken.place / "plan.json").write_text('{"kind": "of another version"}')
    assert Collected.unfinished(PLAN) == collected


class Future:
    """A future that is finished."""

    status = "finished"

    def __init__(self, value: object) -> None:
        self._value = value

    def add_done_callback(self, done: "Callable[[Future], object]") -> None:
        done(self)

    def result(self, _seconds: float) -> object:
        return self._value

    def release(self) -> None: ...


class Client:
    """A client whose hosts have answers for parts, and tell lines before."""

    id = "client"
    status = "running"

    def __init__(self, answers: Callable[[Order], Result], lines: Mapping[int, list[str]]) -> None:
        self._answers, self._lines = answers, lines
        self._handler: Callable[[object], None] = lambda _event: None
        self.given: list[tuple[str, int]] = []
        self.options: list[dict[str, Any]] = []

    def subscribe_topic(self, _topic: str, handler: Callable[[object], None]) -> None:
        self._handler = handler

    def submit(self, _function: object, call: bytes, **options: Any) -> Future:
        _, (order, _topic, _command) = pickle.loads(call)
        self.given.append((order.host, order.part))
        self.options.append(options)
        assert options["workers"] == [order.host]
        for line in self._lines.get(order.part, []):
            self._handler((0.0, [order.host, order.part, line]))
        return Future(self._answers(order))


def workers(number: int, has_slot: bool = False) -> list[Worker]:
    return [Worker(f"tcp://10.0.0.{n}:1", f"10.0.0.{n}", 1, has_slot) for n in range(1, number + 1)]


def planned(parts: int) -> Collected:
    """Return a new folder for a call of a plan of so many parts of ten seconds."""
    plan = plan_of(*([name] for name in WORKLOADS[:parts]))
    return Collected.begun(replace(plan, parts=[replace(part, seconds=10.0) for part in plan.parts]))


def measured(
    client: Client, hosts: int, collected: Collected, has_slot: bool = False
) -> tuple[list[int], list[str], float]:
    said: list[str] = []
    done: list[float] = []
    of_dask: Any = client
    left = dask_parts.measured(of_dask, workers(hosts, has_slot), collected, done.append, said.append)
    return left, said, sum(done)


def test_each_host_has_one_part_at_a_time_and_all_are_collected(text: Callable[[int], bytes]) -> None:
    collected = planned(4)
    client = Client(lambda order: of(order.part, text(order.part), order.host_key), {1: ["launches: 40% done"]})
    left, said, done = measured(client, 2, collected)
    assert left == []
    assert done == pytest.approx(40)
    assert sorted(part for _, part in client.given) == [1, 2, 3, 4]
    assert client.given[:2] == [("10.0.0.1", 1), ("10.0.0.2", 2)]
    assert "10.0.0.1: part 1/4: launches: 40% done" in said
    assert len(names(collected)) == 4
    again, _, done = measured(client, 2, collected)
    assert again == []
    assert done == pytest.approx(40)
    assert len(client.given) == 4


def test_what_a_host_tells_cannot_change_the_terminal(text: Callable[[int], bytes]) -> None:
    client = Client(lambda order: of(order.part, text(1)), {1: ["\x1b[31mred\x07 /home/ada/x 250% done"]})
    _, said, done = measured(client, 1, planned(1))
    assert all(line.isprintable() for line in said)
    assert not any("ada" in line for line in said)
    assert done == pytest.approx(10)


def test_a_part_that_fails_on_one_host_is_measured_on_another_and_only_once_on_each(
    text: Callable[[int], bytes],
) -> None:
    def answers(order: Order) -> Result:
        return of(order.part, text(order.part)) if order.host == "10.0.0.2" else of(order.part, b"", code=3)

    collected = planned(3)
    client = Client(answers, {})
    left, said, _ = measured(client, 2, collected)
    assert left == []
    assert len(client.given) == len({*client.given})
    why = f"was not measured: exit code 3, last line; its log is {collected.place / 'abc.log'}"
    assert f"xorbench: 10.0.0.1: part 1/3 {why}" in said
    assert collected.finished == {1, 2, 3}


def test_a_part_without_a_record_is_not_measured(text: Callable[[int], bytes]) -> None:
    collected = planned(2)
    client = Client(lambda order: of(order.part, b"" if order.part == 1 else text(2), code=1), {})
    left, said, _ = measured(client, 1, collected)
    assert (left, collected.finished) == ([1], {2})
    assert any("part 1/2 was not measured: exit code 1, last line; its log is " in line for line in said)


def test_a_part_that_fails_everywhere_is_left(text: Callable[[int], bytes]) -> None:
    client = Client(lambda order: of(order.part, b"{" if order.part == 2 else text(order.part)), {})
    left, said, _ = measured(client, 2, planned(3))
    assert left == [2]
    assert sum("part 2/3 was not measured: what it sent is no record: " in line for line in said) == 2


class Pending(Future):
    """A future that is never finished."""

    status = "pending"

    def add_done_callback(self, done: "Callable[[Future], object]") -> None: ...


def test_the_part_of_a_host_that_is_gone_is_given_to_another(
    text: Callable[[int], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    class OfOneHost(Client):
        """Only the second host has a worker still; what the first was given is never finished."""

        def submit(self, _function: object, call: bytes, **options: Any) -> Future:
            found = super().submit(_function, call, **options)
            return Pending(None) if options["workers"] == ["10.0.0.1"] else found

        def scheduler_info(self, n_workers: int) -> dict[str, Any]:
            assert n_workers == -1
            return {"workers": {"tcp://10.0.0.2:1": {"host": "10.0.0.2", "nthreads": 1, "resources": {}}}}

    monkeypatch.setattr(dask_parts, "SECONDS_BETWEEN_LOOKS", -1.0)
    client = OfOneHost(lambda order: of(order.part, text(order.part)), {})
    said: list[str] = []
    collected = planned(2)
    of_dask: Any = client
    left = dask_parts.measured(of_dask, workers(2), collected, say=said.append, seconds_until_gone=0.0)
    assert (left, collected.finished) == ([], {1, 2})
    assert client.given == [("10.0.0.1", 1), ("10.0.0.2", 2), ("10.0.0.2", 1)]
    assert "xorbench: 10.0.0.1 has no worker any more; its part 1/2 waits for another host" in said


def test_a_host_that_has_a_worker_again_is_back_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask_parts, "SECONDS_BETWEEN_LOOKS", -1.0)
    there = iter([["b"], ["a", "b"], ["b"]])
    client: Any = Client(lambda order: of(order.part, b""), {})
    client.scheduler_info = lambda **_options: {
        "workers": {f"tcp://{host}:1": {"host": host, "nthreads": 1, "resources": {}} for host in next(there)}
    }
    presence = dask_parts._Presence(client, ["a", "b"], 0.0)
    assert [[*presence.gone([("a", 1), ("b", 2)])], presence.back()] == [[("a", 1)], set()]
    assert [[*presence.gone([("b", 2)])], presence.back(), presence.back()] == [[], {"a"}, set()]
    assert [[*presence.gone([("a", 3), ("b", 2)])], presence.back()] == [[("a", 3)], set()]


def test_the_resource_is_used_where_all_workers_of_a_host_have_it(text: Callable[[int], bytes]) -> None:
    for has_slot, expected in ((True, {SLOT: 1}), (False, None)):
        client = Client(lambda order: of(order.part, text(1)), {})
        measured(client, 1, planned(1), has_slot)
        assert [options["resources"] for options in client.options] == [expected]


def test_the_log_of_a_host_has_all_its_parts(text: Callable[[int], bytes]) -> None:
    collected = planned(2)
    measured(Client(lambda order: of(order.part, text(order.part)), {}), 1, collected)
    (log,) = collected.place.glob("*.log")
    lines = log.read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line.startswith("part")] == ["part 1, exit code 0", "part 2, exit code 0"]


def test_events_that_are_none_of_a_part_are_passed_over(text: Callable[[int], bytes]) -> None:
    def answers(order: Order) -> Result:
        mine, line = "10.0.0.1", "50% done"
        for event in ([mine, 9, line], [mine, 0, line], ["x\x1b[2J", 1, line], [mine, 1], 7, [], None):
            client._handler((0.0, event))
        return of(order.part, text(order.part))

    client = Client(answers, {})
    left, said, done = measured(client, 1, planned(2))
    assert left == []
    assert done == pytest.approx(20)
    assert not any("50%" in line for line in said)
