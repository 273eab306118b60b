"""Make plans from the options of `run`, `sweep` and `gradients`; defaults are written into the plan as values."""

from collections.abc import Container
from pathlib import Path

import typer

from xorbench.cli import choices, selected, sweep_options
from xorbench.cli.options import POINTS
from xorbench.contract import Implementation
from xorbench.failure import HarnessError
from xorbench.fleet import divide, units
from xorbench.fleet import plan as plans
from xorbench.fleet.costs import Costs
from xorbench.fleet.plan import FleetPlan, Kind
from xorbench.fleet.units import OPTIONS
from xorbench.progress import say
from xorbench.record.settings import FEWEST_LAUNCHES
from xorbench.suite import defaults
from xorbench.suite.sweep_cost import rounds_of
from xorbench.workloads import TUTORIAL

WHERE_MEASURED = ("cpu", "output", "wait", "resume", "as_json")
"""The options that belong to the measuring of a part, not to the plan."""


def context_of(kind: Kind, options: list[str]) -> typer.Context:
    """Return the context of the command `kind`, parsed from these options.

    Raises what the command would raise for a mistake, and typer.BadParameter for an option that is not planned.
    """
    from xorbench.cli.app import app

    command = typer.main.get_group(app).commands[kind]
    found = typer.Context(command, info_name=kind)
    command.parse_args(found, options)
    check(found)
    return found


def check(context: typer.Context, also: Container[str] = (), why: str = "can't be in a plan") -> None:
    """Raise typer.BadParameter for an option of the command line that is neither part of a plan nor in `also`."""
    kind = _kind(context)
    planned = {"tuned", "extra", *(option.replace("-", "_") for option in OPTIONS[kind])}
    for parameter in context.command.params:
        name = parameter.name or ""
        source = context.get_parameter_source(name)
        if source is None or source.name != "COMMANDLINE" or name in planned or name in also:
            continue
        what_to_do = ""
        if name in ("budget", "resolution"):
            what_to_do = ", because all hosts measure the same amount: give --launches and --rounds"
        elif name in WHERE_MEASURED and not also:
            what_to_do = "; give it where a part is measured"
        raise typer.BadParameter(why + what_to_do, param_hint=parameter.opts[0])


def given(context: typer.Context) -> list[Path]:
    """Return the files that the option --with names."""
    return [Path(path) for path in context.params["extra"] or ()]


def chosen(context: typer.Context) -> list[Implementation]:
    """Return the implementations that a command would measure. Raises typer.BadParameter for a mistake."""
    tuned, names = context.params["tuned"], context.params["implementation"]
    if _kind(context) == "gradients":
        return selected.implementations(names, given(context), tuned, alone=not tuned)
    return selected.with_reference(selected.implementations(names, given(context), tuned))


def made(context: typer.Context, implementations: list[Implementation], hosts: int, here: Costs) -> FleetPlan:
    """Return the plan of a command, in at most `hosts` parts, without implementations that cannot be used here.

    `here` has the costs of measuring. Raises typer.BadParameter if a file of --with can't be copied into a plan, and
    HarnessError if an implementation that was asked for by name is missing.
    """
    extra = given(context)
    present = _usable(implementations, [*(context.params["implementation"] or ()), *(path.stem for path in extra)])
    kind = _kind(context)
    arguments = _arguments(context, [i.name for i in present])
    try:
        draft = plans.drafted(kind, arguments, present, [i for i in present if i.path in extra])
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--with") from error
    for implementation in implementations:
        if not implementation.usable:
            say(f"{implementation.name} is left out: {implementation.missing or implementation.broken}")
    try:
        plan = divide.divided(draft, hosts, here)
        units.check(plan)
    except ValueError as error:  # a number is too large
        raise typer.BadParameter(str(error).removeprefix("$.arguments: ")) from error
    return plan


def _kind(context: typer.Context) -> Kind:
    kinds: dict[str, Kind] = {"run": "run", "sweep": "sweep", "gradients": "gradients"}
    return kinds[context.info_name or ""]


def _usable(chosen: list[Implementation], names: list[str]) -> list[Implementation]:
    """Return those that can be used here. Raises HarnessError where one that was asked for by name cannot."""
    for implementation in chosen:
        reason = implementation.missing or implementation.broken
        if reason and implementation.name in names:
            remedy = "; make the plan on a machine that has it" if implementation.missing else ""
            raise HarnessError(f"{implementation.name}: {reason}{remedy}")
    return [implementation for implementation in chosen if implementation.usable]


def _arguments(context: typer.Context, names: list[str]) -> list[str]:
    """Return the arguments of a plan of these implementations, with defaults written as values."""
    kind, params = _kind(context), context.params
    found: dict[str, object] = {"implementation": names, "seed": params["seed"]}
    if kind != "sweep":
        found["workload"] = [workload.name for workload in choices.workloads(params["workload"], TUTORIAL)]
    if kind == "run":
        quick = params["quick"]
        settings = defaults.of_a_run(
            cpu=0,
            seed=params["seed"],
            quick=quick,
            launches=params["launches"] or (defaults.QUICK_LAUNCHES if quick else defaults.LAUNCHES),
            rounds=params["rounds"],
            cold_starts=params["cold_starts"],
            measures=choices.measures(params["measure"]),
        )
        found |= {"quick": quick, "launches": settings.launches, "rounds": settings.rounds}
        found |= {"cold-starts": settings.cold_starts, "measure": ",".join(settings.measures)}
    elif kind == "sweep":
        given = (params["widths"], params["batches"])
        sweep_options.points(*given, params["at_width"], params["at_batch"], params["grid"])  # raises for a mistake
        widths, batches = sweep_options.sizes_of(*given)
        found |= {"widths": ",".join(map(str, widths)), "batches": ",".join(map(str, batches))}
        found |= {"at-width": params["at_width"], "at-batch": params["at_batch"], "grid": params["grid"]}
        found |= {"threads": params["threads"], "launches": params["launches"] or FEWEST_LAUNCHES}
        found |= {"rounds": params["rounds"] or rounds_of(len(names) + 1)}
    else:
        found["points"] = params["points"] or POINTS
    return [argument for option in OPTIONS[kind] for argument in _words(option, found[option])]


def _words(option: str, value: object) -> list[str]:
    """Return an option as words of a command line: one for each value of a list, one for a flag that is set."""
    if isinstance(value, bool):
        return [f"--{option}"] if value else []
    return [f"--{option}={each}" for each in (value if isinstance(value, list) else [value])]
