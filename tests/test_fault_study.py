"""Planted faults: this judge notices each that differs by more than rounding, and nothing else."""

import pytest

from tests.conftest import Planting
from xorbench.judging.fault_study import POINTS, STUDIED, fault_points
from xorbench.judging.planted_faults import Fault
from xorbench.judging.scope import DTYPES
from xorbench.record.report import PlantedFault
from xorbench.workloads import WORKLOADS

# In float32 their effect is below rounding, or there is none: float32 inside float32 is no fault.
HIDDEN_BY_ROUNDING = {("float32", name) for name in ("factor 1 + 1e-6", "factor 1 + 1e-9", "factor 1 + 1e-12")} | {
    ("float32", "float32 inside float64")
}


@pytest.fixture(scope="module")
def found(plant: Planting) -> dict[tuple[str, str], PlantedFault]:
    return {(row.dtype, row.fault): row for row in (future.result() for future in plant(DTYPES, 0))}


@pytest.mark.parametrize("name", [fault.name for fault in STUDIED])
@pytest.mark.parametrize("dtype", DTYPES)
def test_what_differs_by_more_than_rounding_is_refused_and_nothing_else(
    found: dict[tuple[str, str], PlantedFault], name: str, dtype: str
) -> None:
    row = found[dtype, name]
    honest = name.startswith(("none", "rounding only")) or (dtype, name) in HIDDEN_BY_ROUNDING
    assert (row.judge == 0) == honest
    assert honest == (row.of_bound is not None and row.of_bound <= 1)
    assert row.points == POINTS + 1


def test_there_are_enough_of_them() -> None:
    assert len([fault for fault in STUDIED if not fault.name.startswith(("none", "rounding only"))]) >= 20
    assert len({fault.name for fault in STUDIED}) == len(STUDIED)


def test_fixed_tolerances_pass_faults_and_refuse_honest_gradients(found: dict[tuple[str, str], PlantedFault]) -> None:
    assert found["float64", "factor 1 + 1e-9"].allclose == 0
    assert found["float64", "float32 inside float64"].clipped_1e4 == 0
    assert found["float64", "shape (1,) for (1, 1)"].allclose == 0
    assert found["float64", "none: the reference itself"].allclose == 0
    assert found["float32", "none: the reference itself"].allclose > 0
    assert 0 < found["float64", "one entry zeroed"].clipped_1e4 < found["float64", "one entry zeroed"].judge


def test_how_far_a_fault_is_from_the_honest_gradient(found: dict[tuple[str, str], PlantedFault]) -> None:
    assert found["float64", "none: the reference itself"].ulps == 0
    ulps = found["float64", "rounding only: one unit in the last place up"].ulps
    assert ulps is not None
    assert 0.5 <= ulps <= 2
    assert found["float64", "NaN in one entry"].ulps is None


def test_a_fault_that_changes_nothing_is_no_fault() -> None:
    with pytest.raises(ValueError, match="the fault 'gone' changes nothing: 'no such line' is not in"):
        Fault("gone", (("no such line", ""),)).text()


def test_the_kink_is_reached() -> None:
    workload = WORKLOADS["kink"]
    for row in fault_points(workload, "float64", seed=0).rows:
        weights, bias = workload.shaped(row)[:2]
        assert ((workload.inputs @ weights + bias)[0] == 0).all()
