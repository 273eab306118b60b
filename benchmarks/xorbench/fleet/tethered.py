"""Run a command that ends when the process that starts it ends: `python -m xorbench.fleet.tethered PARENT COMMAND ...`.

PARENT is the number of that process. The system kills the command when it ends, for whatever reason; Linux only.
"""

import os
import signal
import sys

from xorbench.environment import end_with_parent


def main() -> None:
    """Tie this process to its parent, and become the command; it keeps the number of this process."""
    parent, *command = sys.argv[1:]
    end_with_parent(int(parent))
    signal.pthread_sigmask(signal.SIG_SETMASK, ())  # the parent may have blocked some
    os.execv(command[0], command)


if __name__ == "__main__":
    main()
