"""Check whether a record may be published: its place, gradients, A/A control, and absence of personal data.

A study may be published if it is in its place, does not contradict itself, has a table and the figure of its kind, and
holds no personal data.
"""

import functools
import getpass
import platform
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from xorbench.consistency import of_studies
from xorbench.consistency.rules import contradictions
from xorbench.environment import ONE_THREAD, without_folders
from xorbench.estimates.analysis import Analysis
from xorbench.publication import shown_studies
from xorbench.record import checking, store, studies
from xorbench.record.report import INSIDE, NOT_OFFERED
from xorbench.record.studies import Study
from xorbench.tables.studies import showing
from xorbench.tables.weaknesses import found_weaknesses, marks

NOBODY = frozenset(
    {"root", "user", "runner", "ubuntu", "debian", "linux", "localhost", "localdomain", "none", "unknown"}
)
"""Names of users and hosts that identify no person or machine."""


@dataclass(frozen=True)
class Examined:
    """The result for a record or a study, one line each: why it may not be published, and its marks if it may."""

    complaints: Sequence[str]
    marks: Sequence[str] = ()


def examined(path: Path) -> Examined:
    """Return why a record or a study may not be published, and the marks of one that may. Raises OSError."""
    marked: list[str] = []
    try:
        if studies.holds_one(path):
            found = _of_study(path, studies.read(path))
        else:
            analysis = Analysis(store.read(path))  # first, because it refuses what is nested too deeply
            found = [*_repeated_keys(path), *_of_record(path, analysis)]
            marked = [] if found else marks(analysis)
    except ValueError as error:
        return Examined([str(error)])
    return Examined(
        [f"{path}: {checking.one_line(complaint)}" for complaint in found],
        [f"{path}: marked: {checking.one_line(', '.join(marked))}"] if marked else [],
    )


def complaints(path: Path) -> list[str]:
    """Return the reasons why a record or a study may not be published, one line each; [] if it may. Raises OSError."""
    return [*examined(path).complaints]


def _of_record(path: Path, analysis: Analysis) -> list[str]:
    not_addresses = [
        i.name for i in analysis.record.implementations if i.interpreter
    ]  # name@label, which looks like an e-mail address
    misplaced = _misplaced(path, store.path_of(analysis.record, Path()))
    part = analysis.record.part
    return [
        *misplaced,
        *([f"is part {part} of a plan; merge the parts with xorbench merge"] if part else []),
        *([*contradictions(analysis.record)] or [*_gradients(analysis), *_fitness(analysis)]),
        *_secrets(analysis),
        *_personal(store.as_json(analysis.record), not_addresses),
    ]


def _repeated_keys(path: Path) -> Iterator[str]:
    try:
        checking.without_repeated_keys(checking.bounded(path))
    except ValueError as error:
        yield str(error)


def _of_study(path: Path, study: Study) -> list[str]:
    found = [*_misplaced(path, studies.path_of(study, Path())), *of_studies.contradictions(study), *_shown(study)]
    return [*found, *_personal(asdict(study))]


def _misplaced(path: Path, place: Path) -> Iterator[str]:
    if Path(*path.absolute().parts[-len(place.parts) :]) != place:
        yield f"is in the wrong place, expected {place} by its machine and time; move it there"


def _shown(study: Study) -> Iterator[str]:
    try:
        showing.table(study)
        shown_studies.figure(study)
    except ValueError as error:
        yield str(error)


def _gradients(analysis: Analysis) -> Iterator[str]:
    """Yield complaints about gradients that did not pass."""
    report = analysis.record.gradients
    absent = {i.name for i in analysis.record.implementations if i.missing}
    failed = (row for row in report.deciding() if row.verdict not in (INSIDE, NOT_OFFERED))
    wrong = {(row.implementation, row.workload) for row in failed}
    for name, workload in sorted(pair for pair in wrong if pair[0] not in absent):
        yield f"the gradient of {name} on {workload} did not pass the check against its bound"


def _fitness(analysis: Analysis) -> Iterator[str]:
    """Yield the weaknesses with which a record may not be published, and complaints about rows that have no time."""
    counts = analysis.record.counts
    if not (counts.counted if counts else analysis.timings):
        yield f"nothing was {'counted' if counts else 'timed'}"
    yield from (weakness.sentence for weakness in found_weaknesses(analysis) if weakness.refused)
    if counts:
        return
    if analysis.record.unfit != analysis.unfit:
        yield "the stored verdict on fitness differs from the one computed from its timings"
    judged = {(row.implementation, row.workload) for row in analysis.record.gradients.rows}
    for row in analysis.rows:
        passed = analysis.record.gradients.refusal(row.implementation, row.workload) is None
        if row.verdict in ("refused", "failed") and passed and (row.implementation, row.workload) in judged:
            what = "failed" if row.verdict == "failed" else "was refused"
            yield f"{row.implementation} {what} on {row.workload}: {row.reason}"
    for part in analysis.measured:
        for measure, reason in part.refused.items():
            if measure != "epoch":
                yield f"{part.implementation} has no time of {measure} on {part.workload}: {reason}"


