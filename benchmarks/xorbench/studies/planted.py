"""A/A and planted slowdowns: real launches of `hidden`, drawn again and again as runs of a given length.

`python -m xorbench.studies.planted --launches 200` times the baseline, its second copy and three copies of its text
that are slower by 0.5, 1 and 2 %, beside processes that keep every CPU busy, that of the clock too. Its table says what
runs of 60 s and of 5 minutes make of them.
"""

import random
import tempfile
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd

from xorbench import environment, progress
from xorbench.clock.launches import Launches
from xorbench.clock.turns import Entry
from xorbench.contract import REFERENCE, Implementation, discover, read
from xorbench.estimates.intervals import quantile
from xorbench.estimates.ratios import CONTROL, Contender, log_ratios
from xorbench.estimates.timed import Timed
from xorbench.record.settings import CONFIDENCE
from xorbench.record.timing import Timing
from xorbench.studies import asking, kept
from xorbench.studies.kept import Data
from xorbench.studies.neighbours import busy
from xorbench.tables.cells import Table

WORKLOAD, EPOCHS, ROUNDS = "hidden", 200, 100
PLANTED = {
    "slower_by_half_a_percent": Fraction(1, 200),
    "slower_by_one_percent": Fraction(1, 100),
    "slower_by_two_percent": Fraction(1, 50),
}
"""By the name of a planted text the epochs that it throws away, as a share of those that count."""

LAUNCHES = 200
LAUNCHES_OF_A_PAIR = 5

DRAWS = 2_000
MINUTES = (1, 5)

CONTROLS = "A/A"
DRAWN = "A/A, labels drawn"


def slower(folder: Path, name: str, share: Fraction) -> Implementation:
    """The text of the reference with a `train` that does this share of epochs more for nothing, rounded down."""
    text = discover()[0].path.read_text(encoding="utf-8")
    step = "state = step(recipe, state, inputs, targets)\n"
    loop = f"    for _ in range(epochs):\n        {step}    return state[0]\n"
    further = f"epochs * {share.numerator} // {share.denominator}"
    more = f"    for _ in range({further}):\n        step(recipe, state, inputs, targets)\n" if share else ""
    if loop not in text:
        raise ValueError(f"{REFERENCE}.py has another loop than {loop!r}: nothing was planted")
    path = folder / f"{name}.py"
    path.write_text(text.replace(loop, more + loop), encoding="utf-8")
    return read(path)


def study(launches: int, busy_per_cpu: int = 1, seed: int = 0) -> Data:
    """Time launches of all of them together, and some of one pair, for what a run of a pair costs.

    Of each contender `log_ratios` has a number for each launch; `seconds_per_launch_of_a_pair` is wall time.
    """
    cpu = environment.allowed_cpus()[-1]
    shuffler = random.Random(seed)
    timings: list[Timing] = []
    with tempfile.TemporaryDirectory() as folder, busy(busy_per_cpu):
        baseline = discover()[0]
        planted = [slower(Path(folder), name, share) for name, share in PLANTED.items()]
        entries = [Entry(i, {WORKLOAD: EPOCHS}) for i in (baseline, *planted)]
        control = Entry(baseline, {WORKLOAD: EPOCHS}, copy=True)
        with (
            Launches([*entries, control], [WORKLOAD], [cpu], shuffler) as all_,
            progress.stage("launches", launches) as advance,
        ):
            for number in range(launches):
                launch, _ = all_.run(ROUNDS, last=number == launches - 1)
                timings += launch.timings
                advance()
        with Launches([entries[0], entries[-1], control], [WORKLOAD], [cpu], shuffler) as pair:
            pair.run(ROUNDS)
            started = perf_counter()
            for number in range(LAUNCHES_OF_A_PAIR):
                pair.run(ROUNDS, last=number == LAUNCHES_OF_A_PAIR - 1)
            seconds = (perf_counter() - started) / LAUNCHES_OF_A_PAIR
    timed = Timed(timings, [WORKLOAD])
    names = {CONTROLS: CONTROL, **{name.replace("_", " "): Contender(name) for name in PLANTED}}
    return {
        "workload": WORKLOAD,
        "epochs": EPOCHS,
        "rounds": ROUNDS,
        "launches": launches,
        "seed": seed,
        "cpus": len(environment.allowed_cpus()),
        "busy_per_cpu": busy_per_cpu,
        "planted": {name.replace("_", " "): float(share) for name, share in PLANTED.items()},
        "log_ratios": {name: log_ratios(timed, WORKLOAD, contender) for name, contender in names.items()},
        "seconds_per_launch_of_a_pair": seconds,
    }


