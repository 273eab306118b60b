"""What a file finds in its process is the same while it is judged and while it is timed."""

import json
import random
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Variant
from xorbench.affinity import allowed_cpus
from xorbench.clock import late
from xorbench.clock.cold import cold_start
from xorbench.clock.turns import Entry, Launch
from xorbench.contract import Implementation, read
from xorbench.judging.points import random_points
from xorbench.judging.processes import replies_to
from xorbench.judging.questions import ProcessSpec
from xorbench.judging.tasks import GradientQuestion
from xorbench.workloads import WORKLOADS

NEURON = WORKLOADS["neuron"]

NOTE = """
def note(function):
    import json, os, sys

    found = {
        "function": function,
        "variables": dict(os.environ),
        "folder": os.getcwd(),
        "module": __name__,
        "file": __file__,
        "imported by": type(__spec__.loader).__name__,
        "path": sys.path,
        "warnings of NumPy": np.geterr(),
    }
    with open(PLACE, "a") as noted:
        noted.write(json.dumps(found) + "\\n")


def noting(function):
    def called(*arguments):
        note(function.__name__)
        return function(*arguments)

    return called


note("import")
"""

FUNCTIONS = ("convert", "predict", "loss", "gradient", "train")


@pytest.fixture(scope="module")
def noting(variant: Variant, tmp_path_factory: pytest.TempPathFactory) -> tuple[Implementation, Path]:
    """An implementation that writes what it finds in its process into a file, when it is imported and called."""
    place = tmp_path_factory.mktemp("noted") / "lines"
    text = f"\nPLACE = {str(place)!r}\n{NOTE}"
    changes = [("\nParameters = list[Array]\n", f"\nParameters = list[Array]\n{text}")]
    changes += [(f"\ndef {function}(", f"\n@noting\ndef {function}(") for function in FUNCTIONS]
    return read(variant("noting", *changes)), place


def taken(place: Path) -> dict[str, list[dict[str, Any]]]:
    """What was noted since the last call, each thing once, by function."""
    found: dict[str, list[dict[str, Any]]] = {}
    for line in dict.fromkeys(place.read_text().splitlines()):
        noted = json.loads(line)
        found.setdefault(noted.pop("function"), []).append(noted)
    place.unlink()
    return found


def test_the_judge_and_the_clock_start_a_file_in_the_same_way(noting: tuple[Implementation, Path]) -> None:
    implementation, place = noting
    question = GradientQuestion([random_points(NEURON, "float64", 0, seed=0)], (1,), to_the_end=False)
    with replies_to({ProcessSpec(implementation): [question]}) as replies:
        assert [reply.trouble for reply in replies] == [None]
    judged = taken(place)
    launch = Launch(0, ["neuron"], [Entry(implementation, {"neuron": 4})], random.Random(0), late.questions([NEURON]))
    try:
        launch.start([allowed_cpus()[:1]])
        launch.wait()
        launch.run(allowed_cpus()[:1], 2)
    finally:
        launch.stop()
    assert launch.failures == []
    timed = taken(place)
    assert judged.keys() == timed.keys() == {"import", *FUNCTIONS}
    for function, found in judged.items():
        assert len(found) == len(timed[function]) == 1, function  # it is the same in every call
        for name, value in found[0].items():
            assert timed[function][0][name] == value, (function, name)
    assert not isinstance(cold_start(implementation, NEURON, allowed_cpus()[0]), str)
    cold = taken(place)
    for name in ("variables", "folder", "module", "file", "imported by"):
        assert cold["train"][0][name] == judged["train"][0][name], name
