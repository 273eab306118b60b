"""The project's own pages are true: their tables, their formulas, their commands and their lists."""

import functools
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest
import yaml

from tests.conftest import BASELINE
from tests.planted import planted, with_machine
from xorbench import places
from xorbench.contract import CONSTANTS, FUNCTIONS, load
from xorbench.estimates.analysis import Analysis
from xorbench.estimates.machines import over_machines
from xorbench.publication import publish
from xorbench.publication.documents import DOCUMENTS, fill
from xorbench.publication.selection import newest
from xorbench.record import store
from xorbench.record.run import Record
from xorbench.tables import machines
from xorbench.tables.catalogue import named
from xorbench.tables.summary import summary
from xorbench.workloads import WORKLOADS, Recipe

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
EXPLANATION = (ROOT / "implementations" / "README.md").read_text(encoding="utf-8")


def filled(document: str) -> str:
    return filled_with(planted({"other": [0.5] * 6}, control=[0.01, -0.01] * 3), document)


def filled_with(analysis: Analysis, document: str) -> str:
    return fill(document, analysis, named(analysis))


def test_tables_stand_between_their_markers() -> None:
    text = filled("before\n<!-- table: timings -->\nspoilt\n<!-- end -->\nafter\n")
    assert "spoilt" not in text
    assert "| other " in text
    assert text.startswith("before\n<!-- table: timings -->\n\n**hidden")
    assert text.endswith("<!-- end -->\nafter\n")
    assert filled(text) == text


def test_the_sentence_stands_between_its_markers() -> None:
    text = filled("<!-- headline --><!-- end -->\n<!-- headline -->\nold\n<!-- end -->\n")
    assert text.count("Training XOR's hidden layer (2-4-1, float64) on one CPU of a Some CPU: ") == 2
    assert "old" not in text


def test_what_the_terminal_prints_stands_between_its_markers_as_it_is() -> None:
    analysis = planted({"other_one": [0.5] * 6}, control=[0.01, -0.01] * 3)
    text = filled_with(analysis, "<!-- terminal -->\nold\n<!-- end -->\nafter\n")
    lines = "\n".join(summary(analysis))
    assert text == f"<!-- terminal -->\n\n```text\n{lines}\n```\n\n<!-- end -->\nafter\n"
    assert filled_with(analysis, text) == text


def test_no_name_of_a_record_ends_the_block_of_the_terminal() -> None:
    analysis = planted({"```\n<!-- end -->": [0.5] * 6}, control=[0.01, -0.01] * 3)
    text = filled_with(analysis, "<!-- terminal -->\n<!-- end -->\nafter\n")
    assert text.startswith("<!-- terminal -->\n\n````text\n")
    assert text.count("<!-- end -->") == 1
    assert filled_with(analysis, text) == text


def test_a_table_that_a_record_has_not_says_so() -> None:
    assert "Nothing to show." in filled("<!-- table: audits -->\n<!-- end -->")


def test_the_table_of_machines_may_be_in_a_document() -> None:
    one = planted({"other": [0.5] * 6})
    two = with_machine(planted({"other": [0.4] * 6}), cpu="another machine")
    document = "<!-- table: machines -->\nspoilt\n<!-- end -->\n"
    found = named(one) | machines.named(over_machines([one, two]))
    text = fill(document, one, found)
    assert "slower on all" in text
    assert "spoilt" not in text
    assert fill(text, one, found) == text
    assert "Nothing to show." in filled(document)
    with pytest.raises(ValueError, match="no table is named machines"):
        filled("<!-- table: machines of some/where --><!-- end -->")


def test_a_table_may_be_of_another_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "results", lambda: tmp_path)
    path = store.write(planted({"another": [0.7] * 6}).record, tmp_path)
    which = f"{path.parent.name}/{path.stem}"
    text = filled(f"<!-- table: timings of {which} -->\nspoilt\n<!-- end -->\n")
    assert "| another " in text
    assert "| other " not in text
    assert "spoilt" not in text
    assert filled(text) == text
    with pytest.raises(FileNotFoundError):
        filled("<!-- table: timings of some/where --><!-- end -->")


def test_an_unknown_table_is_named() -> None:
    with pytest.raises(ValueError, match="no table is named speed, expected one of timings, tuned, versions"):
        filled("<!-- table: speed --><!-- end -->")


