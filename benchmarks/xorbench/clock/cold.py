"""Cold starts: the startup cost of an implementation, measured in a fresh process that is alone on the timing CPU."""

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from xorbench import affinity, descendants, environment, places
from xorbench.contract import Implementation, read
from xorbench.failure import ended
from xorbench.judging.codec import decoded
from xorbench.judging.trouble import foreign, last_written, shortened
from xorbench.line import LONGEST_MESSAGE
from xorbench.record.parts import Count, Part, Positive
from xorbench.record.timing import ColdStart
from xorbench.streams import Log
from xorbench.workloads import Workload

SECONDS_TO_START = 300
"""The most seconds that one cold start may take."""

_RAISED = 1
"""The code with which Python ends after an exception."""

SCRIPT = Path(__file__).parent / "cold_start.py"

_ENDING = """
import ctypes, os, signal, sys
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG: end with the parent process
    if os.getppid() != int(sys.argv[1]):
        os._exit(1)
os.execv(sys.argv[2], sys.argv[2:])
"""
"""Code that runs a program with its arguments in a process that ends when its parent does.

It is executed before the script, because the script must not import anything for it.
"""

T = TypeVar("T")


@dataclass(frozen=True)
class _Measured(Part):
    import_seconds: Positive
    first_call_seconds: Positive
    peak_bytes: Count | None


def cold_start(implementation: Implementation, workload: Workload, cpu: int) -> ColdStart | str:
    """Return one measured cold start of an implementation on CPU `cpu`, or the reason of its failure in one line."""
    found = answered(_Measured, implementation, workload, cpu, SECONDS_TO_START)
    return found if isinstance(found, str) else ColdStart(workload.name, implementation.name, **vars(found))


def answered(
    kind: type[T],
    implementation: Implementation,
    workload: Workload,
    cpu: int,
    seconds: float,
    under: Sequence[str] = (),
    variables: Mapping[str, str] | None = None,
    **further: object,
) -> T | str:
    """Return what `cold_start.py` measures of an implementation in a fresh process, or why it failed, in one line.

    The measurements are of the type `kind`. The process starts on CPU `cpu` and may take so many `seconds`. `under` is
    the path and the options of a program that runs Python, `variables` are further environment variables, and `further`
    are further entries of the job.
    """
    if changed := _changed(implementation):
        return changed
    job = {
        "path": str(implementation.path),
        "siblings": str(places.IMPLEMENTATIONS),
        "arrays": [a.tolist() for a in (*workload.initial_parameters, workload.inputs, workload.targets)],
        "dtype": workload.dtype,
        "recipe": workload.recipe._asdict(),
        **further,
    }
    python = (implementation.interpreter.executable, "-P")
    ours, theirs = os.pipe()
    os.set_blocking(ours, False)  # a process that outlives this one could hold the pipe open
    with os.fdopen(ours, "rb", buffering=0) as answer, closing(Log()) as log:
        with affinity.started_on(cpu), os.fdopen(theirs, "w"):
            process = subprocess.Popen(
                [*python, "-c", _ENDING, str(os.getpid()), *under, *python, str(SCRIPT), str(theirs)],
                cwd=places.no_code(),
                env={**implementation.interpreter.variables(), **(variables or {})},
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=log.fileno(),
                pass_fds=[theirs],
                text=True,
                start_new_session=True,
            )
        with descendants.watch(process):
            try:
                process.communicate(json.dumps(job), timeout=seconds)
            except subprocess.TimeoutExpired:
                return f"no result within {seconds:g} s{last_written(log)}"
            finally:
                descendants.end(process)  # also what it started, which could hold the pipe open
        sent = answer.read(LONGEST_MESSAGE)
        if process.returncode == _RAISED and (lines := log.lines()):
            return environment.without_folders(shortened(lines[-1]))  # the exception, below its traceback
        if process.returncode or not sent:
            return f"its process {ended(process.returncode)}{last_written(log)}"
    try:
        found = decoded(kind, sent)
    except ValueError as error:
        return f"it sent an invalid result: {foreign(str(error))}"
    return _changed(implementation) or found


def _changed(implementation: Implementation) -> str | None:
    """Return, in one line, that the text of an implementation is another one than when it was read; None if it is not.

    It is read again after a cold start, too, because the process reads it by itself.
    """
    try:
        read(implementation.path).must_be(implementation.source_sha256)
    except ValueError as error:
        return str(error)
    return None
