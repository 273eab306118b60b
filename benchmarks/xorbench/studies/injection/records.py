"""Changed records, sent through everything that reads records: each reads them, or refuses them in one line."""

import functools
import io
import json
import os
import random
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager, redirect_stdout
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import FrameType

from pydantic_core import from_json

from xorbench import api, places
from xorbench.cli import show
from xorbench.consistency.rules import contradictions, read
from xorbench.estimates import comparison, instructions
from xorbench.estimates.analysis import Analysis
from xorbench.estimates.measured_points import table
from xorbench.estimates.recommendation import ranking
from xorbench.exports import foreign
from xorbench.exports.document import document
from xorbench.exports.frames import load
from xorbench.publication.contribution import examined
from xorbench.record import store, studies
from xorbench.record.run import Record
from xorbench.record.studies import Data
from xorbench.studies.injection import mutations
from xorbench.studies.injection.memory import peak_bytes
from xorbench.studies.injection.mutations import Base
from xorbench.tables import changes, recommendation
from xorbench.tables.catalogue import tables
from xorbench.tables.formats import FORMATS
from xorbench.tables.summary import summary

LONGEST_LINE = 2_000
"""The number of characters up to which a message about a record counts as one line."""

SLOW_SECONDS = 5.0
"""The CPU time from which on the reading of a changed record counts as a hang."""

SECONDS_AT_MOST = 60
"""The time after which the reading of a changed record is ended."""

_PACKAGE = f"{Path(places.__file__).parent}{os.sep}"

MOST_TOLD = 20
"""The most different exceptions and files of which the data have an example."""


class Hung(BaseException):
    """Raised in a reader that has not ended within SECONDS_AT_MOST."""


def is_a_line(text: str, most: int = LONGEST_LINE) -> bool:
    """Return whether a message is one line of printable characters, shorter than `most`."""
    return len(text.splitlines()) == 1 and text.isprintable() and len(text) < most


def refusal(call: Callable[[], object]) -> str | None:
    """Return the message with which a call refuses a record, None if it does not.

    Raises AssertionError if the message is not one line, and whatever the call raises beside ValueError.
    """
    try:
        call()
    except ValueError as error:
        message = str(error)
    else:
        return None
    assert is_a_line(message), f"a message that is no line: {message[:200]!r}"
    return message


def shown(analysis: Analysis) -> None:
    """Print all that `show` can print, and what `run --json` prints."""
    with redirect_stdout(io.TextIOWrapper(io.BytesIO(), encoding="utf-8")):
        for width in (40, 80):
            show.lines(summary(analysis, width))
        found = tables(analysis)
        show.tables(found)
        for write in FORMATS.values():
            print(write(found))
        print(json.dumps(document(analysis), allow_nan=False))


def compared(before: Analysis, after: Analysis) -> None:
    """Write what `compare` prints."""
    notes = comparison.notes(before, after)
    if before.record.counts:
        found = instructions.changes(before.record, after.record)
        sections = changes.of_counts(found, [*notes, *instructions.notes(before.record, after.record)], 0.005, [])
    else:
        found = comparison.changes(before, after, 0.02)
        sections = changes.sections(found, notes, 0.02, [])
    comparison.failures(found, comparison.Limits(0.05, {}))
    "\n".join(changes.text(sections)).encode()
    changes.markdown(sections).encode()
    json.dumps([asdict(change) for change in found], allow_nan=False)


def recommended(analysis: Analysis, warm: bool) -> None:
    """Write what `recommend` prints."""
    "\n".join(recommendation.lines(ranking(table([analysis]), 4, 4, 1000, warm))).encode()


def viewed(path: Path, record: Record, unchanged: Analysis) -> None:
    """Send a record, which is in the file `path`, through all commands that show, compare or export it."""
    store.as_text(record)
    analysis = Analysis(record)
    shown(analysis)
    compared(unchanged, analysis)
    compared(analysis, unchanged)
    refusal(lambda: foreign.pytest_benchmark([analysis]))
    refusal(lambda: foreign.github_action_benchmark([analysis]))
    load(path)
    refusal(lambda: recommended(analysis, warm=False))
    refusal(lambda: recommended(analysis, warm=True))


def checked(path: Path) -> Sequence[str]:
    """Send a file through `check` and return its complaints.

    Raises AssertionError if a complaint or a mark is not one line with the path.
    """
    found = examined(path)
    for line in (*found.complaints, *found.marks):
        assert is_a_line(line), f"a complaint that is no line: {line[:200]!r}"
        assert line.startswith(str(path)), f"a complaint without the file: {line[:200]!r}"
    return found.complaints


