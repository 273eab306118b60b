"""Whether this host can measure the parts of a plan, whose text is the input: `python -m xorbench.fleet.preflight`.

It prints a JSON list of sentences that say why not; empty where it can.
"""

import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from xorbench import environment, places
from xorbench.failure import HarnessError
from xorbench.fleet import plan

TIMED = ("run", "sweep")
"""The kinds of plans in which something is timed."""


def main() -> None:
    """Print why this host is unfit, one sentence for each reason."""
    with tempfile.TemporaryDirectory(prefix="xorbench-") as folder:
        path = Path(folder) / "plan.json"
        path.write_bytes(sys.stdin.buffer.read())
        try:
            found = plan.read(path)
        except ValueError as error:
            sentences = [f"it can't read the plan: {error}"]
        else:
            sentences = [*plan.unfit(found), *_unfit(found.kind)]
    print(json.dumps(sentences))


def _unfit(kind: str) -> Iterator[str]:
    """Yield why this host cannot have a worker that measures parts of plans of a kind."""
    if kind in TIMED and len(environment.allowed_cpus()) < 2:
        yield "it has 1 CPU, expected at least 2: the worker that waits would disturb what is timed"
    try:
        there = places.user_cache()
    except HarnessError as error:
        yield str(error)
        return
    try:
        there.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=there):
            pass
    except OSError as error:
        yield f"its folder for results, {there}, can't be written: {error.strerror}"


if __name__ == "__main__":
    main()
