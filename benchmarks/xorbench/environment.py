"""The machine, installed versions, and threads: limited before a framework is imported, observed afterwards."""

import hashlib
import importlib
import importlib.metadata
import os
import platform
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from xorbench import affinity, places
from xorbench.record.timing import Pool
from xorbench.requirements import extras

if TYPE_CHECKING:
    from xorbench.record.run import Blas, Machine

_COUNTS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
"""Variables that numerical libraries read when they are loaded.

Some libraries ignore all of them; therefore the CPU affinity is set too, and the threads are observed.
"""


def thread_variables(number: int) -> dict[str, str]:
    """Return the environment variables that limit numerical libraries to `number` threads."""
    return dict.fromkeys(_COUNTS, str(number))


ONE_THREAD = thread_variables(1)

_KEPT = ("PATH", "LANG", "LC_ALL", "VIRTUAL_ENV", "LD_LIBRARY_PATH", "PYTHONPATH", "SYSTEMROOT")


DRIVER = {"XORBENCH_DRIVER": os.urandom(8).hex()}
"""The variable by which the processes that this one starts for implementations, and what they start, are known."""


def worker_variables(threads: int = 1) -> dict[str, str]:
    """Return all environment variables of a timed process: no compiler flags and no settings of a framework.

    Its home folder and its folder of temporary files can be written, and it prints UTF-8 in every locale.
    """
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    folders = {"HOME": str(places.home()), "TMPDIR": tempfile.gettempdir()}
    return kept | folders | {"PYTHONUTF8": "1"} | thread_variables(threads) | DRIVER


_OF_USER = ("HOME", "TMPDIR", "XDG_CACHE_HOME", "USER", "LOGNAME", "XORBENCH_HOST")


def driver_variables() -> dict[str, str]:
    """Return all environment variables of a command of this package that an engine such as Dask starts.

    They are those of a user that a command needs, without what the engine or a job script sets for libraries.
    """
    kept = {name: os.environ[name] for name in (*_KEPT, *_OF_USER) if name in os.environ}
    return kept | {"TMPDIR": tempfile.gettempdir(), "PYTHONUTF8": "1"} | DRIVER


def observed() -> tuple[int, list[Pool]]:
    """Return the number of threads of this process, and the thread pools that are visible in it."""
    before = dict(os.environ)
    import threadpoolctl  # imported here, because it looks for numerical libraries that are loaded already

    for name in os.environ.keys() - before.keys():
        del os.environ[name]  # it sets one when it is imported, which an implementation must not find

    pools = [
        Pool(str(pool["internal_api"]), pool["version"], int(pool["num_threads"]))
        for pool in threadpoolctl.threadpool_info()
    ]
    return psutil.Process().num_threads(), pools


def machine() -> "Machine":
    """Return CPU model, cores, system and a name made of them; nothing that identifies the machine's owner."""
    import cpuinfo

    from xorbench.record.run import Machine  # imported here, because workers do not need it

    cpu = cpu_model(cpuinfo.get_cpu_info())
    # An environment variable may set what os counts from Python 3.13 on, and a container may hide CPUs that it may use.
    cores = max(psutil.cpu_count() or 1, len(affinity.allowed_cpus()))
    system = platform.system()
    name = machine_name(cpu, cores, system, platform.machine())
    memory_gib = round(psutil.virtual_memory().total / 2**30, 1)
    return Machine(name, cpu, cores, system, platform.machine(), memory_gib)


def host(salt: str) -> str:
    """Return a name of this host, 16 hexadecimal digits, which differs for each `salt` and tells nothing about it.

    It tells hosts of the same kind apart, whose machines have one name. It is made of the system's number of this
    machine and of the host's name, or of the variable XORBENCH_HOST, for containers, where both may be new each time.
    """
    try:
        number = Path("/etc/machine-id").read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        number = f"{uuid.getnode():x}"
    own = os.environ.get("XORBENCH_HOST") or f"{number} {platform.node()}"
    return hashlib.sha256(f"{salt} {own}".encode(errors="replace")).hexdigest()[:16]


def machine_name(cpu: str, cores: int, system: str, architecture: str) -> str:
    """Return the name of a machine, which is made of its parts and may be the name of a folder."""
    return re.sub(r"[^a-z0-9]+", "-", f"{cpu} {cores} cores {system} {architecture}".lower()).strip("-")


def cpu_model(about: Mapping[str, object]) -> str:
    """Return the name of the processor from what `cpuinfo` reports about it.

    Some hypervisors hide the model number, so that processors years apart have the same name; family and model are
    added then.
    """
    brand = str(about.get("brand_raw", platform.processor() or "unknown CPU"))
    numbers = [f"{name} {about[name]}" for name in ("family", "model") if name in about]
    return brand if re.search(r"\d", brand) else ", ".join([brand, *numbers])


