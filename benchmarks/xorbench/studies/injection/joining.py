"""The finished blocks of the study of faults, joined to the data from which its table is made."""

from collections.abc import Sequence

from xorbench.affinity import allowed_cpus
from xorbench.record.studies import Data
from xorbench.studies.injection.blocks import Finished
from xorbench.studies.injection.records import Counts


def joined(seed: int, record_bytes: int, finished: Finished) -> Data:
    """Return the data of a study; kinds of faults of which no block is finished are left out."""
    data: Data = {"seed": seed, "cpus": len(allowed_cpus()), "record_bytes": record_bytes}
    for part in ("messages", "files"):
        if blocks := finished.of(part):
            data[part] = _kinds(blocks)
    if blocks := finished.of("large"):
        data["large"] = [one for block in blocks for one in block["commands"]]
    for part in ("mutations", "published"):
        if blocks := finished.of(part):
            counts = Counts()
            for block in blocks:
                counts.add(Counts.of(block))
            data[part] = counts.data
    for block in finished.of("guided"):
        data["guided"] = block
    if blocks := finished.of("cheats"):
        data["cheats"] = [one for block in blocks for one in block["cheats"]]
    if blocks := finished.of("real"):
        data |= _real(blocks)
    return data


def _kinds(blocks: Sequence[Data]) -> Data:
    """Return the numbers of faults by kind, what went wrong, the slowest one, and the memory that was gained in all."""
    kinds: dict[str, dict[str, int]] = {}
    for block in blocks:
        for kind, of_block in block["kinds"].items():
            of = kinds.setdefault(kind, dict.fromkeys(of_block, 0))
            for what, number in of_block.items():
                of[what] += number
    found: Data = {
        "kinds": kinds,
        "wrong": [what for block in blocks for what in block["wrong"]],
        "slowest_seconds": max(block["slowest_seconds"] for block in blocks),
    }
    gained = [block["gained_mib"] for block in blocks if "gained_mib" in block]
    return found | ({"gained_mib": round(sum(gained), 1)} if gained else {})


def _real(blocks: Sequence[Data]) -> Data:
    """Return what came of faults in real runs, which were not possible, and what their lasting drivers gained."""
    drivers: dict[str, list[Data]] = {}
    for block in blocks:
        for one in block["lasting"]:
            drivers.setdefault(one["driver"], []).append(one)
    lasting = [one for several in drivers.values() for one in several]
    return {
        "real": [block["happened"] for block in blocks if block["happened"]],
        "not_possible": {what: why for block in blocks for what, why in block["not_possible"].items()},
        "driver": {
            "memory_mib": [one["memory_mib"] for one in lasting],
            "descriptors": [one["descriptors"] for one in lasting],
            "drivers": len(drivers),
            "runs": [len(several) for several in drivers.values()],
        },
    }
