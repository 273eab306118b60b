"""The commands for comparisons over several hosts without an engine: plan and merge."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_args

import typer

from xorbench.cli.options import AsJson, Output, count

if TYPE_CHECKING:
    from xorbench.contract import Implementation
    from xorbench.fleet.plan import FleetPlan, Kind

app = typer.Typer()

POINTS = 500
"""The number of points that are judged by default, as in `gradients`."""


@app.command("plan", context_settings={"allow_interspersed_args": False})
def plan_(
    command: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[COMMAND [OPTION...]]",
            help="run, sweep or gradients with its options, after those of plan. [default: run]",
        ),
    ] = None,
    hosts: Annotated[int, count("Number of parts, one for each host; fewer if there is less to share.")] = 1,
    output: Annotated[Path, typer.Option(metavar="FILE", help="File to write the plan to.")] = Path("plan.json"),
    as_json: AsJson = False,
) -> int:
    """Divide a run, a sweep or a judgement of gradients into parts that hosts measure with --plan and --part.

    A part is a whole comparison: a host measures all implementations on some workloads of a run or curves of a sweep,
    or judges a range of points. The estimated time, memory and CPUs of a part are printed for a job script.
    """
    from xorbench.cli import choices, show
    from xorbench.fleet import plan as plans

    word, *options = command or ["run"]
    kinds = {kind: kind for kind in get_args(plans.Kind)}
    kind: Kind = kinds[choices.known(word, [*kinds], "command that can be planned", "COMMAND")]
    file = choices.file(output, "--output", (".json",))
    params = _validated(kind, options)
    extra = [Path(path) for path in params["extra"] or ()]
    tuned, names = params["tuned"], params["implementation"]
    if kind == "gradients":
        chosen = choices.implementations(names, extra, tuned, alone=not tuned)
    else:
        chosen = choices.with_reference(choices.implementations(names, extra, tuned))
    if choices.broken(chosen, extra):
        return 1
    present = _present(chosen, [*(names or ()), *(path.stem for path in extra)])
    from xorbench import places
    from xorbench.fleet import costs, divide
    from xorbench.progress import say

    try:
        arguments = _arguments(kind, params, [i.name for i in present])
        draft = plans.drafted(kind, arguments, present, [i for i in present if i.path in extra])
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--with") from error
    for implementation in chosen:
        if implementation.missing:
            say(f"{implementation.name} is left out: {implementation.missing}")
    here = costs.here(places.results())
    made = divide.divided(draft, hosts, here)
    plans.write(made, file)
    if len(made.parts) < hosts:
        say(f"there is work for {len(made.parts)} host{'s' * (len(made.parts) > 1)} only, in as many parts")
    document = _document(made, file, here.source, divide.gib(made, here))
    if as_json:
        show.document(document)
    else:
        show.lines(_lines(document))
    return 0


def _validated(kind: "Kind", options: list[str]) -> dict[str, Any]:
    """Return the values of the options of a command by the names of its parameters.

    Raises what the command would raise for a mistake, and typer.BadParameter for an option that is not planned.
    """
    from xorbench.cli.app import app as every
    from xorbench.fleet.units import OPTIONS

    command = typer.main.get_group(every).commands[kind]
    context = command.make_context(kind, options)
    planned = {"tuned", "extra", *(option.replace("-", "_") for option in OPTIONS[kind])}
    for parameter in command.params:
        source = context.get_parameter_source(parameter.name or "")
        if source is None or source.name != "COMMANDLINE" or parameter.name in planned:
            continue
        why = "can't be in a plan"
        if parameter.name in ("budget", "resolution"):
            why += ", whose parts are equally long on every host: give --launches and --rounds"
        elif parameter.name in ("cpu", "output", "wait", "resume", "as_json"):
            why += "; give it where a part is measured"
        raise typer.BadParameter(why, param_hint=parameter.opts[0])
    return context.params


def _present(chosen: "list[Implementation]", names: list[str]) -> "list[Implementation]":
    """Return those that are not missing here. Raises HarnessError where one that was asked for by name is."""
    from xorbench.failure import HarnessError

    for implementation in chosen:
        if implementation.missing and implementation.name in names:
            raise HarnessError(
                f"{implementation.name}: {implementation.missing}; make the plan where all that it needs is installed"
            )
    return [implementation for implementation in chosen if not implementation.missing]


def _arguments(kind: "Kind", params: dict[str, Any], names: list[str]) -> list[str]:
    """Return the arguments of a plan, in which defaults stand as values."""
    from xorbench.cli import choices, sweep_options
    from xorbench.fleet.units import OPTIONS
    from xorbench.record.settings import FEWEST_LAUNCHES
    from xorbench.suite import defaults
    from xorbench.suite.sweep_cost import rounds_of
    from xorbench.workloads import TUTORIAL

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
    """Return the words of an option: of a list, one for each value; of a flag, one if it is given."""
    if isinstance(value, bool):
        return [f"--{option}"] if value else []
    return [f"--{option}={each}" for each in (value if isinstance(value, list) else [value])]


def _document(plan: "FleetPlan", file: Path, source: str, gib: float) -> dict[str, Any]:
    """Return the JSON document of a plan: its parts with their commands, and what a job for a part has to ask for."""
    import math

    from xorbench.cli.parts import FOLDER
    from xorbench.environment import allowed_cpus
    from xorbench.fleet.costs import to_ask_for

    parts = [
        {
            "part": plan.named(number),
            "units": part.units,
            "seconds": part.seconds,
            "command": _command(plan, file, number),
        }
        for number, part in enumerate(plan.parts, start=1)
    ]
    job = {
        "wall_seconds": to_ask_for(max(part.seconds for part in plan.parts)),
        "memory_gib": math.ceil(gib),
        "cpus": len(allowed_cpus()),
        "command": _command(plan, file, "$K"),
    }
    merging = f"xorbench merge {FOLDER}"
    return {
        "plan": str(file),
        "sha256": plan.sha256,
        "kind": plan.kind,
        "estimated_from": source,
        "parts": parts,
        "job": job,
        "merge": merging,
    }


def _command(plan: "FleetPlan", file: Path, number: "int | str", folder: Path | None = None) -> str:
    """Return the command line that measures a part; `number` may be a variable of the shell."""
    import shlex

    from xorbench.cli.parts import FOLDER

    words = shlex.join(["xorbench", plan.kind, "--plan", str(file)])
    part = plan.named(number) if isinstance(number, int) else f'"{number}/{len(plan.parts)}"'
    return f"{words} --part {part} {shlex.join(['--output', str(folder or FOLDER), '--resume'])}"


def _lines(document: dict[str, Any]) -> list[str]:
    """Return the lines that say what the parts of a plan are and how they are measured."""
    parts, job = document["parts"], document["job"]
    hours, minutes = divmod(job["wall_seconds"] // 60, 60)
    each = (f"part {p['part']}: about {p['seconds'] / 60:.1f} minutes: {'; '.join(p['units'])}" for p in parts)
    return [
        f"{document['plan']}: {document['kind']} in {len(parts)} part{'s' * (len(parts) > 1)}",
        *each,
        "",
        f"A job for one part: {hours}:{minutes:02}:00 of wall time, {job['memory_gib']} GiB, {job['cpus']} CPUs, and "
        f"nothing else on the host; estimated from {document['estimated_from']}.",
        f"With the number of the part in K, as in a job array: {job['command']}",
        f"Then, where all parts lie in one folder: {document['merge']}",
    ]


@app.command()
def merge(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Folder with the parts, and folders inside it.")],
    plan: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The plan. [default: the one whose copy is in FOLDER]")
    ] = None,
    output: Output = None,
    as_json: AsJson = False,
) -> int:
    """Merge the parts of a plan: one record for each host, of all that it measured.

    The parts stay as they are, and merging again changes nothing. Missing parts are listed with the command that
    measures them, and the exit code is 1. Nothing is written if a part is of another plan, of other texts or versions,
    or is there twice with different contents.
    """
    from xorbench.cli import choices, show
    from xorbench.fleet import merge as merging

    if not folder.is_dir():
        raise typer.BadParameter(f"{folder} is no folder, expected one with the parts of a plan", param_hint="FOLDER")
    file, read = _plan_of(folder, plan)
    target = choices.folder(output)
    found = merging.merge(folder, read)
    for line in (*found.notes, *found.refused):
        typer.echo(f"xorbench: {line}", err=True)
    written: list[Path] = []
    passed = True
    if not found.refused:
        try:
            written = [merging.write(record, target) for record in found.records()]
        except ValueError as error:
            raise typer.BadParameter(str(error), param_hint="--output") from error
        if found.judged:
            from xorbench.fleet import points

            whole = points.together(found.judged)
            written.append(points.write(whole, folder))
            passed = whole.found is not None and whole.found.passed
    missing = [
        {"part": read.named(n), "units": read.parts[n - 1].units, "command": _command(read, file, n, folder)}
        for n in found.missing
    ]
    if as_json:
        content = {"written": [*map(str, written)], "missing": missing, "refused": found.refused, "passed": passed}
        show.document(content)
    else:
        said = [f"missing: part {part['part']}, which `{part['command']}` measures" for part in missing]
        show.lines([*map(str, written), *said])
    return 1 if found.refused or missing or not passed else 0


def _plan_of(folder: Path, plan: Path | None) -> "tuple[Path, FleetPlan]":
    """Return the plan of the parts in a folder, and its file. Raises typer.BadParameter unless there is one."""
    from xorbench.fleet import plan as plans

    paths = [plan] if plan else sorted(folder.rglob("plan-*.json"))
    found: dict[str, tuple[Path, FleetPlan]] = {}
    try:
        for path in paths:
            one = plans.read(path)
            found.setdefault(one.sha256, (path, one))
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--plan") from error
    if not found:
        raise typer.BadParameter(f"there is no plan in {folder}; name its file", param_hint="--plan")
    if len(found) > 1:
        files = " and ".join(str(path) for path, _ in found.values())
        raise typer.BadParameter(
            f"{files} are different plans; name one, or keep the parts of each plan in a folder of their own",
            param_hint="--plan",
        )
    (only,) = found.values()
    return only
