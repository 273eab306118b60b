"""Table of the study of faults: what came of each fault, and what was lost by it."""

import statistics
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from xorbench.record.studies import Data
from xorbench.tables.cells import Table

COLUMNS = ("fault", "times injected", "outcome", "lost")

NOTHING = "nothing"

NO_FAULT = "no fault"
"""The name of an undisturbed run."""

WRONG = "NOT AS DOCUMENTED: "
"""The beginning of the outcome of a fault after which something was not as it should be."""

MOST_MEMORY_MIB = 1000
"""The target: the most memory of a command that reads a file, in MiB."""

SLOW_SECONDS = 5
"""The target: the longest time of reading a changed record."""

FLAT = 1.1
"""The target: the most memory of a driver after its last runs, as a multiple of that after its first ones."""

FEWEST_RUNS = 20
"""The fewest runs of one driver from which it is known whether its memory and its open files stay flat."""


def table_of(data: Data) -> Table:
    """Return the table of the study: a line for each fault and outcome."""
    lines = [*_real(data), *_of_kinds(data, "messages"), *_of_kinds(data, "files"), *_changed(data), *_large(data)]
    lines += [*_guided(data), *_cheats(data)]
    return Table("Faults, and what is lost by them", pd.DataFrame(lines, columns=COLUMNS), [*_notes(data)])


def not_as_documented(data: Data) -> list[str]:
    """Return a sentence for each kind of fault after which something was not as it should be, with how often."""
    real = Counter(f"{one['fault']}: {what}" for one in data.get("real", ()) for what in one["wrong"])
    found = [f"{what} ({times} times)" if times > 1 else what for what, times in real.items()]
    for part in ("messages", "files"):
        found += data.get(part, {}).get("wrong", ())
    for part, of in (("mutations", "changes of a small record"), ("published", "changes of published records")):
        about = data.get(part, {})
        found += [f"{of}: {what} ({times} times)" for what, times in about.get("wrong", {}).items()]
        found += [f"{of}: touched {what} ({times} times)" for what, times in about.get("touched", {}).items()]
        if about.get("slow"):
            found.append(f"{of}: {about['slow']} of them took over {SLOW_SECONDS} s")
    for one in data.get("large", ()):
        if one["traceback"] or one["memory_mib"] > MOST_MEMORY_MIB or one["code"] < 0:
            found.append(f"{one['command']} of {one['file']}: {one['memory_mib']:,} MiB, exit code {one['code']}")
    found += [sentence for gained in _gained(data.get("driver", {})) for sentence in gained.not_flat]
    if data.get("guided", {}).get("wrong"):
        found.append(f"inputs by coverage: {data['guided']['wrong'][-1]}")
    found += [
        f"{one['cheat']}: {one['verdict']}, {one['reason']}" for one in data.get("cheats", ()) if not one["right"]
    ]
    return found


Line = dict[str, str]


def _line(fault: str, times: int, outcome: str, lost: str = NOTHING) -> Line:
    return dict(zip(COLUMNS, (fault, f"{times:,}", outcome, lost), strict=True))


def _real(data: Data) -> Iterator[Line]:
    """Yield a line for each fault in real runs and what came of it, in the order of the faults' names."""
    found: dict[str, Counter[tuple[str, str]]] = {}
    for one in data.get("real", ()):
        if one["seconds"] is not None:
            outcome = f"{WRONG}{'; '.join(one['wrong'])}" if one["wrong"] else one["outcome"]
            found.setdefault(one["fault"], Counter())[outcome, one["lost"]] += 1
    for fault in sorted(found):
        for (outcome, lost), times in sorted(found[fault].items()):
            yield _line(fault, times, outcome, lost)


def _of_kinds(data: Data, part: str) -> Iterator[Line]:
    for kind, of in data.get(part, {}).get("kinds", {}).items():
        wrong = sum(what.startswith(f"{kind}: ") for what in data[part]["wrong"])
        valid = of["times"] - of["refused"] - wrong
        outcome = f"refused in one line: {of['refused']:,}; valid: {valid:,}"
        yield _line(kind, of["times"], f"{WRONG}{wrong:,}; {outcome}" if wrong else outcome)


def _changed(data: Data) -> Iterator[Line]:
    size = f"{data['record_bytes'] / 1000:.0f} kB" if "record_bytes" in data else ""
    for part, of in (("mutations", f"a change of a record of {size}"), ("published", "a change of a published record")):
        if part in data:
            about: Mapping[str, int] = data[part]
            outcome = f"refused in one line: {about['refused']:,}; read: {about['accepted']:,}"
            wrong = sum(data[part]["wrong"].values())
            yield _line(of, about["times"], f"{WRONG}exceptions: {wrong:,}; {outcome}" if wrong else outcome)


