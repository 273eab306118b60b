"""A driver that performs one run after the other in one process, so that what it gains over many runs can be seen.

Each line on standard input is a JSON object with the arguments of a command and the files for its output. After each
command one line with its exit code is written to the file descriptor whose number is the argument.
"""

import json
import os
import sys
import traceback
from collections.abc import Sequence

from xorbench.cli.__main__ import main

TRACEBACK = 70
"""The code that stands for an exception that the command raised instead of ending."""


def performed(arguments: Sequence[str]) -> int:
    """Perform a command in this process and return its exit code, TRACEBACK if it raised anything else."""
    sys.argv = ["xorbench", *arguments]
    try:
        main()
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:  # noqa: BLE001  that there is one is what is looked for
        traceback.print_exc()
        return TRACEBACK
    return 0


def serve(answers: int) -> None:
    """Perform the commands on standard input, and write their exit codes to the file descriptor `answers`."""
    for line in sys.stdin:
        job = json.loads(line)
        for number, path in ((1, job["output"]), (2, job["error"])):
            file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
            os.dup2(file, number)
            os.close(file)
        code = performed(job["arguments"])
        sys.stdout.flush()
        sys.stderr.flush()
        os.write(answers, f"{code}\n".encode())


if __name__ == "__main__":
    serve(int(sys.argv[1]))
