"""A client in place of the command: it lets the hosts of a scheduler measure parts by `fleet_driver.py`.

`python -m tests.fleet_client ADDRESS FOLDER PARTS [--resume] [--gone SECONDS]`.
"""

import argparse
import functools
import json
import sys
from pathlib import Path

from tests.fleets import WORKLOADS, plan_of
from xorbench.fleet import dask_cluster, dask_parts
from xorbench.fleet.dask_parts import Collected
from xorbench.fleet.host_parts import Order

PLAN = plan_of(["neuron"])
"""A plan of one part; hosts do not read plans here, so that they need not fit to it."""

DRIVER = Path(__file__).with_name("fleet_driver.py")


def command(folder: str, order: Order) -> list[str]:
    """Return the command of a part on a host."""
    return [sys.executable, "-P", str(DRIVER), folder, str(order.part), str(order.output)]


def main() -> None:
    """Print how many parts are collected, and which are left."""
    options = argparse.ArgumentParser()
    options.add_argument("address")
    options.add_argument("folder")
    options.add_argument("parts", type=int)
    options.add_argument("--resume", action="store_true")
    options.add_argument("--gone", type=float, default=dask_parts.SECONDS_UNTIL_GONE)
    given = options.parse_args()
    plan = plan_of(*([name] for name in WORKLOADS[: given.parts]))
    collected = (given.resume and Collected.unfinished(plan)) or Collected.begun(plan)
    with dask_cluster.connected(given.address, 1) as client:
        workers = dask_cluster.first_workers(client, say)
        measure = functools.partial(command, given.folder)
        left = dask_parts.measured(client, workers, collected, say=say, command=measure, seconds_until_gone=given.gone)
        if not left:
            dask_parts.forget(client, workers, collected)
    records = [path.name for path in sorted(collected.records.rglob("*.json"))]
    logs = [path.read_text(encoding="utf-8") for path in sorted(collected.place.glob("*.log"))]
    print(json.dumps({"left": left, "finished": sorted(collected.finished), "records": records, "logs": logs}))


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
