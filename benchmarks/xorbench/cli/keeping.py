"""Performing a run or a sweep with its journal, and writing its record, with a temporary folder as the fallback."""

import shlex
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import typer

from xorbench import environment, places, progress
from xorbench.cli import choices, show
from xorbench.cli.process import INTERRUPTED, ignore_signals, uninterrupted
from xorbench.clock import host
from xorbench.consistency import rules
from xorbench.estimates.analysis import Analysis
from xorbench.exports.document import document
from xorbench.failure import HarnessError
from xorbench.record import store
from xorbench.record.checking import one_line
from xorbench.record.run import Record
from xorbench.suite import journal
from xorbench.suite.measurement import Measurement
from xorbench.tables.summary import summary

RESUME = "--resume"
"""The option that continues an interrupted run."""

NOT_IN_PLACE = 3
"""The exit code where the folder of records can't be written: what was measured is kept elsewhere."""


def prepare(session: Measurement, resume: bool, needed: bool = True) -> None:
    """Give a run or a sweep a journal: a new one, or with `resume` that of the newest unfinished one of the same call.

    Raises typer.BadParameter where there is none to continue and it is `needed`. Without `resume` one line says that
    there is an unfinished one. A journal that cannot be written costs one line. A part of a plan that was not begun on
    this host begins anew also with `resume`.
    """
    session.command = environment.command(_words())
    kept = journal.newest(session.head)
    if resume and kept:
        try:
            session.take_over(kept)
            _refuse_contradictions(session, kept.journal)
        except ValueError as error:
            raise typer.BadParameter(f"{error}; run without it to begin anew", param_hint=RESUME) from error
        return
    if resume and session.head.of_plan:
        progress.say(f"part {session.head.of_plan.part} of the plan was not begun on this host; it begins now")
    elif resume and needed:
        raise typer.BadParameter(
            "there is no unfinished run of the same implementations, workloads, settings and versions that no other "
            "process continues; run without it to begin one",
            param_hint=RESUME,
        )
    if kept:
        if kept.lines:
            progress.say(
                f"xorbench: there is an unfinished run of this call, begun at {kept.head.created}, which `{_again()}` "
                "continues; this one begins anew"
            )
        kept.journal.close()
    try:
        session.keep_in(journal.Journal.begun(session.head))
    except OSError as error:
        progress.say(
            f"xorbench: no journal can be written in {journal.folder()}: {error.strerror}; the run goes on, but "
            "nothing of it is left if it is killed"
        )


def _refuse_contradictions(session: Measurement, of: journal.Journal) -> None:
    """Close the journal and raise ValueError, with one line that names it, if its parts give no valid record."""
    if not session.timings:
        return
    try:
        found = [*rules.contradictions(store.parsed(store.as_text(session.record(_command(session)))))]
    except ValueError as error:
        found = [str(error)]
    if found:
        of.close()
        raise ValueError(one_line(f"{of.path} can't be continued: its record would have {found[0]}"))


@contextmanager
def performed(session: Measurement, folder: Path) -> Iterator[tuple[Analysis, Path]]:
    """Perform a run or a sweep, write its record, and yield its analysis and the path of the record.

    The record is partial if the session was interrupted. It is in a temporary folder where `folder` can't be written.
    From its last measurement on no signal interrupts the writing, nor what is done inside, such as printing: one that
    came is handled at the end.
    """
    with ExitStack() as ending:
        with finished_kept(session, folder):
            session.run()
            ending.enter_context(uninterrupted())
        record = session.record(_command(session))
        hint = _what_continues(session)
        path = kept(record, folder, hint)
        if record.partial:
            typer.echo(f"xorbench: interrupted{hint and f'; {hint}'}", err=True)
        yield Analysis(record), path


