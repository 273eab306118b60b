"""The audit of launches asks how far trainings amplify rounding where that decides, and nowhere else."""

from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from typing import Any, cast

import pytest

from xorbench.clock import ends
from xorbench.clock.reference import Reference
from xorbench.failure import HarnessError
from xorbench.record.timing import End
from xorbench.suite.audit import Audit
from xorbench.workloads import WORKLOADS, Workload

HIDDEN = WORKLOADS["hidden"]


class Told:
    """A reference that answers as it is told, and notes what it is asked for."""

    def __init__(self, answer: float | BaseException) -> None:
        self._answer = answer
        self.asked: list[tuple[str, int, int]] = []

    def grown(self, workload: Workload, epochs: int, seed: int) -> "Future[float]":
        """Return the answer."""
        self.asked.append((workload.name, epochs, seed))
        found: Future[float] = Future()
        if isinstance(self._answer, BaseException):
            found.set_exception(self._answer)
        else:
            found.set_result(self._answer)
        return found


def audited(reference: Told, off: float | None) -> End:
    """The end of a round of 100 epochs that is off by so much, after the audit."""
    end = End(0, 7, [1.0, 0.0], [1.0, None if off is None else 1.0 + off], [1.0, 1.0])
    audit = Audit(cast(Any, reference), [HIDDEN], [], [0], {}, 0, 1.0, {})
    return audit._with_growth(end, 100, HIDDEN)


def test_where_it_decides_the_reference_is_asked_how_far_ends_grow_apart() -> None:
    reference = Told(1e-12)
    end = audited(reference, 1e-10)
    assert reference.asked == [("hidden", 100, 7)]
    assert end.grown == 1e-12
    assert ends.violations([end], [], [100], HIDDEN) == []
    far = audited(Told(1e-13), 1e-10)
    assert len(ends.violations([far], [], [100], HIDDEN)) == 1


@pytest.mark.parametrize("off", [0.0, 9e-12, 1.1e-7, 0.5, None])
def test_where_it_does_not_it_is_not(off: float | None) -> None:
    reference = Told(1e-12)
    assert audited(reference, off).grown == 0
    assert reference.asked == []


def test_a_reference_that_raises_explains_nothing_and_one_that_ends_is_no_fault_of_an_implementation() -> None:
    assert audited(Told(ValueError("no")), 1e-10).grown == 0
    with pytest.raises(HarnessError, match=r"^while the reference trained from the starts of rounds, it ended$"):
        audited(Told(BrokenProcessPool("it ended")), 1e-10)


def test_the_reference_that_is_asked_can_answer() -> None:
    assert {"grown", "reached", "truths"} <= {*vars(Reference)}
