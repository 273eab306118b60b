"""Changed records, sent through everything that reads records: each reads them, or refuses them in one line."""

import functools
import json
import random
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar

from pydantic_core import from_json

from xorbench.consistency.rules import contradictions
from xorbench.estimates.analysis import Analysis
from xorbench.record import store
from xorbench.record.run import Record
from xorbench.record.studies import Data
from xorbench.studies.committed import newest_run
from xorbench.studies.injection import mutations, small_records
from xorbench.studies.injection.memory import peak_bytes
from xorbench.studies.injection.mutations import Base
from xorbench.studies.injection.readers import checked, read_or_refused, refusal, viewed
from xorbench.studies.injection.watching import SECONDS_AT_MOST, Hung, ended_after, named, watched

Value = TypeVar("Value")

SLOW_SECONDS = 5.0
"""The CPU time from which on the reading of a changed record by one command counts as a hang."""

MOST_TOLD = 20
"""The most different exceptions and files of which the data have an example."""


@dataclass
class Counts:
    """The numbers of changed records, by what came of them, and what went wrong with an example of each.

    `refused`, `accepted` and `shown` count records; shown are some of those that were accepted. `slowest` is the CPU
    time of one command in seconds, `slow` counts those above SLOW_SECONDS, and `memory` is the largest resident memory
    of a process in bytes.
    """

    refused: int = 0
    accepted: int = 0
    shown: int = 0
    slow: int = 0
    slowest: float = 0.0
    memory: int = 0
    wrong: Counter[str] = field(default_factory=Counter)
    touched: Counter[str] = field(default_factory=Counter)

    def timed(self, call: Callable[[], Value]) -> Value:
        """Make a call, note its CPU time, and return what it returns."""
        began = time.process_time()
        try:
            return call()
        finally:
            spent = time.process_time() - began
            self.slow += spent > SLOW_SECONDS
            self.slowest = max(self.slowest, spent)

    def add(self, other: "Counts") -> None:
        """Add the numbers of another batch."""
        self.refused += other.refused
        self.accepted += other.accepted
        self.shown += other.shown
        self.slow += other.slow
        self.slowest = max(self.slowest, other.slowest)
        self.memory = max(self.memory, other.memory)
        self.wrong += other.wrong
        self.touched += other.touched

    @staticmethod
    def of(block: Data) -> "Counts":
        """Return the numbers of a block from its data."""
        return Counts(**block | {name: Counter(block[name]) for name in ("wrong", "touched")})

    @property
    def block(self) -> Data:
        """All numbers as plain data, which `of` reads."""
        return vars(self) | {"wrong": {**self.wrong}, "touched": {**self.touched}}

    @property
    def data(self) -> Data:
        """The numbers for the data of the study."""
        return {
            "times": self.refused + self.accepted + sum(self.wrong.values()),
            "refused": self.refused,
            "accepted": self.accepted,
            "shown": self.shown,
            "slow": self.slow,
            "slowest_seconds": round(self.slowest, 3),
            "memory_mib": round(self.memory / 2**20),
            "wrong": dict(self.wrong.most_common(MOST_TOLD)),
            "touched": dict(self.touched.most_common(MOST_TOLD)),
        }


@dataclass(frozen=True)
class Share:
    """The shares of changed records: one in so many is changed in its text, one in so many accepted ones is shown."""

    in_text: int
    shown: int


def batch(text: str, seed: int, share: Share, numbers: range) -> Data:
    """Change a record once for each of `numbers`, and return the counts of what came of it, as plain data.

    It is called in a process of a pool, which watches what it does from then on.
    """
    found = Counts()
    with tempfile.TemporaryDirectory(prefix="faults-") as folder, watched(Path(folder), found.touched):
        base, unchanged = _base(text), Analysis(_record(text))
        path = store.path_of(unchanged.record, Path(folder))
        path.parent.mkdir()
        data = base.text.encode()
        for number in numbers:
            random_ = random.Random(f"{seed} {number}")
            content: object = None
            if number % share.in_text == 0:
                path.write_bytes(mutations.spoilt(random_, data))
            else:
                content = base.changed(mutations.drawn(random_), from_json(data))
            try:
                with ended_after(SECONDS_AT_MOST):
                    if content is None:
                        accepted = read_or_refused(path, unchanged, found.timed) is None
                        found.shown += accepted
                    else:
                        record = found.timed(partial(_read, content))
                        accepted = record is not None
                        if record is not None and (number + 1) % share.shown == 0:  # not those changed in their text
                            path.write_text(json.dumps(content), encoding="utf-8")
                            found.timed(partial(checked, path))
                            viewed(path, record, unchanged, found.timed)
                            found.shown += 1
            except (Exception, Hung) as error:  # noqa: BLE001  every one is counted
                found.wrong[named(error)] += 1
            else:
                found.accepted += accepted
                found.refused += not accepted
        found.memory = peak_bytes()
    return found.block


def batch_of_file(path: Path, seed: int, share: Share, numbers: range) -> Data:
    """Change the record in a file as `batch` does, and return the same."""
    return batch(path.read_text(encoding="utf-8"), seed, share, numbers)


@functools.lru_cache(maxsize=1)
def _base(text: str) -> Base:
    return Base.of(json.loads(text))


@functools.lru_cache(maxsize=1)
def _record(text: str) -> Record:
    return store.parsed(text)


def _read(content: object) -> Record | None:
    """Return the record with this content, None if it is refused. Raises AssertionError as `refusal` does."""
    found: list[Record] = []

    def consistent() -> None:
        record = store.of_json(content)
        for contradiction in contradictions(record):
            raise ValueError(contradiction)
        found.append(record)

    refusal(consistent)
    return found[0] if found else None


def smallest() -> str:
    """Return a record of at most 20 kB as JSON, cut from the newest committed run of epochs alone."""
    return Base.of(small_records.smallest(store.as_json(newest_run()))).text
