"""Cold starts: the startup cost of an implementation, measured in a fresh process that is alone on the timing CPU."""

import json
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from xorbench import environment, places
from xorbench.contract import Implementation, read
from xorbench.judging.trouble import last_written, shortened
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

Answer = dict[str, Any]
"""What the script measured, by name."""


def cold_start(implementation: Implementation, workload: Workload, cpu: int) -> ColdStart | str:
    """Return one measured cold start of an implementation on CPU `cpu`, or the reason of its failure in one line."""
    found = answered(implementation, workload, cpu, SECONDS_TO_START)
    return found if isinstance(found, str) else ColdStart(workload.name, implementation.name, **found)


def answered(
    implementation: Implementation,
    workload: Workload,
    cpu: int,
    seconds: float,
    under: Sequence[str] = (),
    variables: Mapping[str, str] | None = None,
    **further: object,
) -> Answer | str:
    """Return what `cold_start.py` measures of an implementation in a fresh process, or why it failed, in one line.

    The process starts on CPU `cpu` and may take so many `seconds`. `under` is the path and the options of a program
    that runs Python, `variables` are further environment variables, and `further` are further entries of the job.
    """
    try:
        read(implementation.path).must_be(implementation.source_sha256)
    except ValueError as error:
        return str(error)
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
    with os.fdopen(ours) as answer, closing(Log()) as log:
        with environment.started_on(cpu), os.fdopen(theirs, "w"):
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
        with process:
            try:
                process.communicate(json.dumps(job), timeout=seconds)
            except subprocess.TimeoutExpired:
                return f"no result within {seconds:g} s{last_written(log)}"
            finally:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)  # also what it started, which could hold the pipe open
        measured = answer.read()
        if process.returncode == _RAISED and (lines := log.lines()):
            return environment.without_folders(shortened(lines[-1]))  # the exception, below its traceback
        if process.returncode or not measured:
            return f"its process ended with code {process.returncode}{last_written(log)}"
    found: Answer = json.loads(measured)
    return found
