"""The matrix of planted faults: what each check refuses, and whether it should."""

from tests.planted import planted, report_of
from xorbench.page.correctness import CHECKS, matrices
from xorbench.record.report import PlantedFault, Report


def report(*faults: PlantedFault) -> Report:
    return report_of(faults=list(faults))


def fault(name: str, of_bound: float | None, *refused: int, dtype: str = "float64") -> PlantedFault:
    judge, clipped_1e4, clipped_1e8, allclose = refused
    assert dtype in ("float32", "float64")
    return PlantedFault(
        fault=name,
        workload="hidden",
        dtype="float32" if dtype == "float32" else "float64",
        points=100,
        ulps=1.0,
        of_bound=of_bound,
        judge=judge,
        clipped_1e4=clipped_1e4,
        clipped_1e8=clipped_1e8,
        allclose=allclose,
    )


def test_a_fault_should_be_refused_and_what_rounding_explains_should_not() -> None:
    (found,) = matrices(
        report(
            fault("sign", 1e10, 100, 96, 100, 100),
            fault("factor 1 + 1e-9", 300.0, 100, 0, 0, 0),
            fault("NaN", None, 100, 100, 100, 100),
            fault("rounding only", 0.4, 0, 0, 75, 14),
        )
    )
    assert [line.name for line in found.faults] == ["sign", "factor 1 + 1e-9", "NaN"]
    assert [line.name for line in found.harmless] == ["rounding only"]
    sign, factor, nan = found.faults
    assert [cell.text for cell in sign.refusals] == ["all", "96 of 100", "all", "all"]
    assert [cell.right for cell in sign.refusals] == [True] * 4
    assert [cell.right for cell in factor.refusals] == [True, False, False, False]
    assert (sign.error, nan.error) == ("1.00e+10", "not a finite number")
    assert [cell.right for cell in found.harmless[0].refusals] == [True, True, False, False]
    assert found.missed == [0, 1, 1, 1]
    assert found.wrong == [0, 0, 75, 14]
    assert found.summary == (
        "this judge misses none of 3 faults; 1e-4, clipped at 1 misses 1 of 3 faults; 1e-8, clipped at 1 misses 1 of 3 "
        "faults and refuses 75 right gradients; numpy.allclose misses 1 of 3 faults and refuses 14 right gradients."
    )
    assert len(CHECKS) == len(sign.refusals)


def test_each_dtype_has_a_matrix_and_no_fault_has_none() -> None:
    one, other = fault("a", 2.0, 1, 1, 1, 1), fault("a", 2.0, 1, 1, 1, 1, dtype="float32")
    assert [matrix.dtype for matrix in matrices(report(one, other))] == ["float64", "float32"]
    assert matrices(planted({}).record.gradients) == []
