"""Rules on counts of instructions: which records have them, and which numbers are possible."""

from collections.abc import Iterator

from xorbench.clock import counting
from xorbench.record.run import Record
from xorbench.workloads import named

MOST_IN_AN_INSTRUCTION = 16
"""The most multiply-adds that one instruction of a processor does: single precision in 512 bits."""

TIMED = ("launches", "timings", "cold_starts", "products", "failures")
"""The lists that are empty in a record of counts."""


def kind(record: Record) -> Iterator[str]:
    """A record has counts exactly if that is its kind, and then nothing in it was timed."""
    if (record.counts is not None) != (record.kind == "count"):
        yield f"$.counts: {'none' if record.counts is None else 'there are some'} in a record of the kind {record.kind}"
    elif record.counts is not None:
        for name in TIMED:
            if getattr(record, name):
                yield f"$.{name}: not empty in a record of counts, in which nothing is timed"


def rows(record: Record) -> Iterator[str]:
    """Each row is there once, and is either counted or has a reason why not."""
    seen: set[tuple[str, str]] = set()
    for number, row in enumerate(record.counts.rows if record.counts else ()):
        place, key = f"$.counts.rows[{number}]", (row.implementation, row.workload)
        if key in seen:
            yield f"{place}: {row.implementation} on {row.workload} again, expected once"
        seen.add(key)
        if (row.short is None) != (row.long is None):
            yield f"{place}: one of two numbers of instructions, expected both or none"
        elif (row.short is None) != (row.reason is not None):
            yield f"{place}.reason: {'none' if row.reason is None else 'there is one'}, expected the other"


def possible(record: Record) -> Iterator[str]:
    """The longer training has more instructions, at least those of its matrix products."""
    counts = record.counts
    if counts is None:
        return
    if counts.long_epochs <= counts.short_epochs:
        yield f"$.counts.long_epochs: {counts.long_epochs}, expected more than {counts.short_epochs}"
        return
    lengths = (counts.short_epochs, counts.long_epochs)
    if lengths != (counting.SHORT, counting.LONG):
        yield f"$.counts: trainings of {lengths} epochs, expected {counting.SHORT} and {counting.LONG}"
    for number, row in enumerate(counts.rows):
        if row.times > counting.MOST or row.times & (row.times - 1):
            yield f"$.counts.rows[{number}].times: {row.times}, expected a power of two of at most {counting.MOST}"
        each = counts.per_epoch(row)
        if each is None:
            continue
        least = named(row.workload).multiply_adds / MOST_IN_AN_INSTRUCTION
        if each < least:
            yield (
                f"$.counts.rows[{number}]: {each:.3g} instructions an epoch, expected at least {least:.3g} for its "
                "products"
            )
    if counts.counted and not counts.features:
        yield "$.counts.features: none, expected those of the processor on which instructions were counted"


RULES = (kind, rows, possible)
