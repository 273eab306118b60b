"""How fast matrices are multiplied: each framework's own, one after the other."""

from tests.conftest import BASELINE, Variant
from xorbench.clock.products import ProductQuestion, measured
from xorbench.contract import REFERENCE, load, read


def test_every_product_has_its_time() -> None:
    found = ProductQuestion("float32", side=8, rounds=3).ask(load(BASELINE), lambda _doing: None)
    assert len(found) == 3
    assert all(nanoseconds > 0 for nanoseconds in found)


def test_a_framework_is_asked_once_and_what_is_not_here_not_at_all(variant: Variant) -> None:
    same = read(variant("same"))
    absent = read(variant("absent", ('FRAMEWORK = "numpy"', 'FRAMEWORK = "no_such_framework"')))
    (found,) = measured([BASELINE, same, absent], "float64", threads=1)
    assert (found.implementation, found.dtype, found.side) == (REFERENCE, "float64", 1_024)
    assert len(found.nanoseconds) == 7
