"""The sentences under a table: where, with what, how much and when; and why a number is weak, if it is. Plain text."""

from collections import Counter

from benchmarks.clock.budget import FEWEST_LAUNCHES
from benchmarks.estimates import control, disturbance, rows
from benchmarks.estimates.axes import is_sweep
from benchmarks.records import Record
from benchmarks.tables.cells import plain

LONGEST_PART = 500


def caption(record: Record) -> str:
    """Machine, versions, threads, how much was measured, the noise floor of the whole run, date and command."""
    machine = record["machine"]
    parts = [
        f"{machine['cpu']}, {_cpus(record)}, {machine['system']}",
        f"Python {record['environment']['versions']['python']}, {_versions(record)}",
        *_threads(record),
        _amount(record),
        _noise(record),
        *_disturbed(record),
        record["created"],
        f"{record['command']}.",
    ]
    return "; ".join(plain(part, LONGEST_PART) for part in parts)


def weaknesses(record: Record) -> list[str]:
    """In plain sentences, why the numbers of this record are weaker than they could be, and what would mend it."""
    sentences = []
    launches = len(record["launches"])
    if why := control.unfit(record):
        sentences.append(f"Unfit: {why}. Ratios this close to 1 mean nothing. Run it again on a quieter machine.")
    if record["partial"]:
        sentences.append("The run was interrupted: this is what was finished. Run it again for the rest.")
    if launches < FEWEST_LAUNCHES:
        many = "one launch: there are no intervals" if launches == 1 else f"{launches} launches: the intervals are wide"
        budget = None if is_sweep(record) else record["settings"]["budget_minutes"]
        more = f"--budget {2 * budget:.3g}" if budget else f"--launches {FEWEST_LAUNCHES}"
        sentences.append(f"Only {many}. Run with {more} for narrower ones.")
    if (resolution := record["settings"]["resolution"]) and (left := rows.unresolved(record, resolution)):
        names = ", ".join(f"{row.implementation} ({row.workload})" for row in left)
        sentences.append(f"Not known to {resolution * 100:.3g} %, nor clear of 1: {names}. Run with a larger --budget.")
    lost = Counter(failure["implementation"] for failure in record["failures"] if failure["launch"] >= 0)
    sentences += [
        f"{name} was lost in {count} of its processes; what they had not handed in does not count."
        for name, count in lost.items()
    ]
    return sentences


def together(record: Record, compared: int) -> str:
    """How the intervals of a table are meant."""
    percent = f"{record['plan']['confidence'] * 100:.4g} %"
    return (
        f"The intervals of {compared} rows hold together with {percent} confidence; those whom it does not separate "
        "share a rank."
    )


def timed_on(record: Record) -> str:
    """How many CPUs the workers took turns on."""
    threads = record["settings"].get("threads", 1)
    return "one CPU" if threads == 1 else f"{threads} CPUs"


def _cpus(record: Record) -> str:
    used = sorted({cpu for timing in record["timings"] for cpu in timing["ledger"]["cpus"]})
    return f"{len(used)} of {record['machine']['cores']} CPUs timed on"


def _versions(record: Record) -> str:
    """Of each framework, in ours and then in every other environment."""
    found: dict[str, dict[str, str]] = {"": {}}
    for i in record["implementations"]:
        if not i["missing"] and not i["broken"]:
            found.setdefault(i.get("interpreter", ""), {})[i["framework"]] = i["version"]
    pythons = {label: versions["python"] for label, versions in record["environment"].get("others", {}).items()}
    texts = [
        ", ".join(f"{framework} {version}" for framework, version in frameworks.items())
        + (f" in {label} (Python {pythons[label]})" if label else "")
        for label, frameworks in found.items()
    ]
    return "; ".join(texts)


def _threads(record: Record) -> list[str]:
    """What the workers saw of themselves: the most threads alive, and the largest pool that threadpoolctl can see."""
    seen: dict[str, int] = {}
    pool = 0
    for timing in record["timings"]:
        name, ledger = timing["implementation"], timing["ledger"]
        seen[name] = max(seen.get(name, 0), ledger["process_threads"])
        pool = max([pool, *(p["threads"] for p in ledger["pools"])])
    alive = ", ".join(f"{name} {count}" for name, count in seen.items())
    return [f"threads alive: {alive}, in the largest visible pool {pool}"] if seen else []


def _amount(record: Record) -> str:
    share = disturbance.share_in_turns(record)
    spent = f", {share:.0%} of {record['seconds']['total']:.0f} s in turns" if share else ""
    return f"{len(record['launches'])} launches x {record['plan']['rounds']} rounds{spent}"


def _noise(record: Record) -> str:
    floor = control.noise_floor(record)
    if floor is None or floor.low is None:
        return "no noise floor"
    return f"noise floor (A/A) {floor.value:.4f}, {floor.low:.4f} to {floor.high:.4f}"


def _disturbed(record: Record) -> list[str]:
    found = disturbance.disturbances(record)
    if not found:
        return []
    if any(d.disturbed is None for d in found):
        return ["disturbed rounds: unknown"]
    disturbed, all_ = sum(d.disturbed or 0 for d in found), sum(d.rounds for d in found)
    return [f"{disturbed / all_:.1%} of the rounds disturbed"]
