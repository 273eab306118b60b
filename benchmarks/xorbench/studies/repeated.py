"""Agreement of repeated runs of the same code: runs of one commit, compared in disjoint pairs.

`python -m xorbench.studies.repeated --runs 20` times the same implementations in every run, and one planted
implementation that is slower by 15 % in every second run. Runs 1 and 2, 3 and 4, and so on are compared as by
`xorbench compare`. The table shows how many unchanged rows are found faster or slower, how often the planted slowdown
is found, and how much a ratio varies from run to run.
"""

import math
import statistics
import tempfile
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from time import perf_counter

import pandas as pd

from xorbench import environment, progress
from xorbench.contract import REFERENCE
from xorbench.estimates.analysis import Analysis
from xorbench.estimates.comparison import BETWEEN_RUNS, FASTER, NOT_COMPARABLE, NOT_SEPARATED, SLOWER, changes
from xorbench.estimates.ratios import CONTROL, Contender, log_ratios
from xorbench.judging.judge import judge
from xorbench.studies import asking, kept
from xorbench.studies.kept import Data
from xorbench.studies.load import ends, of_controls, there, wall_time
from xorbench.studies.planted import slower
from xorbench.suite import Settings, Suite
from xorbench.tables.cells import NONE, Table
from xorbench.workloads import WORKLOADS

WORKLOAD = "hidden"
IMPLEMENTATIONS = (REFERENCE, "jax_grad", "torch_autograd", "torch_manual", "numpy_inplace")
PLANTED, SHARE = "planted", Fraction(15, 100)
"""The row that is slower in every second run, and its slowdown as a share of its time."""

RUNS, LAUNCHES, ROUNDS = 20, 8, 100
POINTS = 50

MOST_CHANGED, LEAST_FOUND = 0.05, 0.9
"""The targets: the largest share of unchanged rows found changed, and the smallest share of slowdowns found."""

SECOND_COPY = f"{REFERENCE}, second copy"

VERDICTS = (FASTER, SLOWER, NOT_SEPARATED, NOT_COMPARABLE)


def study(
    runs: int = RUNS,
    launches: int = LAUNCHES,
    rounds: int = ROUNDS,
    names: Sequence[str] = IMPLEMENTATIONS,
    between_runs: float = BETWEEN_RUNS,
    seed: int = 0,
) -> Iterator[Data]:
    """Perform `runs` runs, compare each second run with the one before it, and yield the data after each run.

    The gradients are judged once, those of the planted implementation in its unchanged form.
    """
    implementations, missing = there(names)
    workload, cpu = WORKLOADS[WORKLOAD], environment.allowed_cpus()[-1]
    about = {
        "workload": WORKLOAD,
        "implementations": [i.name for i in implementations],
        "missing": missing,
        "planted": {"name": PLANTED, "share": float(SHARE)},
        "runs_asked": runs,
        "launches": launches,
        "rounds": rounds,
        "between_runs": between_runs,
        "seed": seed,
    }
    found: list[Data] = []
    pairs: list[Data] = []
    before: Analysis | None = None
    with tempfile.TemporaryDirectory() as folder:
        plain = slower(_made(Path(folder), "plain"), PLANTED, Fraction(0))
        changed = slower(_made(Path(folder), "changed"), PLANTED, SHARE)
        first = [*implementations, plain]
        report = judge(first, [workload], POINTS, seed, thorough=False, stage=progress.stage)
        began = perf_counter()
        for number in range(1, runs + 1):
            even = number % 2 == 0
            asking.say_run(
                number, runs, f"planted implementation {'slower' if even else 'unchanged'}", perf_counter() - began
            )
            settings = Settings(POINTS, cpu, seed + number, quick=True, launches=launches, rounds=rounds)
            session = Suite([*implementations, changed] if even else first, [workload], settings, report)
            session.run()
            analysis = Analysis(session.record(environment.command()))
            found.append({"number": number, "slower": even} | of_run(analysis))
            if before is not None and even:
                pairs.append({"runs": [number - 1, number], "changes": of_pair(before, analysis, between_runs)})
            before = analysis
            yield {**about, "runs": [*found], "pairs": [*pairs]}


def of_run(analysis: Analysis) -> Data:
    """Return the data of a run: for each row a log-ratio per launch, and the controls."""
    contenders = {i.name: Contender(i.name) for i in analysis.record.implementations if i.name != REFERENCE}
    return {
        "log_ratios": {
            name: log_ratios(analysis, WORKLOAD, one) for name, one in {**contenders, SECOND_COPY: CONTROL}.items()
        }
    } | of_controls(analysis, wall_time(analysis.record))


def of_pair(before: Analysis, after: Analysis, between_runs: float) -> Data:
    """Return by row the change of its ratio from the run `before` to the run `after`."""
    return {
        change.implementation: {"verdict": change.verdict, "reason": change.reason, "change": ends(change.change)}
        for change in changes(before, after, between_runs)
    }


