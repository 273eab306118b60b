"""How fast this machine multiplies matrices: the rate that a step's products are held against."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from time import perf_counter_ns

import numpy as np

from xorbench.contract import Contract, Implementation
from xorbench.judge.processes import Surroundings, Witness, asked
from xorbench.record.parts import Dtype
from xorbench.record.timing import Products

SIDE = 1_024
ROUNDS = 7


@dataclass(frozen=True)
class ProductQuestion:
    """So many products of a framework's own arrays."""

    dtype: Dtype
    side: int = SIDE
    rounds: int = ROUNDS

    def put_to(self, module: Contract, doing: Callable[[str], None]) -> list[int]:
        """Of each its nanoseconds."""
        doing("multiplying matrices")
        product = products(module, self.dtype, self.side)
        return [product() for _ in range(self.rounds)]


def products(module: Contract, dtype: str, side: int, now: Callable[[], int] = perf_counter_ns) -> Callable[[], int]:
    """A function that multiplies two matrices of the framework, waits, and gives its nanoseconds; warmed up."""
    square = np.random.RandomState(0).uniform(-1, 1, (side, side))
    (left,), right, _ = module.convert([square], square, square, dtype)

    def product() -> int:
        started = now()
        module.to_numpy(left @ right)
        return now() - started

    product()
    return product


def measured(implementations: Iterable[Implementation], dtype: Dtype, threads: int) -> list[Products]:
    """One of each framework after the other, each alone; what can not multiply its arrays is not among them."""
    question = ProductQuestion(dtype)
    found = []
    first = {i.framework: i for i in reversed([*implementations]) if i.usable}
    for implementation in reversed(first.values()):
        with asked({Witness(implementation, surroundings=Surroundings(threads=threads)): [question]}) as replies:
            found += [
                Products(implementation.name, dtype, question.side, reply.answer) for reply in replies if reply.answer
            ]
    return found
