"""The share of the matrix product's rate: what is counted, and that every implementation gets its line."""

import pytest

from tests.conftest import BASELINE
from xorbench.studies import peak
from xorbench.workloads.workload import Dtype


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_every_implementation_has_its_line(dtype: Dtype) -> None:
    frame = peak.table([BASELINE], dtype, side=16, rounds=2).frame
    (line,) = frame.to_dict("records")
    assert line["implementation"] == BASELINE.name
    assert float(str(line["product, GFLOP/s"])) >= 0
    assert float(str(line["share of best product"]).rstrip("%")) > 0
    assert line["share of best product"] == line["share of own product"]  # alone, it is the best
