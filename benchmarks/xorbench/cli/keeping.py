"""Writing a finished record, with a temporary folder as the fallback."""

import tempfile
from pathlib import Path

import typer

from xorbench.record import store
from xorbench.record.run import Record


def kept(record: Record, folder: Path) -> Path:
    """Write a record and return its path, which is in a new temporary folder where `folder` can't be written."""
    try:
        return store.write(record, folder)
    except OSError as error:
        path = store.write(record, Path(tempfile.mkdtemp(prefix="xorbench-")))
        typer.echo(f"xorbench: {folder} can't be written: {error.strerror}; the record was written to {path}", err=True)
        return path
