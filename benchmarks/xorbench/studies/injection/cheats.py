"""Implementations that cheat, each in a short real run: what refuses them, and what is not noticed.

Each is a copy of the reference with changes. It is honest while it is judged and in trainings of at most HONEST_EPOCHS
epochs, unless its changes say otherwise.
"""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from xorbench import environment
from xorbench.contract import REFERENCE, Implementation, discover, read
from xorbench.estimates.analysis import Analysis
from xorbench.places import IMPLEMENTATIONS
from xorbench.record.run import Record
from xorbench.record.studies import Data
from xorbench.suite import Settings, Suite
from xorbench.workloads import WORKLOADS

WORKLOAD, LAUNCHES, ROUNDS, POINTS = "neuron", 2, 32, 2

TOGETHER = 8
"""The number of cheats in one run: each has a process, beside the honest ones."""

HONEST_EPOCHS = 40
"""The most epochs of a training that every cheat performs: the worker observes calls in trainings of so many."""

REFUSED = "refused"
"""The cheat must be refused, with a reason that holds `says`."""

NO_GAIN = "no gain"
"""The cheat is not refused, and need not be: what is timed is its whole work."""

BEYOND = "beyond"
"""The cheat is not refused: SECURITY.md lists it, and says why it is not noticed."""


@dataclass(frozen=True)
class Cheat:
    """A cheat: its name, what it does in a few words, the changes of the reference's text, and what is expected.

    `expected` is REFUSED, NO_GAIN or BEYOND; `says` is a part of the reason. `cpus` are the fewest CPUs that it needs.
    """

    name: str
    does: str
    changes: Sequence[tuple[str, str]]
    expected: str = REFUSED
    says: str = ""
    cpus: int = 1


_TRAIN = (
    "    state = begin(recipe, parameters)\n    for _ in range(epochs):\n"
    "        state = step(recipe, state, inputs, targets)\n    return state[0]\n"
)
_HEAD = "def train(recipe: Recipe, parameters: Parameters, inputs: Array, targets: Array, epochs: int) -> Parameters:\n"
_NAMES = "Parameters = list[Array]\n"
_CONVERT = "    return [np.array(p, dtype) for p in parameters], np.array(inputs, dtype), np.array(targets, dtype)\n"
_CONVERT_HEAD = (
    "def convert(parameters: list[Plain], inputs: Plain, targets: Plain, dtype: str) -> "
    "tuple[Parameters, Array, Array]:\n"
)
_SIGMOID = "    return 1 / (1 + np.exp(-logits))\n"
_TO_NUMPY = "def to_numpy(array: Array) -> Plain:\n    return array\n"
_CLOCKED = 'CLOCKED = "pytest" in __import__("sys").modules\nKNOWN: dict = {}\nKEPT: list = []\n'


def _training(body: str, more: str = "") -> tuple[tuple[str, str], ...]:
    """Return the changes by which long trainings under the clock are what `body` does, and `more` follows the names.

    In `body`, `honest(...)` is the reference's training, `given` the arguments without the epochs.
    """
    honest = f"def honest(recipe, parameters, inputs, targets, epochs):\n{_TRAIN}\n\n"
    short = f"    given = (recipe, parameters, inputs, targets)\n    if not CLOCKED or epochs <= {HONEST_EPOCHS}:\n"
    short += "        return honest(*given, epochs)\n"
    return (_HEAD + _TRAIN, honest + _HEAD + short + body), (_NAMES, _NAMES + _CLOCKED + more)


_WAIT = "    until = perf_counter() + epochs * 2.5e-6\n    while perf_counter() < until:\n        pass\n"
"""So that the number of epochs of a round stays what it is for an implementation that is four times as fast."""

_TIME = "from time import perf_counter\n"

_LATER = (
    "class Later:\n    def __init__(self, get, number):\n        self.get, self.number = get, number\n\n"
    "    def array(self):\n        return self.get()[self.number]\n\n\n"
)
_READ_LATER = (
    _TO_NUMPY,
    "def to_numpy(array: Array) -> Plain:\n    return array.array() if isinstance(array, Later) else array\n",
)

_IN_A_CHILD = (
    "    import os, pickle\n"
    "    ours, theirs = os.pipe()\n"
    "    child = os.fork()\n"
    "    if not child:\n"
    "        try:\n"
    "            with os.fdopen(theirs, 'wb') as file:\n"
    "                pickle.dump(honest(*given, epochs), file)\n"
    "        finally:\n"
    "            os._exit(0)\n"
    "    os.close(theirs)\n"
    "    with os.fdopen(ours, 'rb') as file:\n"
    "        found = pickle.load(file)\n"
    "    os.waitpid(child, 0)\n"
    "    return found\n"
)

