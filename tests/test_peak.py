"""The share of the matrix product's rate: what is counted, and that every implementation gets its line."""

import pytest

from benchmarks.contract import discover
from benchmarks.proofs import peak


def test_the_products_of_an_epoch_are_counted_by_hand() -> None:
    # 4 samples, 2-3-1: forward 2*4*2*3 + 2*4*3*1 = 72, to the weights as many, down only through 3-1: 24.
    assert peak.operations(peak.network((2, 3, 1))) == 72 + 72 + 24


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_every_implementation_has_its_line(dtype: str) -> None:
    frame = peak.table(discover()[:1], dtype, side=16, rounds=2).frame
    (line,) = frame.to_dict("records")
    assert line["implementation"] == discover()[0].name
    assert float(str(line["product, GFLOP/s"])) >= 0
    assert float(str(line["of the best"]).rstrip("%")) > 0
    assert line["of the best"] == line["of its own"]  # alone, it is the best
