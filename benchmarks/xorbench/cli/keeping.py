"""Keep a record that was measured, wherever it can be written."""

import tempfile
from pathlib import Path

import typer

from xorbench.record import store
from xorbench.record.run import Record


def kept(record: Record, folder: Path) -> Path:
    """Write the record; where that fails after all, somewhere else, for nothing measured may be lost."""
    try:
        return store.write(record, folder)
    except OSError as error:
        path = store.write(record, Path(tempfile.mkdtemp(prefix="xorbench-")))
        typer.echo(f"xorbench: {folder} could not be written: {error.strerror}; the record is {path}", err=True)
        return path
