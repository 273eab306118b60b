"""Which one for my network: the ranking on the page is that of the command, and the script gets the same numbers."""

import pytest

from tests.planted import planted, with_machine
from tests.swept import planted_sweep, straight
from xorbench.contract import REFERENCE
from xorbench.estimates.measured_points import table
from xorbench.estimates.recommendation import ranking
from xorbench.page.choosing import choosing


def test_the_first_ranking_is_that_of_the_workload_of_the_run() -> None:
    analysis = planted({"other": [0.5, 0.51] * 3, "fast": [-0.5, -0.51] * 3})
    found = choosing([analysis])
    assert found is not None
    expected = ranking(table([analysis]), 4, 4, 10_000)
    assert found.epochs == 10_000
    assert found.points[found.first] == "width 4, batch 4 (float64)"
    assert [(line.label, line.rank) for line in found.lines] == [(t.implementation, t.rank) for t in expected.totals]


def test_the_script_computes_the_same_totals_from_its_data() -> None:
    analysis = planted({"other": [0.5, 0.51] * 3, "fast": [-0.5, -0.51] * 3})
    found = choosing([analysis])
    assert found is not None
    data = found.data
    for warm in (False, True):
        for epochs in (1, 100, 1_000_000):
            expected = {
                total.implementation: total.seconds
                for total in ranking(table([analysis]), 4, 4, epochs, warm=warm).totals
            }
            for name, _, start_up, start, epoch, _ in data["points"][data["first"]]["choices"]:
                total = expected[data["names"][name]]
                ends = ((0.0 if warm else start_up[end]) + start[end] + epochs * epoch[end] for end in range(3))
                assert list(ends) == pytest.approx([total.value, total.low, total.high], rel=1e-4)
    assert all(len(point["why"]) == 4 for point in data["points"])


def test_the_points_of_sweeps_can_be_chosen_and_machines_never_mix() -> None:
    run = planted({"other": [0.5, 0.51] * 3})
    costs = {REFERENCE: straight(1_000, 1), "other": straight(500, 2)}
    sweep = planted_sweep(costs, widths=(2, 8), batches=(4, 16))
    found = choosing([run, sweep])
    assert found is not None
    assert {"width 4, batch 4 (float64)", "width 2, batch 4 (float64)", "width 8, batch 4 (float64)"} <= {*found.points}
    with pytest.raises(ValueError, match="expected records of one machine"):
        choosing([run, with_machine(sweep, cpu="another")])


def test_without_a_cold_start_there_is_no_ranking() -> None:
    assert choosing([planted({"other": [0.5, 0.51] * 3}, cold_starts=[])]) is None
