"""Sentences about a record, as plain text: how it was measured, and what limits the precision of its numbers."""

from collections import Counter

from xorbench.estimates import disturbance, timing_table
from xorbench.estimates.analysis import Analysis
from xorbench.record.settings import FEWEST_LAUNCHES
from xorbench.tables.cells import LONGEST_SENTENCE, plain

LONGEST_PART = 500

MOST_STOLEN = 0.02


def caption(analysis: Analysis) -> str:
    """Return the caption of a record: machine, versions, threads, amount of data, noise floor, date and command."""
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
    return plain("; ".join(plain(part, LONGEST_PART) for part in parts), LONGEST_SENTENCE)


def weaknesses(analysis: Analysis) -> list[str]:
    """Return sentences that name the weaknesses of the numbers of a record, each with its remedy; [] if it has none."""
    sentences = []
    launches = len(analysis.record.launches)
    if why := analysis.unfit:
        sentences.append(f"Unfit: {why}. The ratios of this run are not reliable. Run it again on a quieter machine.")
    if analysis.record.timings and not analysis.by_cpu and analysis.threads == 1:
        sentences.append(
            "Rounds were timed by wall time, which other processes on the CPU lengthen. Run it again on a system that "
            "reports CPU time."
        )
    if (stolen := _stolen_share(analysis)) > MOST_STOLEN:
        sentences.append(
            f"Other virtual machines used the CPU for {stolen:.1%} of the time of the launches (steal), which cannot "
            "be subtracted from the times. Run it again at another time."
        )
    if (correlation := analysis.autocorrelation) and correlation.positive:
        sentences.append(
            f"Successive launches are correlated (lag-1 autocorrelation {correlation.value:.2f}, p = "
            f"{correlation.p:.3f}): the intervals are too narrow. Run it again when the machine is less busy."
        )
    if analysis.record.partial:
        sentences.append("The run was interrupted: only finished launches are shown. Run it again for the others.")
    if launches < FEWEST_LAUNCHES:
        many = "one launch: there are no intervals" if launches == 1 else f"{launches} launches: the intervals are wide"
        budget = None if analysis.record.is_sweep else analysis.record.settings.budget_minutes
        more = f"--budget {2 * budget:.3g}" if budget else f"--launches {FEWEST_LAUNCHES}"
        sentences.append(f"Only {many}. Run with {more} for narrower intervals.")
    if (resolution := analysis.record.settings.resolution) and (left := timing_table.unresolved(analysis, resolution)):
        names = ", ".join(f"{row.implementation} ({row.workload})" for row in left)
        sentences.append(
            f"The interval is wider than {resolution * 100:.3g} % and contains 1: {names}. Run with a larger --budget."
        )
    in_launches = [failure for failure in analysis.record.failures if failure.launch >= 0]
    lost = Counter(failure.implementation for failure in in_launches)
    first = {failure.implementation: failure.reason for failure in reversed(in_launches)}
    sentences += [
        f"{name} failed in {count} of its processes: {first[name]}. Only rounds that were finished before are counted."
        for name, count in lost.items()
    ]
    return sentences


def how_timed(analysis: Analysis) -> list[str]:
    """Return sentences on the clock of a record and the autocorrelation of its launches; [] if nothing was timed."""
    if not analysis.record.timings:
        return []
    clock = (
        "Times are CPU time, or wall time minus waiting for a CPU, whichever is longer."
        if analysis.by_cpu
        else "Times are wall time."
    )
    found = analysis.autocorrelation
    return [clock, *([f"Lag-1 autocorrelation of launches: {found.value:.2f} (p = {found.p:.2f})."] if found else [])]


def _stolen_share(analysis: Analysis) -> float:
    """Return the share of the time of the launches in which other virtual machines used the CPU; 0 if not known.

    It is the mean over the CPUs of the run.
    """
    stolen = sum(launch.steal_seconds or 0.0 for launch in analysis.record.launches)
    seconds = analysis.threads * sum(launch.seconds for launch in analysis.record.launches)
    return stolen / seconds if seconds else 0.0


def together(analysis: Analysis, compared: int) -> str:
    """Return the sentence on the simultaneous intervals of a table with `compared` rows."""
    percent = f"{analysis.record.plan.confidence * 100:.4g} %"
    return (
        f"Simultaneous {percent} confidence intervals (Bonferroni, {compared} row{'s' * (compared != 1)}); rows that "
        "are not separated share a rank."
    )


def timed_on(analysis: Analysis) -> str:
    """Return the number of CPUs on which the workers took turns, in words."""
    number = analysis.threads
    return "one CPU" if number == 1 else f"{number} CPUs"


def _cpus(analysis: Analysis) -> str:
    used = sorted({cpu for timing in analysis.record.timings for cpu in timing.ledger.cpus})
    return f"{len(used)} of {analysis.record.machine.cores} CPUs used for timing"


def _versions(analysis: Analysis) -> str:
    """Return the version of each framework, in this environment and then in every other one."""
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
    """Return the most operating-system threads of each process, and the size of the largest thread pool of all.

    Only thread pools that threadpoolctl recognises are known.
    """
    seen: dict[str, int] = {}
    pool = 0
    for timing in analysis.record.timings:
        name, ledger = timing.implementation, timing.ledger
        seen[name] = max(seen.get(name, 0), ledger.process_threads)
        pool = max([pool, *(p.threads for p in ledger.pools)])
    alive = ", ".join(f"{name} {count}" for name, count in seen.items())
    return [f"operating-system threads: {alive}; threads in the largest thread pool: {pool}"] if seen else []


def _amount(analysis: Analysis) -> str:
    share = disturbance.share_in_turns(analysis)
    spent = f"; turns took {share:.0%} of {analysis.record.seconds.total:,.0f} s" if share else ""
    rounds = dict.fromkeys(launch.rounds for launch in analysis.record.launches)
    return f"{len(analysis.record.launches)} launches x {' or '.join(map(str, rounds))} rounds{spent}"


def _noise(analysis: Analysis) -> str:
    floor = analysis.noise_floor
    if floor is None or floor.low is None:
        return "no noise floor"
    second = analysis.second_control
    half = f"; second A/A control (short against long rounds) {second.value:.4f}" if second else ""
    return f"noise floor (A/A) {floor.value:.4f}, interval {floor.low:.4f} to {floor.high:.4f}{half}"


def _disturbed(analysis: Analysis) -> list[str]:
    found = analysis.disturbances
    if not found:
        return []
    if any(d.disturbed is None for d in found):
        return ["share of disturbed rounds unknown"]
    disturbed, all_ = sum(d.disturbed or 0 for d in found), sum(d.rounds for d in found)
    return [f"{disturbed / all_:.1%} of the rounds disturbed"]
