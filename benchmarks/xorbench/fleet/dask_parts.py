"""Distribute the parts of a plan to the hosts of a scheduler, one at a time for each host, and collect the results.

A part is sent to a free host. It is sent again to the same host if its worker is lost, and to another one if the host
has had no worker for too long or the part has failed there. Each part is counted once.
"""

import json
import re
import secrets
import shutil
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from xorbench import progress
from xorbench.fleet import cache, host_parts
from xorbench.fleet import plan as plans
from xorbench.fleet.compression import decompressed
from xorbench.fleet.dask_calls import Call, Calls, Raised, Returned, Told
from xorbench.fleet.dask_cluster import SECONDS_BETWEEN_LOOKS, SLOT, Worker, workers_of
from xorbench.fleet.host_parts import Command, Order, Result
from xorbench.fleet.plan import SHORT, FleetPlan
from xorbench.judging.trouble import foreign
from xorbench.record import store
from xorbench.record.checking import MOST_BYTES

if TYPE_CHECKING:
    from distributed import Client

SECONDS_UNTIL_GONE = 120.0
"""The time without a worker after which a host is gone, and its part is given to another one."""

MOST_TELLING = 8
"""The most hosts whose own progress is printed line by line."""

CALLS = "calls"
"""The folder of the folders of calls."""


@dataclass(frozen=True)
class Collected:
    """The folder of the client with what hosts have measured for one call of a plan: records, and logs by host."""

    place: Path
    plan: FleetPlan

    @property
    def call(self) -> str:
        """The identifier of this call, which differs from those of other calls of the same plan."""
        return self.place.name.rpartition("-")[2]

    @property
    def records(self) -> Path:
        """The folder of the records of all parts."""
        return self.place / "records"

    @staticmethod
    def begun(plan: FleetPlan) -> "Collected":
        """Return a new folder for a call of a plan. Raises OSError where it can't be written."""
        cache.remove_old(CALLS)
        place = cache.folder(CALLS) / f"{plan.sha256[:SHORT]}-{secrets.token_hex(4)}"
        (place / "finished").mkdir(parents=True)
        plans.write(plan, place / plans.NAME)
        return Collected(place, plan)

    @staticmethod
    def unfinished(plan: FleetPlan) -> "Collected | None":
        """Return the folder of the newest call that has not ended, of this plan in any number of parts; None without.

        A folder whose plan can't be read, as one of another version of this package, is passed over.
        """
        there = [path for path in cache.folder(CALLS).glob(f"*/{plans.NAME}") if not (path.parent / _ENDED).exists()]
        for path in sorted(there, key=lambda path: -path.stat().st_mtime_ns):
            with suppress(ValueError):
                if (before := plans.read(path)).call_sha256 == plan.call_sha256:
                    return Collected(path.parent, before)
        return None

    @property
    def finished(self) -> set[int]:
        """The numbers of the parts that are collected."""
        return {int(path.stem) for path in (self.place / "finished").glob("*.json")}

    def keep(self, result: Result) -> None:
        """Write the records of a part, and note last that it is collected; a second time changes nothing.

        Raises OSError where they can't be written, and ValueError, in one line, where they are no records.
        """
        for data in result.files.values():
            store.write(store.parsed(decompressed(data, MOST_BYTES)), self.records)
        done = self.place / "finished" / f"{result.part}.json"
        with suppress(FileExistsError):
            store.write_whole(done, json.dumps({"host": result.host_key, "code": result.code}), new=True)
        self.place.touch()  # it is in use

    def log(self, result: Result) -> Path:
        """Append what a host has logged of a part to the log of that host, and return its path. Raises OSError."""
        path = self.place / f"{result.host_key}.log"
        with path.open("a", encoding="utf-8", errors="replace") as file:
            file.write(f"part {result.part}, exit code {result.code}\n{result.log}\n")
        return path

    def end(self) -> None:
        """End the call, and remove the records, which are in another place now; the logs stay."""
        (self.place / _ENDED).touch()
        shutil.rmtree(self.records, ignore_errors=True)


_ENDED = "ended"
"""The name of a file in the folder of a call that has ended."""


@dataclass
class _Progress:
    """The progress of all parts together: `advance` is called with the expected seconds that are done."""

    seconds: Sequence[float]
    advance: Callable[[float], object]
    done: dict[int, float] = field(default_factory=lambda: defaultdict(float))

    def reach(self, part: int, share: float) -> None:
        """Note that a share of a part is done; it never becomes less."""
        if share > self.done[part]:
            self.advance((share - self.done[part]) * self.seconds[part - 1])
            self.done[part] = share


_SHARE = re.compile(r"\b(\d{1,3})% done")


