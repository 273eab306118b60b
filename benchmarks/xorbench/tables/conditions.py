"""Under which conditions the clock's numbers came about: the order of turns, the ledgers, the peace."""

import math
from collections.abc import Iterable
from typing import Any

import pandas as pd

from xorbench.contract import REFERENCE
from xorbench.estimates.analysis import Analysis
from xorbench.estimates.disturbance import WAITED, Disturbance
from xorbench.estimates.order_effects import Bias
from xorbench.record.timing import PROFILED_EPOCHS, Timing, Usage
from xorbench.tables.captions import timed_on
from xorbench.tables.cells import NONE, UNDEFINED, UNKNOWN, Table, three_digits, with_ends


def order(analysis: Analysis) -> Table:
    """Whether it mattered who came first."""
    notes = [
        "Turns follow balanced Latin squares. Order: the ratio in the rounds where the row came before the baseline, "
        "over that where it came after it, and the verdict of each half alone. Carry-over: the time right after that "
        "one, over the time after anybody else; the largest there is. Both are 1 where order does nothing."
    ]
    return Table("What the order of turns did", pd.DataFrame([_bias(bias) for bias in analysis.order_effects]), notes)


def _bias(bias: Bias) -> dict[str, str]:
    value, ends = with_ends(bias.order)
    carried, its_ends = with_ends(bias.carry_over)
    return {
        "implementation": _name(bias),
        "workload": bias.workload,
        "order": value,
        "its interval": ends,
        "verdict, if before": bias.verdict_before,
        "verdict, if after": bias.verdict_after,
        "carry-over": carried,
        "the interval of that": its_ends,
        "from": bias.after or NONE,
    }


def ledger(analysis: Analysis) -> Table:
    """What the workers observed of themselves, at its worst over all launches."""
    groups: dict[tuple[str, str], list[Timing]] = {}
    for timing in analysis.record.timings:
        groups.setdefault((timing.implementation, timing.workload), []).append(timing)
    lines = []
    for (implementation, workload), found in groups.items():
        ledgers, used = [timing.ledger for timing in found], [timing.usage for timing in found]
        lines.append(
            {
                "implementation": implementation,
                "workload": workload,
                "parameters": ", ".join(sorted({one.parameters_sha256[:8] for one in ledgers})),
                "gradients, results": _all(f"{one.gradient_dtype}, {one.result_dtype}" for one in ledgers),
                "epochs a round": _all(f"{max(timing.epochs):,}" for timing in found),
                "rounds compared": f"{sum(timing.compared_rounds for timing in found):,}",
                "off, share of the way": _worst(end.off_course for timing in found for end in timing.ends),
                "Python calls": _all(str(one.entered_later) for one in ledgers),
                "late, µs": _most((one.late_nanoseconds for one in ledgers), 1e3),
                "threads": str(max(one.process_threads for one in ledgers)),
                "pools": str(max((pool.threads for one in ledgers for pool in one.pools), default=0)),
                "memory gained, bytes per epoch": _gained(used),
                "variables": _all(" ".join(one.variables) or "none" for one in ledgers),
                "rules": "broken" if any(timing.violations for timing in found) else "kept",
            }
        )
    notes = [
        "Observed in every launch; the worst is shown, and a breach refuses the row. Parameters: the first digits of "
        "the SHA-256 of the workload's own, converted and read back; every round starts from others, drawn from a "
        f"seed. Rounds compared: with the end of {REFERENCE} from the same start after as many epochs; off: the "
        "largest distance from it, as a share of the way from the start. Python calls: of the file's own functions in "
        f"{PROFILED_EPOCHS} epochs, none where all is compiled. Late: how much longer reading a result took than "
        "reading one that was certainly ready. Pools: the threads of the largest. Variables: of the environment, set "
        f"by the file or its framework; no others reach a worker. All took turns on {timed_on(analysis)}, with garbage "
        "collection off in rounds. The ledger catches mistakes, not malice."
    ]
    return Table("The fairness ledger", pd.DataFrame(lines), notes)


def quietness(analysis: Analysis) -> Table:
    """What disturbed the rounds."""
    notes = [
        f"A round is disturbed if its process waited for a CPU for more than {WAITED:.0%} of its wall time; that is "
        "told, and never a reason to drop a round. While the launches ran, the CPU that was timed on lost "
        f"{_steal(analysis)} to others outside this system; "
        f"the load was {_range(launch.load_1_minute for launch in analysis.record.launches)}, "
        f"the clock {_range(launch.megahertz for launch in analysis.record.launches)} MHz."
    ]
    return Table("How quiet it was", pd.DataFrame([_quiet(found) for found in analysis.disturbances]), notes)


def _quiet(found: Disturbance) -> dict[str, str]:
    return {
        "implementation": _name(found),
        "workload": found.workload,
        "rounds": f"{found.rounds:,}",
        "disturbed": UNKNOWN if found.disturbed is None else f"{found.disturbed / found.rounds:.1%}",
        "waited for a CPU": UNKNOWN if found.waited_share is None else f"{found.waited_share:.2%}",
        "involuntary switches a round": three_digits(found.switches_per_round)
        if found.switches_per_round is not None
        else UNKNOWN,
    }


def _name(found: Bias | Disturbance) -> str:
    return f"{found.implementation}, second copy" if found.copy else found.implementation


def _all(values: Iterable[Any]) -> str:
    return " or ".join(sorted({*values}))


def _worst(values: Iterable[float]) -> str:
    found = list(values)
    if not found:
        return NONE
    return f"{max(found):.1e}" if all(map(math.isfinite, found)) else UNDEFINED


def _most(values: Iterable[int | None], unit: float) -> str:
    known = [value for value in values if value is not None]
    return three_digits(max(known) / unit) if known else UNKNOWN


def _gained(used: Iterable[Usage | None]) -> str:
    """Resident memory over the epochs of all launches."""
    known = [one for one in used if one and one.resident_bytes_gained is not None]
    epochs = sum(one.epochs for one in known)
    return three_digits(sum(one.resident_bytes_gained or 0 for one in known) / epochs) if epochs else UNKNOWN


def _steal(analysis: Analysis) -> str:
    launches = analysis.record.launches
    stolen = [launch.steal_seconds for launch in launches if launch.steal_seconds is not None]
    return f"{sum(stolen):.2f} s" if len(stolen) == len(launches) else "an unknown time"


def _range(values: Iterable[Any]) -> str:
    found = list(values)
    if not found or None in found:
        return UNKNOWN
    low, high = (three_digits(end) for end in (min(found), max(found)))
    return low if low == high else f"{low} to {high}"
