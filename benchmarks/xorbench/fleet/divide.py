"""The division of a plan into parts that take about equally long."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from xorbench.affinity import allowed_cpus
from xorbench.fleet import units
from xorbench.fleet.costs import Costs
from xorbench.fleet.plan import FleetPlan, PlannedPart
from xorbench.workloads import named


def divided(draft: FleetPlan, hosts: int, costs: Costs) -> FleetPlan:
    """Return a plan in one part for each host, or in fewer where there are fewer units.

    What several units of one part have in common, such as the imports of the libraries, is paid once.
    """
    if draft.kind == "gradients":
        groups = [[unit] for unit in units.ranges(draft, hosts)]
    else:
        groups = balanced({unit: seconds(draft, [unit], costs) for unit in units.wholes(draft)}, hosts)
    return replace(draft, parts=[PlannedPart(group, round(seconds(draft, group, costs), 1)) for group in groups])


def seconds(plan: FleetPlan, wanted: Sequence[str], costs: Costs) -> float:
    """Return the estimated seconds of some units of a plan, measured as one part."""
    number = len(plan.implementations)
    if plan.kind == "gradients":
        points = sum(last + 1 - first for first, last in map(units.ends_of, wanted))
        return costs.of_points(number, len(units.workloads(plan)), points)
    cpus = len(allowed_cpus())
    if plan.kind == "run":
        return costs.of_a_run(number, len(wanted), units.settings(plan, "1", 0, cpus))
    return sum(
        costs.of_a_sweep(number, [*map(named, share.workloads)], units.settings(plan, share.threads, 0, cpus))
        for share in units.together(plan, wanted)
    )


def gib(plan: FleetPlan, costs: Costs) -> float:
    """Return the estimated GiB of a part of a plan."""
    settings = None if plan.kind == "gradients" else units.settings(plan, "1", 0, len(allowed_cpus()))
    return costs.gib(plan.implementations, settings)


def balanced(each: Mapping[str, float], number: int) -> list[list[str]]:
    """Return units in `number` groups, or fewer, that take about equally long; units keep their order in a group.

    `each` are the seconds of each unit. The longest are placed first, each in the group with the smallest sum, and of
    equal sums in the one with the fewest units, so that no group is empty.
    """
    groups: list[list[str]] = [[] for _ in range(min(number, len(each)))]
    sums = [0.0] * len(groups)
    for unit in sorted(each, key=lambda unit: -each[unit]):
        place = min(range(len(groups)), key=lambda group: (sums[group], len(groups[group])))
        groups[place].append(unit)
        sums[place] += each[unit]
    order = [*each]
    return sorted((sorted(group, key=order.index) for group in groups), key=lambda group: order.index(group[0]))