def _large(data: Data) -> Iterator[Line]:
    by_file: dict[str, list[Data]] = {}
    for one in data.get("large", ()):
        by_file.setdefault(one["file"], []).append(one)
    for file, several in by_file.items():
        memory = max(one["memory_mib"] for one in several)
        codes = ", ".join(f"{one['command']} {one['code']}" for one in several)
        outcome = f"at most {memory:,} MiB; exit codes: {codes}"
        bad = memory > MOST_MEMORY_MIB or any(one["traceback"] or one["code"] < 0 for one in several)
        yield _line(file, len(several), f"{WRONG}{outcome}" if bad else outcome)


def _guided(data: Data) -> Iterator[Line]:
    about = data.get("guided", {})
    if about and "missing" not in about:
        wrong = f"{WRONG}{about['wrong'][-1]}" if about["wrong"] else "read, or refused in one line"
        yield _line(f"inputs by coverage, {about['minutes']:g} min", about["executed"], wrong)


def _cheats(data: Data) -> Iterator[Line]:
    for one in data.get("cheats", ()):
        ratio = "" if one["ratio"] is None else f", ratio {one['ratio']:.3g}"
        outcome = {
            "refused": f"refused: {one['reason']}",
            "no gain": f"not refused, and nothing gained{ratio}",
            "beyond": f"NOT NOTICED{ratio}: see what cannot be checked",
        }[one["expected"]]
        shown = outcome if one["right"] else f"{WRONG}{one['verdict']}{ratio}, {one['reason'] or 'no reason'}"
        lost = "its own row" if one["reason"] else NOTHING
        yield _line(f"cheat: {one['does']}", 1, shown, lost)


def _notes(data: Data) -> Iterator[str]:
    yield f"Faults and their times were drawn with the seed {data['seed']}."
    all_ = [one for one in data.get("real", ()) if one["fault"] != NO_FAULT]
    real = [one for one in all_ if one["seconds"] is not None]
    if real:
        late = len(all_) - len(real)
        yield (
            f"{len(real):,} faults in real runs of two implementations, {data['driver']['drivers']} of whose drivers "
            "performed one run after the other; each at a random time of the run or, where it is a state of streams, "
            f"folders or limits, from its beginning; {late} more came after the end of the run. After each the exit "
            "code, the record, its rows, the output, and the processes and files that were left are held against the "
            "documentation."
        )
        yield from _lasting(data["driver"])
    yield from (f"Not possible here: {fault}: {why}." for fault, why in data.get("not_possible", {}).items())
    for part, of in (("mutations", "small record"), ("published", "published records")):
        if part in data:
            about = data[part]
            yield (
                f"Changes of the {of}: the slowest took {about['slowest_seconds']:.2f} s of CPU time, the target is at "
                f"most {SLOW_SECONDS} s; the most memory of a process was {about['memory_mib']:,} MiB; "
                f"{about['shown']:,} of the records that were read were also shown, compared and exported in every "
                f"form; files touched outside the output: {sum(about['touched'].values())}."
            )
    if "messages" in data:
        about = data["messages"]
        yield (
            f"Messages: the slowest took {about['slowest_seconds']:.2f} s, and the driver's memory grew by "
            f"{about['gained_mib']:g} MiB over all of them."
        )
    if "missing" in data.get("guided", {}):
        yield f"No inputs by coverage: {data['guided']['missing']}."
    wrong = not_as_documented(data)
    yield f"Not as documented: {len(wrong)}{': ' if wrong else ''}{'; '.join(wrong)}."


@dataclass(frozen=True)
class _Gained:
    """The memory in MiB and the open files of a driver after the first and the last tenth of its `runs`, as medians."""

    runs: int
    first_memory: float
    last_memory: float
    first_files: float
    last_files: float

    @property
    def not_flat(self) -> Iterator[str]:
        """Sentences about memory and open files that have grown over many runs."""
        if self.runs >= FEWEST_RUNS:
            if self.last_memory > FLAT * self.first_memory:
                yield f"the memory of a driver grew from {self.first_memory:.0f} to {self.last_memory:.0f} MiB"
            if self.last_files > self.first_files:
                yield f"the open files of a driver grew from {self.first_files:g} to {self.last_files:g}"


def _gained(driver: Data) -> Iterator[_Gained]:
    """Yield what each driver that performed several runs had gained at their end."""
    memory, files = driver.get("memory_mib", []), driver.get("descriptors", [])
    first = 0
    for runs in driver.get("runs", [len(memory)]):
        if runs > 1:
            many = max(1, runs // 10)
            ends = [values[first:][:runs] for values in (memory, files)]
            medians = [statistics.median(part) for values in ends for part in (values[:many], values[-many:])]
            yield _Gained(runs, *medians)
        first += runs


def _lasting(driver: Data) -> Iterator[str]:
    for gained in _gained(driver):
        yield (
            f"A driver that performed {gained.runs} runs had {gained.first_memory:.0f} MiB of memory and "
            f"{gained.first_files:g} open files after the first tenth of them, and {gained.last_memory:.0f} MiB and "
            f"{gained.last_files:g} after the last tenth (medians)."
        )
