"""The lines of a sweep: found in the record, each with what stands still."""

from tests.planted import planted
from tests.swept import planted_sweep, straight
from xorbench.contract import REFERENCE
from xorbench.estimates.sweep_axes import Axis, axes


def test_a_cross_has_two_lines_that_share_a_point() -> None:
    width, batch = axes(planted_sweep({REFERENCE: straight(1, 1)}, (8, 2), (4, 16)))
    assert width == Axis("width", 4, [2, 8], ["width-2-batch-4", "width-8-batch-4"])
    assert batch == Axis("batch", 8, [4, 16], ["width-8-batch-4", "width-8-batch-16"])
    assert (width.title, batch.title) == ("width, at batch 4", "batch, at width 8")


def test_a_run_is_no_sweep() -> None:
    assert not planted({}).record.is_sweep
    assert axes(planted({})) == []
