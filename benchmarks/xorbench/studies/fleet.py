"""Fleets: what Dask costs, and whether anything is lost when processes are killed, on one machine with real processes.

`python -m xorbench.studies.fleet` judges points through a scheduler with one worker and with two, compares the memory
of clients with few and with many points, kills processes at random times, and alternates runs through Dask with local
ones. `--points`, `--many`, `--kills`, `--part-kills` and `--runs` state how much of each there is; 0 leaves one out.
`--after FILE` continues a stored study. It is for Linux, and needs two CPUs.
"""

import json
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Literal

import psutil

from xorbench import progress
from xorbench.cli import choices
from xorbench.cli.options import Output, Seed, count
from xorbench.contract import REFERENCE, discover
from xorbench.failure import HarnessError, ended
from xorbench.record.studies import Data
from xorbench.studies import asking
from xorbench.studies.fleet_processes import Cluster, Process, said, worker_of

POINTS, MANY, KILLS, RUNS = 1_000_000, 10_000_000, 10, 10

POINTS_OF_A_KILL = 6_000
"""The points that are judged while a process is killed."""

FEW_SHARE = 100
"""How many times more points the larger of two empty judgements has."""

POINTS_OF_A_CHUNK = 3_000
"""The points of a chunk of an empty judgement: what takes about 9 s in a real one."""

LATEST_KILL_SECONDS = 5.0
"""The latest time of a kill after the first launch of a run."""

SECONDS_TO_VANISH = 5.0
"""The seconds after a kill at which processes without a living parent are counted."""

Killed = Literal["worker", "nanny", "scheduler", "client"]

KINDS: tuple[Killed, ...] = ("worker", "nanny", "scheduler", "client")

RUN = ("--quick", "--workload", "neuron", "--implementation", "numpy_inplace")
"""The options of a run that is short."""


def client(cluster: Cluster, *options: str) -> Process:
    """Start a client that has points judged, see `fleet_client`."""
    return cluster.started([sys.executable, "-m", "xorbench.studies.fleet_client", cluster.address, *options])


def answer(process: Process) -> Data:
    """Return the JSON document of a process that has ended. Raises HarnessError where it failed."""
    out, err = process.communicate()
    if process.returncode not in (0, 1) or not out:
        raise HarnessError(f"a client {ended(process.returncode)}: {' '.join(err.split()[-40:])}")
    found: Data = json.loads(out)
    return found


def cpu_seconds(process: Process) -> float:
    """Return the CPU seconds that a process has used itself."""
    times = psutil.Process(process.pid).cpu_times()
    return times.user + times.system


def judged(folder: Path, points: int, workers: int) -> Data:
    """Judge points through a scheduler with so many workers, and return what it took."""
    with ExitStack() as stack:
        cluster = Cluster(stack, folder)
        for _ in range(workers):
            cluster.start_worker("--nanny")
        return _with_scheduler(cluster, str(points)) | {"workers": workers}


def empty(folder: Path, points: int) -> Data:
    """Let workers return results without judging, and return what it took of the client and the scheduler."""
    with ExitStack() as stack:
        cluster = Cluster(stack, folder)
        for _ in range(2):
            cluster.start_worker("--nanny")
        return _with_scheduler(cluster, str(points), "--empty", "--chunk", str(POINTS_OF_A_CHUNK))


def _with_scheduler(cluster: Cluster, *options: str) -> Data:
    """Return the answer of a client with these options, and the CPU seconds that the scheduler used meanwhile."""
    before = cpu_seconds(cluster.scheduler)
    found = answer(client(cluster, *options))
    return found | {"scheduler_cpu_seconds": cpu_seconds(cluster.scheduler) - before}


class Killing:
    """A cluster with one worker and a client, of which one process is killed at a time and started again."""

    def __init__(self, stack: ExitStack, folder: Path, begin: Callable[[Cluster, bool], Process], begun: str) -> None:
        """Start them. `begin` starts a client, again after it was killed; `begun` matches a line of one that works."""
        self.cluster = Cluster(stack, folder)
        self._begin = begin
        self.worker = self.cluster.start_worker("--nanny")
        self.client = begin(self.cluster, False)
        said(self.client, begun, to_errors=True)

    def kill(self, kind: Killed) -> int:
        """Kill a process and start what is missing, and return how many processes had no living parent after 5 s."""
        victim = {"nanny": self.worker, "scheduler": self.cluster.scheduler, "client": self.client}.get(kind)
        if victim is None:
            worker_of(self.worker).kill()
        else:
            victim.kill()
            victim.wait()
        time.sleep(SECONDS_TO_VANISH)
        orphans = len(self.cluster.orphans())
        if kind == "scheduler":
            self.cluster.start_scheduler()
        if kind in ("nanny", "scheduler"):
            self.worker = self.cluster.start_worker("--nanny")
        if kind == "client":
            self.client = self._begin(self.cluster, True)
        return orphans


def begun_judging(cluster: Cluster, _again: bool) -> Process:
    """Start a client that has points judged; one that was killed goes on from what is kept."""
    return client(cluster, str(POINTS_OF_A_KILL))


def begun_run(cluster: Cluster, again: bool) -> Process:
    """Start a run over the hosts of the cluster; one that was killed is resumed."""
    options = (*RUN, "--json", "--scheduler", cluster.address, f"--output={cluster.folder / 'records'}")
    return cluster.started([sys.executable, "-m", "xorbench", "run", *options, *(["--resume"] if again else [])])


