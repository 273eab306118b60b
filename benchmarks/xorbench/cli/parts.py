"""The measuring of one part of a plan: what `run`, `sweep` and `gradients` do with --plan and --part."""

import os
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import typer

from xorbench import affinity, environment
from xorbench.cli import choices, keeping, show
from xorbench.cli.sweep import swept
from xorbench.contract import Implementation
from xorbench.estimates.analysis import Analysis
from xorbench.failure import HarnessError
from xorbench.fleet import plan as plans
from xorbench.fleet import preflight, units
from xorbench.fleet.measured import finished
from xorbench.fleet.plan import FleetPlan
from xorbench.progress import say, stage
from xorbench.record import store
from xorbench.suite import Suite
from xorbench.suite.parts import OfPlan
from xorbench.temporary import Temporary
from xorbench.workloads import named

FOLDER = "parts"
"""The default folder of parts, in the current folder. Parts are not published; `merge` makes records of them."""

OF_A_HOST = ("plan", "part", "output", "wait", "resume", "as_json", "cpu")
"""The options that each host may choose; all others are in the plan."""


@dataclass(frozen=True)
class _Asked:
    """The part of a plan, by its number, that is asked for, and the options that the host decides."""

    plan: FleetPlan
    number: int
    folder: Path
    cpu: int
    wait: bool
    resume: bool
    as_json: bool

    @property
    def part(self) -> str:
        """The name of the part of the plan, which is its number and the number of all parts, such as "2/3"."""
        return self.plan.named(self.number)


def measured(context: typer.Context) -> int:
    """Measure the part of a plan that the options of a command name, and return the exit code.

    Shares of the part that this host has finished before are not measured again. Raises typer.BadParameter for a
    mistake in the call, and HarnessError if this host cannot measure the part.
    """
    asked = _asked(context)
    with Temporary() as there:
        if reasons := preflight.unfit(asked.plan, Path(there), asked.number):
            raise HarnessError(f"this host can't measure part {asked.part}: {preflight.told(reasons)}")
        with suppress(OSError):  # then `merge` has to be told where the plan is
            asked.folder.mkdir(parents=True, exist_ok=True)
            plans.write(asked.plan, plans.place(asked.plan, asked.folder))
        if asked.plan.kind == "gradients":
            return _judged(asked)
        return _timed(asked, plans.implementations(asked.plan, Path(there)))


def _asked(context: typer.Context) -> _Asked:
    """Return what is asked for. Raises typer.BadParameter for a mistake in the call."""
    given = context.params
    if given["plan"] is None or given["part"] is None:
        lacking = "--plan" if given["plan"] is None else "--part"
        raise typer.BadParameter("expected both --plan FILE and --part K/N", param_hint=lacking)
    for parameter in context.command.params:
        source = context.get_parameter_source(parameter.name or "")
        if source is not None and source.name == "COMMANDLINE" and parameter.name not in OF_A_HOST:
            raise typer.BadParameter("can't be combined with --plan, which decides it", param_hint=parameter.opts[0])
    try:
        plan = plans.read(Path(given["plan"]))
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--plan") from error
    if plan.kind != context.info_name:
        raise typer.BadParameter(
            f"it is a plan of {plan.kind}; call xorbench {plan.kind} --plan {given['plan']} --part {given['part']}",
            param_hint="--plan",
        )
    return _Asked(
        plan,
        _number(given["part"], plan),
        folder=choices.folder(Path(given["output"] or FOLDER)),
        cpu=choices.cpu(given.get("cpu")),
        wait=given.get("wait", False),
        resume=given["resume"],
        as_json=given["as_json"],
    )


def _number(text: str, plan: FleetPlan) -> int:
    """Return the number of the part in K/N. Raises typer.BadParameter where the plan has no such part."""
    found = re.fullmatch(r"0*([1-9][0-9]{0,8})/([1-9][0-9]{0,8})", text, re.ASCII)
    if not found or int(found[2]) != len(plan.parts) or int(found[1]) > len(plan.parts):
        raise typer.BadParameter(
            f"{text}: expected one of 1/{len(plan.parts)} to {plan.named(len(plan.parts))}, the parts of the plan",
            param_hint="--part",
        )
    return int(found[1])


def _timed(asked: _Asked, chosen: list[Implementation]) -> int:
    """Time a part of a run or a sweep, and return the exit code, also for what was measured before."""
    plan = asked.plan
    before = finished(asked.folder, plan, asked.number, environment.host(plan.sha256))
    shares = [share for place, share in enumerate(units.shares(plan, asked.number)) if place not in before]
    for path in before.values():
        say(f"part {asked.part} was measured on this host before: {path}")
    failed_before = any(keeping.failed(Analysis(store.read(path))) for path in before.values())
    if not shares:
        if asked.as_json:
            show.document({"records": [*map(str, before.values())], "measured_before": True})
        return 1 if failed_before else 0
    of_plan = OfPlan(plan.sha256, asked.part, units.workloads(plan))
    cpus = len(affinity.allowed_cpus())
    wanted = [
        ([*map(named, share.workloads)], units.settings(plan, share.threads, asked.cpu, cpus)) for share in shares
    ]
    how = asked.folder, asked.wait, asked.resume, asked.as_json
    if plan.kind == "sweep":
        return swept(chosen, wanted, *how, is_missing=False, of_plan=of_plan) or int(failed_before)
    ((workloads, settings),) = wanted
    return keeping.finished(lambda: Suite(chosen, workloads, settings, of_plan=of_plan), *how, is_missing=False)


def _judged(asked: _Asked) -> int:
    """Judge the points of a part, and return 1 if a gradient did not pass."""
    from xorbench.fleet import points
    from xorbench.fleet.chunk_loop import Judging
    from xorbench.fleet.chunk_pool import ChunkPool

    new = points.of_part(asked.plan, asked.number)
    path = points.place(new, asked.folder)
    kept = points.read(asked.plan, path, new, say)
    if 0 < kept.judged < kept.points and not asked.resume:
        say(f"an unfinished part {asked.part} is in {path}, which --resume continues; this one begins anew")
        kept = new
    if kept.judged < kept.points:
        first, _ = units.points_of(asked.plan, asked.number)
        judging = Judging(kept, path, first)
        try:
            with stage("points", kept.points - kept.judged) as advance:
                kept = judging.run(ChunkPool(asked.plan), lambda chunk, _judged: advance(chunk.number))
        except BaseException:
            if number := judging.kept.judged:
                say(
                    f"xorbench: {number:,} of {kept.points:,} points of part {asked.part} are judged, in {path}; the "
                    "same command with --resume continues"
                )
            raise
        points.write(kept, path)  # again, because it must not fail unnoticed
    passed = kept.passed
    if asked.as_json:
        show.document({"part": kept.part, "points": kept.points, "passed": passed, "file": os.fspath(path)})
    else:
        typer.echo(f"part {kept.part}: {kept.points:,} points {'passed' if passed else 'did not pass'}: {path}")
    return 0 if passed else 1
