"""The command as a user meets it: its standard output, its standard error, its exit code."""

import io
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest

from xorbench import places
from xorbench.cli.__main__ import main
from xorbench.cli.process import ENDING
from xorbench.record import store
from xorbench.record.run import Record

XORBENCH = (sys.executable, "-m", "xorbench.cli")


def _is_full(record: Record) -> bool:
    """Whether a record is of a run of idiomatic files alone, with the accuracy of gradients and cold starts."""
    of_one_tier = len({i.tier for i in record.implementations}) == 1
    return record.kind == "run" and of_one_tier and bool(record.gradients.accuracy) and bool(record.cold_starts)


COMMITTED = str(next(path for path in reversed(store.paths(places.results())) if _is_full(store.read(path))))


def xorbench(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Return what the command does in a process of its own."""
    return subprocess.run([*XORBENCH, *map(str, arguments)], capture_output=True, text=True, check=False)


def called(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Return what the command does in this process, which has imported all libraries already.

    What other processes write to the standard error of this one is not in the result.
    """
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, signals_kept(), redirect_stdout(out), redirect_stderr(err):
        patch.setattr(sys, "argv", ["xorbench", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
    code = ended.value.code or 0
    assert isinstance(code, int)
    return subprocess.CompletedProcess(arguments, code, out.getvalue(), err.getvalue())


@contextmanager
def signals_kept() -> Iterator[None]:
    """Handle the signals after the block as before it: a command handles them until its process ends."""
    handlers = [(number, signal.getsignal(number)) for number in ENDING]
    try:
        yield
    finally:
        for number, handler in handlers:
            signal.signal(number, handler)


def document(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(done.stdout)
    return content
