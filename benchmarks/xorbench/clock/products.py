"""The speed of matrix products on this machine, with which the growth of a step's time is compared."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from time import perf_counter_ns

import numpy as np

from xorbench.contract import Contract, Implementation
from xorbench.judging.codec import decoded
from xorbench.judging.processes import replies_to
from xorbench.judging.questions import ProcessSpec, Surroundings
from xorbench.record.parts import Dtype
from xorbench.record.timing import Products

SIDE = 1_024
"""Rows and columns of the matrices."""

ROUNDS = 7
"""Timed products of each framework."""


@dataclass(frozen=True)
class ProductQuestion:
    """The question how long products of two square matrices take in a framework."""

    dtype: Dtype
    side: int = SIDE
    rounds: int = ROUNDS

    @property
    def numbers(self) -> int:
        """The numbers of an answer."""
        return 2 * self.rounds  # a text of an integer is longer than the bytes of a number

    def received(self, text: str) -> list[int]:
        """Return the answer that is sent as `text`. Raises ValueError, in one line, if it is none to this question."""
        nanoseconds = decoded(list[int], text)
        if len(nanoseconds) != self.rounds or not all(1 <= number <= 10**15 for number in nanoseconds):
            raise ValueError(f"{len(nanoseconds)} times, expected {self.rounds} of 1 to 10^15 ns")
        return nanoseconds

    def ask(self, module: Contract, doing: Callable[[str], None]) -> list[int]:
        """Return the nanoseconds of each product. `doing` is told what is being done."""
        doing("multiplying matrices")
        product = products(module, self.dtype, self.side)
        return [product() for _ in range(self.rounds)]


def products(module: Contract, dtype: str, side: int, now: Callable[[], int] = perf_counter_ns) -> Callable[[], int]:
    """Return a function that multiplies two matrices of the framework, waits, and returns the nanoseconds by `now`.

    The function has been called once, so that it is warm.
    """
    square = np.random.RandomState(0).uniform(-1, 1, (side, side))
    (left,), right, _ = module.convert([square], square, square, dtype)

    def product() -> int:
        started = now()
        module.to_numpy(left @ right)
        return now() - started

    product()
    return product


def measured(implementations: Iterable[Implementation], dtype: Dtype, threads: int) -> list[Products]:
    """Return the products of one implementation of each framework, measured one after the other.

    Frameworks whose arrays can't be multiplied are left out.
    """
    question = ProductQuestion(dtype)
    found = []
    first = {i.framework: i for i in reversed([*implementations]) if i.usable}
    for implementation in reversed(first.values()):
        with replies_to(
            {ProcessSpec(implementation, surroundings=Surroundings(threads=threads)): [question]}
        ) as replies:
            found += [
                Products(implementation.name, dtype, question.side, nanoseconds)
                for reply in replies
                if (nanoseconds := reply.to(question))
            ]
    return found
