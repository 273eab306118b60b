"""The Python interface of the package, except `load`, which needs fewer imports."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from xorbench import affinity, places
from xorbench.consistency.rules import read
from xorbench.contract import REFERENCE, Implementation, discover
from xorbench.estimates import instructions
from xorbench.estimates.analysis import Analysis
from xorbench.estimates.comparison import BETWEEN_RUNS, Change, changes
from xorbench.estimates.measured_points import table
from xorbench.estimates.recommendation import Ranking, ranking
from xorbench.judging.judge import judge as judged
from xorbench.measures import Measure
from xorbench.record import store
from xorbench.record.report import Report
from xorbench.record.run import Record
from xorbench.suggestions import unknown
from xorbench.suite import Suite, defaults
from xorbench.workloads import TUTORIAL, WORKLOADS, Workload, named
from xorbench.workloads.workload import Dtype

POINTS = 500


def judge(
    implementations: Iterable[str] = (),
    workloads: Iterable[str] = TUTORIAL,
    files: Sequence[str | Path] = (),
    points: int = POINTS,
    seed: int = 0,
) -> Report:
    """Return the report on gradients: each is compared with the true one, within the rounding bound.

    `implementations` and `workloads` are names, as `xorbench list` prints them; without any implementation all
    idiomatic ones are judged. `files` are implementations from anywhere on disk. Each workload is judged at `points`
    random points and at further ones. Raises ValueError for an unknown name, and HarnessError where the reference or
    the judge itself fails, so that there is no verdict.
    """
    return judged(_implementations(implementations, files), _workloads(workloads), points, seed)


def run(
    implementations: Iterable[str] = (),
    workloads: Iterable[str] = TUTORIAL,
    files: Sequence[str | Path] = (),
    quick: bool = False,
    launches: int | None = None,
    rounds: int | None = None,
    budget_minutes: float | None = None,
    seed: int = 0,
    cpu: int | None = None,
    measures: Sequence[Measure] = ("epoch",),
) -> Record:
    """Return the record of a run: gradients are judged, implementations that passed are timed. Nothing is written.

    The arguments are those of `xorbench run`; the baseline is always among the implementations. `cpu` is the number of
    the CPU to time on, by default the last allowed one. `xorbench.record.store.write(record, folder)` keeps the
    record. Raises ValueError for an unknown name, or if both `budget_minutes` and a number of launches or
    rounds are given, and HarnessError as `judge` does.
    """
    chosen = [i for i in _implementations(implementations, files) if i.name != REFERENCE]
    timed_on = affinity.allowed_cpus()[-1] if cpu is None else cpu
    settings = defaults.of_a_run(timed_on, seed, quick, launches, rounds, budget_minutes, measures=measures)
    session = Suite([*_implementations([REFERENCE], ()), *chosen], _workloads(workloads), settings)
    session.run()
    return session.record("xorbench.run")


def compare(before: str | Path, after: str | Path, between_runs: float | None = None) -> list[Change]:
    """Return the change of each ratio from one record to another, as far as it can be determined.

    `before` and `after` are files; `between_runs` is the standard deviation of a ratio from run to run of the same
    code, as a share of it, by default 0.02. The change of two records of counts is that of the instructions of an
    epoch, and `between_runs` is the largest change of the same code, by default 0.005. Raises OSError, and ValueError
    for a file that is not a record.
    """
    first, second = (Analysis(read(Path(path))) for path in (before, after))
    if first.record.counts and second.record.counts:
        repeats = instructions.REPEATS if between_runs is None else between_runs
        return instructions.changes(first.record, second.record, repeats)
    return changes(first, second, BETWEEN_RUNS if between_runs is None else between_runs)


def recommend(
    width: int,
    batch: int,
    epochs: int,
    warm: bool = False,
    records: Iterable[str | Path] = (),
    tuned: bool = False,
    threads: int = 1,
    dtype: Dtype = "float64",
) -> Ranking:
    """Return the implementations ranked by the total seconds of a training, and the fastest at each number of epochs.

    The network has one hidden layer of `width` units and is trained on `batch` samples, in a fresh process unless
    `warm`. `records` are files of one machine; by default all records of the machine of the newest record in the
    results folder. Tuned implementations are left out unless `tuned`. Raises ValueError if width and batch were not
    measured, with those that were, and for a file that is not a record; OSError if one cannot be read.
    """
    paths = [Path(path) for path in records] or store.of_newest_machine(places.results())
    measured = table([Analysis(read(path)) for path in paths])
    return ranking(measured, width, batch, epochs, warm, tuned=tuned, threads=threads, dtype=dtype)


def _implementations(names: Iterable[str], files: Sequence[str | Path]) -> list[Implementation]:
    found = {i.name: i for i in discover([Path(file) for file in files])}
    given = [Path(file).stem for file in files]
    wanted = [*names, *given] or [name for name, i in found.items() if i.tier != "tuned"]
    for name in wanted:
        if name not in found:
            raise ValueError(unknown(name, list(found), "implementation"))
    return [found[name] for name in dict.fromkeys(wanted)]


def _workloads(names: Iterable[str]) -> list[Workload]:
    try:
        return [named(name) for name in dict.fromkeys(names)]
    except KeyError as error:
        raise ValueError(unknown(error.args[0], list(WORKLOADS), "workload")) from error
