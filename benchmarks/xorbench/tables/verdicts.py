"""The verdicts of the judge on files, one line a file, as text for a terminal and as a table; and their summary."""

import textwrap
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from xorbench.record.report import FAILED, MISSING, NO_FAILURES, NOT_OFFERED, Report
from xorbench.tables.cells import NONE, Table, listed, plain, plain_ends
from xorbench.tables.file_verdicts import FileVerdict, files
from xorbench.tables.verdict_words import PASSED, unexplained_pairs

WIDTH = 80

ERRORS, DIGITS, TRAINING = "error / bound", "right digits", "training"

LEFT_OUT_FIRST = (DIGITS, TRAINING, ERRORS)
"""The columns in the order in which a narrow terminal leaves them out; verdict and name are never left out."""

_EXPLAINED = {
    ERRORS: "Error / bound: the largest error over what rounding allows, at most 1.",
    DIGITS: "Right digits: of the median entry, at the parameter scale where they are fewest.",
}

_MOST_WORKLOADS = 4
_MOST_NAMES = 6
_LONGEST_REMARK = 280


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
        remarks = [plain_ends(remark, _LONGEST_REMARK) for remark in file.remarks]
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
    return listed([*map(plain, names)], _MOST_NAMES)
