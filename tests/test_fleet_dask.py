"""A real scheduler with real workers: what Dask's default worker breaks holds, and whatever is killed, nothing is lost.

The four ways in which a default worker breaks the suite: it is daemonic, its nanny sets variables, what it has started
goes on after it was killed, and a finished result is computed again when it is lost.
"""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.scheduled import ROOT, Cluster, cluster_in, gone, result, skip_without_dask, told
from xorbench import environment
from xorbench.contract import REFERENCE, discover
from xorbench.judging import chunk_report, chunks
from xorbench.judging.chunk_judge import judge_chunk
from xorbench.judging.chunks import Chunk
from xorbench.studies.fleet_processes import worker_of
from xorbench.workloads import WORKLOADS

skip_without_dask()

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a process with its parent"),
]


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    """A scheduler without workers."""
    with cluster_in(tmp_path) as found:
        yield found


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    """What ends further processes."""
    with ExitStack() as found:
        yield found


ABOUT = """
import json, multiprocessing, os
def about():
    return multiprocessing.current_process().daemon, os.environ.get("OMP_NUM_THREADS")
print(json.dumps([*client.run(about).values()]))
"""

JUDGE = """
import zlib
from tests.fleets import gradients_of
from xorbench.fleet import dask_tasks
from xorbench.judging.chunks import Chunk
print(zlib.decompress(client.submit(dask_tasks.judge, gradients_of(), 300.0, Chunk(3, 20)).result().document).decode())
"""


def test_a_daemonic_worker_judges_and_measures(cluster: Cluster) -> None:
    cluster.start_worker("--nanny")
    assert json.loads(cluster.script(ABOUT)) == [[True, "1"]]
    reference = next(i for i in discover() if i.name == REFERENCE)
    expected = judge_chunk([reference], [WORKLOADS["neuron"]], Chunk(3, 20), seed=0)
    assert chunks.of_json(cluster.script(JUDGE)) == expected
    assert result(cluster.client("1"))["finished"] == [1]


def test_a_part_has_the_same_variables_through_a_nanny_and_without_dask(cluster: Cluster) -> None:
    cluster.start_worker("--nanny")
    result(cluster.client("1"))
    path = cluster.folder / "variables.json"
    through = json.loads(path.read_text(encoding="utf-8"))
    path.unlink()
    call = [sys.executable, "-c", LOCAL, str(cluster.folder)]
    subprocess.run(call, env=cluster.variables, cwd=cluster.folder, check=True)
    here = json.loads(path.read_text(encoding="utf-8"))
    for found in (through, here):
        for name in environment.DRIVER:
            del found[name]
    assert through == here
    assert "OMP_NUM_THREADS" not in through


LOCAL = """
import functools, sys
from tests.fleet_client import PLAN, command
from xorbench.fleet import host_parts
host_parts.measured(host_parts.Order(PLAN, 1, "local", ""), functools.partial(command, sys.argv[1]))
"""


def test_after_a_kill_of_the_worker_its_part_goes_on_and_nothing_runs_beside_it(cluster: Cluster) -> None:
    cluster.close_gate()
    nanny = cluster.start_worker("--nanny")
    client = cluster.client("1")
    first = int(told(client, r"begun (\d+)"))
    worker_of(nanny).kill()
    gone(first)
    second = int(told(client, r"begun (\d+)"))
    assert second != first
    cluster.open_gate()
    found = result(client)
    assert (found["left"], found["finished"], len(found["records"])) == ([], [1], 1)
    assert cluster.events() == ["begin 1", "begin 1 resumed", "end 1"]


LOST = """
import functools, os, signal
from distributed import wait
from tests.fleet_client import PLAN, command
from xorbench.fleet import dask_tasks
from xorbench.fleet.host_parts import Order
order = Order(PLAN, 1, "lost", "127.0.0.1")
future = client.submit(dask_tasks.measure, order, "topic", functools.partial(command, sys.argv[1]), key="lost")
wait(future)
def end():
    os.kill(os.getpid(), signal.SIGKILL)
client.run(end, on_error="ignore")
client.wait_for_workers(1)
print(future.result().code)
"""


def test_a_finished_result_that_is_lost_is_found_again_and_not_measured_again(cluster: Cluster) -> None:
    cluster.start_worker("--nanny")
    assert cluster.script(LOST, str(cluster.folder)) == "0\n"
    assert cluster.events() == ["begin 1", "end 1"]