def table_of(data: Data, minutes: Sequence[float] = MINUTES) -> Table:
    """What runs of so many minutes would have said: launches drawn from the pool, each put back."""
    generator = np.random.default_rng(0)
    # Which copy is called the baseline is nobody's doing: where that is drawn, too, 1 is the truth of the pool itself.
    pool = data["log_ratios"]
    drawn = [*pool[CONTROLS], *(-value for value in pool[CONTROLS])]
    lines = []
    for name, values in {**pool, DRAWN: drawn}.items():
        for length in minutes:
            launches = max(2, int(60 * length / data["seconds_per_launch_of_a_pair"]))
            means, halves = _runs(generator.choice(values, (DRAWS, launches)))
            slower, faster = np.mean(means > halves), np.mean(means < -halves)
            lines.append(
                {
                    "planted": name,
                    "run": f"{length:g} min",
                    "launches": str(launches),
                    "ratio, all launches": f"{np.exp(np.mean(values)):.4f}",
                    "ratios of runs": f"{np.exp(means.min()):.4f} to {np.exp(means.max()):.4f}",
                    "called slower": f"{slower:.1%}",
                    "called faster": f"{faster:.1%}",
                    "not separated": f"{1 - slower - faster:.1%}",
                }
            )
    return Table("Planted slowdowns in runs of a pair", pd.DataFrame(lines), _notes(data))


def _notes(data: Data) -> list[str]:
    launches = len(data["log_ratios"][CONTROLS])
    return [
        f"{launches} launches of {data['rounds']} rounds of {data['workload']}, long ones of {data['epochs']} epochs "
        f"and short ones of half as many by turns. Busy processes on each of {data['cpus']} CPUs, that of the clock "
        f"included: {data['busy_per_cpu']}. From these launches {DRAWS:,} runs of each length are drawn "
        f"with replacement. A launch of a pair with its control takes {data['seconds_per_launch_of_a_pair']:.2f} s; "
        "the time of a run is that of its launches, without the gradient check and the calibration before them.",
        "A planted text trains some epochs more and throws them away. The target is that a run of one minute calls a "
        f"text that is slower by 1 % slower in 90 % of cases. In {DRAWN}, which copy of the baseline is called the "
        f"baseline is drawn for each launch, so that the true ratio is 1: there {1 - CONFIDENCE:.0%} of runs are "
        "expected to be separated.",
    ]


def _runs(draws: Any) -> tuple[Any, Any]:
    """Of runs of shape (runs, launches), the means and the half-widths of their intervals."""
    launches = draws.shape[1]
    error = draws.std(axis=1, ddof=1) / np.sqrt(launches)
    return draws.mean(axis=1), quantile(launches, CONFIDENCE) * error


def main() -> None:
    """Measure, keep, print."""
    parser = asking.parser("planted", "Time planted slowdowns beside busy processes.")
    parser.add_argument("--launches", type=asking.number, default=LAUNCHES, metavar="N", help=f"of all; {LAUNCHES}")
    parser.add_argument("--busy-per-cpu", type=asking.number_or_0, default=1, metavar="N", help="busy processes; 1")
    parser.add_argument("--seed", type=asking.number_or_0, default=0, metavar="N", help="of the order of turns; 0")
    given = parser.parse_args()
    begun = kept.begun("planted", [discover()[0].framework])
    asking.keep(begun, study(given.launches, given.busy_per_cpu, given.seed), given.output)


if __name__ == "__main__":
    main()
