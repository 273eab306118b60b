"""The outcome of a fault in a real run: exit code, record, rows and output, compared with the documentation."""

import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from xorbench.consistency.rules import read
from xorbench.environment import without_folders
from xorbench.record.run import Record
from xorbench.studies.injection.drivers import ROWS, VICTIM, Place, Started
from xorbench.studies.injection.run_faults import DRIVER, Fault

SECONDS_AT_MOST = 420.0
"""The time in which a run must end, whatever happens; the longest deadline of the suite is that of the judge, 300 s."""


@dataclass(frozen=True)
class Happened:
    """The outcome of a fault in words, what was lost by it, and what differs from the documentation.

    `seconds` is the time between the start of the run and the fault; None where the run had ended before.
    """

    fault: str
    seconds: float | None
    outcome: str
    lost: str = "nothing"
    wrong: Sequence[str] = ()


@dataclass
class Found:
    """The results of a run: its exit code, the texts of its output, and its record or why there is none."""

    code: int | None
    text: str
    record: Record | None = None
    elsewhere: bool = False
    wrong: list[str] = field(default_factory=list)

    @property
    def lost(self) -> list[tuple[str, bool, int]]:
        """The rows of finished launches that have no time or broke a rule: implementation, second copy, launch."""
        if self.record is None:
            return []
        kept = {(t.implementation, t.copy, t.launch) for t in self.record.timings if not t.violations}
        return [(*row, n) for n in range(len(self.record.launches)) for row in ROWS if (*row, n) not in kept]


def found(place: Place, code: int | None) -> Found:
    """Return what a run left in its folders."""
    texts = [place.root / name for name in ("out.txt", "err.txt")]
    of = Found(code, "\n".join(path.read_text(errors="replace") for path in texts if path.is_file()))
    there = [*place.output.glob("*/*.json")] if place.output.is_dir() else []
    others = [path for path in place.root.rglob("*Z.json") if path not in there]
    of.elsewhere = bool(others) and not there
    for path in (*there, *others):
        try:
            of.record = read(path)
        except (OSError, ValueError) as error:
            of.wrong.append(f"an invalid record: {without_folders(str(error))}"[:300])
    if "Traceback (most recent call last)" in of.text:
        of.wrong.append(f"a traceback: {without_folders(of.text.strip().splitlines()[-1])}"[:300])
    return of


def finished_launches(text: str) -> int:
    """Return how many launches had ended for certain when a run ended, from the progress that it printed."""
    lines = [line for line in text.splitlines() if line.startswith("launches: ")]
    return max(0, len(lines) - 2)  # the first is printed at the beginning; the last launch may not be noted yet


def judged(fault: Fault, of: Found, resumed: Callable[[], Found], target: Started | None) -> tuple[str, str, list[str]]:
    """Return the outcome of a fault in words, what was lost, and what is not as it should be."""
    wrong = [*of.wrong]
    if of.code is None:
        return f"no end within {SECONDS_AT_MOST:.0f} s", "everything", [*wrong, "it did not end"]
    complete = of.record is not None and not of.record.partial and not of.elsewhere
    if of.code not in fault.codes and not (of.code == 0 and complete):
        wrong.append(f"exit code {of.code}, expected {' or '.join(map(str, fault.codes))}")
    if of.record is None:
        outcome, lost, more = _without_record(fault, of, resumed)
        return outcome, lost, wrong + more
    lost, more = _rows_lost(fault, of, target)
    wrong += more
    if of.record.partial:
        if len(of.record.launches) < finished_launches(of.text):
            wrong.append("a finished launch is not in the record")
        return f"partial record of the finished launches, exit code {of.code}", lost, wrong
    if of.code == 0 and of.lost:
        wrong.append("exit code 0, although rows were lost")
    where = " in another folder" if of.elsewhere else ""
    return f"complete record{where}, exit code {of.code}", lost, wrong


def _without_record(fault: Fault, of: Found, resumed: Callable[[], Found]) -> tuple[str, str, list[str]]:
    finished = finished_launches(of.text)
    if of.code in (-signal.SIGKILL, 3) or finished:
        again = resumed()
        if again.record is not None and not again.record.partial and not again.wrong:
            return f"continued by run --resume after exit code {of.code}", "nothing", []
    if not finished and of.code in fault.codes:
        return f"ended before a launch was finished, exit code {of.code}", "nothing that was finished", []
    return f"no record, exit code {of.code}", "everything", ["no record, and nothing to resume"]


def _rows_lost(fault: Fault, of: Found, target: Started | None) -> tuple[str, list[str]]:
    lost = of.lost
    if not lost:
        return "nothing", []
    names = {name for name, _, _ in lost}
    launches = len({launch for _, _, launch in lost})
    many = "one launch" if launches == 1 else f"{launches} launches"
    if len(names) == 1 and fault.own:
        expected = VICTIM if fault.during == DRIVER else target.implementation if target else None
        wrong = [f"rows of {name} were lost, expected {expected}" for name in names if expected not in (None, name)]
        return f"its own row in {many}", wrong
    what = f"all rows in {many}" if len(lost) == launches * len(ROWS) else f"{len(lost)} rows in {many}"
    return what, [] if fault.every else [f"rows of {' and '.join(sorted(names))} were lost"]
