"""Errors of the elementary functions of every framework against values with more than 100 bits.

`python -m xorbench.studies.functions` measures every function in float64 and float32. It justifies the charges of the
judge in `xorbench.judging.charges`.
"""

import importlib
import math
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from typing import Annotated, get_args

import numpy as np
import typer

from xorbench import cores, environment, places, progress
from xorbench.cli import choices
from xorbench.cli.options import Output, count
from xorbench.judging.charges import CHARGES
from xorbench.record.studies import Data
from xorbench.streams import Log
from xorbench.studies import asking
from xorbench.studies.function_errors import FUNCTIONS, Array, Numbers, Truths, errors, truths
from xorbench.workloads.workload import Dtype

Function = Callable[[Array], Array]


DTYPES: tuple[Dtype, ...] = get_args(Dtype)

ARGUMENTS = 224_000
SEED = 0

LENGTHS = (1, 4, 7)
LONGEST = 1_000
"""Lengths of the arrays: vector instructions and the remainder of a loop may use different code."""

SMALLEST = -60
"""The binary logarithm of the smallest magnitude of an argument."""

WIDEST = {"float64": 750, "float32": 110}
"""The largest magnitude of an argument; that of log1p is the largest number."""

BINS = 60
LINEAR = 0.01
"""Bins of arguments have equal widths in sign(x) log(1 + |x| / LINEAR)."""


def edges() -> Numbers:
    """Return the edges of the bins of arguments, (BINS + 1,)."""
    end = np.log1p(WIDEST["float64"] / LINEAR)
    return symmetric(lambda x: LINEAR * np.expm1(x), np.linspace(-end, end, BINS + 1))


def symmetric(function: Callable[[Numbers], Numbers], values: Numbers) -> Numbers:
    """Return `function` of the magnitudes of `values`, with their signs."""
    return np.asarray(np.copysign(function(np.abs(values)), values))