def read_or_refused(path: Path, unchanged: Analysis) -> str | None:
    """Send a file through every command that reads records, and return the refusal of all, None if it is read.

    Raises AssertionError where they differ, or a refusal is not one line, and whatever a command raises that it must
    not.
    """
    checked(path)
    if told := refusal(lambda: read(path)):
        for call in (
            lambda: load(path),
            lambda: api.compare(path, path),
            lambda: api.recommend(4, 4, 10, records=[path]),
        ):
            assert refusal(call) == told, f"refused by one command only: {told}"
        return told
    viewed(path, read(path), unchanged)
    return None


@dataclass
class Counts:
    """The numbers of changed records, by what came of them, and what went wrong with an example of each.

    `refused`, `accepted` and `shown` count records; shown are some of those that were accepted. `slowest` is CPU time
    in seconds, `memory` the largest resident memory of a process in bytes.
    """

    refused: int = 0
    accepted: int = 0
    shown: int = 0
    slow: int = 0
    slowest: float = 0.0
    memory: int = 0
    wrong: Counter[str] = field(default_factory=Counter)
    touched: Counter[str] = field(default_factory=Counter)

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
    """Which of the changed records are changed in their text, and which of the accepted ones are shown: one in each."""

    in_text: int
    shown: int


def batch(text: str, seed: int, share: Share, numbers: range) -> Counts:
    """Change a record once for each of `numbers`, and return what came of it; it is called in a process of a pool."""
    found = Counts()
    with tempfile.TemporaryDirectory(prefix="faults-") as folder, _watched(Path(folder), found.touched):
        base, unchanged = _base(text), Analysis(_record(text))
        path = store.path_of(unchanged.record, Path(folder))
        path.parent.mkdir()
        data = base.text.encode()
        for number in numbers:
            random_ = random.Random(f"{seed} {number}")
            began = time.process_time()
            try:
                with _ended_after(SECONDS_AT_MOST):
                    if number % share.in_text == 0:
                        path.write_bytes(mutations.spoilt(random_, data))
                        accepted = read_or_refused(path, unchanged) is None
                        found.shown += accepted
                    else:
                        content = base.changed(mutations.drawn(random_), from_json(data))
                        record = _read(content)
                        accepted = record is not None
                        if record is not None and (number + 1) % share.shown == 0:  # not those changed in their text
                            path.write_text(json.dumps(content), encoding="utf-8")
                            checked(path)
                            viewed(path, record, unchanged)
                            found.shown += 1
            except (Exception, Hung) as error:  # noqa: BLE001  every one is counted
                found.wrong[_named(error)] += 1
            else:
                found.accepted += accepted
                found.refused += not accepted
            spent = time.process_time() - began
            found.slow += spent > SLOW_SECONDS
            found.slowest = max(found.slowest, spent)
        found.memory = peak_bytes()
    return found


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


def batches(cores: Executor, text: str, seed: int, number: int, share: Share, of_a_batch: int) -> Iterator[Counts]:
    """Change a record `number` times on all cores, and yield the counts so far after each batch."""
    found = Counts()
    ranges = [range(first, min(number, first + of_a_batch)) for first in range(0, number, of_a_batch)]
    for one in cores.map(functools.partial(batch, text, seed, share), ranges):
        found.add(one)
        yield found


def smallest() -> str:
    """Return a record of at most 20 kB as JSON, which is cut from the newest run in the results of this checkout."""
    for path in sorted(store.paths(places.results()), key=lambda path: path.name, reverse=True):
        record = store.read(path)
        if record.kind == "run" and not record.partial and not record.environment.others:
            return Base.of(mutations.smallest(store.as_json(record))).text
    raise ValueError("there is no complete run in results/, from which a small record could be cut")


def odd_files(folder: Path, text: bytes, number: int, seed: int) -> Data:
    """Read `number` faulty files as a record and as a study, and return how many were refused and what went wrong.

    They are changed anywhere, cut off, of random bytes, nested deeply, or no files at all.
    """
    random_ = random.Random(seed)
    path = folder / "odd.json"
    kinds: dict[str, dict[str, int]] = {}
    wrong: list[str] = []
    slowest = 0.0
    for place in range(number):
        kind = [*ODD_FILES][place % len(ODD_FILES)]
        ODD_FILES[kind](path, text, random_)
        began = time.monotonic()
        refused = False
        try:
            with _ended_after(SECONDS_AT_MOST):
                refused = _refused(lambda: read(path)) or _refused(lambda: checked(path))
                _refused(lambda: studies.read(path))
        except (Exception, Hung) as error:  # noqa: BLE001  every one is noted
            wrong.append(f"{kind}: {_named(error)}")
        slowest = max(slowest, time.monotonic() - began)
        of = kinds.setdefault(kind, {"times": 0, "refused": 0})
        of["times"] += 1
        of["refused"] += refused
        _remove(path)
    return {"kinds": kinds, "wrong": wrong, "slowest_seconds": slowest}


