"""The field: which implementations take part, in which versions, and which workloads there are."""

from collections.abc import Sequence

import pandas as pd

from xorbench.record.run import ImplementationRecord, WorkloadRecord
from xorbench.tables.cells import NONE, Table, three_digits

OPTIONAL = {
    "gradients by": "Gradients by: as the first line of the file says.",
    "lines of code": "Lines of code: of predict, loss and gradient, and of all in the file that these use, counted as "
    "statements; – where a part stands in another language.",
    "installed, MiB": "Installed: the framework and all that it requires.",
}
"""What not every record tells, and what to say of it."""


def implementations(found: Sequence[ImplementationRecord]) -> Table:
    """Who takes part, in which version, and what it takes to write it; who cannot, and why."""
    lines = [
        {
            "implementation": i.name,
            "framework": i.framework,
            "version": i.version,
            "gradients by": i.gradients_by or NONE,
            "lines of code": i.lines_of_code or NONE,
            "installed, MiB": three_digits(i.installed_bytes / 2**20) if i.installed_bytes else NONE,
            "tier": i.tier,
            "execution": i.execution,
            "granularity": i.granularity,
            "status": "failed" if i.broken else "missing" if i.missing else "present",
        }
        for i in found
    ]
    notes = [
        f"{i.name} is {'failed' if i.broken else 'missing'}: {i.broken or i.missing}."
        for i in found
        if i.broken or i.missing
    ]
    frame = pd.DataFrame(lines)
    told = {head: note for head, note in OPTIONAL.items() if any(frame[head] != NONE)}
    return Table("The field", frame.drop(columns=OPTIONAL.keys() - told), [*notes, *told.values()])


def environments(found: dict[str, dict[str, str] | str]) -> Table:
    """Other environments, by label: the versions of all that is in each, or why nothing can run there."""
    lines = []
    notes = []
    for label, versions in found.items():
        if isinstance(versions, str):
            lines.append({"environment": label, "Python": NONE, "what is in it": "broken"})
            notes.append(f"{versions}.")
        else:
            libraries = ", ".join(f"{name} {version}" for name, version in versions.items() if name != "python")
            lines.append({"environment": label, "Python": versions["python"], "what is in it": libraries})
    return Table("Environments", pd.DataFrame(lines, columns=["environment", "Python", "what is in it"]), notes)


def workloads(found: Sequence[WorkloadRecord]) -> Table:
    """What is trained."""
    lines = [
        {
            "workload": w.name,
            "layers": "-".join(map(str, w.layer_sizes)),
            "activation": w.activation,
            "loss": w.loss,
            "optimiser": f"{w.optimiser}, {w.rate:g}",
            "epochs": f"{w.epochs:,}",
            "dtype": w.dtype,
            "what it is": w.story,
        }
        for w in found
    ]
    note = "Activation: of the hidden layers; the last is a sigmoid. Optimiser: with its rate."
    return Table("Workloads", pd.DataFrame(lines), [note])
