"""Tables of the conditions of a measurement: order effects, the fairness ledger, machine noise."""

import math
from collections.abc import Iterable

import pandas as pd

from xorbench.contract import REFERENCE
from xorbench.estimates.analysis import Analysis
from xorbench.estimates.disturbance import WAITED, Disturbance
from xorbench.estimates.order_effects import Bias
from xorbench.record.timing import PROFILED_EPOCHS, Timing, Usage
from xorbench.tables.captions import timed_on
from xorbench.tables.cells import NONE, UNDEFINED, UNKNOWN, Table, three_digits, with_ends


def order(analysis: Analysis) -> Table:
    """Return the table of order effects: whether the order of turns within a round changed the ratios."""
    notes = [
        "Turns follow balanced Latin squares. Order effect: the ratio in the rounds where the row came before the "
        "baseline, over the ratio in those where it came after the baseline; each half also has its own verdict. "
        "Carry-over: the time in a turn directly after the implementation in the last column, over the time after "
        "any other; the largest is shown. Both are 1 if order has no effect."
    ]
    return Table("Order effects", pd.DataFrame(map(_bias, analysis.order_effects), dtype=object), notes)


def _bias(bias: Bias) -> dict[str, str]:
    value, ends = with_ends(bias.order)
    carried, its_ends = with_ends(bias.carry_over)
    return {
        "implementation": _name(bias),
        "workload": bias.workload,
        "order effect": value,
        "95 % interval": ends,
        "verdict before the baseline": bias.verdict_before,
        "verdict after the baseline": bias.verdict_after,
        "carry-over": carried,
        "95 % interval of carry-over": its_ends,
        "after": bias.after or NONE,
    }


def ledger(analysis: Analysis) -> Table:
    """Return the fairness ledger: what each worker observed of its own process, the worst over all launches."""
    groups: dict[tuple[str, str], list[Timing]] = {}
    for timing in analysis.timings:
        groups.setdefault((timing.implementation, timing.workload), []).append(timing)
    lines = []
    for (implementation, workload), found in groups.items():
        ledgers, used = [timing.ledger for timing in found], [timing.usage for timing in found]
        lines.append(
            {
                "implementation": implementation,
                "workload": workload,
                "initial parameters": ", ".join(sorted({one.parameters_sha256[:8] for one in ledgers})),
                "dtypes of gradient, result": _all(f"{one.gradient_dtype}, {one.result_dtype}" for one in ledgers),
                "epochs per round": _all(f"{max(timing.epochs):,}" for timing in found),
                "rounds compared": f"{sum(timing.compared_rounds for timing in found):,}",
                "end-state error": _worst(end.off_course for timing in found for end in timing.ends),
                "Python calls": _all(str(one.entered_later) for one in ledgers),
                "unsynchronised, µs": _most((one.late_nanoseconds for one in ledgers), 1e3),
                "OS threads": str(max(one.process_threads for one in ledgers)),
                "largest thread pool": str(max((pool.threads for one in ledgers for pool in one.pools), default=0)),
                "memory growth, bytes per epoch": _gained(used),
                "environment variables": _all(" ".join(one.variables) or "none" for one in ledgers),
                "rules": "broken" if any(timing.violations for timing in found) else "kept",
            }
        )
    notes = [
        "Observed in every launch; the worst is shown, except for the growth of memory, which is the mean. A row that "
        "breaks a rule is refused. Initial parameters: the first digits of the SHA-256 of the workload's initial "
        "parameters after conversion to the framework and back; every round starts from other parameters, drawn from a "
        f"seed. Rounds compared: those whose end state was compared with that of {REFERENCE} from the same start after "
        "as many epochs. End-state error: the largest difference between the two, as a fraction of the distance from "
        f"start to end. Python calls: calls of the file's own functions in {PROFILED_EPOCHS} epochs, 0 if the loop is "
        "compiled. Unsynchronised: how much longer it took to read a result than to read one that was already "
        "complete, or the CPU time that other threads used until it was read if that is more; the lower quartile of "
        "the rounds of a launch. OS threads: operating-system threads of the process. Largest thread pool: its number "
        "of threads. Memory growth: resident memory gained after the first two rounds of a launch. Environment "
        "variables: those set by the file or its framework; a worker has no others. All rows took turns on "
        f"{timed_on(analysis)}, with garbage collection off during rounds. The ledger detects mistakes, not deliberate "
        "deception."
    ]
    return Table("Fairness ledger", pd.DataFrame(lines), notes)


def quietness(analysis: Analysis) -> Table:
    """Return the table of machine noise: how much other processes disturbed the rounds."""
    notes = [
        f"A round is disturbed if its process waited for a CPU for more than {WAITED:.0%} of its wall time. Disturbed "
        "rounds are counted, and never dropped. During the launches, the CPUs used for timing lost "
        f"{_steal(analysis)} to other virtual machines; "
        f"the load average was {_range(launch.load_1_minute for launch in analysis.record.launches)}, "
        f"the CPU frequency {_range(launch.megahertz for launch in analysis.record.launches)} MHz."
    ]
    return Table("Machine noise", pd.DataFrame([_quiet(found) for found in analysis.disturbances]), notes)


def _quiet(found: Disturbance) -> dict[str, str]:
    return {
        "implementation": _name(found),
        "workload": found.workload,
        "rounds": f"{found.rounds:,}",
        "disturbed rounds": UNKNOWN if found.disturbed is None else f"{found.disturbed / found.rounds:.1%}",
        "time waiting for a CPU": UNKNOWN if found.waited_share is None else f"{found.waited_share:.2%}",
        "involuntary context switches per round": three_digits(found.switches_per_round)
        if found.switches_per_round is not None
        else UNKNOWN,
    }


def _name(found: Bias | Disturbance) -> str:
    return f"{found.implementation}, second copy" if found.copy else found.implementation


def _all(values: Iterable[str]) -> str:
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
    """Return the growth of resident memory in bytes per epoch over all launches; UNKNOWN if not known."""
    known = [one for one in used if one and one.resident_bytes_gained is not None]
    epochs = sum(one.epochs for one in known)
    return three_digits(sum(one.resident_bytes_gained or 0 for one in known) / epochs) if epochs else UNKNOWN


def _steal(analysis: Analysis) -> str:
    launches = analysis.record.launches
    stolen = [launch.steal_seconds for launch in launches if launch.steal_seconds is not None]
    return f"{sum(stolen):.2f} s" if len(stolen) == len(launches) else "an unknown time"


def _range(values: Iterable[float | None]) -> str:
    """Return the smallest and the largest of `values` as text; unknown if one is not known, or there is none."""
    found = list(values)
    known = [value for value in found if value is not None]
    if not known or len(known) < len(found):
        return UNKNOWN
    low, high = (three_digits(end) for end in (min(known), max(known)))
    return low if low == high else f"{low} to {high}"