@pytest.mark.slow
def test_every_published_table_is_what_the_records_say_and_a_changed_figure_of_the_readme_is_found(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for document in DOCUMENTS:
        assert "<!-- end -->" in document.read_text(encoding="utf-8")
    copy = tmp_path / "README.md"
    spoilt = re.sub(r"\d(?=x faster than plain )", lambda found: str(9 - int(found[0])), README, count=1)
    copy.write_text(spoilt, encoding="utf-8")
    monkeypatch.setattr("xorbench.publication.files.DOCUMENTS", (*DOCUMENTS, copy))
    (complaint,) = publish.verify(places.results())
    lines = README.split("\n")
    number = 1 + next(place for place, line in enumerate(lines) if "x faster than plain " in line)
    assert complaint.startswith(f"{copy}:{number}: found \"Training XOR's hidden layer ")


@functools.cache
def headline() -> Record:
    """The record that the README is rendered from."""
    return functools.reduce(newest, map(Analysis, map(store.read, store.paths(places.results())))).record


def test_a_committed_record_is_full_and_its_baseline_agrees_with_itself() -> None:
    record = headline()
    assert not record.partial
    assert not record.settings.quick
    assert {i.name for i in record.implementations} >= {"numpy_backprop", "torch_autograd", "jax_grad"}
    assert record.gradients.passed
    assert all(row.verdict in ("inside", "missing") for row in record.gradients.rows)


def test_every_formula_points_at_the_line_that_is_it() -> None:
    lines = (ROOT / "implementations" / "numpy_backprop.py").read_text(encoding="utf-8").splitlines()
    links = re.findall(r"\[`([^`]+)`\]\(numpy_backprop\.py#L(\d+)\)", EXPLANATION)
    assert len(links) >= 9
    for code, number in links:
        assert code in lines[int(number) - 1]


@pytest.mark.slow
def test_the_table_of_rates_is_what_comes_out() -> None:
    module, workload = load(BASELINE), WORKLOADS["hidden"]
    rows = re.findall(r"^\| ([\d.]+) \| ([\d.]+) \|$", EXPLANATION, re.MULTILINE)
    assert len(rows) == 4
    for rate, stated in rows:
        recipe = workload.recipe._replace(rate=float(rate))
        parameters, inputs, targets = module.convert(
            list(workload.initial_parameters), workload.inputs, workload.targets, "float64"
        )
        end = module.train(recipe, parameters, inputs, targets, workload.epochs)
        assert float(module.loss(recipe, end, inputs, targets)) == pytest.approx(float(stated), rel=5e-3)


def test_the_hessian_at_zero_is_what_the_page_says() -> None:
    module, workload = load(BASELINE), WORKLOADS["neuron"]

    def gradient(point: np.ndarray) -> np.ndarray:
        parameters = [point[:2].reshape(2, 1), point[2:].reshape(1, 1)]
        found = module.gradient(workload.recipe, parameters, workload.inputs, workload.targets)
        return np.concatenate([g.ravel() for g in found])

    assert np.all(gradient(np.zeros(3)) == 0)
    hessian = np.array([(gradient(1e-5 * e) - gradient(-1e-5 * e)) / 2e-5 for e in np.eye(3)])
    samples = np.hstack([workload.inputs, np.ones((4, 1))])
    np.testing.assert_allclose(hessian, samples.T @ samples / 16, atol=1e-9)
    assert np.all(np.linalg.eigvalsh(hessian) > 0)


def test_the_first_two_commands_run_the_main_job_and_the_tests() -> None:
    run, tests = re.findall(r"^```sh\n(.*?)```$", README, re.MULTILINE | re.DOTALL)[:2]
    assert run.strip().endswith(".venv/bin/xorbench run")
    assert tests.strip().endswith("-m pytest -n 2 --dist loadfile")
    assert run.count("\n") == tests.count("\n") == 1


@pytest.mark.slow
def test_the_example_prints_the_times_of_rounds(tmp_path: Path) -> None:
    commands = (ROOT / "benchmarks" / "COMMANDS.md").read_text(encoding="utf-8")
    (script,) = re.findall(r"^```python\n(.*?)```$", commands, re.MULTILINE | re.DOTALL)
    script = script.replace("load()", f"load({str(places.results())!r})")
    call = [sys.executable, "-W", "error", "-X", "utf8", "-"]
    printed = subprocess.run(call, input=script, capture_output=True, encoding="utf-8", check=True, cwd=tmp_path).stdout
    timed = {timing.implementation for timing in headline().timings}
    for part in ("50%", "neuron", "hidden", *timed):
        assert part in printed


def test_the_readme_is_short_and_begins_with_the_answer() -> None:
    lines = README.splitlines()
    assert len(lines) <= 180
    assert lines.index("<!-- headline -->") < 25
    assert lines.index("<!-- headline -->") < lines.index("## Run it") < lines.index("<!-- terminal -->")


def test_a_function_stands_between_its_markers() -> None:
    text = filled("<!-- source: jax_grad.gradient -->\nspoilt\n<!-- end -->\n")
    assert text == (
        "<!-- source: jax_grad.gradient -->\n\n```python\n@partial(jax.jit, static_argnums=0)\n"
        "def gradient(recipe: Recipe, parameters: Parameters, inputs: Array, targets: Array) -> Parameters:\n"
        "    return jax.grad(loss, argnums=1)(recipe, parameters, inputs, targets)\n```\n\n<!-- end -->\n"
    )
    with pytest.raises(ValueError, match=re.escape("jax_grad.py has no function slope that can be read")):
        filled("<!-- source: jax_grad.slope -->\n<!-- end -->\n")


def test_the_citation_is_one() -> None:
    found = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert found["cff-version"] == "1.2.0"
    assert {"message", "title", "authors", "version", "license", "abstract"} <= found.keys()
    assert found["type"] == "software"
    assert all(author.keys() <= {"name", "given-names", "family-names", "website"} for author in found["authors"])
    assert (found["version"], found["license"]) == (project["version"], project["license"])


def test_contributing_names_the_whole_contract_in_order() -> None:
    text, _ = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").split("## Work on the suite")
    contract = [*CONSTANTS, *(f"{name}({', '.join(parameters)})" for name, parameters in FUNCTIONS.items())]
    expected = [*contract, *Recipe._fields[:3]]  # the table of recipes follows
    assert re.findall(r"^\| `([^`]+)` \|", text, re.MULTILINE) == expected


@pytest.mark.parametrize(
    "page",
    [
        "README.md",
        "CONTRIBUTING.md",
        "implementations/README.md",
        "benchmarks/README.md",
        "benchmarks/COMMANDS.md",
        "benchmarks/FLEETS.md",
        "benchmarks/xorbench/judging/README.md",
        "results/README.md",
        "results/data/README.md",
    ],
)
def test_links_lead_somewhere(page: str) -> None:
    path = ROOT / page
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8")):
        assert target.startswith("https://") or (path.parent / target).exists(), target
