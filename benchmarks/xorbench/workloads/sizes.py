"""Workloads of other sizes: the tutorial's network for each width of its hidden layer and each batch size."""

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache, partial

from xorbench.workloads.catalogue import CLASSIC, HIDDEN, WORKLOADS, draw, parity
from xorbench.workloads.workload import KnownAnswer, Workload

SMALLEST, LARGEST = 2, 1_024
"""The smallest and the largest hidden width. Batches are 2^2 to 2^10: all samples of 2 to 10 bits."""

WIDTHS = [2**power for power in range(1, 11)]
BATCHES = [2**bits for bits in range(2, 11)]

EPOCHS = 100
"""The number of epochs of the training that is judged."""


@cache
def sized(width: int, batch: int) -> Workload:
    """Return the workload of parity on all `batch` samples of log2(`batch`) bits, with a hidden layer of `width` units.

    A batch of 4 is XOR. The rate is 1 / (batch (width + 1)), below the inverse of the loss's largest curvature along
    the weights of the last layer, so that the loss decreases; the known answer is this alone.
    """
    bits = batch.bit_length() - 1
    inputs, targets = parity(bits)
    layer_sizes = (bits, width, 1)
    generator = partial(draw, layer_sizes, gain=1)
    workload = replace(
        HIDDEN,
        name=f"width-{width}-batch-{batch}",
        story=f"a point of a sweep: parity of {bits} bits by a hidden layer of {width}",
        inputs=inputs,
        targets=targets,
        layer_sizes=layer_sizes,
        recipe=CLASSIC._replace(rate=1 / (batch * (width + 1))),
        epochs=EPOCHS,
        seed="numpy.random.seed(1); layer by layer weights uniform(-r, r), r = sqrt(6 / (a + b)), biases 0",
        generator=generator,
        initial_parameters=generator(1),
    )
    at_first = float(workload.losses(workload.initial_parameters))
    return replace(workload, known_answer=KnownAnswer(zeros=(0, 1), ones=(0, 1), loss=(0, at_first)))


def cross(widths: Sequence[int], batches: Sequence[int], at_width: int, at_batch: int) -> list[Workload]:
    """Return the workloads of all `widths` at `at_batch` and of all `batches` at `at_width`, each once."""
    pairs = [*((width, at_batch) for width in widths), *((at_width, batch) for batch in batches)]
    return [sized(*pair) for pair in dict.fromkeys(pairs)]


def named(name: str) -> Workload:
    """Return the workload called `name`: of the catalogue, or width-W-batch-B. Raises KeyError if there is none."""
    return sized(*size) if (size := _size(name)) else WORKLOADS[name]


def is_named(name: str) -> bool:
    """Return whether a workload is called `name`; none is constructed."""
    return _size(name) is not None or name in WORKLOADS


def _size(name: str) -> tuple[int, int] | None:
    """Return the width and the batch of a point of a sweep, by its name; None if it is the name of none."""
    size = re.fullmatch(r"width-([1-9]\d{0,3})-batch-([1-9]\d{0,3})", name, re.ASCII)
    if size and SMALLEST <= int(size[1]) <= LARGEST and int(size[2]) in BATCHES:
        return int(size[1]), int(size[2])
    return None
