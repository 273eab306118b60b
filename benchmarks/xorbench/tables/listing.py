"""Tables of implementations, environments and workloads."""

from collections.abc import Sequence

import pandas as pd

from xorbench.record.run import ImplementationRecord, WorkloadRecord
from xorbench.tables.cells import NONE, Table, three_digits

OPTIONAL = {
    "gradient method": "Gradient method: as stated in the first line of the file.",
    "lines of code": "Lines of code: statements in predict, loss and gradient, and in everything in the file or its "
    "sibling that these use; – if a part is written in another language.",
    "installed size, MiB": "Installed size: the framework and everything it requires.",
}
"""Notes on columns that not every record has, by the head of the column."""


def implementations(found: Sequence[ImplementationRecord]) -> Table:
    """Return the table of implementations: framework, version, size, tier, and why any are missing."""
    lines = [
        {
            "implementation": i.name,
            "framework": i.framework,
            "version": i.version,
            "gradient method": i.gradients_by or NONE,
            "lines of code": i.lines_of_code or NONE,
            "installed size, MiB": three_digits(i.installed_bytes / 2**20) if i.installed_bytes else NONE,
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
    return Table("Implementations", frame.drop(columns=OPTIONAL.keys() - told), [*notes, *told.values()])


def environments(found: dict[str, dict[str, str] | str]) -> Table:
    """Return the table of other environments: label, Python and packages of each; the reason if one is broken."""
    lines = []
    notes = []
    for label, versions in found.items():
        if isinstance(versions, str):
            lines.append({"environment": label, "Python": NONE, "packages": "broken"})
            notes.append(f"{versions}.")
        else:
            libraries = ", ".join(f"{name} {version}" for name, version in versions.items() if name != "python")
            lines.append({"environment": label, "Python": versions["python"], "packages": libraries})
    return Table("Environments", pd.DataFrame(lines, columns=["environment", "Python", "packages"]), notes)


def workloads(found: Sequence[WorkloadRecord]) -> Table:
    """Return the table of workloads: network, loss, optimiser, number of epochs and dtype of each."""
    lines = [
        {
            "workload": w.name,
            "layers": "-".join(map(str, w.layer_sizes)),
            "activation": w.activation,
            "loss": w.loss,
            "optimiser": f"{w.optimiser}, {w.rate:g}",
            "epochs": f"{w.epochs:,}",
            "dtype": w.dtype,
            "description": w.story,
        }
        for w in found
    ]
    note = (
        "Layers: sizes of the layers. Activation: that of the hidden layers; the output layer is a sigmoid. "
        "Optimiser: with its learning rate."
    )
    return Table("Workloads", pd.DataFrame(lines), [note])
