"""Step rate of each implementation as a share of the machine's rate of matrix products, on large square layers.

`python -m xorbench.studies.peak [NAME ...]` alternates, on one core, between steps of a 10-1024-1024-1 network on
10-bit parity with all 1,024 samples, and each framework's product of two 1,024 x 1,024 matrices of the kind that
`convert` returns. Only the floating-point operations of the matrix products in a step are counted. Times are CPU times
of all threads, which on one core do not include the time of other processes. By default all implementations are timed.
"""

import os
import statistics
from collections.abc import Callable
from dataclasses import replace
from time import process_time_ns
from typing import Annotated

import numpy as np
import pandas as pd
import typer

from xorbench import affinity, environment, progress
from xorbench.clock import host
from xorbench.clock.products import products
from xorbench.contract import Contract, Implementation, discover, load
from xorbench.studies import asking
from xorbench.tables.cells import Table
from xorbench.tables.formats import markdown
from xorbench.workloads import WORKLOADS, Workload
from xorbench.workloads.workload import Dtype

LAYER_SIZES = (10, 1024, 1024, 1)
ROUNDS = 7
EPOCHS = 2
"""The epochs of one call of `train`; with more than one, the overhead of the call has less weight."""


def network(layer_sizes: tuple[int, ...] = LAYER_SIZES, dtype: Dtype = "float64") -> Workload:
    """Return a workload of the given layer sizes and dtype, which learns the parity of as many bits as inputs."""
    random = np.random.RandomState(1)
    base = WORKLOADS[f"parity-{layer_sizes[0]}"]
    sized = replace(base, name="square", layer_sizes=layer_sizes, dtype=dtype)
    parameters = [random.uniform(-1, 1, shape) / np.sqrt(shape[0]) for shape in sized.shapes]
    return replace(sized, recipe=WORKLOADS["hidden"].recipe._replace(rate=1e-3), initial_parameters=parameters)


def turns(module: Contract, workload: Workload, side: int) -> Callable[[], tuple[float, float]]:
    """Return a warmed-up function that times a product and a step and returns the operations per ns of both."""
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
    """Return the table of the study: medians over rounds of the two rates and of their ratios within a round."""
    workload = network((10, side, side, 1), dtype)
    own = {i.name: turns(load(i), workload, side) for i in implementations}
    found: dict[str, list[tuple[float, float, float]]] = {name: [] for name in own}
    with progress.steps(f"products in {dtype}", rounds) as advance:
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
                "share of own product": f"{of_own:.0%}",
                "share of best product": f"{of_best:.0%}",
            }
        )
    size = "-".join(map(str, workload.layer_sizes))
    note = f"{size}, {len(workload.inputs):,} samples, {dtype}; {rounds} rounds of {EPOCHS} epochs, on one core."
    return Table("Step rates as a share of matrix product rates", pd.DataFrame(lines), [note])


def main(
    names: Annotated[list[str] | None, typer.Argument(metavar="NAME", help="Implementations. [default: all]")] = None,
) -> None:
    """Time steps and products of large matrices in float64 and float32, and print a table for each."""
    os.environ.update(environment.ONE_THREAD)
    with host.held(), affinity.started_on(affinity.allowed_cpus()[-1]):
        chosen = [i for i in discover() if i.usable and (not names or i.name in names)]
        for dtype in ("float64", "float32"):
            print(markdown(table(chosen, dtype)))


if __name__ == "__main__":
    asking.run("peak", main)
