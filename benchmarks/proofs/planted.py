"""A/A and planted slowdowns: real launches of `hidden`, drawn again and again as runs of a given length.

`python -m benchmarks.proofs.planted LAUNCHES` times the baseline, its second copy and three copies of its text that are
slower by 0.5, 1 and 2 %, beside a process that keeps another core busy, and prints what runs of 60 s and of 5 minutes
make of them.
"""

import contextlib
import json
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter

import numpy as np
import pandas as pd

from benchmarks import environment, progress
from benchmarks.clock.launches import Launches
from benchmarks.clock.turns import Entry
from benchmarks.contract import REFERENCE, Implementation, discover, read
from benchmarks.estimates.intervals import interval
from benchmarks.estimates.ratios import CONTROL, Contender, log_ratios
from benchmarks.tables.cells import Table
from benchmarks.tables.formats import markdown

WORKLOAD, EPOCHS, ROUNDS = "hidden", 200, 100
PLANTED = {"slower_by_half_a_percent": 200, "slower_by_one_percent": 100, "slower_by_two_percent": 50}
"""One epoch more, thrown away, for so many that count."""

DRAWS = 2_000

DRAWN = "A/A, labels drawn"


def slower(folder: Path, name: str, every: int) -> Implementation:
    """The text of the reference with a `train` that does, for every so many epochs, one more for nothing."""
    text = discover()[0].path.read_text(encoding="utf-8")
    step = "state = step(recipe, state, inputs, targets)\n"
    loop = f"    for _ in range(epochs):\n        {step}    return state[0]\n"
    more = f"    for _ in range(epochs // {every}):\n        step(recipe, state, inputs, targets)\n"
    if loop not in text:
        raise ValueError(f"{REFERENCE}.py has another loop than {loop!r}: nothing was planted")
    path = folder / f"{name}.py"
    path.write_text(text.replace(loop, more + loop), encoding="utf-8")
    return read(path)


@contextlib.contextmanager
def neighbour(cpu: int) -> Iterator[None]:
    """Somebody who keeps a core busy that is not this one, if there is any."""
    apart = environment.apart_from(cpu)
    if not apart:
        yield
        return
    with environment.started_on(apart[0]):
        busy = subprocess.Popen([sys.executable, "-c", _BUSY], cwd=environment.ROOT)
    try:
        yield
    finally:
        busy.kill()
        busy.wait()


_BUSY = "from benchmarks.environment import end_with_parent; end_with_parent()\nwhile True: sum(range(100_000))"


@dataclass(frozen=True)
class Pool:
    """The launches' log-ratios of each contender, and how long a launch of one pair takes."""

    log_ratios: dict[str, list[float]]
    seconds_per_launch_of_a_pair: float


def measure(launches: int, seed: int = 0) -> Pool:
    """Launches of all of them together; and some of one pair, for what a run of a pair costs."""
    cpu = environment.allowed_cpus()[-1]
    shuffler = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder, neighbour(cpu):
        baseline = discover()[0]
        planted = [slower(Path(folder), name, every) for name, every in PLANTED.items()]
        entries = [Entry(i, {WORKLOAD: EPOCHS}) for i in (baseline, *planted)]
        control = Entry(baseline, {WORKLOAD: EPOCHS}, copy=True)
        timings = []
        with (
            Launches([*entries, control], [WORKLOAD], [cpu], shuffler) as all_,
            progress.stage("launches", launches) as advance,
        ):
            for number in range(launches):
                launch, _ = all_.run(ROUNDS, last=number == launches - 1)
                timings += [asdict(timing) | {"violations": []} for timing in launch.timings]
                advance()
        with Launches([entries[0], entries[-1], control], [WORKLOAD], [cpu], shuffler) as pair:
            pair.run(ROUNDS)
            started, several = perf_counter(), 5
            for number in range(several):
                pair.run(ROUNDS, last=number == several - 1)
            seconds = (perf_counter() - started) / several
    record = {"timings": timings}
    names = {"A/A": CONTROL, **{name.replace("_", " "): Contender(name) for name in PLANTED}}
    return Pool({name: log_ratios(record, WORKLOAD, contender) for name, contender in names.items()}, seconds)


def table(pool: Pool, minutes: Sequence[float] = (1, 5)) -> Table:
    """What runs of so many minutes would have said: launches drawn from the pool, each put back."""
    generator = np.random.default_rng(0)
    lines = []
    # Which copy is called the baseline is nobody's doing: where that is drawn, too, 1 is the truth of the pool itself.
    control = np.array(pool.log_ratios["A/A"])
    for name, values in {**pool.log_ratios, DRAWN: [*control, *-control]}.items():
        for length in minutes:
            launches = int(60 * length / pool.seconds_per_launch_of_a_pair)
            draws = generator.choice(values, (DRAWS, launches)).tolist()
            found = [interval(draw) for draw in draws]
            verdicts = [one.verdict for one in found]
            errors = np.array([one.value for one in found])
            lines.append(
                {
                    "planted": name,
                    "run": f"{length:g} min",
                    "launches": str(launches),
                    "ratio, all launches": f"{np.exp(np.mean(values)):.4f}",
                    "ratios of runs": f"{errors.min():.4f} to {errors.max():.4f}",
                    "called slower": f"{verdicts.count('slower') / DRAWS:.1%}",
                    "called faster": f"{verdicts.count('faster') / DRAWS:.1%}",
                    "not separated": f"{verdicts.count('not separated') / DRAWS:.1%}",
                }
            )
    about = (
        f"{len(pool.log_ratios['A/A'])} launches x {ROUNDS} rounds of {WORKLOAD}, with a neighbour on the other core; "
        f"{DRAWS} runs drawn from them. A launch of a pair with its control takes "
        f"{pool.seconds_per_launch_of_a_pair:.2f} s."
    )
    return Table("Runs of a pair", pd.DataFrame(lines), [about])


def main() -> None:
    """Measure, keep the numbers where they can be read again, print."""
    pool = measure(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
    kept = Path(tempfile.mkdtemp(prefix="xorbench-")) / "planted.json"
    kept.write_text(json.dumps(asdict(pool)))
    print(markdown(table(pool)), f"The launches: {kept}", sep="\n")


if __name__ == "__main__":
    main()
