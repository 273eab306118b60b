"""The verdict of the judge on each file, one line a file, as text for a terminal and as a table."""

import textwrap
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from xorbench.contract import REFERENCE
from xorbench.record.report import (
    FAILED,
    INSIDE,
    MISSING,
    NO_FAILURES,
    NOT_OFFERED,
    OUTSIDE,
    Bias,
    Conduct,
    Judgement,
    Report,
    TrainingEnd,
)
from xorbench.tables.cells import NONE, UNDEFINED, Table, listed, plain
from xorbench.tables.judge_report import PASSED, failures_in_other_dtypes, unexplained_pairs, worded

WIDTH = 80

ORDER = (FAILED, MISSING, NOT_OFFERED, PASSED)
"""The verdicts on a file, in the order of the lines."""

ERRORS, DIGITS, TRAINING = "error / bound", "right digits", "training"

LEFT_OUT_FIRST = (DIGITS, TRAINING, ERRORS)
"""The columns in the order in which a narrow terminal leaves them out; verdict and name are never left out."""

NOT_RUN, STOPPED = "not run", "stopped"

_EXPLAINED = {
    ERRORS: "Error / bound: the largest error over what rounding allows, at most 1.",
    DIGITS: "Right digits: of the median entry, at the parameter scale where they are fewest.",
}

_MOST_WORKLOADS = 4
_MOST_NAMES = 6
_LONGEST_MISTAKE = 120
_LONGEST_REMARK = 280


@dataclass(frozen=True)
class FileVerdict:
    """The verdict on one file over all workloads, and the numbers of its line as text.

    `errors` are the largest errors as fractions of the bound, `digits` the right digits of the median entry of the
    gradient at the parameter scale where they are fewest, both by dtype. `training` says whether trained parameters
    agree with the reference's and with known answers, or that the training stopped before its end. `remarks` say in
    phrases what failed first, or why nothing was judged.
    """

    name: str
    verdict: str
    errors: Mapping[str, str]
    digits: Mapping[str, str]
    training: str
    remarks: Sequence[str]

    @property
    def judged(self) -> bool:
        """Whether there is anything to tell but a remark."""
        return self.verdict not in (MISSING, NOT_OFFERED)


def files(report: Report) -> list[FileVerdict]:
    """Return the verdict on each file of a report, failures first, else in the order of the report."""
    names = dict.fromkeys(row.implementation for row in report.rows)
    return sorted((_file(report, name) for name in names), key=lambda found: ORDER.index(found.verdict))


def summary(report: Report) -> str:
    """Return in a few sentences how many files passed, failed or are missing, and which known mistakes were found.

    Failures of the judge itself, and files that passed and yet differ from each other, are stated too.
    """
    found = files(report)
    if not found:
        return "No file was judged."
    count = Counter(file.verdict for file in found)
    parts = [f"{count[PASSED]} of {len(found)} file{'s' if len(found) > 1 else ''} passed"]
    parts += [f"{count[verdict]} {verdict}" for verdict in (FAILED, MISSING)]
    parts += [f"{count[NOT_OFFERED]} {NOT_OFFERED}"] if count[NOT_OFFERED] else []
    sentences = [f"{', '.join(parts)}."]
    known: dict[str, dict[str, None]] = {}
    for mistake in report.mistakes:
        for name in mistake.known:
            known.setdefault(name, {})[mistake.implementation] = None
    if known:
        texts = [f"{plain(name)} ({_some([*names])})" for name, names in known.items()]
        sentences.append(f"Known mistake{'s' if len(texts) > 1 else ''}: {'; '.join(texts)}.")
    if wrong := [f"{row.workload} in {row.dtype}" for row in report.audits if row.verdict not in NO_FAILURES]:
        sentences.append(f"The audit of the true gradients failed on {_some(wrong)}: no verdict is reliable.")
    if apart := unexplained_pairs(report):
        sentences.append(f"{len(apart)} pair{'s' if len(apart) > 1 else ''} of files that passed differ.")
    return " ".join(sentences)


def sentence(report: Report) -> str:
    """Return the verdict on a whole report, with the names of the files that failed, and its summary."""
    wrong = [file.name for file in files(report) if file.verdict == FAILED]
    failed = f"{_some(wrong)} failed. " if wrong else ""
    return f"{'Passed' if report.passed else 'Not passed'}: {failed}{summary(report)}"


def verdicts(report: Report, width: int = WIDTH) -> list[str]:
    """Return the lines that a terminal prints: one a file, failures first with what is wrong, and the summary last.

    Columns that do not fit `width` characters are left out in the order of `LEFT_OUT_FIRST`, which a line says; names
    and verdicts are whole in any case. Sentences are wrapped between words, at 80 characters at most.
    """
    found = files(report)
    if not found:
        return _wrapped(summary(report), width)
    groups = _groups(found)
    every = [*groups]
    for head in LEFT_OUT_FIRST:
        if max(map(len, _grid(found, groups))) <= width:
            break
        groups.pop(head, None)
    left_out = [head for head in LEFT_OUT_FIRST if head in every and head not in groups]
    about = [_EXPLAINED[head] for head in groups if head in _EXPLAINED]
    if left_out:
        about.append(f"Left out, because the terminal is narrow: {listed(left_out)}.")
    return [
        *_wrapped(_subject(report, len(found)), width),
        *_with_remarks(found, _grid(found, groups), width),
        *_wrapped(" ".join(about), width),
        *_wrapped(f"{summary(report)} Details: --report FILE, --all", width),
    ]


