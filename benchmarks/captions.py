"""The sentences under a table: where, with what, how much and when; and why a number is weak, if it is."""

from collections import Counter

from benchmarks import ratios
from benchmarks.records import Record

ENOUGH_LAUNCHES = 10


def caption(record: Record) -> str:
    """Machine, versions, threads, how much was measured, the noise floor of the whole run, date and command."""
    machine, settings = record["machine"], record["settings"]
    return "; ".join(
        [
            f"{machine['cpu']}, {_cpus(record)}, {machine['system']}",
            f"Python {record['environment']['versions']['python']}, {_versions(record)}",
            *_threads(record),
            f"{settings['launches']} launches x {settings['rounds']} rounds",
            _noise(record),
            record["created"],
            f"`{record['command']}`.",
        ]
    )


def weaknesses(record: Record) -> list[str]:
    """In plain sentences, why the numbers of this record are weaker than they could be, and what would mend it."""
    sentences = []
    launches = record["settings"]["launches"]
    floor = ratios.noise_floor(record)
    if record["partial"]:
        sentences.append("The run was interrupted: this is what was finished. Run it again for the rest.")
    if launches < ENOUGH_LAUNCHES:
        many = "one launch" if launches == 1 else f"{launches} launches"
        sentences.append(f"Only {many}: the intervals are wide, or none. Run with --launches 20 for narrower ones.")
    if floor and floor.verdict in ("slower", "faster"):
        sentences.append(
            "The baseline and its second copy came out different: something disturbed this run, and ratios this close "
            "to 1 mean nothing. Run it again on a quieter machine."
        )
    lost = Counter(failure["implementation"] for failure in record["failures"] if failure["launch"] >= 0)
    sentences += [f"{name} was lost in {count} of its launches, which do not count." for name, count in lost.items()]
    return sentences


def _cpus(record: Record) -> str:
    used = sorted({cpu for timing in record["timings"] for cpu in timing["observed"]["cpus"]})
    return f"{len(used)} of {record['machine']['cores']} CPUs used"


def _versions(record: Record) -> str:
    found = {i["framework"]: i["version"] for i in record["implementations"] if not i["missing"] and not i["broken"]}
    return ", ".join(f"{framework} {version}" for framework, version in found.items())


def _threads(record: Record) -> list[str]:
    """What the workers saw of themselves: the most threads alive, and the largest pool that threadpoolctl can see."""
    seen: dict[str, int] = {}
    pool = 0
    for timing in record["timings"]:
        name, observed = timing["implementation"], timing["observed"]
        seen[name] = max(seen.get(name, 0), observed["process_threads"])
        pool = max([pool, *(p["threads"] for p in observed["pools"])])
    alive = ", ".join(f"{name} {count}" for name, count in seen.items())
    return [f"threads alive: {alive}, in the largest visible pool {pool}"] if seen else []


def _noise(record: Record) -> str:
    floor = ratios.noise_floor(record)
    if floor is None or floor.low is None:
        return "no noise floor"
    return f"noise floor (A/A) {floor.ratio:.4f}, {floor.low:.4f} to {floor.high:.4f}"