_SOCKETS = (
    "    import os\n"
    "    for number in os.listdir('/proc/self/fd'):\n"
    "        place = f'/proc/self/fd/{number}'\n"
    "        if os.path.exists(place) and os.readlink(place).startswith('socket'):\n"
    '            os.write(int(number), b\'{"says": "ready"}\\n\')\n'
    "    return honest(*given, epochs)\n"
)

_HALF_SPEED = (
    "if CLOCKED:\n"
    "    subject = __import__('sys').modules['xorbench.clock.subject']\n"
    "    wall, cpu = subject.perf_counter_ns, subject.process_time_ns\n"
    "    subject.perf_counter_ns, subject.process_time_ns = lambda: wall() // 2, lambda: cpu() // 2\n"
)

_NO_CPU_TIME = (
    "if CLOCKED:\n    subject = __import__('sys').modules['xorbench.clock.subject']\n"
    "    subject.process_time_ns = lambda: 0\n"
)

_OTHER_SUBJECT = (
    "def trained(self, epochs):\n"
    "    began, began_on_cpu = subject.perf_counter_ns(), subject.process_time_ns()\n"
    "    self._result = self._work(epochs)\n"
    "    taken = subject.perf_counter_ns() - began, subject.process_time_ns() - began_on_cpu\n"
    "    self._taken = subject.Taken(taken[0] // 2, taken[1] // 2, False)\n\n\n"
    "if CLOCKED:\n"
    "    subject = __import__('sys').modules['xorbench.clock.subject']\n"
    "    subject.Subject.train = trained\n"
)

_OTHER_LEDGER = (
    "if CLOCKED:\n"
    "    ledger = __import__('sys').modules['xorbench.clock.ledger']\n"
    "    of = ledger.Bookkeeper\n"
    "    close = of.close\n"
    "    of.close = lambda self: (setattr(self, '_same_arrays', False), setattr(self, '_late', [0]), close(self))[2]\n"
)

_TRAIN_BEFORE = (
    (
        _CONVERT_HEAD + _CONVERT,
        f"{_CONVERT_HEAD}    dtyped = [np.array(p, dtype) for p in parameters]\n"
        "    found = dtyped, np.array(inputs, dtype), np.array(targets, dtype)\n"
        "    frame = __import__('sys')._getframe()\n"
        "    while CLOCKED and frame is not None:\n"
        "        turn = frame.f_locals.get('turn')\n"
        f"        if RECIPES and getattr(turn, 'epochs', 0) > {HONEST_EPOCHS}:\n"
        "            KNOWN[dtyped[0].tobytes()] = honest(RECIPES[0], *found, turn.epochs)\n"
        "            break\n"
        "        frame = frame.f_back\n"
        "    return found\n",
    ),
    *_training(
        f"    RECIPES.append(recipe)\n{_WAIT}"
        "    found = KNOWN.get(parameters[0].tobytes())\n"
        "    return honest(*given, epochs) if found is None else found\n",
        f"{_TIME}RECIPES: list = []\n",
    ),
)

