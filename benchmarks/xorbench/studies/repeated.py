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
from typing import Annotated

from xorbench.cli import choices
from xorbench.cli.options import Output, Seed, count
from xorbench.contract import REFERENCE
from xorbench.estimates.analysis import Analysis
from xorbench.estimates.comparison import BETWEEN_RUNS, changes
from xorbench.estimates.ratios import CONTROL, RowId, log_ratios
from xorbench.record.studies import Data
from xorbench.studies import asking
from xorbench.studies.planted import slower
from xorbench.studies.runs import WORKLOAD, Launches, Rounds, controls, ends, judged, performed, usable, wall_time
from xorbench.tables.studies.repeated import SECOND_COPY

IMPLEMENTATIONS = (REFERENCE, "jax_grad", "torch_autograd", "torch_manual", "numpy_inplace")
PLANTED, SHARE = "planted", Fraction(15, 100)
"""The row that is slower in every second run, and its slowdown as a share of its time."""

RUNS, LAUNCHES, ROUNDS = 20, 8, 100


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
    implementations, missing = usable(names)
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
        report = judged(first, seed)
        for _, number in asking.announced(range(1, runs + 1), _about):
            even = number % 2 == 0
            chosen = [*implementations, changed] if even else first
            analysis = performed(chosen, report, seed + number, launches, rounds)
            found.append({"number": number, "slower": even} | of_run(analysis))
            if before is not None and even:
                pairs.append({"runs": [number - 1, number], "changes": of_pair(before, analysis, between_runs)})
            before = analysis
            yield {**about, "runs": [*found], "pairs": [*pairs]}


def _about(number: int) -> str:
    return f"planted implementation {'unchanged' if number % 2 else 'slower'}"


def of_run(analysis: Analysis) -> Data:
    """Return the data of a run: for each row a log-ratio per launch, and the controls."""
    row_ids = {i.name: RowId(i.name) for i in analysis.record.implementations if i.name != REFERENCE}
    return {
        "log_ratios": {
            name: log_ratios(analysis, WORKLOAD, one) for name, one in {**row_ids, SECOND_COPY: CONTROL}.items()
        }
    } | controls(analysis, wall_time(analysis.record))


def of_pair(before: Analysis, after: Analysis, between_runs: float) -> Data:
    """Return by row the change of its ratio from the run `before` to the run `after`."""
    return {
        change.implementation: {"verdict": change.verdict, "reason": change.reason, "change": ends(change.change)}
        for change in changes(before, after, between_runs)
    }


def _made(folder: Path, name: str) -> Path:
    (folder / name).mkdir()
    return folder / name


def main(
    runs: Annotated[int, count("Number of runs, even.")] = RUNS,
    launches: Launches = LAUNCHES,
    rounds: Rounds = ROUNDS,
    seed: Seed = 0,
    output: Output = None,
) -> None:
    """Time the same implementations in several runs, and compare the runs."""
    folder = choices.folder(output)
    begun = asking.begun("repeated", [i.framework for i in usable(IMPLEMENTATIONS)[0]])
    asking.keep_last(begun, study(runs, launches, rounds, seed=seed), folder)


if __name__ == "__main__":
    asking.run("repeated", main)
