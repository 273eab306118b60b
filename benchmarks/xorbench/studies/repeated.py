"""Agreement of repeated runs of the same code: runs of one commit, compared in disjoint pairs.

`python -m xorbench.studies.repeated --runs 20` times the same implementations in every run, and one planted
implementation that is slower by 15 % in every second run. Runs 1 and 2, 3 and 4, and so on are compared as by
`xorbench compare`. The table shows how many unchanged rows are found faster or slower, how often the planted slowdown
is found, and how much a ratio varies from run to run.
"""

import tempfile
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from time import perf_counter

from xorbench import environment, progress
from xorbench.contract import REFERENCE
from xorbench.estimates.analysis import Analysis
from xorbench.estimates.comparison import BETWEEN_RUNS, changes
from xorbench.estimates.ratios import CONTROL, Contender, log_ratios
from xorbench.judging.judge import judge
from xorbench.record.studies import Data
from xorbench.studies import asking
from xorbench.studies.load import ends, of_controls, there, wall_time
from xorbench.studies.planted import slower
from xorbench.suite import Settings, Suite
from xorbench.tables.studies.repeated import SECOND_COPY
from xorbench.workloads import WORKLOADS

WORKLOAD = "hidden"
IMPLEMENTATIONS = (REFERENCE, "jax_grad", "torch_autograd", "torch_manual", "numpy_inplace")
PLANTED, SHARE = "planted", Fraction(15, 100)
"""The row that is slower in every second run, and its slowdown as a share of its time."""

RUNS, LAUNCHES, ROUNDS = 20, 8, 100
POINTS = 50


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
    begun = asking.begun("repeated", [i.framework for i in there(IMPLEMENTATIONS)[0]])
    asking.keep_last(begun, study(given.runs, given.launches, given.rounds, seed=given.seed), given.output)


if __name__ == "__main__":
    main()