def table(report: Report) -> Table:
    """Return the same as a table, with the remarks as notes; it has no lines if no file was judged."""
    found = files(report)
    lines = [
        {
            "verdict": file.verdict,
            "file": file.name,
            **{f"{ERRORS}, {dtype}": text for dtype, text in file.errors.items()},
            **({f"{DIGITS}, {dtype}": text for dtype, text in file.digits.items()} if _with_digits(found) else {}),
            TRAINING: file.training,
        }
        for file in found
    ]
    notes = [f"{file.name}: {remark}." for file in found for remark in file.remarks]
    about = [_EXPLAINED[ERRORS], *([_EXPLAINED[DIGITS]] if _with_digits(found) else [])]
    return Table("Verdicts", pd.DataFrame(lines), [*notes, " ".join(about)] if lines else [])


def _file(report: Report, name: str) -> FileVerdict:
    rows = [row for row in report.rows if row.implementation == name]
    failures = [row for row in report.deciding() if row.implementation == name and row.verdict not in NO_FAILURES]
    judged = {row.verdict for row in rows if row.decides} or {row.verdict for row in rows}
    verdict = PASSED
    if failures:
        verdict = FAILED
    elif judged <= {MISSING, NOT_OFFERED}:
        verdict = MISSING if MISSING in judged else NOT_OFFERED
    dtypes = dict.fromkeys(row.dtype for row in report.rows)
    return FileVerdict(
        name=plain(name),
        verdict=verdict,
        errors={dtype: _largest([row for row in rows if row.dtype == dtype]) for dtype in dtypes},
        digits={dtype: _fewest_digits(report, name, dtype) for dtype in dtypes},
        training=_training(report, name, verdict),
        remarks=[_failure(report, failures)] if failures else [*_unjudged(report, rows, verdict)],
    )


def _failure(report: Report, failures: Sequence[Judgement | Bias | Conduct | TrainingEnd]) -> str:
    """Return where the first failure of a file is and what it is, the mistake that it shows, and how many follow."""
    first = failures[0]
    dtype = "" if isinstance(first, TrainingEnd) else first.dtype
    place = ", ".join(filter(None, [first.workload, dtype]))
    mistakes = [mistake for mistake in report.mistakes if mistake.implementation == first.implementation]
    mistakes.sort(key=lambda mistake: (mistake.workload != first.workload, mistake.dtype != dtype))
    parts = [f"{place}: {_what(first)}", *(plain(mistake.text, _LONGEST_MISTAKE) for mistake in mistakes[:1])]
    if more := sum(row.reason != first.reason for row in failures):
        parts.append(f"{more} more check{'s' if more > 1 else ''} failed")
    return "; ".join(parts)


def _what(row: Judgement | Bias | Conduct | TrainingEnd) -> str:
    """Return the wrong entry with its true value, or else the reason of a failure."""
    if not isinstance(row, Judgement) or row.of_bound is None or row.verdict != OUTSIDE:
        return row.reason or worded(row.verdict)
    array, _, point = row.of_bound.where.rpartition(", from ")
    value, truth = _told_apart(row.of_bound.value, row.of_bound.truth)
    return f"{array or row.parameter}{row.of_bound.index or ''} is {value}, true {truth}, at {point}"


def _told_apart(value: float | None, truth: float) -> tuple[str, str]:
    """Return two numbers with as many digits, at least four, as it takes to tell them apart."""
    shown = "not finite", f"{truth:.4g}"
    for digits in range(4, 18) if value is not None else ():
        shown = f"{value:.{digits}g}", f"{truth:.{digits}g}"
        if shown[0] != shown[1]:
            break
    return shown


def _unjudged(report: Report, rows: Sequence[Judgement], verdict: str) -> Iterator[str]:
    """Yield why a file without a failure was not judged on some workload, and what failed but decides nothing."""
    reasons: dict[tuple[str, str], dict[str, None]] = {}
    for row in rows:
        if row.verdict in (MISSING, NOT_OFFERED):
            reasons.setdefault((row.verdict, row.reason or "no reason is known"), {})[row.workload] = None
    for (why, reason), workloads in reasons.items():
        yield reason if why == verdict else f"{why} on {listed([*workloads])}: {reason}"
    conduct = [row for row in report.conduct if rows and row.implementation == rows[0].implementation]
    for phrases in failures_in_other_dtypes([*rows, *conduct]).values():
        yield from phrases