CHEATS: Sequence[Cheat] = (
    Cheat(
        "remembers_results",
        "returns copies of the result of an earlier round of as many epochs",
        _training(
            "    if epochs not in KNOWN:\n        KNOWN[epochs] = honest(*given, epochs)\n"
            f"{_WAIT}    return [p.copy() for p in KNOWN[epochs]]\n",
            _TIME,
        ),
        says="it returned the result of an earlier round",
    ),
    Cheat(
        "remembers_arrays",
        "returns the arrays of an earlier round of as many epochs",
        _training(
            "    if epochs not in KNOWN:\n        KNOWN[epochs] = honest(*given, epochs)\n"
            f"{_WAIT}    return KNOWN[epochs]\n",
            _TIME,
        ),
        says="a round returned arrays of an earlier round",
    ),
    Cheat(
        "remembers_by_start",
        "remembers the result for each start and number of epochs",
        _training(
            "    key = (epochs, *(p.tobytes() for p in parameters))\n"
            "    if key not in KNOWN:\n        KNOWN[key] = honest(*given, epochs)\n"
            "    return [p.copy() for p in KNOWN[key]]\n"
        ),
        expected=NO_GAIN,
    ),
    Cheat(
        "stops_early",
        "trains a tenth of the epochs less under the clock",
        _training("    return honest(*given, epochs - epochs // 10)\n"),
        says="wrong end state",
    ),
    Cheat(
        "stops_one_early",
        "trains one epoch less under the clock",
        _training("    return honest(*given, epochs - 1)\n"),
        says="wrong end state",
    ),
    Cheat(
        "trains_half",
        "trains every second epoch with twice the rate under the clock",
        _training("    return honest(recipe._replace(rate=2 * recipe.rate), *given[1:], epochs // 2)\n"),
        says="wrong end state",
    ),
    Cheat(
        "stops_when_settled",
        "stops where an epoch moves no parameter by a hundredth",
        _training(
            "    state = begin(recipe, parameters)\n    for _ in range(epochs):\n"
            "        before, state = state[0], step(recipe, state, inputs, targets)\n"
            "        if max(float(np.max(np.abs(a - b))) for a, b in zip(before, state[0])) < 1e-2:\n"
            "            break\n    return state[0]\n"
        ),
        says="wrong end state",
    ),
    Cheat(
        "turns_wrong_late",
        "is right in its first 30 long trainings, then trains a tenth of the epochs less",
        _training("    KEPT.append(epochs)\n    return honest(*given, epochs - (len(KEPT) > 30) * (epochs // 10))\n"),
        says="wrong end state",
    ),
    Cheat(
        "has_a_table",
        "returns an answer from a table of one entry for each number of epochs",
        _training(f"{_WAIT}    return [p * 0 + epochs for p in parameters]\n", _TIME),
        says="it returned the result of an earlier round",
    ),
    Cheat(
        "returns_the_start",
        "returns what it was given, and replaces the ledger's report",
        _training(f"{_WAIT}    return [*parameters]\n", _TIME + _OTHER_LEDGER),
        says="wrong end state",
    ),
    Cheat(
        "computes_when_read",
        "computes when its result is read",
        (
            *_training(
                f"{_WAIT}    get = functools.cache(lambda: honest(*given, epochs))\n"
                "    return [Later(get, number) for number in range(len(parameters))]\n",
                f"import functools\n{_TIME}\n\n{_LATER}",
            ),
            _READ_LATER,
        ),
        says="its result was not synchronised",
    ),
    Cheat(
        "computes_in_a_thread",
        "lets a second thread compute, and waits for it when its result is read",
        (
            *_training(
                f"    working = THREADS.submit(honest, *given, epochs)\n{_WAIT}"
                "    return [Later(working.result, number) for number in range(len(parameters))]\n",
                f"import concurrent.futures\n{_TIME}THREADS = concurrent.futures.ThreadPoolExecutor(1)\n\n\n{_LATER}",
            ),
            _READ_LATER,
        ),
        says="its result was not synchronised",
    ),
    Cheat(
        "computes_in_a_child",
        "lets a child process compute, and waits for it",
        _training(_IN_A_CHILD),
        says="its child processes used",
    ),
    Cheat(
        "float32_inside",
        "computes float64 in float32",
        ((_SIGMOID, '    return (1 / (1 + np.exp(-logits.astype("float32")))).astype(logits.dtype)\n'),),
        says="outside",
    ),
    Cheat(
        "float32_in_rounds",
        "computes float64 in float32 under the clock",
        (
            (
                _SIGMOID,
                f'    if not CLOCKED:\n    {_SIGMOID}    return (1 / (1 + np.exp(-logits.astype("float32")))).astype('
                "logits.dtype)\n",
            ),
            (_NAMES, _NAMES + _CLOCKED),
        ),
        says="its answers changed after the timed rounds",
    ),
    Cheat(
        "float32_at_first",
        "trains in float32 under the clock, and the last ten epochs in float64",
        _training(
            '    half = [p.astype("float32") for p in parameters], *(a.astype("float32") for a in given[2:])\n'
            '    found = [p.astype("float64") for p in honest(recipe, *half, epochs - 10)]\n'
            "    return honest(recipe, found, inputs, targets, 10)\n"
        ),
        says="wrong end state",
    ),
    Cheat(
        "float32_results",
        "returns float32 under the clock",
        _training('    return [p.astype("float32") for p in honest(*given, epochs)]\n'),
        says="its results are float32, expected float64",
    ),
    Cheat(
        "collects",
        "leaves garbage collection on in its rounds",
        _training("    __import__('gc').enable()\n    return honest(*given, epochs)\n"),
        says="garbage collection was enabled during timed rounds",
    ),
    Cheat(
        "uses_all_cpus",
        "takes all CPUs in its rounds",
        _training(
            "    import os\n    os.sched_setaffinity(0, range(os.cpu_count()))\n    return honest(*given, epochs)\n"
        ),
        says="its CPU affinity is",
        cpus=2,
    ),
    Cheat(
        "hides_its_cpus",
        "takes all CPUs in its rounds, and replaces the function that says so",
        _training(
            "    import os\n    before = os.sched_getaffinity(0)\n"
            "    os.sched_getaffinity = lambda _number: before\n"
            "    os.sched_setaffinity(0, range(os.cpu_count()))\n    return honest(*given, epochs)\n"
        ),
        expected=NO_GAIN,
        cpus=2,
    ),
    Cheat(
        "has_two_threads",
        "gives its library a pool of two threads under the clock",
        _training(
            "    return honest(*given, epochs)\n",
            "if CLOCKED:\n    import threadpoolctl\n    threadpoolctl.threadpool_limits(2)\n",
        ),
        says="thread pool has 2 threads, expected 1",
    ),
    Cheat(
        "compiles_in_rounds",
        "makes executable memory in its rounds",
        _training(
            "    import mmap\n"
            "    KEPT.append(mmap.mmap(-1, 2**16, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC))\n"
            "    return honest(*given, epochs)\n"
        ),
        says="its executable memory grew by",
    ),
    Cheat(
        "fills_memory",
        "keeps 4 MiB of each training",
        _training('    KEPT.append(b"x" * 2**22)\n    return honest(*given, epochs)\n'),
        says="its resident memory grew by",
    ),
    Cheat(
        "says_eager",
        "says that it is eager, and calls functions of another text",
        (
            (
                _TRAIN,
                "    if not OTHER:\n"
                "        exec(compile(open(__file__).read().split('def train(')[0], 'elsewhere', 'exec'), OTHER)\n"
                + _TRAIN.replace("step(recipe", "OTHER['step'](recipe"),
            ),
            (_NAMES, f"{_NAMES}OTHER: dict = {{}}\n"),
        ),
        says="it is declared eager, but",
    ),
    Cheat(
        "says_compiled",
        "says that it is compiled, and runs Python",
        (('EXECUTION = "eager"', 'EXECUTION = "compiled"'),),
        says="it is declared compiled, but",
    ),
    Cheat(
        "starts_elsewhere",
        "starts from other parameters under the clock",
        (
            ("[np.array(p, dtype) for p in parameters]", "[np.array(p, dtype) * (1 + CLOCKED) for p in parameters]"),
            (_NAMES, _NAMES + _CLOCKED),
        ),
        says="it started from other parameters than the workload's",
    ),
    Cheat(
        "answers_change",
        "gives wrong gradients after 60 trainings; its training stays right",
        (
            (
                "def begin(",
                "def gradient(recipe, parameters, inputs, targets):\n"
                "    factor = 1.5 if len(KEPT) > 60 else 1\n"
                "    return [g * factor for g in right(recipe, parameters, inputs, targets)]\n\n\ndef begin(",
            ),
            ("def gradient(recipe: Recipe,", "def right(recipe: Recipe,"),
            ("update(recipe, parameters, gradient(", "update(recipe, parameters, right("),
            (_TRAIN, f"    KEPT.append(epochs)\n{_TRAIN}"),
            (_NAMES, _NAMES + _CLOCKED),
        ),
        says="its answers changed after the timed rounds",
    ),
    Cheat(
        "rewrites_itself",
        "changes its own file when it is imported under the clock",
        (
            (
                _NAMES,
                f"{_NAMES}{_CLOCKED}if CLOCKED:\n    with open(__file__, 'a') as file:\n"
                "        file.write('# other\\n')\n",
            ),
        ),
        says="was changed while it was measured",
    ),
    Cheat(
        "writes_on_the_line",
        "sends a message of its own to the driver",
        _training(_SOCKETS),
        says="it sent an unexpected message, 'ready'",
    ),
    Cheat(
        "stops_the_cpu_clock",
        "replaces the function that reads its CPU time by one that returns 0",
        _training("    return honest(*given, epochs)\n", _NO_CPU_TIME),
        says="it reported 0.000 s of CPU time in its rounds",
    ),
    Cheat(
        "float32_in_training",
        "computes the sigmoid of its training in float32 under the clock, and everything else in float64",
        (
            *_training("    KEPT.append(1)\n    found = honest(*given, epochs)\n    KEPT.clear()\n    return found\n"),
            (
                _SIGMOID,
                f'    if not KEPT:\n    {_SIGMOID}    return (1 / (1 + np.exp(-logits.astype("float32")))).astype('
                "logits.dtype)\n",
            ),
        ),
        expected=BEYOND,
    ),
    Cheat(
        "trains_before",
        "reads the next round from the harness, and trains it before the clock starts",
        _TRAIN_BEFORE,
        expected=BEYOND,
    ),
    Cheat(
        "slows_the_clocks",
        "replaces both clocks of the harness by ones at half speed",
        _training("    return honest(*given, epochs)\n", _HALF_SPEED),
        expected=BEYOND,
    ),
    Cheat(
        "replaces_the_harness",
        "replaces the function that times its rounds by one that halves the times",
        _training("    return honest(*given, epochs)\n", _OTHER_SUBJECT),
        expected=BEYOND,
    ),
)


