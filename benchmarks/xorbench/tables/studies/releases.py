"""Table of the study of a slowdown that is planted in a release of a small framework."""

import itertools
import statistics

import pandas as pd

from xorbench.estimates.comparison import FASTER, SLOWER
from xorbench.record.studies import Data
from xorbench.tables.cells import NONE, Table


def table_of(data: Data) -> Table:
    """Return the table of the study: for each release its ratios to the release before, and how often it is a step."""
    fit = _fit(data)
    lines = []
    for place, (version, share) in enumerate(data["shares"].items()):
        there = [run["releases"][place] for run in fit]
        ratios = [release["change"]["value"] for release in there if release["change"]]
        lines.append(
            {
                "release": f"{data['framework']} {version}",
                "additional epochs": f"{share:.0%}",
                "ratio to the release before, median": f"{statistics.median(ratios):.4f}" if ratios else NONE,
                "ratio, range": f"{min(ratios):.4f} to {max(ratios):.4f}" if ratios else NONE,
                **{
                    f"step change: {verdict}": str(sum(r["step"] and r["verdict"] == verdict for r in there))
                    for verdict in (SLOWER, FASTER)
                },
                "no step change": str(sum(not r["step"] for r in there if r["change"])) if place else NONE,
            }
        )
    return Table("A slowdown planted in a release", pd.DataFrame(lines), _notes(data))


def _fit(data: Data) -> list[Data]:
    return [run for run in data["runs"] if run["unfit"] is None]


def _notes(data: Data) -> list[str]:
    shares = data["shares"]
    (planted,) = [newer for older, newer in itertools.pairwise(shares) if shares[newer] > shares[older]]
    fit = _fit(data)
    steps = [{(each["version"], each["verdict"]) for each in run["releases"] if each["step"]} for run in fit]
    right = (planted, SLOWER)
    found, wrong = sum(right in changes for changes in steps), sum(bool(changes - {right}) for changes in steps)
    epochs = sorted({run["epochs"] for run in fit})
    exact = [round(number * shares[planted]) / number for number in epochs if number]
    slower = f"{min(exact):.2%}" + (f" to {max(exact):.2%}" if max(exact) > min(exact) else "") if exact else NONE
    return [
        f"{len(data['runs'])} histories of {data['launches']} launches of {data['rounds']} rounds of "
        f"{data['workload']}, {len(data['runs']) - len(fit)} of them unfit and left out. The releases are of a small "
        "framework, each in an environment of its own; the file is a copy of the baseline that trains and discards as "
        "many additional epochs as the framework says.",
        f"Additional epochs are whole ones, so that a long round in {planted} has {slower} more than one in the "
        f"release before. This step change is found in {found} of {len(fit)} histories, another one in {wrong}. By the "
        "confidence of the intervals, at most 5 % of the histories are expected to have another one.",
    ]