def table_of(data: Data) -> Table:
    """Return the table of the study: for each row its verdicts, largest change and deviation between runs."""
    lines = []
    for name in [*_unchanged(data), data["planted"]["name"]]:
        found = _changes(data, name)
        values = [change["change"]["value"] for change in found if change["change"]]
        furthest = max(values, key=lambda value: abs(math.log(value)), default=None)
        planted = name == data["planted"]["name"]
        lines.append(
            {
                "row": f"{name}, slower by {data['planted']['share']:.0%}" if planted else name,
                "pairs": str(len(found)),
                **{verdict: str(sum(change["verdict"] == verdict for change in found)) for verdict in VERDICTS},
                "largest change": NONE if furthest is None else f"{furthest - 1:+.1%}",
                "deviation between runs": NONE if planted else _percent(_deviation(data, [name])),
            }
        )
    copies = _percent(_deviation(data, [SECOND_COPY]))
    lines.append(dict.fromkeys(lines[0], NONE) | {"row": SECOND_COPY, "deviation between runs": copies})
    return Table("Repeated runs of the same code", pd.DataFrame(lines), _notes(data))


def deviation_between_runs(data: Data) -> float | None:
    """Return the standard deviation of a log-ratio from run to run, pooled over the unchanged rows.

    It is the root of the mean over rows of `variance_between`, or 0 if that mean is negative. Unfit runs and rows with
    fewer than two runs are left out; None if no row is left.
    """
    return _deviation(data, _unchanged(data))


def variance_between(runs: Sequence[Sequence[float]]) -> float | None:
    """Return the variance of the means of runs less the mean of their squared standard errors; it may be below 0.

    Runs with fewer than two launches are left out. None if fewer than two runs are left.
    """
    known = [launches for launches in runs if len(launches) > 1]
    if len(known) < 2:
        return None
    errors = [statistics.variance(launches) / len(launches) for launches in known]
    return statistics.variance(map(statistics.fmean, known)) - statistics.fmean(errors)


def _deviation(data: Data, names: Sequence[str]) -> float | None:
    fit = [run["log_ratios"] for run in data["runs"] if run["unfit"] is None]
    found = [variance_between([ratios[name] for ratios in fit if name in ratios]) for name in names]
    known = [variance for variance in found if variance is not None]
    return math.sqrt(max(0.0, statistics.fmean(known))) if known else None


def _unchanged(data: Data) -> list[str]:
    return [name for name in data["implementations"] if name != REFERENCE]


def _changes(data: Data, name: str) -> list[Data]:
    return [pair["changes"][name] for pair in data["pairs"] if name in pair["changes"]]


def _notes(data: Data) -> list[str]:
    unchanged = [change for name in _unchanged(data) for change in _changes(data, name)]
    compared = [change for change in unchanged if change["verdict"] != NOT_COMPARABLE]
    called = sum(change["verdict"] in (FASTER, SLOWER) for change in compared)
    planted = _changes(data, data["planted"]["name"])
    found = sum(change["verdict"] == SLOWER for change in planted)
    unfit = sum(run["unfit"] is not None for run in data["runs"])
    share = f" ({called / len(compared):.1%})" if compared else ""
    return [
        f"{len(data['runs'])} consecutive runs of {data['launches']} launches of {data['rounds']} rounds of "
        f"{data['workload']}, {unfit} of them unfit. Pairs are disjoint: runs 1 and 2, 3 and 4, and so on. The planted "
        "row is a copy of the baseline that trains and discards additional epochs in the second run of each pair. "
        f"Verdicts are those of xorbench compare with --between-runs {data['between_runs'] * 100:.3g}%.",
        f"Of {len(compared)} comparisons of unchanged rows, {called} have the verdict faster or slower{share}; the "
        f"target is at most {MOST_CHANGED:.0%}. The planted slowdown is found in {found} of {len(planted)} pairs; the "
        f"target is at least {LEAST_FOUND:.0%}.",
        "The deviation between runs is the standard deviation of a ratio from run to run that is not explained by the "
        "spread of the launches, as a share of the ratio. Pooled over the unchanged rows it is "
        f"{_percent(deviation_between_runs(data))}. Unfit runs are left out.",
        *(f"{name} was not timed: {why}." for name, why in data["missing"].items()),
    ]


def _percent(share: float | None) -> str:
    return NONE if share is None else f"{share:.2%}"


def _made(folder: Path, name: str) -> Path:
    (folder / name).mkdir()
    return folder / name


def main() -> None:
    """Run the study as a command: measure, store the result and print its table."""
    parser = asking.parser("repeated", "Time the same implementations in several runs, and compare the runs.")
    parser.add_argument(
        "--runs", type=asking.number, default=RUNS, metavar="N", help=f"number of runs, even [default: {RUNS}]"
    )
    parser.add_argument(
        "--launches", type=asking.number, default=LAUNCHES, metavar="N", help=f"launches per run [default: {LAUNCHES}]"
    )
    parser.add_argument(
        "--rounds", type=asking.number, default=ROUNDS, metavar="N", help=f"rounds per launch [default: {ROUNDS}]"
    )
    parser.add_argument("--seed", type=asking.number_or_0, default=0, metavar="N", help="random seed [default: 0]")
    given = parser.parse_args()
    begun = kept.begun("repeated", [i.framework for i in there(IMPLEMENTATIONS)[0]])
    asking.keep_last(begun, study(given.runs, given.launches, given.rounds, seed=given.seed), given.output)


if __name__ == "__main__":
    main()