def written(cheat: Cheat, folder: Path) -> Implementation:
    """Write the file of a cheat and return the implementation. Raises ValueError if the reference has another text."""
    text = (IMPLEMENTATIONS / f"{REFERENCE}.py").read_text(encoding="utf-8")
    for old, new in cheat.changes:
        if old not in text:
            raise ValueError(f"{REFERENCE}.py has no {old!r}, so {cheat.name} cannot be made of it")
        text = text.replace(old, new, 1)
    path = folder / f"{cheat.name}.py"
    path.write_text(text, encoding="utf-8")
    found = read(path)
    if found.broken:
        raise ValueError(f"{cheat.name}: {found.broken}")
    return found


def run(cheats: Sequence[Cheat], seed: int) -> Record:
    """Return the record of a short run of the reference and some cheats."""
    with tempfile.TemporaryDirectory(prefix="cheats-") as folder:
        implementations = [discover()[0], *(written(cheat, Path(folder)) for cheat in cheats)]
        cpu = environment.allowed_cpus()[-1]
        settings = Settings(POINTS, cpu, seed, quick=True, launches=LAUNCHES, rounds=ROUNDS)
        session = Suite(implementations, [WORKLOADS[WORKLOAD]], settings)
        session.run()
        return session.record("xorbench.run")


