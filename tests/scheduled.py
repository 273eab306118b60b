"""A scheduler of Dask and its workers as processes of their own, and what their tests have in common."""

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.planted import planted
from xorbench.record import store
from xorbench.requirements import pin
from xorbench.studies.fleet_processes import Cluster as Processes
from xorbench.studies.fleet_processes import Process, said

ROOT = Path(__file__).parent.parent

SECONDS = 900
"""The time that anything may take on a busy machine before a test fails."""


def skip_without_dask() -> None:
    """Skip a module of tests by name where Dask is not installed; in CI that is an error."""
    if importlib.util.find_spec("distributed") is None:
        why = f"Dask is not installed: pip install '{pin('distributed') or 'distributed'}'"
        if os.environ.get("CI"):
            raise RuntimeError(why)
        pytest.skip(why, allow_module_level=True)


class Cluster(Processes):
    """A scheduler and workers, with clients whose parts are commands that the test lets go on."""

    def client(self, *arguments: str) -> Process:
        """Start a client, see `fleet_client`."""
        return self.started([sys.executable, "-m", "tests.fleet_client", self.address, str(self.folder), *arguments])

    def xorbench(self, *arguments: str) -> Process:
        """Start the command with this scheduler."""
        return self.started([sys.executable, "-m", "xorbench", *arguments, "--scheduler", self.address])

    def script(self, text: str, *arguments: str) -> str:
        """Return what a script with a client of the scheduler prints."""
        before = f"import sys\nfrom distributed import Client\nclient = Client({self.address!r})\n"
        done = subprocess.run(
            [sys.executable, "-c", before + text, *arguments],
            env=self.variables,
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def events(self) -> list[str]:
        """What the commands of parts have noted: begin or end, the number of the part, and whether it is resumed."""
        path = self.folder / "events"
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        return [" ".join([*line.split()[:2], *line.split()[3:]]) for line in lines]

    def close_gate(self) -> None:
        """Let commands of parts wait."""
        os.mkfifo(self.folder / "gate")

    def open_gate(self) -> None:
        """Let one command go on, as soon as it waits."""
        with (self.folder / "gate").open("w", encoding="utf-8"):
            pass


@contextmanager
def cluster_in(folder: Path) -> Iterator[Cluster]:
    """Yield a scheduler without workers; `folder` has the record that commands of parts copy."""
    store.write(planted({"other": [0.5] * 6}).record, folder / "planted")
    (path,) = store.paths(folder / "planted")
    path.rename(folder / "record.json")
    with ExitStack() as stack:
        yield Cluster(stack, folder, [ROOT])


def told(client: Process, pattern: str) -> str:
    """Return the first group of a pattern, as soon as a client has written a line to standard error that it matches."""
    return said(client, pattern, to_errors=True)


def result(client: Process) -> dict[str, Any]:
    """Return the JSON document of a client, when it has ended."""
    out, err = client.communicate(timeout=SECONDS)
    assert client.returncode == 0, err
    found: dict[str, Any] = json.loads(out)
    return found


def gone(number: int) -> None:
    """Wait until a process has ended."""
    try:
        psutil.Process(number).wait(timeout=SECONDS)
    except psutil.NoSuchProcess:
        return
