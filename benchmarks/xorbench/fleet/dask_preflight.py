"""The check of the hosts before a call begins: which can measure or judge, and one line for each that cannot."""

import json
from collections.abc import Callable, Coroutine, Mapping
from typing import TYPE_CHECKING

from xorbench.fleet import plan as plans
from xorbench.fleet import preflight
from xorbench.fleet.dask_cluster import Worker, workers_of
from xorbench.fleet.plan import FleetPlan
from xorbench.judging.trouble import foreign

if TYPE_CHECKING:
    import distributed
    from distributed import Client

Versions = Mapping[str, Mapping[str, object]]
"""The versions that Dask reports for one process, by name: "host" has those of Python and the system, "packages" those
of libraries."""

SAME = ("dask", "distributed", "cloudpickle", "msgpack")
"""Libraries that must have the same version on both ends of a connection, because it carries pickled objects."""

SECONDS_TO_CHECK = 120.0
"""The time that the check of a host may take."""


def fit(client: "Client", plan: FleetPlan, say: Callable[[str], object]) -> list[Worker]:
    """Return the workers of the hosts that can measure parts of a plan.

    `say` is called with one line for each host that cannot. A host with one unfit worker is unfit. Where something is
    timed, one line names the hosts whose workers have a running profiler.
    """
    workers = workers_of(client)
    versions = client.get_versions()
    mine = _of_one(versions["client"])
    if differing := _differing(mine, versions["scheduler"]):
        say(f"xorbench: the scheduler can't be used: {'; '.join(differing)}")
        return []
    reasons = {
        worker.address: differing
        for worker in workers
        if (differing := _differing(mine, versions["workers"].get(worker.address, {})))
    }
    to_ask = [worker.address for worker in workers if worker.address not in reasons]
    given = plans.text_of(plan).encode(), plan.kind in preflight.TIMED
    answers: Mapping[str, object] = client.run(_check(), *given, workers=to_ask, on_error="return") if to_ask else {}
    profiled: dict[str, None] = {}
    for worker in workers:
        if worker.address in answers:
            sentences, has_profiler = _sentences(answers[worker.address])
            reasons |= {worker.address: sentences} if sentences else {}
            profiled |= {worker.host: None} if has_profiler else {}
        elif worker.address not in reasons:
            reasons[worker.address] = ["it does not answer"]
    unfit: dict[str, dict[str, None]] = {}
    for worker in workers:
        unfit.setdefault(worker.host, {}).update(dict.fromkeys(reasons.get(worker.address, ())))
    for host, found in unfit.items():
        if found:
            say(f"xorbench: {host} is left out: {preflight.told([*found])}")
    if beside := [host for host in profiled if not unfit[host]]:
        say(
            f"xorbench: the profiler of Dask runs beside what is timed on {', '.join(beside)}; set "
            "DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED=False where the workers are started"
        )
    return [worker for worker in workers if not unfit[worker.host]]


def _differing(mine: Mapping[str, str], about: Versions) -> list[str]:
    """Return which of the versions of Python and of SAME differ from those of the client, one phrase for each."""
    theirs = _of_one(about)
    return [
        f"{name} {theirs.get(name)} there, expected {version}"
        for name, version in mine.items()
        if theirs and theirs.get(name) != version
    ]


def _of_one(about: Versions) -> dict[str, str]:
    if "host" not in about:
        return {}
    packages = {name: str(about["packages"].get(name)) for name in SAME}
    return {"Python": str(about["host"]["python"]).removesuffix(".final.0"), **packages}


def _sentences(answer: object) -> tuple[list[str], bool]:
    """Return why a worker is unfit, and whether its profiler runs, from the answer of the function of `_check`."""
    match answer:
        case {"code": 0, "out": bytes(out), "has_profiler": bool(has_profiler)}:
            try:
                return [foreign(str(sentence)) for sentence in [*json.loads(out)]], has_profiler
            except (ValueError, TypeError):  # something else has written to its standard output, too
                return [f"its answer is not valid: {foreign(out.decode(errors='replace'))}"], False
        case {"err": bytes(err)}:
            lines = err.decode(errors="replace").strip().splitlines()
            return [f"xorbench can't be run there: {foreign(lines[-1] if lines else 'it wrote nothing')}"], False
        case TimeoutError():
            return [f"it can't be checked: it gave no answer for {SECONDS_TO_CHECK:g} s"], False
        case Exception():
            return [f"it can't be checked: {type(answer).__name__}: {foreign(str(answer))}"], False
        case _:
            return ["its answer is not valid"], False


def _check() -> Callable[..., Coroutine[object, object, dict[str, object]]]:
    """Return a function that a worker runs. It is sent by its text, so that the worker needs nothing of this package.

    It answers what `xorbench.fleet.preflight` prints in a process of its own.
    """
    seconds = SECONDS_TO_CHECK

    async def check(plan: bytes, is_timed: bool, dask_worker: "distributed.Worker") -> dict[str, object]:
        import asyncio
        import sys

        aside = sys.modules.get("xorbench.fleet.aside")  # it is there where parts were measured
        cpus = map(str, aside.all_cpus() if aside else ())
        command = (sys.executable, "-P", "-m", "xorbench.fleet.preflight", *cpus)
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, stderr=pipe)
        try:
            out, err = await asyncio.wait_for(process.communicate(plan), seconds)
        finally:
            if process.returncode is None:
                process.kill()
        has_profiler = is_timed and "profile" in dask_worker.periodic_callbacks
        return {"code": process.returncode, "out": out, "err": err, "has_profiler": has_profiler}

    return check
