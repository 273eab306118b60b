"""The address of a scheduler, and the check of hosts: who may reach it, and one line for each unfit host."""

import asyncio
import os
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import pytest

from tests.fleets import gradients_of, plan_of
from xorbench.affinity import allowed_cpus
from xorbench.fleet import aside, dask_preflight
from xorbench.fleet import plan as plans
from xorbench.fleet.dask_cluster import Worker, checked, open_to_others

LOOPBACK = ["local", "tcp://127.0.0.1:8786", "tcp://localhost:1", "tcp://[::1]:8786", "tcp://127.3.2.1:80"]


@pytest.mark.parametrize("address", [*LOOPBACK, "tls://10.0.0.1:8786", "tls://node-3.cluster:8786"])
def test_an_address_that_only_its_user_can_reach_is_allowed(address: str) -> None:
    assert checked(address) == address


@pytest.mark.parametrize(
    "address",
    ["", "locale", "127.0.0.1:8786", "tcp://127.0.0.1", "http://127.0.0.1:80", "tcp://127.0.0.1:x", "tcp://[:1"],
)
def test_what_is_no_address_is_refused_in_one_line(address: str) -> None:
    with pytest.raises(ValueError, match=r"^[^\n]*is not the address of a scheduler, expected local, tcp://127[^\n]*$"):
        checked(address)


@pytest.mark.parametrize(
    "address", ["tcp://10.0.0.1:8786", "tcp://0.0.0.0:8786", "tcp://node-3:8786", "tcp://[2001:db8::1]:1"]
)
def test_an_address_that_others_may_reach_without_a_key_is_refused(address: str) -> None:
    assert open_to_others(address)
    with pytest.raises(
        ValueError, match=f"^anyone who reaches {address.replace('[', '.').replace(']', '.')} can run code"
    ):
        checked(address)


PLAN = plan_of(["neuron"])

VERSIONS = {
    "host": {"python": "3.11.7.final.0"},
    "packages": {
        "dask": "2026.8.0",
        "distributed": "2026.8.0",
        "cloudpickle": "3.1.3",
        "msgpack": "1.2.4",
        "numpy": "2",
    },
}


def versions(python: str = "3.11.7.final.0", **packages: str | None) -> dict[str, Any]:
    return {"host": {"python": python}, "packages": VERSIONS["packages"] | packages}


class OfWorkers:
    """In place of a client: workers with their hosts, their versions, and what their check answers."""

    def __init__(
        self,
        hosts: Mapping[str, str],
        those: Mapping[str, object],
        answers: Mapping[str, object],
        of_scheduler: object = VERSIONS,
    ) -> None:
        self._hosts, self._versions, self._answers, self._of_scheduler = hosts, those, answers, of_scheduler
        self.asked: list[str] = []

    def scheduler_info(self, n_workers: int) -> dict[str, Any]:
        assert n_workers == -1
        return {
            "workers": {
                address: {"host": host, "nthreads": 2, "resources": {}} for address, host in self._hosts.items()
            }
        }

    def get_versions(self) -> dict[str, object]:
        return {"client": VERSIONS, "scheduler": self._of_scheduler, "workers": self._versions}

    def run(
        self, function: Callable[..., object], *_given: object, workers: list[str], on_error: str
    ) -> Mapping[str, object]:
        assert on_error == "return"
        assert (
            "<locals>" in function.__qualname__
        )  # pickled by its text, so that a worker needs nothing of this package
        self.asked = workers
        return {address: self._answers[address] for address in workers if address in self._answers}


FIT = {"code": 0, "out": b"[]", "err": b"", "has_profiler": False}


