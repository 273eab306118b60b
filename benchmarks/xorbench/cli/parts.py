"""The measuring of one part of a plan: what `run`, `sweep` and `gradients` do with --plan and --part."""

import os
import re
from contextlib import suppress
from pathlib import Path

import typer

from xorbench import environment
from xorbench.cli import choices, keeping, show
from xorbench.cli.sweep import swept
from xorbench.contract import Implementation
from xorbench.failure import HarnessError
from xorbench.fleet import merge, units
from xorbench.fleet import plan as plans
from xorbench.fleet.plan import FleetPlan
from xorbench.fleet.units import Share
from xorbench.progress import say, stage
from xorbench.suite import Suite
from xorbench.suite.parts import OfPlan
from xorbench.temporary import Temporary
from xorbench.workloads import named

FOLDER = "parts"
"""The default folder of parts, in the current folder. Parts are not published; `merge` makes records of them."""

OF_A_HOST = ("plan", "part", "output", "wait", "resume", "as_json", "cpu")
"""The options that each host may choose; all others are in the plan."""


def measured(context: typer.Context) -> int:
    """Measure the part of a plan that the options of a command name, and return the exit code.

    Shares of the part that this host has finished before are not measured again. Raises typer.BadParameter for a
    mistake in the call, and HarnessError if this host cannot measure the part.
    """
    given = context.params
    plan, number = _asked(context)
    folder = choices.folder(Path(given["output"] or FOLDER))
    cpu = choices.cpu(given.get("cpu"))
    if reasons := _unfit(plan, number):
        more = f"; and {len(reasons) - MOST_TOLD} more" if len(reasons) > MOST_TOLD else ""
        raise HarnessError(f"this host can't measure part {plan.named(number)}: {'; '.join(reasons[:MOST_TOLD])}{more}")
    with suppress(OSError):  # without this copy, `merge` needs the option --plan
        folder.mkdir(parents=True, exist_ok=True)
        plans.write(plan, plans.place(plan, folder))
    host = environment.host(plan.sha256)
    with Temporary() as there:
        chosen = plans.implementations(plan, Path(there))
        if plan.kind == "gradients":
            return _judged(plan, number, host, chosen, folder, given["resume"], given["as_json"])
        before = merge.finished(folder, plan, number, host)
        shares = [share for place, share in enumerate(units.shares(plan, number)) if place not in before]
        for path in before.values():
            say(f"part {plan.named(number)} was measured on this host before: {path}")
        if not shares:
            if given["as_json"]:
                show.document({"records": [*map(str, before.values())], "measured_before": True})
            return 0
        return _timed(plan, number, shares, chosen, folder, cpu, given["wait"], given["resume"], given["as_json"])


MOST_TOLD = 5
"""The largest number of reasons, why a host can't measure a part, that are listed in one line."""


def _asked(context: typer.Context) -> tuple[FleetPlan, int]:
    """Return the plan and the number of the part that the options name. Raises typer.BadParameter for a mistake."""
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
    return plan, number_of(given["part"], plan)


def number_of(text: str, plan: FleetPlan) -> int:
    """Return K of the text "K/N". Raises typer.BadParameter if the plan has no such part."""
    found = re.fullmatch(r"0*([1-9][0-9]{0,8})/([1-9][0-9]{0,8})", text, re.ASCII)
    if not found or int(found[2]) != len(plan.parts) or int(found[1]) > len(plan.parts):
        raise typer.BadParameter(
            f"{text}: expected one of 1/{len(plan.parts)} to {plan.named(len(plan.parts))}, the parts of the plan",
            param_hint="--part",
        )
    return int(found[1])


def _unfit(plan: FleetPlan, number: int) -> list[str]:
    """Return the reasons why this host can't measure a part of a plan, one line each; empty if it can."""
    reasons = plans.unfit(plan)
    of_all = any(share.threads == "all" for share in units.shares(plan, number))
    if of_all and len(environment.allowed_cpus()) == 1:
        reasons.append("it has 1 CPU for this process, expected more where all threads are timed")
    return reasons


def _timed(
    plan: FleetPlan,
    number: int,
    shares: list[Share],
    chosen: list[Implementation],
    folder: Path,
    cpu: int,
    wait: bool,
    resume: bool,
    as_json: bool,
) -> int:
    of_plan = OfPlan(plan.sha256, plan.named(number), units.workloads(plan))
    cpus = len(environment.allowed_cpus())
    wanted = [
        ([named(name) for name in share.workloads], units.settings(plan, share.threads, cpu, cpus)) for share in shares
    ]
    if plan.kind == "sweep":
        return swept(chosen, wanted, folder, wait, resume, as_json, is_missing=False, of_plan=of_plan)
    ((workloads, settings),) = wanted
    return keeping.finished(
        lambda: Suite(chosen, workloads, settings, of_plan=of_plan), folder, wait, resume, as_json, is_missing=False
    )


def _judged(
    plan: FleetPlan,
    number: int,
    host: str,
    chosen: list[Implementation],
    folder: Path,
    resume: bool,
    as_json: bool,
) -> int:
    """Judge the points of a part, and return 1 if a gradient did not pass."""
    from xorbench.fleet import points

    path = points.place(plan, number, host, folder)
    before = points.begun(plan, number, host, path)
    if before is not None and before.partial and not resume:
        say(f"an unfinished part {plan.named(number)} is in {path}, which --resume continues; this one begins anew")
        before = None
    if before is None or before.partial:
        workloads = [named(name) for name in units.workloads(plan)]
        _, whole = units.points_of(plan, number)
        with stage("points", whole) as advance:
            before = points.judge(plan, number, host, chosen, workloads, path, before, advance)
    passed = before.passed
    if as_json:
        show.document({"part": before.part, "points": before.points, "passed": passed, "file": os.fspath(path)})
    else:
        typer.echo(f"part {before.part}: {before.points:,} points {'passed' if passed else 'did not pass'}: {path}")
    return 0 if passed else 1