def measured(
    client: "Client",
    workers: Sequence[Worker],
    collected: Collected,
    advance: Callable[[float], object] = lambda _seconds: None,
    say: Callable[[str], object] = progress.say,
    command: Command = host_parts.command,
    seconds_until_gone: float = SECONDS_UNTIL_GONE,
) -> list[int]:
    """Let the hosts of `workers` measure the parts of a plan that are not collected, and collect them.

    `advance` is called with the expected seconds of what is done. The numbers of the parts that no host could measure
    are returned. Raises HarnessError where the scheduler has ended, and OSError where a record can't be written.
    """
    from xorbench.fleet import dask_tasks  # with Dask, which need not be installed

    plan, topic = collected.plan, f"xorbench-{collected.call}"
    hosts = sorted({worker.host for worker in workers})
    slots = {host: all(worker.has_slot for worker in workers if worker.host == host) for host in hosts}
    free = {*hosts}
    waiting = deque(part for part in range(1, len(plan.parts) + 1) if part not in collected.finished)
    failed: dict[int, set[str]] = defaultdict(set)
    done = _Progress([part.seconds for part in plan.parts], advance)
    for part in collected.finished:
        done.reach(part, 1.0)
    calls: Calls[tuple[str, int], Result] = Calls(client, topic, say)
    presence = _Presence(client, hosts, seconds_until_gone)

    def give_back(host: str, part: int, why: str) -> None:
        say(f"xorbench: {host}: part {plan.named(part)} was not measured: {why}")
        failed[part].add(host)
        waiting.append(part)
        free.add(host)

    try:
        while True:
            for host in sorted(free):
                for part in [part for part in waiting if host not in failed[part]][:1]:
                    waiting.remove(part)
                    free.remove(host)
                    arguments = Order(plan, part, collected.call, host), topic, command
                    resources = {SLOT: 1} if slots[host] else {}
                    calls.submit(Call((host, part), dask_tasks.measure, arguments, [host], resources))
                    say(f"xorbench: {host}: part {plan.named(part)} begins")
            if not len(calls):
                return sorted(waiting)
            match calls.next(1.0):
                case Told([str(host), int(part), str(line)]) if host in slots and 1 <= part <= len(plan.parts):
                    if len(hosts) <= MOST_TELLING:
                        say(f"{host}: part {plan.named(part)}: {foreign(line)}")
                    if found := _SHARE.search(line):
                        done.reach(part, min(1.0, int(found[1]) / 100))
                case Returned((host, part), result):
                    log = collected.log(result)
                    if not result.is_finished(plan):
                        lines = result.log.strip().splitlines() or ["it wrote nothing"]
                        give_back(host, part, f"exit code {result.code}, {foreign(lines[-1])}; its log is {log}")
                        continue
                    try:
                        collected.keep(result)
                    except ValueError as error:
                        give_back(host, part, f"what it sent is no record: {foreign(str(error))}")
                        continue
                    done.reach(part, 1.0)
                    say(f"xorbench: {host}: part {plan.named(part)} is measured")
                    free.add(host)
                case Raised((host, part), error):
                    give_back(host, part, foreign(str(error)) or type(error).__name__)
            for host, part in presence.gone(calls.keys):
                calls.drop((host, part))
                say(f"xorbench: {host} has no worker any more; its part {plan.named(part)} waits for another host")
                waiting.append(part)
            free |= presence.back()
    finally:
        calls.close()


class _Presence:
    """The hosts that have a worker, checked from time to time."""

    def __init__(self, client: "Client", hosts: Sequence[str], seconds_until_gone: float) -> None:
        self._client = client
        self._seconds_until_gone = seconds_until_gone
        self._looked = time.monotonic()
        self._seen = dict.fromkeys(hosts, self._looked)
        self._is_gone: set[str] = set()

    def gone(self, keys: Sequence[tuple[str, int]]) -> Iterator[tuple[str, int]]:
        """Yield the calls on hosts that have had no worker for too long; such a host gets no further ones."""
        now = time.monotonic()
        if now - self._looked > SECONDS_BETWEEN_LOOKS and self._client.status == "running":
            self._looked = now
            self._seen |= {worker.host: now for worker in workers_of(self._client) if worker.host in self._seen}
        for host, part in keys:
            if self._looked - self._seen[host] > self._seconds_until_gone:
                self._is_gone.add(host)
                yield host, part

    def back(self) -> set[str]:
        """Return the hosts that were gone and have a worker again."""
        back = {host for host in self._is_gone if self._seen[host] == self._looked}
        self._is_gone -= back
        return back


def forget(client: "Client", workers: Sequence[Worker], collected: Collected) -> None:
    """Let each host remove what it keeps of a call, because the client has it now."""
    with suppress(Exception):  # it is no loss if it stays there
        addresses = [worker.address for worker in workers]
        client.run(host_parts.forget, collected.plan.sha256, collected.call, workers=addresses, on_error="ignore")
