"""Performing a run or a sweep, and writing its record, with a temporary folder as the fallback."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer

from xorbench import environment
from xorbench.cli.process import ignore_signals
from xorbench.estimates.analysis import Analysis
from xorbench.record import store
from xorbench.record.run import Record
from xorbench.suite import Suite


def performed(session: Suite, folder: Path) -> tuple[Analysis, Path]:
    """Perform a run or a sweep, write its record, and return its analysis and the path of the record.

    The record is partial if the session was interrupted.
    """
    with finished_kept(session, folder):
        session.run()
    record = session.record(environment.command())
    return Analysis(record), kept(record, folder)


def failed(analysis: Analysis) -> bool:
    """Return whether a row has no ratio because its gradient or its timing failed, or any process failed."""
    without_ratio = any(row.verdict in ("outside", "failed", "refused", "untimed") for row in analysis.rows)
    return without_ratio or bool(analysis.record.failures)


def kept(record: Record, folder: Path) -> Path:
    """Write a record and return its path, which is in a new temporary folder where `folder` can't be written."""
    try:
        return store.write(record, folder)
    except OSError as error:
        path = store.write(record, Path(tempfile.mkdtemp(prefix="xorbench-")))
        typer.echo(f"xorbench: {folder} can't be written: {error.strerror}; the record was written to {path}", err=True)
        return path


@contextmanager
def finished_kept(session: Suite, folder: Path) -> Iterator[None]:
    """Let a run or a sweep be interrupted inside, if any of it is finished; after another exception, keep that part.

    What is raised before anything is finished is raised again, as is every exception but KeyboardInterrupt.
    """
    try:
        yield
    except BaseException as error:
        ignore_signals()  # a second one must not lose what is finished
        if not session.timings:
            raise
        if not isinstance(error, KeyboardInterrupt):
            path = kept(session.record(environment.command()), folder)
            typer.echo(f"xorbench: the run ended early; its finished launches are in {path}", err=True)
            raise
