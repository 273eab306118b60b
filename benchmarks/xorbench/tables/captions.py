"""Sentences about a record, as plain text: on what, how and how undisturbed it was measured."""

from xorbench.estimates import disturbance
from xorbench.estimates.analysis import Analysis
from xorbench.tables.cells import LONGEST_SENTENCE, between, plain, rounded
from xorbench.tables.weaknesses import disturbed_share, marks

LONGEST_PART = 500


def caption(analysis: Analysis) -> str:
    """Return the caption of a record: machine, versions, threads, amount of data, noise floor, date and command."""
    machine, counts = analysis.record.machine, analysis.record.counts
    of_times = [_cpus(analysis), *_threads(analysis), _amount(analysis), _noise(analysis), *_disturbed(analysis)]
    cpus, *measured = ["1 CPU", f"Callgrind of valgrind {counts.valgrind}"] if counts else of_times
    parts = [
        f"{machine.cpu}, {cpus}, {machine.system}",
        f"Python {analysis.record.environment.versions['python']}, {_versions(analysis)}",
        *measured,
        *([f"marked: {', '.join(found)}"] if (found := marks(analysis)) else []),
        analysis.record.created,
        f"{analysis.record.command}.",
    ]
    return plain("; ".join(plain(part, LONGEST_PART) for part in parts), LONGEST_SENTENCE)


def noise(analysis: Analysis, name: str) -> str:
    """Return one sentence on the noise: the baseline, called `name`, against its second copy, and the worst end."""
    floor, furthest = analysis.noise_floor, most_off(analysis)
    if floor is None or furthest is None:
        return f"{name} was not timed against itself in two launches, so that the noise is unknown."
    return f"{name} against itself {between(floor)}, at most {furthest} off."


def most_off(analysis: Analysis) -> str | None:
    """Return how far the noise floor is from 1 at its worst end, as a percentage; None if it is not known."""
    floor = analysis.noise_floor
    if floor is None or floor.low is None or floor.high is None:
        return None
    return f"{two_digits(100 * max(abs(1 - floor.low), abs(floor.high - 1)))} %"


def two_digits(value: float) -> str:
    """Return a positive number with two significant digits, without a power of ten below a million."""
    return rounded(float(f"{value:.1e}"), max(0, 1 - int(f"{value:.1e}".partition("e")[2])))


def how_timed(analysis: Analysis) -> list[str]:
    """Return sentences on the clock of a record and the autocorrelation of its launches; [] if nothing was timed."""
    if not analysis.timings:
        return []
    clock = (
        "Times are CPU time, or wall time minus waiting for a CPU, whichever is longer."
        if analysis.by_cpu
        else "Times are wall time."
    )
    found = analysis.autocorrelation
    return [clock, *([f"Lag-1 autocorrelation of launches: {found.value:.2f} (p = {found.p:.2f})."] if found else [])]


def together(analysis: Analysis, compared: int) -> str:
    """Return the sentence on the simultaneous intervals of a table with `compared` rows."""
    percent = f"{analysis.record.plan.confidence * 100:.4g} %"
    return (
        f"Simultaneous {percent} confidence intervals (Bonferroni, {compared} row{'s' * (compared != 1)}); rows that "
        "cannot be told apart share a rank."
    )


def timed_on(analysis: Analysis) -> str:
    """Return the number of CPUs on which the workers took turns, in words."""
    number = analysis.threads
    return "one CPU" if number == 1 else f"{number} CPUs"


def _cpus(analysis: Analysis) -> str:
    used = sorted({cpu for timing in analysis.timings for cpu in timing.ledger.cpus})
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
    for timing in analysis.timings:
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
    half = f"; second A/A control (short against long rounds) {between(second)}" if second else ""
    return f"noise floor (A/A) {between(floor)}{half}"


def _disturbed(analysis: Analysis) -> list[str]:
    if not analysis.disturbances:
        return []
    share = disturbed_share(analysis)
    return ["share of disturbed rounds unknown" if share is None else f"{share:.1%} of the rounds disturbed"]
