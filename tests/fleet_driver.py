"""A command in place of xorbench on a host: it takes the lock of the host and waits until the test lets it go on.

`fleet_driver.py FOLDER NUMBER OUTPUT [--wait] [--resume]`. It notes its begin and its end in FOLDER/events, and what it
measures is FOLDER/record.json; what is measured is not measured again.
"""

import json
import os
import shutil
import sys
from pathlib import Path

from xorbench.clock import host


def main() -> int:
    """Measure."""
    folder, number, output = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
    journal = folder / f"journal-{number}"
    if [*output.glob("*/*.json")]:
        return 0
    host.take(wait="--wait" in sys.argv)
    resumed = " resumed" if "--resume" in sys.argv and journal.exists() else ""
    journal.touch()
    note(folder, f"begin {number} {os.getpid()}{resumed}")
    print(f"begun {os.getpid()}: 40% done", file=sys.stderr, flush=True)
    if (folder / "gate").exists():
        with (folder / "gate").open(encoding="utf-8") as gate:
            gate.read()  # until the test has opened and closed it
    machine = output / "some-machine"
    machine.mkdir(parents=True, exist_ok=True)
    record = json.loads((folder / "record.json").read_text(encoding="utf-8"))
    record["created"] = f"2026-01-02T03:04:{int(number):02}Z"
    (folder / "variables.json").write_text(json.dumps(dict(os.environ)), encoding="utf-8")
    (machine / "record.json").write_text(json.dumps(record), encoding="utf-8")
    journal.unlink()
    note(folder, f"end {number} {os.getpid()}")
    if (folder / "fail").exists():
        shutil.rmtree(output)
        print("no disk", file=sys.stderr)
        return 3
    return 0


def note(folder: Path, event: str) -> None:
    with (folder / "events").open("a", encoding="utf-8") as file:
        file.write(f"{event}\n")


if __name__ == "__main__":
    sys.exit(main())
