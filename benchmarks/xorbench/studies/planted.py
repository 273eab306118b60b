"""Detection of planted slowdowns: runs of a given length, resampled from measured launches of `hidden`.

`python -m xorbench.studies.planted --launches 200` times the baseline, its second copy and three modified copies of its
source that are slower by 0.5, 1 and 2 %, while busy processes load every CPU, including that of the clock. Its table
shows how often runs of 1 and 5 minutes find the slowdowns.
"""

import random
import tempfile
from fractions import Fraction
from pathlib import Path
from time import perf_counter
from typing import Annotated

from xorbench import affinity, progress
from xorbench.cli import choices
from xorbench.cli.options import Output, Seed, count
from xorbench.clock.launches import Launches
from xorbench.clock.turns import Entry
from xorbench.contract import REFERENCE, Implementation, discover, read
from xorbench.estimates.ratios import CONTROL, RowId, log_ratios
from xorbench.estimates.timed import Timed
from xorbench.record.studies import Data
from xorbench.record.timing import Timing
from xorbench.studies import asking
from xorbench.studies.neighbours import busy
from xorbench.tables.studies.planted import CONTROLS

WORKLOAD, EPOCHS, ROUNDS = "hidden", 200, 100
PLANTED = {
    "slower_by_half_a_percent": Fraction(1, 200),
    "slower_by_one_percent": Fraction(1, 100),
    "slower_by_two_percent": Fraction(1, 50),
}
"""By the name of a planted implementation, its additional epochs as a share of the regular ones."""

LAUNCHES = 200
LAUNCHES_OF_A_PAIR = 5


def slower(folder: Path, name: str, share: Fraction) -> Implementation:
    """Write a copy of the reference whose `train` discards `share` additional epochs, rounded down; return it.

    Raises ValueError if the training loop of the reference is not the expected one.
    """
    path = folder / f"{name}.py"
    path.write_text(training_more(f"epochs * {share.numerator} // {share.denominator}" if share else ""), "utf-8")
    return read(path)


def training_more(further: str) -> str:
    """Return the text of the reference with a `train` that discards so many additional epochs.

    `further` is an expression of `epochs`; "" is for none. Raises ValueError if the training loop of the reference is
    not the expected one.
    """
    text = discover()[0].path.read_text(encoding="utf-8")
    step = "state = step(recipe, state, inputs, targets)\n"
    loop = f"    for _ in range(epochs):\n        {step}    return state[0]\n"
    more = f"    for _ in range({further}):\n        step(recipe, state, inputs, targets)\n" if further else ""
    if loop not in text:
        raise ValueError(f"{REFERENCE}.py has no training loop {loop!r}, so no slowdown can be planted in it")
    return text.replace(loop, more + loop)


def study(launches: int, busy_per_cpu: int = 1, seed: int = 0) -> Data:
    """Time launches of all rows together, and a few of one pair for its time per launch, and return the data.

    `log_ratios` has for each row a number per launch; `seconds_per_launch_of_a_pair` is wall time.
    """
    cpu = affinity.allowed_cpus()[-1]
    shuffler = random.Random(seed)
    timings: list[Timing] = []
    with tempfile.TemporaryDirectory() as folder, busy(busy_per_cpu):
        baseline = discover()[0]
        planted = [slower(Path(folder), name, share) for name, share in PLANTED.items()]
        entries = [Entry(i, {WORKLOAD: EPOCHS}) for i in (baseline, *planted)]
        control = Entry(baseline, {WORKLOAD: EPOCHS}, copy=True)
        with (
            Launches([*entries, control], [WORKLOAD], [cpu], shuffler) as all_,
            progress.steps("launches", launches) as advance,
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
    names = {CONTROLS: CONTROL, **{name.replace("_", " "): RowId(name) for name in PLANTED}}
    return {
        "workload": WORKLOAD,
        "epochs": EPOCHS,
        "rounds": ROUNDS,
        "launches": launches,
        "seed": seed,
        "cpus": len(affinity.allowed_cpus()),
        "busy_per_cpu": busy_per_cpu,
        "planted": {name.replace("_", " "): float(share) for name, share in PLANTED.items()},
        "log_ratios": {name: log_ratios(timed, WORKLOAD, row_id) for name, row_id in names.items()},
        "seconds_per_launch_of_a_pair": seconds,
    }


def main(
    launches: Annotated[int, count("Launches.")] = LAUNCHES,
    busy_per_cpu: Annotated[int, count("Busy processes on every CPU.", least=0)] = 1,
    seed: Seed = 0,
    output: Output = None,
) -> None:
    """Time planted slowdowns while other processes keep the CPUs busy."""
    folder = choices.folder(output)
    begun = asking.begun("planted", [discover()[0].framework])
    asking.keep(begun, study(launches, busy_per_cpu, seed), folder)


if __name__ == "__main__":
    asking.run("planted", main)
