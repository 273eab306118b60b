"""What machine this is, which versions, which threads: set before a framework is imported, observed afterwards."""

import ctypes
import importlib.metadata
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from xorbench import places
from xorbench.record.timing import Pool

if TYPE_CHECKING:
    from xorbench.record.run import Blas, Machine

_COUNTS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
"""Read by numerical libraries when they are loaded. Some heed none of them: hence the affinity, and the observing."""


def for_threads(number: int) -> dict[str, str]:
    """The variables that allow so many threads."""
    return dict.fromkeys(_COUNTS, str(number))


ONE_THREAD = for_threads(1)

_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV", "LD_LIBRARY_PATH", "PYTHONPATH", "SYSTEMROOT")


def of_a_worker(threads: int = 1) -> dict[str, str]:
    """All variables that what is timed gets to see: no flags of any compiler, no settings of any framework."""
    return {name: os.environ[name] for name in _KEPT if name in os.environ} | for_threads(threads)


def allowed_cpus() -> list[int]:
    """The CPUs that this process may use."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else list(range(os.cpu_count() or 1))


def apart_from(cpu: int) -> list[int]:
    """The allowed CPUs that share no core with this one; what runs there takes nothing from it but memory's time."""
    siblings = Path(f"/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list")
    try:
        parts = [part.partition("-") for part in siblings.read_text().strip().split(",")]
    except OSError:
        return []
    shared = {number for first, _, last in parts for number in range(int(first), int(last or first) + 1)}
    return [other for other in allowed_cpus() if other not in shared]


def end_with_parent() -> None:
    """Let this process be killed when the one that started it ends, however that ends. Linux only."""
    if sys.platform == "linux":
        parent = os.getppid()
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it has ended in between
            os.kill(os.getpid(), signal.SIGKILL)


_PR_SET_PDEATHSIG = 1


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


def move(pid: int, *cpus: int) -> None:
    """Let every thread of a running process use these CPUs alone. Linux only; elsewhere nothing."""
    tasks = Path(f"/proc/{pid}/task")
    if tasks.exists():
        for thread in tasks.iterdir():
            with suppress(ProcessLookupError):  # it has ended in between
                os.sched_setaffinity(int(thread.name), cpus)


def observed() -> tuple[int, list[Pool]]:
    """Return how many threads this process has, and the pools of threads that can be seen in it."""
    import threadpoolctl  # here, not above: it looks for numerical libraries that are loaded already

    pools = [
        Pool(str(pool["internal_api"]), pool["version"], int(pool["num_threads"]))
        for pool in threadpoolctl.threadpool_info()
    ]
    return psutil.Process().num_threads(), pools


def machine() -> "Machine":
    """Return CPU model, cores, system and a name made of them; nothing that tells whose machine it is."""
    import cpuinfo

    from xorbench.record.run import Machine  # here, not above: workers need nothing of it

    cpu = cpu_model(cpuinfo.get_cpu_info())
    cores = os.cpu_count() or 1
    system = platform.system()
    name = re.sub(r"[^a-z0-9]+", "-", f"{cpu} {cores} cores {system} {platform.machine()}".lower()).strip("-")
    memory_gib = round(psutil.virtual_memory().total / 2**30, 1)
    return Machine(name, cpu, cores, system, platform.machine(), memory_gib)


def cpu_model(about: Mapping[str, Any]) -> str:
    """What the processor calls itself, by what `cpuinfo` says about it.

    Some hypervisors hide the number, so that processors years apart have one name: family and model tell them apart.
    """
    brand = str(about.get("brand_raw", platform.processor() or "unknown CPU"))
    numbers = [f"{name} {about[name]}" for name in ("family", "model") if name in about]
    return brand if re.search(r"\d", brand) else ", ".join([brand, *numbers])


def versions() -> dict[str, str]:
    """Python's, and that of every library installed beside it."""
    libraries = {d.metadata["Name"]: d.version for d in importlib.metadata.distributions()}
    return {"python": platform.python_version(), **dict(sorted(libraries.items(), key=lambda item: item[0].lower()))}


def is_installed(framework: str) -> bool:
    """Whether there is a distribution of this name, or a program on the path."""
    return _distribution_version(framework) is not None or shutil.which(framework) is not None


def version_of(framework: str) -> str:
    """The installed version of a distribution, or the first line that a program says of its own, or "unknown"."""
    return _distribution_version(framework) or _program_version(framework) or "unknown"


def _distribution_version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except (importlib.metadata.PackageNotFoundError, ValueError):
        return None


@cache
def _program_version(name: str) -> str | None:
    program = shutil.which(name)
    if program is None:
        return None
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    return said.stdout.partition("\n")[0].strip() or None


def installed_bytes(framework: str) -> int | None:
    """The size of a distribution's files and of those of everything that it requires. None: it is not installed."""
    files = (Path(str(file.locate())) for distribution in required([framework]) for file in distribution.files or ())
    return sum(file.stat().st_size for file in files if file.is_file()) or None


def required(names: Iterable[str]) -> Iterator[importlib.metadata.Distribution]:
    """Those of these distributions that are installed, and all that they require, each once."""
    seen: set[str] = set()
    wanted = [*names]
    while wanted:
        name = canonicalize_name(wanted.pop())
        if name in seen:
            continue
        seen.add(name)
        try:
            distribution = importlib.metadata.distribution(name)
        except (importlib.metadata.PackageNotFoundError, ValueError):
            continue  # optional, or not for this system
        yield distribution
        requirements = map(Requirement, distribution.requires or ())
        wanted += [r.name for r in requirements if r.marker is None or r.marker.evaluate({"extra": ""})]


def blas() -> "Blas":
    """Return the linear algebra that NumPy was built with."""
    import numpy as np

    from xorbench.record.run import Blas

    found = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return Blas(str(found["name"]), str(found["version"]))


def commit() -> str | None:
    """The commit of this checkout, with "+changes" where files differ from it; None outside a checkout."""
    if places.CHECKOUT is None:
        return None
    root = places.CHECKOUT
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