def processor_features() -> list[str]:
    """Return the features of the processor, such as "AVX2", by NumPy's names for them."""
    features = importlib.import_module("numpy._core._multiarray_umath").__cpu_features__
    return [name for name, there in features.items() if there]


def versions() -> dict[str, str]:
    """Return the versions of Python and of every installed library, by name.

    Where a library is installed twice, as beside that of the system, it is the first one, which is imported. What pip
    left of a library without saying its name or version is none.
    """
    libraries: dict[str, str] = {}
    for distribution in importlib.metadata.distributions():
        with suppress(FileNotFoundError):  # by the library importlib_metadata, where there are no metadata
            about = distribution.metadata
            if {"Name", "Version"} <= {*about}:
                libraries.setdefault(about["Name"], about["Version"])
    return {"python": platform.python_version(), **dict(sorted(libraries.items(), key=lambda item: item[0].lower()))}


def is_installed(framework: str) -> bool:
    """Return whether a distribution of this name is installed, or a program of this name is on the PATH."""
    return _distribution_version(framework) is not None or shutil.which(framework) is not None


def version_of(framework: str) -> str:
    """Return the version of a distribution, else the first line that a program prints as its own, else "unknown"."""
    return _distribution_version(framework) or _program_version(framework) or "unknown"


def _distribution_version(name: str) -> str | None:
    if name == "python":
        return platform.python_version()
    try:
        return importlib.metadata.version(name)
    except (importlib.metadata.PackageNotFoundError, ValueError):
        return None


@cache
def _program_version(name: str) -> str | None:
    program = shutil.which(name)
    if program is None:
        return None
    said = subprocess.run([program, "--version"], capture_output=True, check=False, stdin=subprocess.DEVNULL)
    return said.stdout.decode(errors="replace").partition("\n")[0].strip() or None


def installed_bytes(framework: str) -> int | None:
    """Return the bytes of a distribution's files and of all that it requires; None if it is not installed.

    What it requires with an extra counts if the project requires that extra.
    """
    found = required([framework], extras(framework))
    files = (Path(str(file.locate())) for distribution in found for file in distribution.files or ())
    return sum(file.stat().st_size for file in files if file.is_file()) or None


def required(names: Iterable[str], with_extras: Iterable[str] = ()) -> Iterator[importlib.metadata.Distribution]:
    """Yield the installed ones of the distributions in `names` and all that they require, each once.

    What they require with an extra in `with_extras` is part of it.
    """
    seen: dict[str, set[str]] = {}  # by name, the extras that were followed; "" is none
    wanted = [(name, extra) for name in names for extra in ("", *with_extras)]
    while wanted:
        given, extra = wanted.pop()
        name = canonicalize_name(given)
        if extra in seen.get(name, ()):
            continue
        try:
            distribution = importlib.metadata.distribution(name)
        except (importlib.metadata.PackageNotFoundError, ValueError):
            continue  # it is optional, or not for this system
        if name not in seen:
            yield distribution
        seen.setdefault(name, set()).add(extra)
        for r in map(Requirement, distribution.requires or ()):
            if r.marker is None or r.marker.evaluate({"extra": extra}):
                wanted += [(r.name, each) for each in ("", *r.extras)]


def blas() -> "Blas":
    """Return the linear algebra library that NumPy was built with."""
    import numpy as np

    from xorbench.record.run import Blas

    found = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return Blas(str(found["name"]), str(found["version"]))


def commit() -> str | None:
    """Return the commit of this checkout, with "+changes" if files differ from it; None outside a checkout."""
    if places.CHECKOUT is None:
        return None
    root = places.CHECKOUT
    try:
        head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=root, capture_output=True, check=True)
        status = subprocess.run(
            ["git", "status", "--porcelain", "--untracked-files=no"], cwd=root, capture_output=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return head.stdout.decode("ascii").strip() + ("+changes" if status.stdout.strip() else "")


def command(arguments: Iterable[str] = ()) -> str:
    """Return the command line, with every path shortened to its last part; what is not UTF-8 becomes �."""
    given = [os.fsencode(word).decode(errors="replace") for word in list(arguments) or sys.argv[1:]]
    return shlex.join(["xorbench", *(re.sub(r"(^|=)[^=]*/(?=.)", r"\1", word).rstrip("/") for word in given)])


def without_folders(text: str) -> str:
    """Return a message with every absolute path shortened to its last part, because folders can identify a user."""
    return re.sub(r"(?<![\w/])~?/(?:[^\s/'\"]+/)+", "", text)
