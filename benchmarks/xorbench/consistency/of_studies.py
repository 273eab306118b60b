"""Rules on what a study says of itself: date, machine, command, commit and texts. Its data are checked by its table."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import cast

from xorbench.consistency import call, identity, versions
from xorbench.record.checking import one_line
from xorbench.record.run import Record
from xorbench.record.studies import Study

MOST_TOLD = 5
"""The largest number of contradictions that are yielded."""


def contradictions(study: Study) -> Iterator[str]:
    """Yield the contradictions in a study, each with its place, in one line, and at most MOST_TOLD of them."""
    yield from map(one_line, islice((line for rule in RULES for line in rule(study)), MOST_TOLD))


def _as_of_records(rule: Callable[[Record], Iterator[str]]) -> Callable[[Study], Iterator[str]]:
    """Return a rule on records that looks only at what a study has too, as a rule on studies."""
    return lambda study: rule(cast("Record", study))


def command(study: Study) -> Iterator[str]:
    """The command is one call of the study, without the signs by which a shell would run something else."""
    words = call.words_of(study.command)
    modules = [f"{package}.studies.{study.study}" for package in ("xorbench", "benchmarks")]
    if words[:2] != ["python", "-m"] or words[2:3] not in ([each] for each in modules):
        yield f"$.command: {study.command[:100]!r}, expected one call of {modules[0]} without other commands"


def texts(study: Study) -> Iterator[str]:
    """Texts of the data have no characters that are not printed, except line breaks and tabulators."""
    left: list[tuple[str, object]] = [("$.data", study.data)]
    while left:  # no function calls itself, because data may be nested deeply
        place, part = left.pop()
        if isinstance(part, str):
            if not part.isprintable() and (bad := next(filter(_is_odd, part), None)):
                yield f"{place}: holds the character {bad!r}, expected printable ones"
        elif isinstance(part, dict):
            left += [(f"{place}.{key[:40]}", each) for key, value in part.items() for each in (key, value)]
        elif isinstance(part, list):
            left += [(f"{place}[{number}]", each) for number, each in enumerate(part)]


def _is_odd(character: str) -> bool:
    return not (character.isprintable() or character in "\t\n")


RULES: Sequence[Callable[[Study], Iterator[str]]] = (
    *map(_as_of_records, (identity.date, identity.machine, versions.commit)),
    command,
    texts,
)
