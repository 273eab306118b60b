"""How much of this machine's own rate of matrix products each implementation reaches on a network of square ones.

`python -m xorbench.studies.peak` times, on one core, by turns, steps of 10-1024-1024-1 on 10-bit parity with all
1,024 samples, and the product of two matrices of 1,024 x 1,024 of each framework: that of the arrays which `convert`
gives.
Only the floating-point operations of the products in a step are counted. Times are the CPU's, of all threads: on one
core that is what a step takes there, whoever else wants the core. Give names of implementations for these alone.
"""

import os
import statistics
import sys
from collections.abc import Callable
from dataclasses import replace
from time import process_time_ns

import numpy as np
import pandas as pd

from xorbench import environment, progress
from xorbench.clock.products import products
from xorbench.contract import Contract, Implementation, discover, load
from xorbench.tables.cells import Table
from xorbench.tables.formats import markdown
from xorbench.workloads import WORKLOADS, Workload
from xorbench.workloads.workload import Dtype

LAYER_SIZES = (10, 1024, 1024, 1)
ROUNDS = 7
EPOCHS = 2
"""In one call of `train`, so that what surrounds the loop weighs less."""


def network(layer_sizes: tuple[int, ...] = LAYER_SIZES, dtype: Dtype = "float64") -> Workload:
    """Parity of as many bits as there are inputs."""
    random = np.random.RandomState(1)
    base = WORKLOADS[f"parity-{layer_sizes[0]}"]
    sized = replace(base, name="square", layer_sizes=layer_sizes, dtype=dtype)
    parameters = [random.uniform(-1, 1, shape) / np.sqrt(shape[0]) for shape in sized.shapes]
    return replace(sized, recipe=WORKLOADS["hidden"].recipe._replace(rate=1e-3), initial_parameters=parameters)


def turns(module: Contract, workload: Workload, side: int) -> Callable[[], tuple[float, float]]:
    """A function that gives operations per nanosecond of a product of its arrays, and of a step; warmed up."""
    product = products(module, workload.dtype, side, process_time_ns)
    arguments = module.convert(list(workload.initial_parameters), workload.inputs, workload.targets, workload.dtype)

    def turn() -> tuple[float, float]:
        multiplied = product()
        started = process_time_ns()
        module.train(workload.recipe, *arguments, EPOCHS)
        trained = process_time_ns() - started
        return 2 * side**3 / multiplied, 2 * EPOCHS * workload.multiply_adds / trained

    turn()
    return turn


def table(implementations: list[Implementation], dtype: Dtype, side: int = 1024, rounds: int = ROUNDS) -> Table:
    """Medians over the rounds, and of the shares within a round."""
    workload = network((10, side, side, 1), dtype)
    own = {i.name: turns(load(i), workload, side) for i in implementations}
    found: dict[str, list[tuple[float, float, float]]] = {name: [] for name in own}
    with progress.stage(f"products in {dtype}", rounds) as advance:
        for _ in range(rounds):
            measured = {name: turn() for name, turn in own.items()}
            best = max(product for product, _ in measured.values())
            for name, (product, step) in measured.items():
                found[name].append((product, step, step / best))
            advance()
    lines = []
    for name, rows in found.items():
        product, step, of_best = (statistics.median(column) for column in zip(*rows, strict=True))
        of_own = statistics.median(step / product for product, step, _ in rows)
        lines.append(
            {
                "implementation": name,
                "product, GFLOP/s": f"{product:.1f}",
                "step, GFLOP/s": f"{step:.1f}",
                "of its own": f"{of_own:.0%}",
                "of the best": f"{of_best:.0%}",
            }
        )
    size = "-".join(map(str, workload.layer_sizes))
    note = f"{size}, {len(workload.inputs):,} samples, {dtype}; {rounds} rounds of {EPOCHS} epochs, on one core."
    return Table("What is reached of this machine's matrix products", pd.DataFrame(lines), [note])


def main(names: list[str]) -> None:
    """Print the tables of both dtypes."""
    os.environ.update(environment.ONE_THREAD)
    with environment.started_on(environment.allowed_cpus()[-1]):
        chosen = [i for i in discover() if i.usable and (not names or i.name in names)]
        for dtype in ("float64", "float32"):
            print(markdown(table(chosen, dtype)))


if __name__ == "__main__":
    main(sys.argv[1:])
