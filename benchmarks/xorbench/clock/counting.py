"""Counts of instructions by Callgrind, each in a fresh process of one implementation on one workload.

Only the trainings are counted, after everything is imported, compiled and has run, so that the difference of two
lengths is that of their epochs; a third length between them shows whether all epochs cost the same. Where an epoch has
few instructions, or the threads of a framework add others, the trainings are longer, so that these are a small share of
the difference. Load does not change a count; the instructions that libraries choose do: valgrind hides those that it
does not know, such as AVX-512.
"""

import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from xorbench.clock.cold import answered
from xorbench.contract import Implementation
from xorbench.contract.c_library import compiled
from xorbench.estimates.instructions import REPEATS
from xorbench.failure import HarnessError
from xorbench.record.counts import InstructionCount
from xorbench.record.parts import Count, Many, MaxLen, Part, Text
from xorbench.temporary import Temporary
from xorbench.workloads import Workload

SHORT, MIDDLE, LONG = LENGTHS = (64, 128, 192)
"""The epochs of the trainings: multiples of the numbers that files compile together, which are 8 and 64."""

LEAST = 6_000_000
"""The fewest instructions by which the longest training exceeds the shortest.

This is 200 times 30,000, by which the same training of most implementations differs less from process to process.
"""

MUCH = 40 * LEAST
"""The instructions of this difference above which trainings are not made longer, which take some ten seconds."""

MOST = 1_024
"""The largest factor of all lengths, with which epochs of 46 instructions have LEAST; that of any training has more."""

EVEN = 0.02
"""The largest relative difference of the instructions from the first to the second length and to the third."""

REQUESTS = Path(__file__).parent / "callgrind.c"

_OPTIONS = (
    "--tool=callgrind",
    "--command-line-only=yes",  # no options from the user's files
    "--vgdb=no",
    "--instr-atstart=no",  # imports and compilation are not counted, which makes them several times faster
)

_VARIABLES = {"PYTHONHASHSEED": "0"}

_UNKNOWN = "Unrecognised instruction"
"""The message of valgrind before a process ends because of an instruction that valgrind does not know."""


@dataclass(frozen=True)
class _Counted(Part):
    """The instructions of trainings of `times` the epochs in LENGTHS, or none where Callgrind wrote no numbers.

    `features` are those of the processor that a process under valgrind sees, as NumPy names them.
    """

    instructions: Annotated[list[Count], MaxLen(len(LENGTHS))]
    times: Count
    features: Annotated[list[Text], Many]


@dataclass(frozen=True)
class Callgrind:
    """Callgrind on this machine: the path and the version of valgrind, and that of the compiled `callgrind.c`."""

    path: str
    version: str
    requests: Path

    @staticmethod
    def here() -> "Callgrind":
        """Return that of this machine. Raises HarnessError where valgrind, its header or a C compiler is missing."""
        path = shutil.which("valgrind")
        if path is None:
            raise HarnessError(
                "valgrind is not installed, which counts the instructions; install it with its header and a C "
                "compiler, in Debian by apt install valgrind gcc"
            )
        said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False)
        try:
            requests = compiled(REQUESTS, ("-O2",))
        except (OSError, subprocess.CalledProcessError) as error:
            raise HarnessError(
                f"{REQUESTS.name} can't be compiled: {error}; install a C compiler and the header valgrind/callgrind.h,"
                " in Debian by apt install gcc valgrind"
            ) from error
        return Callgrind(path, said.stdout.strip().removeprefix("valgrind-"), requests)

    def count(
        self, implementation: Implementation, workload: Workload, cpu: int, seconds: float
    ) -> tuple[InstructionCount, list[str]]:
        """Return the instructions of an implementation on a workload, and the features of the processor it saw.

        The process is on CPU `cpu` and may take so many `seconds`. Without an answer the count has a reason, and there
        are no features.
        """
        with Temporary() as folder:
            place, log = Path(folder, "counts"), Path(folder, "log")
            under = [self.path, *_OPTIONS, f"--callgrind-out-file={place}", f"--log-file={log}"]
            wanted = {"lengths": LENGTHS, "least": LEAST, "share": REPEATS, "much": MUCH, "most": MOST}
            job = {**wanted, "library": str(self.requests), "place": str(place)}
            found = answered(_Counted, implementation, workload, cpu, seconds, under, _VARIABLES, callgrind=job)
            unknown = log.exists() and _UNKNOWN in log.read_text(errors="replace")
        name = implementation.name
        if not isinstance(found, str):
            if reason := why_not(found.instructions, found.times):
                return InstructionCount(name, workload.name, None, None, reason), []
            short, _, long = found.instructions
            return InstructionCount(name, workload.name, short, long, times=found.times), found.features
        reason = f"it has an instruction that valgrind {self.version} does not know" if unknown else found
        return InstructionCount(name, workload.name, None, None, reason), []


def why_not(counts: Sequence[int], times: int = 1) -> str:
    """Return why the instructions of trainings of `times` the LENGTHS do not give those of an epoch; "" if they do."""
    if len(counts) < len(LENGTHS):
        return "Callgrind wrote no numbers"
    short, middle, long = counts
    first, second = middle - short, long - middle
    if first > 0 and abs(second - first) <= EVEN * first:
        return ""
    epochs = [f"{times * length:,}" for length in LENGTHS]
    return (
        f"its epochs do not cost the same: {first:,} instructions more from {epochs[0]} to {epochs[1]} epochs, and "
        f"{second:,} from {epochs[1]} to {epochs[2]}"
    )
