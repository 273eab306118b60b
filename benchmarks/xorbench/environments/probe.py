"""What another interpreter has: asked of it once, before anything runs there.

`survey` asks; the same file, run by the other interpreter, answers, with the same code that reads files here.
"""

import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from xorbench import environment, places
from xorbench.contract.interpreter import Interpreter

OLDEST = (3, 11)

SECONDS_TO_ANSWER = 60


class Unusable(ValueError):  # noqa: N818  a state of an interpreter, not a mistake of ours
    """An interpreter that nothing can run in; the message says why, in one line, and what to do."""


def survey(label: str, executable: str, files: Iterable[Path]) -> tuple[Interpreter, dict[Path, str | None]]:
    """An interpreter with the versions that it has, and which library each file misses there, if any.

    Raises Unusable where it is no Python, is too old, or lacks what a worker needs of it.
    """
    given = Interpreter(label, executable)
    _check_version(given)
    paths = [str(path.absolute()) for path in files]
    done = _run(given, "-P", "-m", "xorbench.environments.probe", *paths)
    if done.returncode:
        words = (done.stderr.strip().splitlines() or [f"it ended with code {done.returncode}"])[-1]
        raise Unusable(
            f"{label} can't run a worker: {words}; it needs NumPy beside the framework: "
            f"{executable} -m pip install numpy, or xorbench environments create"
        )
    told: dict[str, Any] = json.loads(done.stdout)
    frameworks = {name: (version, size) for name, (version, size) in told["frameworks"].items()}
    found = Interpreter(label, executable, told["versions"], frameworks)
    return found, {Path(path): reason for path, reason in told["missing"].items()}


def _check_version(given: Interpreter) -> None:
    say = "import sys; print('%d.%d.%d' % sys.version_info[:3])"  # in any Python's grammar
    said = _run(given, "-c", say).stdout.strip()
    try:
        version = tuple(map(int, said.split(".")))
    except ValueError:
        version = ()
    if len(version) != 3:
        raise Unusable(f"{given.label}: {given.executable} is no Python interpreter; expected its bin/python")
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
            text=True,
            errors="replace",
            timeout=SECONDS_TO_ANSWER,
            check=False,
        )
    except OSError as error:
        raise Unusable(f"{given.label}: {given.executable} can't be run: {error.strerror or error}") from error
    except subprocess.TimeoutExpired as error:
        raise Unusable(f"{given.label}: {given.executable} was silent for {SECONDS_TO_ANSWER} s") from error


def main() -> None:
    """Answer, in the other interpreter."""
    from xorbench.clock import subject  # noqa: F401  what a worker needs must be there
    from xorbench.contract import read
    from xorbench.judge import reproducibility, tasks  # noqa: F401  and what a witness needs

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
