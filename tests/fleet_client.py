"""A client in place of the command: it lets the hosts of a scheduler measure parts by `fleet_driver.py`.

`python -m tests.fleet_client ADDRESS FOLDER PARTS [--resume] [--gone SECONDS]`.
"""

import argparse
import functools
import json
import sys
from pathlib import Path

from xorbench.fleet import dask_cluster, dask_parts
from xorbench.fleet.dask_parts import Collected

PLAN = json.dumps({"arguments": []})

SHA256 = "5" * 64

DRIVER = Path(__file__).with_name("fleet_driver.py")


def command(folder: str, _plan: Path, number: int, output: Path) -> list[str]:
    """Return the command of a part on a host."""
    return [sys.executable, "-P", str(DRIVER), folder, str(number), str(output)]


def main() -> None:
    """Print how many parts are collected, and which are left."""
    options = argparse.ArgumentParser()
    options.add_argument("address")
    options.add_argument("folder")
    options.add_argument("parts", type=int)
    options.add_argument("--resume", action="store_true")
    options.add_argument("--gone", type=float, default=dask_parts.SECONDS_UNTIL_GONE)
    given = options.parse_args()
    collected = Collected.unfinished()[0] if given.resume else Collected.begun(SHA256, PLAN)
    with dask_cluster.connected(given.address, 1) as client:
        workers = dask_cluster.first_workers(client, say)
        left = dask_parts.measured(
            client,
            workers,
            PLAN,
            SHA256,
            [1.0] * given.parts,
            collected,
            lambda _seconds: None,
            say,
            functools.partial(command, given.folder),
            given.gone,
        )
        if not left:
            dask_parts.forget(client, workers, SHA256, collected)
    records = [path.name for path in sorted(collected.records.rglob("*.json"))]
    logs = [path.read_text(encoding="utf-8") for path in sorted(collected.place.glob("*.log"))]
    print(json.dumps({"left": left, "finished": sorted(collected.finished), "records": records, "logs": logs}))


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