def _personal(content: Mapping[str, object], not_addresses: Sequence[str] = ()) -> Iterator[str]:
    """Yield complaints about folders, e-mail addresses and names of this machine or user in a record.

    The names in `not_addresses` are not addresses.
    """
    names = _names()
    passed: set[str] = set()  # most texts are in a record many times, such as its keys
    for place, text in _strings(content):
        if text not in passed:
            found = [*_private(text, names, not_addresses)]
            yield from (f"{place} holds {what}" for what in found)
            if not found:
                passed.add(text)


def _private(text: str, names: Collection[str], not_addresses: Sequence[str]) -> Iterator[str]:
    """Yield what a text holds that tells of a machine or a person: folders, addresses, secrets, and these names."""
    if without_folders(text) != text or _FOLDER.search(text):
        yield f"a folder: {text[:100]!r}"
    if _ADDRESS.search(functools.reduce(lambda left, name: left.replace(name, ""), not_addresses, text)):
        yield f"an address: {text[:100]!r}"
    if _SECRET.search(text):
        yield "what looks like a secret, which is not shown here"
    if words := {*names} & {*re.split(r"[^\w-]+", text.lower())}:
        yield f"the name of this machine or its user: {', '.join(sorted(words))}"


def _names() -> frozenset[str]:
    """Return the names of this machine and its user in lower case, without those that identify no one."""
    host = platform.node().lower()
    found = {host, host.partition(".")[0]}
    with suppress(KeyError, OSError):  # the user has no name in the database of users
        found.add(getpass.getuser().lower())
    with suppress(RuntimeError):  # nor a home folder
        found.add(Path.home().name.lower())
    return frozenset(found - NOBODY - {""})


def _secrets(analysis: Analysis) -> Iterator[str]:
    """Yield complaints about environment variables whose values are kept, but those that cannot be secret."""
    kept = {"$.environment.variables": analysis.record.environment.variables}
    for number, timing in enumerate(analysis.record.timings):
        kept[f"$.timings[{number}].ledger.variables"] = timing.ledger.variables
    for place, variables in kept.items():
        for name, value in variables.items():
            if value and name not in ONE_THREAD and name not in OF_FRAMEWORKS:
                yield f"{place} holds the value of {name}, expected its name only"


def _strings(content: object, place: str = "$") -> Iterator[tuple[str, str]]:
    """Yield the place and the text of every string in `content`, keys included."""
    if isinstance(content, str):
        yield place, content
    elif isinstance(content, dict):
        for name, value in content.items():
            yield f"{place}.{name[:40]}", name
            yield from _strings(value, f"{place}.{name[:40]}")
    elif isinstance(content, list) and not (content and isinstance(content[0], int | float)):
        for number, value in enumerate(content):
            yield from _strings(value, f"{place}[{number}]")


_FOLDER = re.compile(r"(?<![\w/.])~?/(?:home|root|Users|tmp|mnt|media)\b|\b[A-Za-z]:\\|\\\\\w")
_ADDRESS = re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.\w+)*")  # begins at no place inside a word: linear
_SECRET = re.compile(
    r"\b(?:gh[opsu]_\w{20}|github_pat_\w{20}|glpat-\w{20}|AKIA[0-9A-Z]{16}|sk-[\w-]{20}|xox[abp]-[\w-]{10})"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY"
)
"""Keys and tokens of widely used services, by their first letters."""

OF_FRAMEWORKS = (
    *("TF_CPP_MIN_LOG_LEVEL", "TPU_SKIP_MDS_QUERY", "TORCHINDUCTOR_CACHE_DIR", "ENABLE_RUNTIME_UPTIME_TELEMETRY"),
    *("HDF5_PLUGIN_PATH", "TF2_BEHAVIOR", "TPU_ML_PLATFORM", "TPU_ML_PLATFORM_VERSION"),
    "_TORCHINDUCTOR_PYOBJECT_TENSOR_DATA_PTR",
)
"""Variables that frameworks set themselves, whose values are in records that older versions of this suite wrote."""