def finished(
    begin: Callable[[], Measurement],
    folder: Path,
    wait: bool,
    resume: bool,
    as_json: bool,
    is_missing: bool,
    further: Callable[[Analysis], Mapping[str, object]] = lambda _analysis: {},
) -> int:
    """Perform the run that `begin` constructs, print its summary or its JSON document, and return the exit code.

    The lock of the host is taken before, because the budget begins with the construction. `further` returns more keys
    of the document, and `is_missing` says that an implementation which was asked for is missing.
    """
    with ExitStack() as ending:
        with host.held(wait):
            session = begin()
            prepare(session, resume)
            analysis, path = ending.enter_context(performed(session, folder))
        in_place = is_placed(path, folder)
        end([session], in_place and not analysis.record.partial)
        if as_json:
            show.document({"record": str(path), **document(analysis), **further(analysis)})
        else:
            show.lines(summary(analysis, show.width(), choices.near(path), path.is_relative_to(places.results())))
    if analysis.record.partial:
        return INTERRUPTED
    if not in_place:
        return NOT_IN_PLACE
    return 1 if failed(analysis) or is_missing else 0


def end(sessions: Iterable[Measurement], is_complete: bool) -> None:
    """Delete the journals of sessions whose records are complete and in their places; else keep what can be continued.

    A journal without a finished part is deleted.
    """
    for session in sessions:
        if session.journal and (is_complete or not session.journal.holds_parts):
            session.journal.delete()
        elif session.journal:
            session.journal.close()


def is_placed(path: Path, folder: Path) -> bool:
    """Return whether the record at `path` is in its place in a folder of records."""
    return path.parent.parent == folder


def failed(analysis: Analysis) -> bool:
    """Return whether a row has no ratio because its gradient or its timing failed, or a measure or process failed."""
    without_ratio = any(row.verdict in ("outside", "failed", "refused", "untimed") for row in analysis.rows)
    return without_ratio or any(row.refused for row in analysis.measured) or bool(analysis.record.failures)


def kept(record: Record, folder: Path, hint: str = "", write: Callable[[Record, Path], Path] = store.write) -> Path:
    """Write a record and return its path, which is in a new temporary folder where `folder` can't be written.

    `hint` says how to write it to its place later, and `write` writes it there, such as `merged_records.write`. Raises
    HarnessError if it can't be written anywhere.
    """
    try:
        return write(record, folder)
    except OSError as error:
        complaint = f"{folder} can't be written: {error.strerror}"
    hint = hint and f"; {hint}"
    try:
        path = _written_in_a_new_folder(record)
    except OSError as error:
        raise HarnessError(f"{complaint}, nor can a temporary folder: {error.strerror}{hint}") from error
    typer.echo(f"xorbench: {complaint}; the record was written to {path}{hint}", err=True)
    return path


def _written_in_a_new_folder(record: Record) -> Path:
    folder = Path(tempfile.mkdtemp(prefix="xorbench-"))
    try:
        return store.write(record, folder)
    except OSError:
        shutil.rmtree(folder, ignore_errors=True)
        raise


@contextmanager
def finished_kept(session: Measurement, folder: Path) -> Iterator[None]:
    """Let a run or a sweep be interrupted inside, if any of it is finished; after another exception, keep that part.

    What is raised before anything is timed is raised again, as is every exception but KeyboardInterrupt.
    """
    try:
        yield
    except BaseException as error:
        ignore_signals()  # a second one must not lose what is finished
        hint = _what_continues(session)
        if session.timings and isinstance(error, KeyboardInterrupt):
            return
        if session.timings:
            path = kept(session.record(_command(session)), folder)
            hint = hint and f"; {hint}"
            typer.echo(f"xorbench: the run ended early; its finished launches are in {path}{hint}", err=True)
        elif hint:
            typer.echo(f"xorbench: nothing was timed yet; {hint}", err=True)
        end([session], is_complete=False)
        raise


def _command(session: Measurement) -> str:
    return session.command or environment.command()


def _what_continues(session: Measurement) -> str:
    """Return the journal of a session and the command that continues it, as part of a sentence; "" without one."""
    if session.journal is None or not session.journal.holds_parts:
        return ""
    return f"what is finished is in {session.journal.path}, and `{_again()}` continues"


def _words() -> list[str]:
    """Return the arguments of this command without the option that continues a run."""
    return [word for word in sys.argv[1:] if word != RESUME]


def _again() -> str:
    """Return the command line that continues this one."""
    return shlex.join(["xorbench", *_words(), RESUME])
