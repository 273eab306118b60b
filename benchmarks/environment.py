"""What machine this is, which versions, which threads: set before a framework is imported, observed afterwards."""

import importlib.metadata
import os
import platform
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1"
)
"""Read by numerical libraries when they are loaded. Some heed none of them: hence the affinity, and the observing."""


def allowed_cpus() -> list[int]:
    """The CPUs that this process may use."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else list(range(os.cpu_count() or 1))


@contextmanager
def started_on(*cpus: int) -> Iterator[None]:
    """Let processes started inside use these CPUs alone, so that libraries count no more. Linux only."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cpus)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def move(pid: int, cpu: int) -> None:
    """Let every thread of a running process use this CPU alone. Linux only; elsewhere nothing."""
    tasks = Path(f"/proc/{pid}/task")
    if tasks.exists():
        for thread in tasks.iterdir():
            os.sched_setaffinity(int(thread.name), {cpu})


def observed() -> dict[str, Any]:
    """What this process turned out to use: its threads, the thread pools that can be seen, the CPUs that it may use."""
    import threadpoolctl  # here, not above: it looks for numerical libraries that are loaded already

    pools = [
        {"library": str(pool["internal_api"]), "version": pool["version"], "threads": int(pool["num_threads"])}
        for pool in threadpoolctl.threadpool_info()
    ]
    return {"process_threads": psutil.Process().num_threads(), "pools": pools, "cpus": allowed_cpus()}


def disturbance() -> dict[str, float | None]:
    """Load and stolen time now. None: this system does not tell."""
    return {"load_1_minute": os.getloadavg()[0], "steal_seconds": getattr(psutil.cpu_times(), "steal", None)}


def machine() -> dict[str, Any]:
    """CPU model, cores, system and a name made of them; nothing that tells whose machine it is."""
    import cpuinfo

    cpu = str(cpuinfo.get_cpu_info().get("brand_raw", platform.processor() or "unknown CPU"))
    cores = os.cpu_count() or 1
    system = platform.system()
    name = re.sub(r"[^a-z0-9]+", "-", f"{cpu} {cores} cores {system} {platform.machine()}".lower()).strip("-")
    return {
        "name": name,
        "cpu": cpu,
        "cores": cores,
        "system": system,
        "architecture": platform.machine(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
    }


def versions() -> dict[str, str]:
    """Python's, and that of every library installed beside it."""
    libraries = {d.metadata["Name"]: d.version for d in importlib.metadata.distributions()}
    return {"python": platform.python_version(), **dict(sorted(libraries.items(), key=lambda item: item[0].lower()))}


def version_of(framework: str) -> str:
    """The installed version of a distribution, or "unknown"."""
    try:
        return importlib.metadata.version(framework)
    except (importlib.metadata.PackageNotFoundError, ValueError):
        return "unknown"


def blas() -> dict[str, str]:
    """The linear algebra that NumPy was built with."""
    import numpy as np

    found = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return {"name": str(found["name"]), "version": str(found["version"])}


def commit() -> str | None:
    """The commit of this checkout, with "+changes" where files differ from it; None outside a checkout."""
    root = Path(__file__).parent
    try:
        head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=root, capture_output=True, text=True, check=True)
        status = subprocess.run(
            ["git", "status", "--porcelain", "--untracked-files=no"],
            cwd=root,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return head.stdout.strip() + ("+changes" if status.stdout.strip() else "")


def command(arguments: Iterable[str] = ()) -> str:
    """The command line, with every path cut down to its last part."""
    given = list(arguments) or sys.argv[1:]
    return " ".join(["xorbench", *(re.sub(r"(^|=)[^=]*/(?=.)", r"\1", word).rstrip("/") for word in given)])


def without_folders(text: str) -> str:
    """A message with every absolute path cut down to its last part: folders tell whose machine it is."""
    return re.sub(r"(?<![\w/])~?/(?:[^\s/'\"]+/)+", "", text)
