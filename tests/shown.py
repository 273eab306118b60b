"""Synthetic records with everything that a page can show, and with names that are difficult to escape."""

from dataclasses import replace
from typing import Any, Literal

from tests.planted import changed, planted
from xorbench.contract import REFERENCE
from xorbench.estimates.analysis import Analysis
from xorbench.record.report import (
    INSIDE,
    OUTSIDE,
    Accuracy,
    Audit,
    Bias,
    Conduct,
    Judgement,
    Pair,
    PlantedFault,
    Reading,
    Report,
    TrainingEnd,
    Trajectory,
)

NASTY = (
    "</script><script>document.title='broken out'</script>",
    "\"'><img src=x onerror=\"document.title='broken out'\">",
    "a|b$c_d\\e{f}\nnew line\u2028&amp;<!--",
    "long" * 2_500,
)

OR = [[[20.0], [20.0]], [[-10.0]]]
FLAT = [[[0.0], [0.0]], [[0.0]]]
VALLEY = [
    [[20.0, -20.0, 0.0, 0.0], [20.0, -20.0, 0.0, 0.0]],
    [[-10.0, 30.0, 0.0, 0.0]],
    [[20.0], [20.0], [0.0], [0.0]],
    [[-30.0]],
]
"""Parameters of a network that computes XOR as the AND of an OR and a NAND."""


def report(names: tuple[str, ...], parameters: list[Any] = VALLEY) -> Report:
    """Return a judge's report on the implementations `names`, all of which have the same trained `parameters`."""
    axes: list[tuple[Literal["logit", "scale"], float]] = [("logit", float(z)) for z in (-40, 0, 40)]
    axes += [("scale", s) for s in (0.01, 1.0, 25.0)]
    at, apart, truth, loss = [1, 10, 100], [0.0, 1e-16, 2e-15], [1e-17, 3e-16], [0.6, 0.5, 0.01]
    return Report(
        seed=0,
        points=1,
        rows=[Judgement(name, "hidden", "float64", "W1", 10, INSIDE) for name in names],
        pairs=[],
        endings=[
            TrainingEnd(name, "hidden", 100, [0.0, 1.0, 1.0, 0.0], 1e-4, 0.0, INSIDE, None, parameters)
            for name in names
        ],
        conduct=[],
        accuracy=[Accuracy(name, "hidden", "float64", axis, x, 12.5, 3.0) for name in names for axis, x in axes],
        trajectories=[
            Trajectory(name, "hidden", 100, 1, 1, None, None, None, at, apart, truth, loss) for name in names
        ],
    )


def all_wrong() -> Report:
    """Return a report in which nothing is right, on two workloads with different numbers of epochs."""
    none = Reading(None, None, "random point 3", [], None, 2.0)
    rows, endings, trajectories = [], [], []
    for workload, epochs in (("hidden", 10), ("deep", 20)):
        rows += [
            Judgement("other", workload, "float64", name, 5, OUTSIDE, f"{name} is not finite", none, none, none)
            for name in ("W1", "loss")
        ]
        endings.append(TrainingEnd("other", workload, epochs, [None], None, None, OUTSIDE, "it is off"))
        apart, loss = [0.1, 9.0], [0.5, 0.5]
        trajectories.append(Trajectory("other", workload, epochs, 1, 1, 1, 1, 1, [1, epochs], apart, [], loss))
    digits = [Accuracy("other", "hidden", "float64", "logit", z, 0.0, 0.0) for z in (-40.0, 0.0, 40.0)]
    return Report(
        seed=4,
        points=5,
        rows=rows,
        endings=endings,
        trajectories=trajectories,
        accuracy=[*digits, Accuracy("other", "deep", "float64", "scale", 1.0, 0.0, 0.0)],
        pairs=[Pair("other", "another", "hidden", "float64", 5, None, OUTSIDE)],
        conduct=[Conduct("other", "hidden", "float64", None, None, None, None, "failed", "it stops")],
        audits=[Audit("hidden", "float64", 1, 1, 0.0, None, OUTSIDE)],
        faults=[PlantedFault("sign", "hidden", "float64", 5, None, None, 5, 5, 5, 5)],
        biases=[Bias("other", "hidden", "float64", "W1", 300, 1e9, 1.0, OUTSIDE, "all are too large")],
    )


def shown(*others: str, **changes: Any) -> Analysis:
    """Return the analysis of a record of the baseline and `others`, with a report of the judge.

    Each implementation takes about 1.5 times as long as the one before it, and adds to that one.
    """
    ratios = {name: [0.4 * (place + 1) + 0.001 * launch for launch in range(6)] for place, name in enumerate(others)}
    analysis = planted(ratios, control=[0.001 * (-1) ** launch for launch in range(6)], **changes)
    below = (None, REFERENCE, *others)
    implementations = [
        replace(about, adds=about.name, adds_to=lower)
        for about, lower in zip(analysis.record.implementations, below, strict=False)
    ]
    return changed(analysis, implementations=implementations, gradients=report((REFERENCE, *others)))
