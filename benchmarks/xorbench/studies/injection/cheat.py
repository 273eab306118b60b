"""The type of a cheating implementation: a copy of the reference with changes, and the expected verdict.

Each is honest while it is judged and in trainings of at most HONEST_EPOCHS epochs, unless its changes say otherwise.
"""

from collections.abc import Sequence
from dataclasses import dataclass

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


TRAIN = (
    "    state = begin(recipe, parameters)\n    for _ in range(epochs):\n"
    "        state = step(recipe, state, inputs, targets)\n    return state[0]\n"
)
HEAD = "def train(recipe: Recipe, parameters: Parameters, inputs: Array, targets: Array, epochs: int) -> Parameters:\n"
NAMES = "Parameters = list[Array]\n"
CONVERT = "    return [np.array(p, dtype) for p in parameters], np.array(inputs, dtype), np.array(targets, dtype)\n"
CONVERT_HEAD = (
    "def convert(parameters: list[Plain], inputs: Plain, targets: Plain, dtype: str) -> "
    "tuple[Parameters, Array, Array]:\n"
)
SIGMOID = "    return 1 / (1 + np.exp(-logits))\n"
TO_NUMPY = "def to_numpy(array: Array) -> Plain:\n    return array\n"
CLOCKED = 'CLOCKED = "pytest" in __import__("sys").modules\nKNOWN: dict = {}\nKEPT: list = []\n'


def training(body: str, more: str = "") -> tuple[tuple[str, str], ...]:
    """Return the changes by which long trainings under the clock are what `body` does, and `more` follows the names.

    In `body`, `honest(...)` is the reference's training, `given` the arguments without the epochs.
    """
    honest = f"def honest(recipe, parameters, inputs, targets, epochs):\n{TRAIN}\n\n"
    short = f"    given = (recipe, parameters, inputs, targets)\n    if not CLOCKED or epochs <= {HONEST_EPOCHS}:\n"
    short += "        return honest(*given, epochs)\n"
    return (HEAD + TRAIN, honest + HEAD + short + body), (NAMES, NAMES + CLOCKED + more)