def test_each_unfit_host_has_one_line_and_the_others_are_used() -> None:
    hosts = {f"tcp://10.0.0.{n}:1": f"10.0.0.{n}" for n in range(1, 10)} | {"tcp://10.0.0.1:2": "10.0.0.1"}
    those = {address: versions() for address in hosts}
    those["tcp://10.0.0.2:1"] = versions(python="3.12.1.final.0")
    those["tcp://10.0.0.3:1"] = versions(distributed="2026.7.1", dask="2026.7.1")
    answers = dict.fromkeys(hosts, FIT) | {
        "tcp://10.0.0.4:1": FIT | {"out": b'["numpy 2.3, expected 2.4", "no clang", "c", "d", "e"]'},
        "tcp://10.0.0.5:1": FIT | {"code": 1, "err": b"Traceback\nModuleNotFoundError: No module named 'xorbench'\n"},
        "tcp://10.0.0.6:1": OSError("too many\nopen files \x1b[31m"),
        "tcp://10.0.0.7:1": {"what": 3},
        "tcp://10.0.0.9:1": FIT | {"out": b"welcome to node 9\n[]"},
    }
    del answers["tcp://10.0.0.8:1"]
    client = OfWorkers(hosts, those, answers)
    said: list[str] = []
    fit = dask_preflight.fit(client, PLAN, said.append)
    assert fit == [Worker("tcp://10.0.0.1:1", "10.0.0.1", 2), Worker("tcp://10.0.0.1:2", "10.0.0.1", 2)]
    assert not {"tcp://10.0.0.2:1", "tcp://10.0.0.3:1"} & {*client.asked}
    assert said == [
        "xorbench: 10.0.0.2 is left out: Python 3.12.1 there, expected 3.11.7",
        "xorbench: 10.0.0.3 is left out: dask 2026.7.1 there, expected 2026.8.0; distributed 2026.7.1 there, expected "
        "2026.8.0",
        "xorbench: 10.0.0.4 is left out: numpy 2.3, expected 2.4; no clang; c; d; e",
        "xorbench: 10.0.0.5 is left out: xorbench can't be run there: ModuleNotFoundError: No module named 'xorbench'",
        "xorbench: 10.0.0.6 is left out: it can't be checked: OSError: too many open files [31m",
        "xorbench: 10.0.0.7 is left out: its answer is not valid",
        "xorbench: 10.0.0.8 is left out: it does not answer",
        "xorbench: 10.0.0.9 is left out: its answer is not valid: welcome to node 9 []",
    ]


def test_a_check_that_takes_too_long_is_named() -> None:
    hosts = {"tcp://10.0.0.1:1": "10.0.0.1"}
    said: list[str] = []
    client: Any = OfWorkers(hosts, dict.fromkeys(hosts, versions()), dict.fromkeys(hosts, TimeoutError()))
    assert dask_preflight.fit(client, PLAN, said.append) == []
    assert said == ["xorbench: 10.0.0.1 is left out: it can't be checked: it gave no answer for 120 s"]


def test_a_host_with_one_unfit_worker_is_unfit() -> None:
    hosts = {"tcp://10.0.0.1:1": "10.0.0.1", "tcp://10.0.0.1:2": "10.0.0.1"}
    answers = {"tcp://10.0.0.1:1": FIT, "tcp://10.0.0.1:2": FIT | {"out": b'["no clang"]'}}
    said: list[str] = []
    assert dask_preflight.fit(OfWorkers(hosts, dict.fromkeys(hosts, versions()), answers), PLAN, said.append) == []
    assert said == ["xorbench: 10.0.0.1 is left out: no clang"]


def test_a_running_profiler_is_named_where_something_is_timed() -> None:
    hosts = {"tcp://10.0.0.1:1": "10.0.0.1", "tcp://10.0.0.2:1": "10.0.0.2"}
    answers = {"tcp://10.0.0.1:1": FIT | {"has_profiler": True}, "tcp://10.0.0.2:1": FIT}
    said: list[str] = []
    assert len(dask_preflight.fit(OfWorkers(hosts, dict.fromkeys(hosts, versions()), answers), PLAN, said.append)) == 2
    assert said == [
        "xorbench: the profiler of Dask runs beside what is timed on 10.0.0.1; set "
        "DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED=False where the workers are started"
    ]


@pytest.mark.slow
@pytest.mark.skipif(
    not hasattr(os, "sched_setaffinity") or len(allowed_cpus()) < 2,
    reason="needs the affinity of processes, and two CPUs",
)
def test_a_host_is_checked_with_all_cpus_while_its_worker_keeps_off_the_timed_one() -> None:
    class OfDask:
        periodic_callbacks: ClassVar[dict[str, object]] = {}

    def sentences() -> list[str]:
        answer = asyncio.run(dask_preflight._check()(plans.text_of(PLAN).encode(), True, OfDask()))
        return dask_preflight._sentences(answer)[0]

    before = sentences()
    assert before  # it is a plan of another version of the package
    with aside.aside():
        assert len(allowed_cpus()) < len(aside.all_cpus())
        assert sentences() == before


def test_a_scheduler_of_another_version_is_named() -> None:
    hosts = {"tcp://10.0.0.1:1": "10.0.0.1"}
    said: list[str] = []
    client: Any = OfWorkers(hosts, dict.fromkeys(hosts, versions()), dict.fromkeys(hosts, FIT), versions(msgpack="1.0"))
    assert dask_preflight.fit(client, gradients_of(), said.append) == []
    assert said == ["xorbench: the scheduler can't be used: msgpack 1.0 there, expected 1.2.4"]
