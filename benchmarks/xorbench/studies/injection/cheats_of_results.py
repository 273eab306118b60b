"""Cheats whose results are not those of the work that is timed: remembered, shortened, postponed or rough ones."""

from collections.abc import Sequence

from xorbench.studies.injection.cheat import (
    BEYOND,
    CLOCKED,
    CONVERT,
    CONVERT_HEAD,
    HONEST_EPOCHS,
    NAMES,
    NO_GAIN,
    SIGMOID,
    TO_NUMPY,
    TRAIN,
    Cheat,
    training,
)

_WAIT = "    until = perf_counter() + epochs * 2.5e-6\n    while perf_counter() < until:\n        pass\n"
"""So that the number of epochs of a round stays what it is for an implementation that is four times as fast."""

_TIME = "from time import perf_counter\n"

_LATER = (
    "class Later:\n    def __init__(self, get, number):\n        self.get, self.number = get, number\n\n"
    "    def array(self):\n        return self.get()[self.number]\n\n\n"
)
_READ_LATER = (
    TO_NUMPY,
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

_OTHER_LEDGER = (
    "if CLOCKED:\n"
    "    observer = __import__('sys').modules['xorbench.clock.bookkeeper']\n"
    "    of = observer.Bookkeeper\n"
    "    close = of.close\n"
    "    of.close = lambda self: (setattr(self, '_same_arrays', False), setattr(self, '_late', [0]), close(self))[2]\n"
)

_TRAIN_BEFORE = (
    (
        CONVERT_HEAD + CONVERT,
        f"{CONVERT_HEAD}    dtyped = [np.array(p, dtype) for p in parameters]\n"
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
    *training(
        f"    RECIPES.append(recipe)\n{_WAIT}"
        "    found = KNOWN.get(parameters[0].tobytes())\n"
        "    return honest(*given, epochs) if found is None else found\n",
        f"{_TIME}RECIPES: list = []\n",
    ),
)

CHEATS_OF_RESULTS: Sequence[Cheat] = (
    Cheat(
        "remembers_results",
        "returns copies of the result of an earlier round of as many epochs",
        training(
            "    if epochs not in KNOWN:\n        KNOWN[epochs] = honest(*given, epochs)\n"
            f"{_WAIT}    return [p.copy() for p in KNOWN[epochs]]\n",
            _TIME,
        ),
        says="it returned the result of an earlier round",
    ),
    Cheat(
        "remembers_arrays",
        "returns the arrays of an earlier round of as many epochs",
        training(
            "    if epochs not in KNOWN:\n        KNOWN[epochs] = honest(*given, epochs)\n"
            f"{_WAIT}    return KNOWN[epochs]\n",
            _TIME,
        ),
        says="a round returned arrays of an earlier round",
    ),
    Cheat(
        "remembers_by_start",
        "remembers the result for each start and number of epochs",
        training(
            "    key = (epochs, *(p.tobytes() for p in parameters))\n"
            "    if key not in KNOWN:\n        KNOWN[key] = honest(*given, epochs)\n"
            "    return [p.copy() for p in KNOWN[key]]\n"
        ),
        expected=NO_GAIN,
    ),
    Cheat(
        "stops_early",
        "trains a tenth of the epochs less under the clock",
        training("    return honest(*given, epochs - epochs // 10)\n"),
        says="wrong end state",
    ),
    Cheat(
        "stops_one_early",
        "trains one epoch less under the clock",
        training("    return honest(*given, epochs - 1)\n"),
        says="wrong end state",
    ),
    Cheat(
        "trains_half",
        "trains every second epoch with twice the rate under the clock",
        training("    return honest(recipe._replace(rate=2 * recipe.rate), *given[1:], epochs // 2)\n"),
        says="wrong end state",
    ),
    Cheat(
        "stops_when_settled",
        "stops where an epoch moves no parameter by a hundredth",
        training(
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
        training("    KEPT.append(epochs)\n    return honest(*given, epochs - (len(KEPT) > 30) * (epochs // 10))\n"),
        says="wrong end state",
    ),
    Cheat(
        "has_a_table",
        "returns an answer from a table of one entry for each number of epochs",
        training(f"{_WAIT}    return [p * 0 + epochs for p in parameters]\n", _TIME),
        says="it returned the result of an earlier round",
    ),
    Cheat(
        "returns_the_start",
        "returns what it was given, and replaces the ledger's report",
        training(f"{_WAIT}    return [*parameters]\n", _TIME + _OTHER_LEDGER),
        says="wrong end state",
    ),
    Cheat(
        "computes_when_read",
        "computes when its result is read",
        (
            *training(
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
            *training(
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
        training(_IN_A_CHILD),
        says="its child processes used",
    ),
    Cheat(
        "float32_inside",
        "computes float64 in float32",
        ((SIGMOID, '    return (1 / (1 + np.exp(-logits.astype("float32")))).astype(logits.dtype)\n'),),
        says="outside",
    ),
    Cheat(
        "float32_in_rounds",
        "computes float64 in float32 under the clock",
        (
            (
                SIGMOID,
                f'    if not CLOCKED:\n    {SIGMOID}    return (1 / (1 + np.exp(-logits.astype("float32")))).astype('
                "logits.dtype)\n",
            ),
            (NAMES, NAMES + CLOCKED),
        ),
        says="its answers changed after the timed rounds",
    ),
    Cheat(
        "float32_at_first",
        "trains in float32 under the clock, and the last ten epochs in float64",
        training(
            '    half = [p.astype("float32") for p in parameters], *(a.astype("float32") for a in given[2:])\n'
            '    found = [p.astype("float64") for p in honest(recipe, *half, epochs - 10)]\n'
            "    return honest(recipe, found, inputs, targets, 10)\n"
        ),
        says="wrong end state",
    ),
    Cheat(
        "float32_results",
        "returns float32 under the clock",
        training('    return [p.astype("float32") for p in honest(*given, epochs)]\n'),
        says="its results are float32, expected float64",
    ),
    Cheat(
        "float32_in_training",
        "computes the sigmoid of its training in float32 under the clock, and everything else in float64",
        (
            *training("    KEPT.append(1)\n    found = honest(*given, epochs)\n    KEPT.clear()\n    return found\n"),
            (
                SIGMOID,
                f'    if not KEPT:\n    {SIGMOID}    return (1 / (1 + np.exp(-logits.astype("float32")))).astype('
                "logits.dtype)\n",
            ),
        ),
        says="wrong end state",
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
            (TRAIN, f"    KEPT.append(epochs)\n{TRAIN}"),
            (NAMES, NAMES + CLOCKED),
        ),
        says="its answers changed after the timed rounds",
    ),
    Cheat(
        "trains_before",
        "reads the next round from the harness, and trains it before the clock starts",
        _TRAIN_BEFORE,
        expected=BEYOND,
    ),
)