def kills_left(number: int, what: str, done: Sequence[Data], seed: int) -> Iterator[tuple[Killed, float, Data]]:
    """Yield kills of each kind of process, `number` of each, but for those that are `done`.

    Each has the share of the longest time after which the process is killed, and the beginning of its data.
    """
    known = {(one["what"], one["killed"], one["number"]) for one in done}
    for place in range(number):
        for kind in KINDS:
            if (what, kind, place) not in known:
                share = random.Random(f"{seed} {what} {kind} {place}").random()
                yield kind, share, {"what": what, "killed": kind, "number": place}


def killed_judging(folder: Path, kind: Killed, after: float, expected: str) -> Data:
    """Kill a process so many seconds after points are begun to be judged, and return what happened.

    `expected` is the SHA-256 of what is found.
    """
    with tempfile.TemporaryDirectory(dir=folder) as name, ExitStack() as stack:
        killing = Killing(stack, Path(name), begun_judging, "(begun)")
        time.sleep(after)
        orphans = killing.kill(kind)
        found = answer(killing.client)
        return {
            "after_seconds": after,
            "orphans": orphans,
            "is_complete": found["points"] == POINTS_OF_A_KILL,
            "is_same": found["sha256"] == expected,
        }


def killed_run(folder: Path, kind: Killed, after: float) -> Data:
    """Kill a process so many seconds after the first launch of a run through Dask, and return what happened."""
    with tempfile.TemporaryDirectory(dir=folder) as name, ExitStack() as stack:
        killing = Killing(stack, Path(name), begun_run, r"(part 1/1: launches: \d+% done)")
        time.sleep(after)
        orphans = killing.kill(kind)
        records = answer(killing.client)["records"]
        launches = [row["launches"] for one in records for row in one["rows"]]
        return {
            "after_seconds": after,
            "orphans": orphans,
            "is_complete": len(records) == 1 and not records[0]["partial"],
            "is_same": len({*launches}) == 1,
        }


def alternated(folder: Path, numbers: Iterable[int]) -> Iterator[Data]:
    """Alternate runs through Dask with local ones, a pair for each of `numbers`, and yield what each pair found."""
    with ExitStack() as stack:
        cluster = Cluster(stack, folder)
        cluster.start_worker("--nanny")
        command = [sys.executable, "-m", "xorbench", "run", *RUN, "--json", f"--output={folder / 'records'}"]
        for place in numbers:
            through = answer(cluster.started([*command, "--scheduler", cluster.address]))["records"]
            here = answer(cluster.started(command))
            yield {"number": place, "dask": _short(through[0]), "local": _short(here)}


def _short(document: Data) -> Data:
    keys = ("implementation", "workload", "verdict", "ratio", "ratio_low", "ratio_high")
    rows = [{key: row[key] for key in keys} for row in document["rows"]]
    return {"rows": rows, "noise_floor": document["noise_floor"], "quiet_share": document["quiet_share"]}


def study(
    points: int,
    many: int,
    kills_of_points: int,
    kills_of_runs: int,
    runs: int,
    seed: int = 0,
    earlier: Data | None = None,
) -> Iterator[Data]:
    """Yield the data after each step, see the module; what is in the data of an `earlier` study is not repeated."""
    data: Data = {"seed": seed, "judged": [], "empty": [], "kills": [], "runs": []} | (earlier or {})
    with tempfile.TemporaryDirectory(prefix="xorbench-fleet-") as name:
        folder = Path(name)
        for workers in (1, 2)[len(data["judged"]) :] if points else ():
            progress.say(f"{points // (3 - workers):,} points on {workers} worker{'s' * (workers > 1)}")
            data["judged"].append(judged(folder, points // (3 - workers), workers))
            yield data
        for number in (many // FEW_SHARE, many)[len(data["empty"]) :] if many else ():
            progress.say(f"an empty judgement at {number:,} points")
            data["empty"].append(empty(folder, number))
            yield data
        once: Data | None = None
        for kind, share, about in kills_left(kills_of_points, "points", data["kills"], seed):
            once = once or judged(folder, POINTS_OF_A_KILL, 1)
            found = about | killed_judging(folder, kind, share * once["seconds"], once["sha256"])
            progress.say(f"{kind} killed after {found['after_seconds']:.1f} s: {found}")
            data["kills"].append(found)
            yield data
        for found in alternated(folder, range(len(data["runs"]), runs)):
            progress.say(f"run {found['number'] + 1} of {runs} through Dask and local")
            data["runs"].append(found)
            yield data
        for kind, share, about in kills_left(kills_of_runs, "run", data["kills"], seed):
            found = about | killed_run(folder, kind, share * LATEST_KILL_SECONDS)
            progress.say(f"{kind} killed after {found['after_seconds']:.1f} s: {found}")
            data["kills"].append(found)
            yield data


def main(
    points: Annotated[int, count("Points that are judged by two workers; half as many by one.", least=0)] = POINTS,
    many: Annotated[int, count("Points of the larger empty judgement.", least=0)] = MANY,
    kills: Annotated[int, count("Kills of each kind while points are judged.", least=0)] = KILLS,
    part_kills: Annotated[int, count("Kills of each kind during a run.", least=0)] = KILLS,
    runs: Annotated[int, count("Runs through Dask, and as many local ones.", least=0)] = RUNS,
    seed: Seed = 0,
    after: asking.After = None,
    output: Output = None,
) -> None:
    """Judge points through Dask, kill its processes, and compare runs through it with local ones."""
    folder = choices.folder(output)
    reference = next(i for i in discover() if i.name == REFERENCE)
    begun = asking.begun("fleet", [reference.framework, "dask", "distributed"])
    begun, earlier = asking.continued(begun, after, {"seed": seed})
    asking.keep_last(begun, study(points, many, kills, part_kills, runs, seed, earlier), folder)


if __name__ == "__main__":
    asking.run("fleet", main)