def arguments(function: str, dtype: Dtype, number: int, seed: int = SEED) -> Array:
    """Return `number` arguments of a function in random order, as an array of `dtype`.

    A fortieth of them are 0, numbers near those where exp overflows or underflows, and numbers near multiples of
    log(2) / 2, where the reduction of the argument changes. A fifth of the others have magnitudes that are log-uniform;
    the rest are uniform in four ranges. Those of log1p below 0 are in (-1, 0], and some of them are near -1.
    """
    random = np.random.default_rng([seed, DTYPES.index(dtype), list(FUNCTIONS).index(function)])
    info, widest = np.finfo(dtype), WIDEST[dtype]
    reductions = int(2 * widest / math.log(2))
    hard = random.integers(-reductions, reductions, number // 40 + 4) * math.log(2) / 2
    hard *= 1 + float(info.eps) * random.integers(-4, 5, len(hard))
    ends = [math.log(float(end)) for end in (info.max, info.tiny, info.smallest_subnormal)]
    hard[::2] = random.choice(ends, len(hard[::2])) * random.uniform(0.995, 1.005, len(hard[::2]))
    hard[:4] = [0, *ends]
    sizes = [len(part) for part in np.array_split(np.arange(number - len(hard)), 5)]
    most = {"log1p": float(info.maxexp), "log1p below 0": 0.0}.get(function, math.log2(widest))
    magnitudes = np.exp2(random.uniform(SMALLEST, most, sizes[0])) * random.choice([-1.0, 1.0], sizes[0])
    uniform = [random.uniform(-end, end, size) for end, size in zip((0.1, 1, 20, widest), sizes[1:], strict=True)]
    found = random.permutation(np.concatenate([hard, magnitudes, *uniform]))
    if function == "log1p":
        found = np.minimum(np.abs(found), info.max)
    elif function == "log1p below 0":
        distant = np.abs(found) >= 1
        found[distant] = np.exp2(random.uniform(-info.nmant, 0, np.count_nonzero(distant))) - 1
        found = np.clip(-np.abs(found), np.nextafter(np.array(-1, dtype), 0), 0)
    return found.astype(dtype)


def row(function: str, dtype: Dtype, arguments: Array, results: Array, true: Truths) -> Data:
    """Return the largest errors of the results of a function, and those in each bin of arguments, for JSON."""
    if results.dtype != dtype or results.shape != arguments.shape:
        raise ValueError(
            f"{function} returned {results.dtype} of shape {results.shape}, expected {dtype} of shape {arguments.shape}"
        )
    units, ulps = errors(results, true, dtype)
    places = np.clip(np.searchsorted(edges(), arguments.astype(float), side="right") - 1, 0, BINS - 1)
    largest = np.full(BINS, -1.0)
    np.maximum.at(largest, places, ulps)
    return {
        "function": function,
        "dtype": dtype,
        "arguments": len(arguments),
        "units": _number(units.max()),
        "units_at": str(arguments[units.argmax()]),
        "ulps": _number(ulps.max()),
        "ulps_at": str(arguments[ulps.argmax()]),
        "ulps_by_bin": [None if one < 0 else _number(one) for one in largest],
    }


def _number(value: float) -> float | str:
    """Return a number with four digits, or "inf", which JSON has no number for; `float` reads both."""
    return float(f"{value:.4g}") if np.isfinite(value) else "inf"


def lengths(number: int) -> list[int]:
    """Return the lengths of the arrays into which `number` arguments are divided: some of each short length first."""
    calls = number // (ARGUMENTS // 2_000)
    short = [length for length in LENGTHS for _ in range(calls)]
    whole, rest = divmod(number - sum(short), LONGEST)
    return short + [LONGEST] * whole + [rest] * (rest > 0)


def called(function: Function, arguments: Array) -> Array:
    """Return the results of a function, called with arrays of all lengths."""
    pieces = np.split(arguments, np.cumsum(lengths(len(arguments)))[:-1])
    with np.errstate(all="ignore"):
        return np.concatenate([np.asarray(function(piece)) for piece in pieces])


def frameworks() -> dict[str, tuple[str, Callable[[str], dict[str, Function]]]]:
    """Return what is measured, from the folder of implementations, where frameworks have names."""
    if str(places.IMPLEMENTATIONS) not in sys.path:
        sys.path.append(str(places.IMPLEMENTATIONS))
    found: dict[str, tuple[str, Callable[[str], dict[str, Function]]]]
    found = importlib.import_module("_functions").FRAMEWORKS
    return found


def results(name: str, dtype: Dtype, given: dict[str, Array]) -> dict[str, Array]:
    """Return the results of the functions that a framework has. Raises ImportError or OSError if it is missing."""
    functions = frameworks()[name][1](dtype)
    return {
        function: called(functions[own], given[function])
        for function, own in ((function, function.partition(" ")[0]) for function in FUNCTIONS)
        if own in functions
    }


def study(number: int = ARGUMENTS, names: Sequence[str] = (), seed: int = SEED) -> Iterator[Data]:
    """Measure the frameworks in `names`, or all, each in its own process, and yield the data after each of them.

    Each of `rows` is a result of `row` with its `framework` and `distribution`; `missing` names those not installed.
    """
    chosen = {name: about for name, about in frameworks().items() if not names or name in names}
    given = {dtype: {one: arguments(one, dtype, number, seed) for one in FUNCTIONS} for dtype in DTYPES}
    true: dict[tuple[Dtype, str], Truths] = {}
    with progress.steps("true values", len(DTYPES) * len(FUNCTIONS)) as advance:
        for dtype in DTYPES:
            for function in FUNCTIONS:
                true[dtype, function] = truths(function, given[dtype][function])
                advance()
    rows: list[Data] = []
    missing: list[str] = []
    about = {
        "arguments": number,
        "seed": seed,
        "lengths": [*LENGTHS, LONGEST],
        "functions": [*FUNCTIONS],
        "charges": CHARGES,
        "edges": [float(f"{edge:.4g}") for edge in edges()],
    }
    with progress.steps("frameworks", len(chosen)) as advance:
        for name, (distribution, _) in chosen.items():
            try:
                # Its own process, because libraries of different frameworks disturb each other.
                with closing(Log()) as log, cores.pool(log, 1, int) as process:
                    for dtype in DTYPES:
                        found = process.submit(results, name, dtype, given[dtype]).result()
                        rows += [
                            {"framework": name, "distribution": distribution}
                            | row(function, dtype, given[dtype][function], values, true[dtype, function])
                            for function, values in found.items()
                        ]
            except (ImportError, OSError, BrokenProcessPool) as error:
                progress.say(f"{name} is left out: {error}")
                missing.append(name)
            advance()
            if rows:
                yield about | {"rows": rows, "missing": missing}


def main(
    arguments: Annotated[int, count("Arguments of each function.")] = ARGUMENTS,
    framework: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Measure this one; repeatable. [default: all]")
    ] = None,
    output: Output = None,
) -> None:
    """Measure the errors of the elementary functions of every framework."""
    folder = choices.folder(output)
    known = frameworks()
    for name in framework or ():
        choices.known(name, list(known), "framework")
    distributions = (known[name][0] for name in framework or known)
    begun = asking.begun("functions", filter(environment.is_installed, distributions))
    asking.keep_last(begun, study(arguments, framework or ()), folder)


if __name__ == "__main__":
    asking.run("functions", main)
