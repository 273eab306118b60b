"""Workloads in the words of a sentence."""

from xorbench.estimates.analysis import Analysis
from xorbench.record.run import WorkloadRecord
from xorbench.tables.captions import timed_on
from xorbench.tables.cells import plain

TITLES = {"neuron": "XOR's single neuron", "hidden": "XOR's hidden layer"}
"""Workloads of the tutorial in words, by name; any other workload is named."""


def main_workload(analysis: Analysis) -> WorkloadRecord:
    """Return the first workload with a hidden layer, or the first of all if there is none."""
    every = analysis.record.workloads
    return next((workload for workload in every if len(workload.layer_sizes) > 2), every[0])


def title(workload: WorkloadRecord) -> str:
    """Return a workload in words, with its layer sizes and dtype."""
    return _described(TITLES.get(workload.name, plain(workload.name)), workload)


def sized(workload: WorkloadRecord) -> str:
    """Return the name of a workload, with its layer sizes and dtype."""
    return _described(plain(workload.name), workload)


def _described(words: str, workload: WorkloadRecord) -> str:
    return f"{words} ({'-'.join(map(str, workload.layer_sizes))}, {workload.dtype})"


def training(analysis: Analysis, workload: WorkloadRecord) -> str:
    """Return the words with which a sentence about a training begins: the workload, the CPUs and their model."""
    cpu = analysis.record.machine.cpu
    article = "an" if cpu[:1].upper() in "AEIO" else "a"
    return f"Training {title(workload)} on {timed_on(analysis)} of {article} {cpu}"
