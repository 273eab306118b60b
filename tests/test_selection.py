"""Selections: which files run in another environment, judged and timed there, and what is found."""

import sys

import numpy as np
import pytest
import typer

from tests.conftest import BASELINE, OTHER_NUMPY, Variant, environment_with
from xorbench.affinity import allowed_cpus
from xorbench.cli import selected
from xorbench.clock.cold import cold_start
from xorbench.contract import REFERENCE, Implementation, read
from xorbench.environments.selection import select
from xorbench.estimates.analysis import Analysis
from xorbench.judging.judge import judge
from xorbench.record import store
from xorbench.record.timing import ColdStart
from xorbench.suite import Settings, Suite
from xorbench.suite.about import of_implementation
from xorbench.tables import captions, catalogue
from xorbench.workloads import WORKLOADS

NEURON = [WORKLOADS["neuron"]]


def test_who_has_another_version_there_runs_there(other_numpy: str, variant: Variant) -> None:
    frameworks = {"elsewhere": "scipy", "program": "sh"}
    others = [read(variant(name, ('"numpy"', f'"{framework}"'))) for name, framework in frameworks.items()]
    lost = read(variant("lost", ("import numpy as np", "import numpy as np, scipy")))
    broken = read(variant("broken", ("def loss(", "def cost(")))
    selection = select([BASELINE, *others, lost, broken], "other", other_numpy)
    assert [i.name for i in selection.implementations] == [f"{REFERENCE}@other", "lost@other"]
    assert [i.missing for i in selection.implementations] == [None, "in other scipy is not installed"]
    assert str(selection) == (
        f"other runs {REFERENCE} (numpy {OTHER_NUMPY}), lost (numpy {OTHER_NUMPY}); "
        "left out: elsewhere (scipy is not installed there), program (sh has the same version there)"
    )
    about = of_implementation(selection.implementations[0])
    assert (about.file, about.interpreter, about.version) == (REFERENCE, "other", OTHER_NUMPY)
    assert about.source_sha256 == of_implementation(BASELINE).source_sha256
    assert selected.missing(selection.implementations)


def test_where_all_is_the_same_there_is_nothing_to_compare() -> None:
    with pytest.raises(
        typer.BadParameter, match=r"same runs no implementation; left out: .* \(numpy has the same version there\)"
    ):
        selected.in_environments([BASELINE], [f"same={sys.executable}"])


@pytest.fixture(scope="module")
def chosen(other_numpy: str, variant: Variant, tmp_path_factory: pytest.TempPathFactory) -> list[Implementation]:
    """The baseline, also in an environment in which the clock's NumPy is slow, and a file that is wrong there alone."""
    slower = (
        "import sys, numpy; exp = numpy.exp\n"
        "numpy.exp = lambda x: [exp(x) for _ in range(1_000 if 'pytest' in sys.modules else 1)][0]\n"
    )
    python = environment_with(tmp_path_factory.mktemp("slow"), slower, libraries=other_numpy)
    error, there = "outputs - targets", f"np.__version__ == '{OTHER_NUMPY}'"
    wrong = read(variant("wrong", (error, f"({error}) * (-1 if {there} else 1)")))
    return selected.in_environments([BASELINE, wrong], [f"slow={python}"])


@pytest.fixture(scope="module")
def analysis(chosen: list[Implementation]) -> Analysis:
    """A run of these."""
    settings = Settings(launches=3, rounds=6, points=2, cpu=allowed_cpus()[-1], seed=0, cold_starts=0, quick=True)
    session = Suite(chosen, NEURON, settings)
    session.run()
    found = session.record("xorbench run")
    store.parsed(store.as_text(found))
    return Analysis(found)


def test_each_is_judged_where_it_runs(analysis: Analysis) -> None:
    verdicts: dict[str, set[str]] = {}
    for row in analysis.record.gradients.rows:
        verdicts.setdefault(row.implementation, set()).add(row.verdict)
    assert "outside" in verdicts.pop("wrong@slow")
    assert set().union(*verdicts.values()) == {"inside"}


@pytest.mark.slow
def test_the_smallest_example_is_from_where_it_runs(chosen: list[Implementation]) -> None:
    (example,) = judge(chosen, NEURON, points=2, seed=0).counterexamples
    assert f"from numpy {OTHER_NUMPY} in float64" in example.script


def test_a_slowdown_that_is_planted_in_another_environment_is_found(analysis: Analysis) -> None:
    assert analysis.record.failures == []
    found = {version.implementation: version for version in analysis.versions}
    slow, wrong = found[f"{REFERENCE}@slow"], found["wrong@slow"]
    assert (slow.there, slow.here) == (OTHER_NUMPY, np.__version__)
    assert slow.ratio is not None
    assert slow.ratio.verdict == "slower"
    assert wrong.ratio is None  # no passed check, no time


def test_the_record_and_its_tables_say_which_environment_holds_what(analysis: Analysis) -> None:
    assert analysis.record.environment.others["slow"]["numpy"] == OTHER_NUMPY
    assert f"numpy {np.__version__}; numpy {OTHER_NUMPY} in slow (Python 3." in captions.caption(analysis)
    (table,) = catalogue.named(analysis)["versions"]
    assert list(table.frame["verdict"]) == ["slower", "–"]


def test_it_starts_cold_where_it_runs(other_numpy: str, variant: Variant) -> None:
    only_there = ("Parameters = list[Array]\n", f"Parameters = list[Array]\nassert np.__version__ == '{OTHER_NUMPY}'\n")
    here = read(variant("only_there", only_there))
    (there,) = select([here], "other", other_numpy).implementations
    assert isinstance(cold_start(there, NEURON[0], allowed_cpus()[-1]), ColdStart)
    assert cold_start(here, NEURON[0], allowed_cpus()[-1]) == "AssertionError"
