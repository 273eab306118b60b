"""The command as a user meets it: a real process, its standard output, its exit code."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from xorbench import places
from xorbench.record import store
from xorbench.record.run import Record

XORBENCH = (sys.executable, "-m", "xorbench.cli")


def _is_full(record: Record) -> bool:
    """Whether it is a run of which everything was asked."""
    return record.kind == "run" and bool(record.gradients.accuracy) and bool(record.cold_starts)


COMMITTED = str(next(path for path in reversed(store.paths(places.results())) if _is_full(store.read(path))))


def xorbench(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*XORBENCH, *map(str, arguments)], capture_output=True, text=True, check=False)


def document(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(done.stdout)
    return content
