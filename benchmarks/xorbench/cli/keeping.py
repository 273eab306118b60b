"""Keep a record that was measured, wherever it can be written."""

import tempfile
from pathlib import Path

import typer

from xorbench import records
from xorbench.records import Record


def kept(record: Record, folder: Path) -> Path:
    """Write the record; where that fails after all, somewhere else, for nothing measured may be lost."""
    try:
        return records.write(record, folder)
    except OSError as error:
        path = records.write(record, Path(tempfile.mkdtemp(prefix="xorbench-")))
        typer.echo(f"xorbench: {folder} could not be written: {error.strerror}; the record is {path}", err=True)
        return path
