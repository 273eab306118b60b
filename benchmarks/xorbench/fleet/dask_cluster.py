"""The connection to a scheduler of Dask: one of this command alone, or a running one at an address."""

import ipaddress
import logging
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from xorbench import requirements
from xorbench.affinity import allowed_cpus
from xorbench.failure import HarnessError

if TYPE_CHECKING:
    from distributed import Client

LOCAL = "local"
"""The word in place of an address for a scheduler and a worker in the process of the command."""

SECONDS_TO_CONNECT = 30
"""The time in which a scheduler must answer, also after it was started again."""

SECONDS_BETWEEN_LOOKS = 5.0
"""The time after which it is looked again which workers are there."""

SLOT = "xorbench_host"
"""The resource by which the scheduler lets a worker measure one part at a time: dask worker --resources SLOT=1.

It is used where all workers of a host have it. Between workers, and between schedulers, the lock of the host decides.
"""


SETTINGS: dict[str, bool | str] = {
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.interval": "1s",
    "distributed.admin.system-monitor.interval": "5s",
    "distributed.scheduler.work-stealing-interval": "1s",
}
"""Settings of Dask with which schedulers and workers compute little themselves.

By default they sample the stack of workers 100 times a second, and wake 50 times a second to see whether they are slow.
"""


@dataclass(frozen=True)
class Worker:
    """A worker: its address, the scheduler's name of its host, its number of threads, and whether it has SLOT."""

    address: str
    host: str
    threads: int
    has_slot: bool = False


def checked(address: str) -> str:
    """Return `address` if it is LOCAL, or that of a scheduler which only this machine, or who has a key, can reach.

    Raises ValueError, in one line, where it is neither.
    """
    if address == LOCAL:
        return address
    try:
        parts = urlsplit(address)
        is_address = parts.scheme in ("tcp", "tls") and parts.hostname and parts.port and not parts.path.strip("/")
    except ValueError:
        is_address = False
    if not is_address:
        raise ValueError(
            f"{address} is not the address of a scheduler, expected local, tcp://127.0.0.1:PORT or tls://HOST:PORT"
        )
    if complaint := open_to_others(address):
        raise ValueError(complaint)
    return address


def open_to_others(address: str) -> str | None:
    """Return a complaint if other users can connect to a scheduler, and so run code as its user; None if they can't."""
    parts = urlsplit(address)
    if parts.scheme in ("tls", "inproc") or _is_loopback(parts.hostname or ""):
        return None
    return (
        f"anyone who reaches {address} can run code as you, because it has no TLS; expected tls://HOST:PORT, as Dask's "
        "documentation on TLS says, or a scheduler that listens on 127.0.0.1 alone: dask scheduler --host 127.0.0.1"
    )


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@contextmanager
def connected(address: str, threads: int) -> "Iterator[Client]":
    """Yield a client of the scheduler at a checked `address`; with LOCAL, of a new one whose worker has `threads`.

    Raises HarnessError, in one line, where Dask is not installed, no scheduler answers, or it is open to others.
    """
    try:
        import distributed
    except ImportError:
        needed = requirements.pin("distributed") or "distributed"
        raise HarnessError(f"--scheduler needs Dask, which is not installed; pip install '{needed}'") from None
    for name in ("distributed", "distributed.client", "tornado.application", "asyncio"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # what the user has to know is said in one line
    if address.startswith("tls:") and not distributed.Security().get_connection_args("client").get("ssl_context"):
        # Without it the client raises TypeError, and closing that client takes a minute and writes a traceback.
        raise HarnessError(
            f"no scheduler answers at {address}: no certificate is configured; set distributed.comm.tls in the "
            "configuration of Dask, as Dask's documentation on TLS says"
        )
    # It is about client and scheduler; whoever differs is refused by name before anything begins.
    warnings.simplefilter("ignore", distributed.versions.VersionMismatchWarning)
    warnings.filterwarnings("ignore", "Couldn't detect a suitable IP address", RuntimeWarning)  # without a network
    with ExitStack() as stack:
        to = stack.enter_context(_local_cluster(threads)) if address == LOCAL else address
        try:
            client = distributed.Client(to, timeout=SECONDS_TO_CONNECT, set_as_default=False)
        except (OSError, ImportError, ValueError, TypeError, RuntimeError) as error:
            raise HarnessError(f"no scheduler answers at {address}: {' '.join(str(error).split())}") from error
        stack.callback(_close, client)
        if complaint := open_to_others(client.scheduler_info()["address"]):
            raise HarnessError(complaint)
        yield client


def _close(client: "Client") -> None:
    with suppress(Exception):  # the scheduler may have ended
        client.close(timeout=5)


@contextmanager
def _local_cluster(threads: int) -> Iterator[object]:
    """Yield a scheduler with one worker of so many threads, all in this process; no other process can give it tasks.

    Its settings are SETTINGS. Dask's servers for its web pages, which it starts always, are on loopback and have no
    pages.
    """
    import dask
    from distributed import LocalCluster, Security

    without_pages: dict[str, object] = {"distributed.scheduler.http.routes": [], "distributed.worker.http.routes": []}
    with dask.config.set(SETTINGS | without_pages):
        try:
            cluster = LocalCluster(
                n_workers=1,
                threads_per_worker=threads,
                processes=False,
                protocol="inproc://",
                security=Security(require_encryption=False),  # whatever is configured
                dashboard_address="127.0.0.1:0",
                worker_dashboard_address="127.0.0.1:0",
                memory_limit=None,
                resources={SLOT: 1},
                silence_logs=logging.CRITICAL,
            )
        except (OSError, RuntimeError) as error:
            raise HarnessError(f"no scheduler can be started: {' '.join(str(error).split())}") from error
        try:
            yield cluster
        finally:
            with suppress(Exception):  # it ends with this process in any case
                cluster.close(timeout=10)


def workers_of(client: "Client") -> Sequence[Worker]:
    """Return the workers that the scheduler has now, sorted by address. Raises HarnessError if it does not answer."""
    try:
        there = client.scheduler_info(n_workers=-1)["workers"]
    except (OSError, RuntimeError, KeyError) as error:
        raise HarnessError(f"the scheduler does not answer: {' '.join(str(error).split())}") from error
    return [
        Worker(address, str(about["host"]), int(about["nthreads"]), SLOT in about["resources"])
        for address, about in sorted(there.items())
    ]


def first_workers(client: "Client", say: Callable[[str], object]) -> Sequence[Worker]:
    """Wait until the scheduler has a worker, and return its workers; `say` is called with a line if it has to wait."""
    is_said = False
    while not (found := workers_of(client)):
        if not is_said:
            say("xorbench: the scheduler has no worker; waiting for one")
            is_said = True
        time.sleep(1.0)
    return found


def local_threads(is_timed: bool) -> int:
    """Return how many threads a command's own worker has: one that waits beside what is timed, or one for each CPU."""
    return 1 if is_timed else len(allowed_cpus())