@pytest.mark.parametrize("killed", ["worker without a nanny", "nanny", "scheduler", "client"])
def test_whatever_is_killed_no_process_stays_and_the_part_is_counted_once(cluster: Cluster, killed: str) -> None:
    cluster.close_gate()
    kind = "--no-nanny" if killed == "worker without a nanny" else "--nanny"
    worker = cluster.start_worker(kind)
    client = cluster.client("2")
    first = int(told(client, r"begun (\d+)"))
    victim = {"scheduler": cluster.scheduler, "client": client}.get(killed, worker)
    victim.send_signal(signal.SIGKILL)
    gone(first)
    victim.wait()
    if killed == "client":
        client = cluster.client("2", "--resume")
    elif killed == "scheduler":
        cluster.start_scheduler()
    if killed != "client":
        cluster.start_worker(kind)
    told(client, r"begun (\d+)")
    cluster.open_gate()
    told(client, r"part \d/2: begun (\d+)")
    cluster.open_gate()
    found = result(client)
    assert (found["left"], found["finished"], len(found["records"])) == ([], [1, 2], 2)
    events = cluster.events()
    assert sorted(event for event in events if event.startswith("end")) == ["end 1", "end 2"]
    assert len([event for event in events if event.startswith("begin")]) == 3
    assert events[0].startswith("begin")


def test_a_part_that_fails_is_tried_on_every_host_once_and_named(cluster: Cluster) -> None:
    (cluster.folder / "fail").touch()
    for host in ("127.0.0.1", "127.0.0.2"):
        cluster.start_worker("--nanny", host=host)
    client = cluster.client("1")
    out, err = client.communicate()
    found = json.loads(out)
    assert (found["left"], found["finished"], found["records"]) == ([1], [], [])
    assert cluster.events() == ["begin 1", "end 1"] * 2
    for host in ("127.0.0.1", "127.0.0.2"):
        assert f"xorbench: {host}: part 1/1 was not measured: exit code 3, no disk; its log is " in err
    assert len(found["logs"]) == 2


def test_a_host_that_came_after_the_check_of_hosts_is_given_no_part_of_one_that_is_gone(cluster: Cluster) -> None:
    cluster.close_gate()
    lost = cluster.start_worker("--no-nanny", host="127.0.0.2")
    client = cluster.client("1", "--gone", "1")
    first = int(told(client, r"127\.0\.0\.2: part 1/1: begun (\d+)"))
    cluster.start_worker("--no-nanny", host="127.0.0.1")
    lost.kill()
    gone(first)
    told(client, r"(127\.0\.0\.2 has no worker any more)")
    out, _ = client.communicate()
    # The other host came after the check of hosts, so that nothing is given to it.
    assert json.loads(out)["left"] == [1]


@pytest.mark.parametrize("schedulers", [1, 2])
def test_of_two_clients_on_one_host_the_second_waits_for_the_lock(
    cluster: Cluster, schedulers: int, stack: ExitStack
) -> None:
    cluster.close_gate()
    other = cluster if schedulers == 1 else Cluster(stack, cluster.folder, [ROOT])
    for one in (cluster, other):
        one.start_worker("--nanny")
    first = cluster.client("1")
    told(first, r"(begun)")
    second = other.client("1")
    told(second, r"(another measurement runs on this machine)")
    cluster.open_gate()
    assert result(first)["finished"] == [1]
    told(second, r"(begun)")
    cluster.open_gate()
    assert result(second)["finished"] == [1]
    assert [event.split()[0] for event in cluster.events()] == ["begin", "end"] * 2


def test_gradients_through_a_scheduler_are_those_of_one_process(cluster: Cluster) -> None:
    for _ in range(2):
        cluster.start_worker("--nanny")
    client = cluster.xorbench(
        "gradients", "--workload", "neuron", "--implementation", REFERENCE, "--points", "300", "--json"
    )
    found = result(client)
    assert found["passed"]
    reference = next(i for i in discover() if i.name == REFERENCE)
    here = judge_chunk([reference], [WORKLOADS["neuron"]], Chunk(0, 300), seed=0)
    expected = chunk_report.report(here, [reference], [WORKLOADS["neuron"]], 0)
    assert [row["of_bound"] for row in found["rows"]] == [row.of_bound and vars(row.of_bound) for row in expected.rows]
    assert [row["factor_units"] for row in found["biases"]] == [row.factor_units for row in expected.biases]
    assert {row["points"] for row in found["rows"]} == {300}
