"""Detection of a slowdown that is planted in a release: histories of a small framework that is made for it.

`python -m xorbench.studies.releases --runs 10` makes four releases of a framework, each in an environment of its own.
In the newer two of them a file trains and discards 3 % more epochs than in the older two. Each run is a history, as
`xorbench history` makes it. The table shows how often the planted step change is found, and how often another one.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from packaging.version import Version

from xorbench.cli import choices, selected
from xorbench.cli.options import Output, Seed, count
from xorbench.contract import discover, read
from xorbench.estimates.analysis import Analysis
from xorbench.record.studies import Data
from xorbench.studies import asking
from xorbench.studies.planted import training_more
from xorbench.studies.runs import WORKLOAD, Launches, Rounds, controls, ends, judged, performed, wall_time
from xorbench.studies.wheels import alone, numpy_of_here, wheel
from xorbench.suite import defaults
from xorbench.suite.history import History

FRAMEWORK = "tinyframework"

SHARE = 0.03
"""The additional epochs in the newer releases, as a share of the regular ones."""

SHARES = {"1.0": 0.0, "1.1": 0.0, "1.2": SHARE, "1.3": SHARE}
"""The additional epochs as a share of the regular ones, by the version of the release."""

TEXT = '''
def further(epochs):
    """Return the number of epochs that a training of so many discards."""
    return round(epochs * {share})
'''
"""The framework."""

RUNS = 10


def study(
    runs: int = RUNS, launches: int = defaults.LAUNCHES, rounds: int = defaults.ROUNDS, seed: int = 0
) -> Iterator[Data]:
    """Perform `runs` histories of the four releases, and yield the data after each of them.

    The gradients are judged once.
    """
    about = {
        "workload": WORKLOAD,
        "framework": FRAMEWORK,
        "shares": SHARES,
        "runs_asked": runs,
        "launches": launches,
        "rounds": rounds,
        "seed": seed,
    }
    found: list[Data] = []
    with tempfile.TemporaryDirectory() as folder:
        index = Path(folder, "index")
        index.mkdir()
        numpy_of_here(index)
        for version, share in SHARES.items():
            wheel(index, FRAMEWORK, version, {f"{FRAMEWORK}/__init__.py": TEXT.format(share=share)})
        path = Path(folder, "planted.py")
        path.write_text(using_it(), "utf-8")
        with alone(index, Path(folder, "cache")):
            there = selected.in_releases(FRAMEWORK, [*map(Version, SHARES)], [read(path)])
            implementations = selected.with_reference(there)
            report = judged(implementations, seed)
            for _, number in asking.announced(range(1, runs + 1), lambda _: "history"):
                analysis = performed(implementations, report, seed + number, launches, rounds, History)
                found.append({"number": number} | of_run(analysis))
                yield {**about, "runs": [*found]}


def using_it() -> str:
    """Return the text of the reference with a `train` that discards as many epochs as the framework says."""
    text = training_more(f"{FRAMEWORK}.further(epochs)")
    for old, new in (
        ("import numpy as np\n", f"import numpy as np\nimport {FRAMEWORK}\n"),
        ('FRAMEWORK = "numpy"', f'FRAMEWORK = "{FRAMEWORK}"'),
    ):
        if old not in text:
            raise ValueError(f"the reference has no line {old!r}, so it can't use another framework")
        text = text.replace(old, new)
    return text


def of_run(analysis: Analysis) -> Data:
    """Return the data of a history: the verdict on each release, its change, the epochs of a long round; controls."""
    (history,) = analysis.histories
    releases = [
        {"version": each.version, "verdict": each.verdict, "step": each.is_step, "change": ends(each.change)}
        for each in history.releases
    ]
    files = {i.name for i in analysis.record.implementations if i.interpreter}
    longest = max((max(t.epochs) for t in analysis.timings if t.implementation in files), default=0)
    return {"releases": releases, "epochs": longest} | controls(analysis, wall_time(analysis.record))


def main(
    runs: Annotated[int, count("Number of histories.")] = RUNS,
    launches: Launches = defaults.LAUNCHES,
    rounds: Rounds = defaults.ROUNDS,
    seed: Seed = 0,
    output: Output = None,
) -> None:
    """Time four releases of a small framework, of which the third is 3 % slower than the second, in several runs."""
    folder = choices.folder(output)
    begun = asking.begun("releases", [discover()[0].framework])
    asking.keep_last(begun, study(runs, launches, rounds, seed), folder)


if __name__ == "__main__":
    asking.run("releases", main)
