"""Query another interpreter for what is installed there, once, before anything runs in it.

`survey` asks; this file, run by the other interpreter, answers, with the same code that reads implementations here.
"""

import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from xorbench import environment, places
from xorbench.contract.interpreter import Interpreter
from xorbench.failure import ended

OLDEST = (3, 11)

SECONDS_TO_ANSWER = 60


class Unusable(ValueError):  # noqa: N818  it is a state of the interpreter, not an error here
    """Raised for an interpreter that cannot run implementations; the message says why and what to do, in one line."""


def survey(label: str, executable: str, files: Iterable[Path]) -> tuple[Interpreter, dict[Path, str | None]]:
    """Return an interpreter with the versions that it has, and why each of `files` cannot run there, None if it can.

    Raises Unusable if `executable` is not a Python interpreter, is too old, or lacks what a worker needs.
    """
    given = Interpreter(label, executable)
    _check_version(given)
    paths = [str(path.absolute()) for path in files]
    done = _run(given, "-P", "-m", "xorbench.environments.probe", *paths)
    if done.returncode:
        words = (done.stderr.strip().splitlines() or [f"it {ended(done.returncode)}"])[-1]
        raise Unusable(
            f"{label} can't run a worker: {words}; it needs NumPy besides the framework: "
            f"{executable} -m pip install numpy, or xorbench environments create"
        )
    told = json.loads(done.stdout)
    frameworks = {name: (version, size) for name, (version, size) in told["frameworks"].items()}
    found = Interpreter(label, executable, told["versions"], frameworks)
    return found, {Path(path): reason for path, reason in told["missing"].items()}


def _check_version(given: Interpreter) -> None:
    say = "import sys; print('%d.%d.%d' % sys.version_info[:3])"  # valid in every version of Python
    said = _run(given, "-c", say).stdout.strip()
    try:
        version = tuple(map(int, said.split(".")))
    except ValueError:
        version = ()
    if len(version) != 3:
        raise Unusable(f"{given.label}: {given.executable} is not a Python interpreter; expected its bin/python")
    if version < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        raise Unusable(f"{given.label} is Python {said}, expected {oldest} or newer; make it with another interpreter")


def _run(given: Interpreter, *arguments: str) -> "subprocess.CompletedProcess[str]":
    try:
        return subprocess.run(
            [given.executable, *arguments],
            cwd=places.no_code(),
            env=given.variables_with_harness(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=SECONDS_TO_ANSWER,
            check=False,
        )
    except OSError as error:
        raise Unusable(f"{given.label}: {given.executable} can't be run: {error.strerror or error}") from error
    except subprocess.TimeoutExpired as error:
        raise Unusable(f"{given.label}: {given.executable} did not answer within {SECONDS_TO_ANSWER} s") from error


def main() -> None:
    """Print, as JSON, what this interpreter has installed and which of the given files can run in it."""
    from xorbench.clock import timed_implementation  # noqa: F401  fails if a worker's needs are not installed
    from xorbench.contract import read
    from xorbench.judging import reproducibility, tasks  # noqa: F401  likewise for the judge's processes

    found = {path: read(Path(path)) for path in sys.argv[1:]}
    frameworks = {i.framework for i in found.values() if i.framework}
    told = {
        "versions": environment.versions(),
        "frameworks": {name: (environment.version_of(name), environment.installed_bytes(name)) for name in frameworks},
        "missing": {path: i.missing for path, i in found.items()},
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
