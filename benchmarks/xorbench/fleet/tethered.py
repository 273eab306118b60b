"""Processes that end with this one, and become a command: `python -m xorbench.fleet.tethered PARENT CPUS COMMAND ...`.

PARENT is the number of the process that starts it. The system kills the command when that process ends, for whatever
reason. CPUS are the numbers of the CPUs that it may use, with commas between; it has those of PARENT if it is empty.
Both are for Linux only.
"""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence

from xorbench import descendants, places
from xorbench.affinity import set_affinity
from xorbench.orphans import end_with_parent

SECONDS_BETWEEN_LOOKS = 0.2
"""The time after which it is looked again whether what a process does is still wanted."""

_lock = threading.Lock()
"""It is held while a process is started or ended, because `descendants` would take one that another thread has just
started for one that is left of an earlier one."""


def started(
    command: Sequence[str],
    variables: Mapping[str, str],
    output: int,
    errors: int,
    passed: int,
    cpus: Sequence[int] = (),
) -> "subprocess.Popen[bytes]":
    """Start a command, whose first word is the path of a program, with these environment variables; return its process.

    It ends with this process and has a session of its own. `output` and `errors` are the descriptors of its streams,
    and `passed` is one that stays open in it. It may use these `cpus`, or without any those of this thread. Raises
    OSError.
    """
    tether = [sys.executable, "-P", "-m", "xorbench.fleet.tethered", str(os.getpid()), ",".join(map(str, cpus))]
    with _lock:
        return descendants.watch(
            subprocess.Popen(
                [*tether, *command],
                cwd=places.no_code(),
                env=variables,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=errors,
                pass_fds=[passed],
                start_new_session=True,
            )
        )


def end(process: "subprocess.Popen[bytes]") -> None:
    """End a process that was started here and all that it has started, and wait until they are gone."""
    with _lock:
        descendants.end(process)


def main() -> None:
    """Tie this process to its parent, and become the command; it keeps the number of this process."""
    parent, cpus, *command = sys.argv[1:]
    end_with_parent(int(parent))
    if cpus:
        set_affinity(os.getpid(), *map(int, cpus.split(",")))
    signal.pthread_sigmask(signal.SIG_SETMASK, ())  # the parent may have blocked some
    os.execv(command[0], command)


if __name__ == "__main__":
    main()