def _refused(call: Callable[[], object]) -> bool:
    """Return whether a call refuses a file: by a ValueError, by complaints, or by an OSError, which commands print."""
    complaints: list[object] = []

    def note() -> None:
        if isinstance(found := call(), Sequence):
            complaints.extend(found)

    try:
        return refusal(note) is not None or bool(complaints)
    except OSError:
        return True


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        path.rmdir()
    else:
        path.unlink(missing_ok=True)


def _repeated(path: Path, text: bytes, random_: random.Random) -> None:
    keys = [b'"created"', b'"partial"', b'"machine"', b'"timings"']
    key = random_.choice(keys)
    path.write_bytes(text.replace(key, key + b":null," + key, 1))


ODD_FILES: dict[str, Callable[[Path, bytes, random.Random], object]] = {
    "a file of random bytes": lambda path, _text, random_: path.write_bytes(
        random_.randbytes(random_.choice([1, 999]))
    ),
    "a file that is cut off": lambda path, text, random_: path.write_bytes(text[: random_.randrange(len(text))]),
    "a file that was changed anywhere": lambda path, text, random_: path.write_bytes(mutations.spoilt(random_, text)),
    "a file with a key twice": _repeated,
    "a file that is nested deeply": lambda path, _text, random_: path.write_bytes(
        random_.choice([b"[", b'{"a":']) * random_.choice([900, 100_000])
    ),
    "a file with numbers that are not finite": lambda path, text, random_: path.write_bytes(
        text.replace(b"0.0", random_.choice([b"NaN", b"Infinity", b"1e999"]))
    ),
    "an empty file": lambda path, _text, _random: path.write_bytes(b""),
    "a folder": lambda path, _text, _random: path.mkdir(),
    "a named pipe": lambda path, _text, _random: os.mkfifo(path),
    "a link to itself": lambda path, _text, _random: path.symlink_to(path),
    "a link to a device without an end": lambda path, _text, _random: path.symlink_to("/dev/zero"),
    "no file": lambda _path, _text, _random: None,
}
"""Functions that make a faulty file from the text of a record, by what it is."""


def _named(error: BaseException) -> str:
    """Return the type of an exception, its message, and the place in this package where it was raised, in one line."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename.startswith(_PACKAGE)]
    place = f"{Path(frames[-1].filename).name}, line {frames[-1].lineno}" if frames else "elsewhere"
    message = " ".join(str(error).split())[:100]
    return "".join(c if c.isprintable() else "?" for c in f"{type(error).__name__} in {place}: {message}")


@contextmanager
def _ended_after(seconds: float) -> Iterator[None]:
    """Raise Hung inside after so many seconds."""

    def end(_number: int, _frame: FrameType | None) -> None:
        raise Hung(f"no end within {seconds:.0f} s")

    before = signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


_watching: list[tuple[Path, Counter[str]]] = []
"""The folder in which files may be written, and where others are noted; empty where nothing is watched."""

_CHANGES = ("os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.chmod", "os.truncate")
_STARTS = ("subprocess.Popen", "os.exec", "os.fork", "os.posix_spawn", "os.system", "socket.connect", "socket.bind")


def _watch(event: str, arguments: tuple[object, ...]) -> None:
    if not _watching:
        return
    folder, touched = _watching[-1]
    if event in _STARTS:
        touched[event] += 1
    elif event in _CHANGES or (event == "open" and _writes(arguments)):
        path = arguments[0]
        if isinstance(path, (str, bytes, os.PathLike)):
            text = os.fsdecode(path)
            if text != os.devnull and not os.path.abspath(text).startswith(str(folder)):  # noqa: PTH100  no further calls
                touched[f"{event} {os.path.basename(text)}"] += 1  # noqa: PTH119


def _writes(arguments: Sequence[object]) -> bool:
    mode, flags = arguments[1], arguments[2]
    by_mode = isinstance(mode, str) and any(letter in mode for letter in "wax+")
    return by_mode or (isinstance(flags, int) and bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)))


@contextmanager
def _watched(folder: Path, touched: Counter[str]) -> Iterator[None]:
    """Count in `touched` what is written outside of a folder inside this context, and which processes are started.

    A hook stays in the process for good, so this is for processes of a pool.
    """
    global _hooked
    if not _hooked:
        sys.addaudithook(_watch)
        sys.dont_write_bytecode = True
        _hooked = True
    _watching.append((folder, touched))
    try:
        yield
    finally:
        _watching.pop()


_hooked = False