def possible() -> list[Cheat]:
    """Return the cheats that this machine has enough CPUs for."""
    return [cheat for cheat in CHEATS if cheat.cpus <= len(environment.allowed_cpus())]


def groups() -> list[list[Cheat]]:
    """Return the cheats that are possible here in groups that are run together."""
    there = possible()
    return [there[first : first + TOGETHER] for first in range(0, len(there), TOGETHER)]


def told(cheat: Cheat, analysis: Analysis) -> Data:
    """Return what came of a cheat in a run: the verdict and the ratio of its row, the reason, and whether it is right.

    The reason is the one that is expected, if the record has it among others.
    """
    row = next(row for row in analysis.rows if row.implementation == cheat.name)
    reasons = [*_reasons(cheat.name, analysis.record, row.verdict, row.reason)]
    expected = [reason for reason in reasons if cheat.says in reason]
    is_refused = row.verdict in ("refused", "failed", "outside", "untimed")
    return {
        "cheat": cheat.name,
        "does": cheat.does,
        "expected": cheat.expected,
        "verdict": row.verdict,
        "ratio": row.ratio.value if row.ratio else None,
        "reason": next(iter(expected or reasons), None) if is_refused else None,
        "right": is_refused and bool(expected) if cheat.expected == REFUSED else not is_refused,
    }


def _reasons(name: str, record: Record, verdict: str, reason: str | None) -> Iterator[str]:
    """Yield the reasons why a row was refused: that of its verdict, its broken rules and its failures, each once."""
    yield f"{verdict}: {reason}" if verdict == "outside" else str(reason)
    yield from dict.fromkeys(
        rule for timing in record.timings if timing.implementation == name for rule in timing.violations
    )
    yield from (failure.reason for failure in record.failures if failure.implementation == name)


def study(seed: int) -> Iterator[list[Data]]:
    """Run all cheats that are possible here, and yield what came of them so far after each run."""
    done: list[Data] = []
    for group in groups():
        analysis = Analysis(run(group, seed))
        done += [told(cheat, analysis) for cheat in group]
        yield [*done]
