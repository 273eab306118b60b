"""The sentences under a table: where, with what, how much and when; and why a number is weak, if it is. Plain text."""

from collections import Counter

from xorbench.estimates import disturbance, timing_table
from xorbench.estimates.analysis import Analysis
from xorbench.record.settings import FEWEST_LAUNCHES
from xorbench.tables.cells import plain

LONGEST_PART = 500

MOST_STOLEN = 0.02


def caption(analysis: Analysis) -> str:
    """Machine, versions, threads, how much was measured, the noise floor of the whole run, date and command."""
    machine = analysis.record.machine
    parts = [
        f"{machine.cpu}, {_cpus(analysis)}, {machine.system}",
        f"Python {analysis.record.environment.versions['python']}, {_versions(analysis)}",
        *_threads(analysis),
        _amount(analysis),
        _noise(analysis),
        *_disturbed(analysis),
        analysis.record.created,
        f"{analysis.record.command}.",
    ]
    return "; ".join(plain(part, LONGEST_PART) for part in parts)


def weaknesses(analysis: Analysis) -> list[str]:
    """In plain sentences, why the numbers of this record are weaker than they could be, and what would mend it."""
    sentences = []
    launches = len(analysis.record.launches)
    if why := analysis.unfit:
        sentences.append(f"Unfit: {why}. Its ratios are not to be believed. Run it again on a quieter machine.")
    if analysis.record.timings and not analysis.by_cpu and analysis.threads == 1:
        sentences.append(
            "Rounds were timed by wall time, which other processes on the CPU lengthen. A newer run, on a system that "
            "tells CPU time, is not affected."
        )
    if (stolen := _stolen_share(analysis)) > MOST_STOLEN:
        sentences.append(
            f"Other virtual machines took the CPU for {stolen:.1%} of the launches' time (steal), which no clock here "
            "can subtract. Run it again at another time."
        )
    if (correlation := analysis.autocorrelation) and correlation.positive:
        sentences.append(
            f"Launches resemble the ones before them (lag-1 autocorrelation {correlation.value:.2f}, p = "
            f"{correlation.p:.3f}): the intervals are too narrow. Run it again when less else is going on."
        )
    if analysis.record.partial:
        sentences.append("The run was interrupted: this is what was finished. Run it again for the rest.")
    if launches < FEWEST_LAUNCHES:
        many = "one launch: there are no intervals" if launches == 1 else f"{launches} launches: the intervals are wide"
        budget = None if analysis.record.is_sweep else analysis.record.settings.budget_minutes
        more = f"--budget {2 * budget:.3g}" if budget else f"--launches {FEWEST_LAUNCHES}"
        sentences.append(f"Only {many}. Run with {more} for narrower ones.")
    if (resolution := analysis.record.settings.resolution) and (left := timing_table.unresolved(analysis, resolution)):
        names = ", ".join(f"{row.implementation} ({row.workload})" for row in left)
        sentences.append(f"Not known to {resolution * 100:.3g} %, nor clear of 1: {names}. Run with a larger --budget.")
    in_launches = [failure for failure in analysis.record.failures if failure.launch >= 0]
    lost = Counter(failure.implementation for failure in in_launches)
    first = {failure.implementation: failure.reason for failure in reversed(in_launches)}
    sentences += [
        f"{name} was lost in {count} of its processes: {first[name]}. What they had not handed in does not count."
        for name, count in lost.items()
    ]
    return sentences


def how_timed(analysis: Analysis) -> list[str]:
    """By which clock, and how the launches follow each other."""
    if not analysis.record.timings:
        return []
    clock = (
        "Times are CPU time, or wall time less waiting for a CPU where that is more."
        if analysis.by_cpu
        else "Times are wall time."
    )
    found = analysis.autocorrelation
    return [clock, *([f"Lag-1 autocorrelation of launches: {found.value:.2f} (p = {found.p:.2f})."] if found else [])]


def _stolen_share(analysis: Analysis) -> float:
    """The share of the launches' time in which others had the CPU, on average over CPUs; 0 where it is not known."""
    stolen = sum(launch.steal_seconds or 0.0 for launch in analysis.record.launches)
    seconds = analysis.threads * sum(launch.seconds for launch in analysis.record.launches)
    return stolen / seconds if seconds else 0.0


def together(analysis: Analysis, compared: int) -> str:
    """How the intervals of a table are meant."""
    percent = f"{analysis.record.plan.confidence * 100:.4g} %"
    return (
        f"The intervals of {compared} rows hold together with {percent} confidence; those whom it does not separate "
        "share a rank."
    )


def timed_on(analysis: Analysis) -> str:
    """How many CPUs the workers took turns on."""
    number = analysis.threads
    return "one CPU" if number == 1 else f"{number} CPUs"


def _cpus(analysis: Analysis) -> str:
    used = sorted({cpu for timing in analysis.record.timings for cpu in timing.ledger.cpus})
    return f"{len(used)} of {analysis.record.machine.cores} CPUs timed on"


def _versions(analysis: Analysis) -> str:
    """Of each framework, in ours and then in every other environment."""
    found: dict[str, dict[str, str]] = {"": {}}
    for i in analysis.record.implementations:
        if not i.missing and not i.broken:
            found.setdefault(i.interpreter or "", {})[i.framework] = i.version
    pythons = {label: versions["python"] for label, versions in analysis.record.environment.others.items()}
    texts = [
        ", ".join(f"{framework} {version}" for framework, version in frameworks.items())
        + (f" in {label} (Python {pythons[label]})" if label else "")
        for label, frameworks in found.items()
    ]
    return "; ".join(texts)


def _threads(analysis: Analysis) -> list[str]:
    """What the workers saw of themselves: the most threads alive, and the largest pool that threadpoolctl can see."""
    seen: dict[str, int] = {}
    pool = 0
    for timing in analysis.record.timings:
        name, ledger = timing.implementation, timing.ledger
        seen[name] = max(seen.get(name, 0), ledger.process_threads)
        pool = max([pool, *(p.threads for p in ledger.pools)])
    alive = ", ".join(f"{name} {count}" for name, count in seen.items())
    return [f"threads alive: {alive}, in the largest visible pool {pool}"] if seen else []


def _amount(analysis: Analysis) -> str:
    share = disturbance.share_in_turns(analysis)
    spent = f", {share:.0%} of {analysis.record.seconds.total:.0f} s in turns" if share else ""
    rounds = dict.fromkeys(launch.rounds for launch in analysis.record.launches)
    return f"{len(analysis.record.launches)} launches x {' or '.join(map(str, rounds))} rounds{spent}"


def _noise(analysis: Analysis) -> str:
    floor = analysis.noise_floor
    if floor is None or floor.low is None:
        return "no noise floor"
    second = analysis.second_control
    half = f"; second control {second.value:.4f}" if second else ""
    return f"noise floor (A/A) {floor.value:.4f}, {floor.low:.4f} to {floor.high:.4f}{half}"


def _disturbed(analysis: Analysis) -> list[str]:
    found = analysis.disturbances
    if not found:
        return []
    if any(d.disturbed is None for d in found):
        return ["disturbed rounds: unknown"]
    disturbed, all_ = sum(d.disturbed or 0 for d in found), sum(d.rounds for d in found)
    return [f"{disturbed / all_:.1%} of the rounds disturbed"]