def _largest(rows: Sequence[Judgement]) -> str:
    """Return the largest error as a fraction of the bound; NONE if nothing was compared, UNDEFINED if it is infinite.

    It has two significant digits, and more where a number above 1 would be rounded to 1.
    """
    found = [row.of_bound.largest for row in rows if row.of_bound]
    known = [largest for largest in found if largest is not None]
    if len(known) < len(found):
        return UNDEFINED
    if not known:
        return NONE
    value = max(known)
    if 99.5 <= value < 1e5:
        return f"{value:,.0f}"
    texts = (f"{value:#.{digits}g}".rstrip(".") for digits in range(2, 18))
    return next(text for text in texts if (float(text) > 1) == (value > 1))


def _fewest_digits(report: Report, name: str, dtype: str) -> str:
    found = [
        row.median_digits
        for row in report.accuracy
        if (row.implementation, row.dtype, row.axis) == (name, dtype, "scale")
    ]
    return f"{min(found):.1f}" if found else NONE


def _training(report: Report, name: str, verdict: str) -> str:
    ends = [end for end in report.endings if end.implementation == name]
    if not ends:
        compared = any(end.verdict == INSIDE for end in report.endings)
        return STOPPED if compared and verdict == FAILED else NOT_RUN
    if any(end.verdict != INSIDE for end in ends):
        return "differs"
    return "reference" if name == REFERENCE else "agrees"


def _with_digits(found: Sequence[FileVerdict]) -> bool:
    return any(text != NONE for file in found for text in file.digits.values())


_Groups = dict[str, dict[str, list[str]]]
"""Columns by the head above them and by their own, which is empty where a column stands alone."""


def _groups(found: Sequence[FileVerdict]) -> _Groups:
    """Return the columns with numbers, those of right digits only if they are known of any file."""
    if not any(file.judged for file in found):
        return {}
    dtypes = [*found[0].errors]
    groups = {ERRORS: {dtype: [file.errors[dtype] for file in found] for dtype in dtypes}}
    if _with_digits(found):
        groups[DIGITS] = {dtype: [file.digits[dtype] for file in found] for dtype in dtypes}
    return {**groups, TRAINING: {"": [file.training for file in found]}}


def _word(file: FileVerdict) -> str:
    return file.verdict.upper() if file.verdict == FAILED else file.verdict


def _indent(found: Sequence[FileVerdict]) -> int:
    """Return the number of the character at which the names of files begin."""
    return max(len(_word(file)) for file in found) + 2


def _grid(found: Sequence[FileVerdict], groups: _Groups) -> list[str]:
    """Return the line of each file after the two lines of heads; a file that was not judged has no numbers."""
    names = max(len(file.name) for file in found)
    starts = [f"{_word(file):<{_indent(found)}}{file.name:<{names}}" for file in found]
    columns = [_column(head, group) for head, group in groups.items()]
    lines = ["   ".join(line).rstrip() for line in zip(["", "", *starts], *columns, strict=True)]
    blank = " " * len(starts[0])
    heads = [f"{blank}{line}" for line in lines[:2] if line]
    return [
        *heads,
        *(line if file.judged else start for file, start, line in zip(found, starts, lines[2:], strict=True)),
    ]


def _with_remarks(found: Sequence[FileVerdict], grid: Sequence[str], width: int) -> Iterator[str]:
    """Yield the lines of a grid, each file's followed by its remarks.

    The remark on a file that was not judged stands in place of its numbers if it fits.
    """
    yield from grid[: len(grid) - len(found)]
    for file, line in zip(found, grid[len(grid) - len(found) :], strict=True):
        remarks = [plain(remark, _LONGEST_REMARK) for remark in file.remarks]
        beside = "   ".join([line, *remarks])
        if not file.judged and len(beside) <= width:
            yield beside
        else:
            yield line.rstrip()
            for remark in remarks:
                yield from _wrapped(remark, width, _indent(found))


def _column(head: str, group: Mapping[str, Sequence[str]]) -> list[str]:
    """Return a group of columns as text: two lines of heads and one for each file, all of one length."""
    if alone := group.get(""):
        lines = ["", head, *alone]
        return [line.ljust(max(map(len, lines))) for line in lines]
    widths = {name: max(map(len, [name, *cells])) for name, cells in group.items()}
    rows = zip(*([name, *cells] for name, cells in group.items()), strict=True)
    lines = [head, *(" ".join(cell.rjust(w) for cell, w in zip(row, widths.values(), strict=True)) for row in rows)]
    return [line.rjust(max(map(len, lines))) for line in lines]


def _wrapped(text: str, width: int, indent: int = 0) -> list[str]:
    """Return a text as lines that are wrapped between words only."""
    margin = " " * indent
    return textwrap.wrap(
        text,
        max(min(width, WIDTH), indent + 20),
        initial_indent=margin,
        subsequent_indent=margin,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _subject(report: Report, count: int) -> str:
    workloads = list(dict.fromkeys(plain(row.workload) for row in report.rows))
    where = listed(workloads) if len(workloads) <= _MOST_WORKLOADS else f"{len(workloads)} workloads"
    return f"{count} file{'s' if count > 1 else ''} on {where}"


def _some(names: Sequence[str]) -> str:
    """Return names as part of a sentence, those beyond the first few as a number."""
    more = len(names) - _MOST_NAMES
    return listed([*map(plain, names[:_MOST_NAMES]), *([f"{more} more"] if more > 0 else [])])
