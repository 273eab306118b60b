"""The commands for comparisons over several hosts without Dask: plan and merge."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypedDict, get_args

import typer

from xorbench.cli.options import AsJson, Output, count

if TYPE_CHECKING:
    from xorbench.fleet.plan import FleetPlan, Kind

app = typer.Typer()

MOST_HOSTS = 100_000
"""The largest number of parts of a plan, whose file is larger otherwise than one that is read."""


class PartDocument(TypedDict):
    """A part of a plan for programs: its name, such as "2/3", its units, its estimated time and its command."""

    part: str
    units: list[str]
    seconds: float
    command: str


class JobDocument(TypedDict):
    """The resources that a job for one part needs, and its command with the number of the part in the variable K."""

    wall_seconds: int
    memory_gib: int
    cpus: int
    command: str


class PlanDocument(TypedDict):
    """A plan for programs: its file, its parts, a job for one of them, and the command that merges them."""

    plan: str
    sha256: str
    kind: str
    estimated_from: str
    parts: list[PartDocument]
    job: JobDocument
    merge: str


@app.command("plan", context_settings={"allow_interspersed_args": False})
def plan_(
    command: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="COMMAND",
            help="run, sweep or gradients, and then its options. [default: run]",
        ),
    ] = None,
    hosts: Annotated[
        int,
        count(
            "Number of parts, one for each host; fewer if there are not enough workloads or curves.", most=MOST_HOSTS
        ),
    ] = 1,
    output: Annotated[Path, typer.Option(metavar="FILE", help="File to write the plan to.")] = Path("plan.json"),
    as_json: AsJson = False,
) -> int:
    """Divide a run, sweep or gradient check among several hosts.

    The hosts measure the parts with --plan and --part. A part is a whole comparison: a host measures all
    implementations on some workloads of a run or curves of a sweep, or judges a range of points. The estimated time,
    memory and CPUs of a part are printed for a job script.
    """
    from xorbench import places
    from xorbench.cli import choices, planning, selected, show
    from xorbench.fleet import costs, divide
    from xorbench.fleet import plan as plans
    from xorbench.progress import say

    word, *options = command or ["run"]
    kinds = {kind: kind for kind in get_args(plans.Kind)}
    kind: Kind = kinds[choices.known(word, [*kinds], "command that can be planned", "COMMAND")]
    file = choices.file(output, "--output", (".json",))
    context = planning.context_of(kind, options)
    chosen = planning.chosen(context)
    if selected.broken(chosen, planning.given(context)):
        return 1
    here = costs.here(places.results())
    made = planning.made(context, chosen, hosts, here)
    plans.write(made, file)
    if len(made.parts) < hosts:
        say(f"there is work for {len(made.parts)} host{'s' * (len(made.parts) > 1)} only, in as many parts")
    document = _document(made, file, here.source, divide.gib(made, here))
    if as_json:
        show.document(document)
    else:
        show.lines(_lines(document))
    return 0


def _document(plan: "FleetPlan", file: Path, source: str, gib: float) -> PlanDocument:
    """Return the JSON document of a plan: its parts with their commands, and the resources that a job for one needs."""
    import math

    from xorbench.affinity import allowed_cpus
    from xorbench.cli.parts import FOLDER
    from xorbench.fleet.costs import to_ask_for

    parts: list[PartDocument] = [
        {
            "part": plan.named(number),
            "units": part.units,
            "seconds": part.seconds,
            "command": _command(plan, file, number),
        }
        for number, part in enumerate(plan.parts, start=1)
    ]
    job: JobDocument = {
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


def _lines(document: PlanDocument) -> list[str]:
    """Return the JSON document of a plan as lines for the terminal: its parts, and how to measure and merge them."""
    from xorbench.progress import duration

    parts, job = document["parts"], document["job"]
    hours, minutes = divmod(job["wall_seconds"] // 60, 60)
    what = "points " if document["kind"] == "gradients" else ""
    each = (f"part {p['part']}: about {duration(p['seconds'])}: {what}{'; '.join(p['units'])}" for p in parts)
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
    """Merge the parts of a plan into one record for each host.

    The parts stay as they are, and merging again changes nothing. Missing parts are listed with the command that
    measures them, and the exit code is 1. Nothing is written if a part belongs to another plan, was measured with other
    versions or texts of implementations, or exists twice with different contents. What was found at points is merged
    into one file, which is in FOLDER if --output is not given.
    """
    from xorbench.cli import choices, show
    from xorbench.fleet import merge as merging
    from xorbench.fleet import merged_records
    from xorbench.progress import say

    if not folder.is_dir():
        raise typer.BadParameter(
            f"{folder} is not a folder, expected one with the parts of a plan", param_hint="FOLDER"
        )
    file, read = _plan_of(folder, plan)
    target = choices.folder(output)
    found = merging.merge(folder, read)
    written: list[Path] = []
    passed = True
    if not found.refused:
        try:
            written = [merged_records.write(record, target) for record in found.records()]
        except ValueError as error:
            raise typer.BadParameter(str(error), param_hint="--output") from error
        if found.judged:
            from xorbench.fleet import points

            try:
                whole = found.points()
            except ValueError as error:
                found.refused.append(str(error))
            else:
                written.append(points.place(whole, target if output else folder))
                points.write(whole, written[-1])
                passed = whole.passed
    for line in (*found.notes, *found.refused):
        say(f"xorbench: {line}")
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
    from xorbench.fleet import merge as merging
    from xorbench.fleet import plan as plans

    found: tuple[Path, FleetPlan] | None = None
    for path in [plan] if plan else merging.files(folder, "plan-")[0]:
        try:
            one = plans.read(path)
        except ValueError as error:
            raise typer.BadParameter(str(error), param_hint="--plan") from error
        if found and found[1] != one:
            raise typer.BadParameter(
                f"{found[0]} and {path} are different plans; name one, or keep the parts of each plan in a folder of "
                "their own",
                param_hint="--plan",
            )
        found = found or (path, one)
    if not found:
        raise typer.BadParameter(f"there is no plan in {folder}; name its file", param_hint="--plan")
    return found
