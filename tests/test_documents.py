"""The project's own pages are true: their tables, their formulas, their commands and their lists."""

import re
from pathlib import Path

import numpy as np
import pytest

from benchmarks import publish, records
from benchmarks.contract import CONSTANTS, FUNCTIONS, discover, load
from benchmarks.workloads import WORKLOADS

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
EXPLANATION = (ROOT / "implementations" / "README.md").read_text(encoding="utf-8")


def test_every_published_table_is_what_the_records_say() -> None:
    assert publish.verify(records.FOLDER) == []
    for document in publish.DOCUMENTS:
        assert "<!-- table: " in document.read_text(encoding="utf-8")


def test_a_committed_record_is_full_and_its_baseline_agrees_with_itself() -> None:
    headline = publish.newest(records.read(path) for path in records.paths(records.FOLDER))
    assert not headline["partial"]
    assert not headline["settings"]["quick"]
    assert {i["name"] for i in headline["implementations"]} >= {"numpy_backprop", "torch_autograd", "jax_grad"}
    assert all(row["verdict"] == "inside" for row in headline["gradients"]["rows"])


def test_every_formula_points_at_the_line_that_is_it() -> None:
    lines = (ROOT / "implementations" / "numpy_backprop.py").read_text(encoding="utf-8").splitlines()
    links = re.findall(r"\[`([^`]+)`\]\(numpy_backprop\.py#L(\d+)\)", EXPLANATION)
    assert len(links) >= 9
    for code, number in links:
        assert code in lines[int(number) - 1]


def test_the_table_of_rates_is_what_comes_out() -> None:
    module, workload = load(discover()[0]), WORKLOADS["hidden"]
    rows = re.findall(r"^\| ([\d.]+) \| ([\d.]+) \|$", EXPLANATION, re.MULTILINE)
    assert len(rows) == 4
    for rate, stated in rows:
        parameters, inputs, targets = module.convert(
            list(workload.initial_parameters), workload.inputs, workload.targets, "float64"
        )
        end = module.train(parameters, inputs, targets, float(rate), workload.epochs)
        assert float(module.loss(end, inputs, targets)) == pytest.approx(float(stated), rel=5e-3)


def test_the_hessian_at_zero_is_what_the_page_says() -> None:
    module, workload = load(discover()[0]), WORKLOADS["neuron"]

    def gradient(point: np.ndarray) -> np.ndarray:
        parameters = [point[:2].reshape(2, 1), point[2:].reshape(1, 1)]
        return np.concatenate([g.ravel() for g in module.gradient(parameters, workload.inputs, workload.targets)])

    assert np.all(gradient(np.zeros(3)) == 0)
    hessian = np.array([(gradient(1e-5 * e) - gradient(-1e-5 * e)) / 2e-5 for e in np.eye(3)])
    samples = np.hstack([workload.inputs, np.ones((4, 1))])
    np.testing.assert_allclose(hessian, samples.T @ samples / 16, atol=1e-9)
    assert np.all(np.linalg.eigvalsh(hessian) > 0)


def test_the_first_two_commands_run_the_main_job_and_the_tests() -> None:
    run, tests = re.findall(r"^```sh\n(.*?)```$", README, re.MULTILINE | re.DOTALL)[:2]
    assert run.strip().endswith(".venv/bin/xorbench run")
    assert tests.strip().endswith("-m pytest")
    assert run.count("\n") == tests.count("\n") == 1


def test_the_list_of_rooms_names_every_room() -> None:
    house = README.split("## The house")[1]
    for path in (ROOT / "benchmarks").rglob("[!_]*.py"):
        assert re.search(rf"\b{path.stem}\b", house), f"{path.stem} is not in the README's list of rooms"


def test_every_room_has_its_tests() -> None:
    tested = {path.stem.removeprefix("test_") for path in Path(__file__).parent.glob("test_*.py")}
    assert {path.stem for path in (ROOT / "benchmarks").rglob("[!_]*.py")} - tested <= UNTESTED_ALONE


UNTESTED_ALONE = {
    "contest",  # by hand: it takes a quarter of an hour
    "subject",  # by test_ledger
    "cold_start",  # by test_cold, from outside
    "conftest",  # by test_bench_train and test_turns
    "exam",  # by test_judge, as are those in the next line
    *("questions", "answers", "readings", "conduct"),
    "verdicts",  # plain data
    "derivation",  # by test_oracle and test_truths
    "cores",  # by test_truths
    "faults",  # by test_planting
    "speed",  # by hand: it takes half a minute
    "report",  # by test_cli
    *("scales", "album"),  # by test_figure, which draws all there is
    "choices",  # by test_cli, as a user would
    "show",  # by test_cli
}


def test_contributing_names_the_whole_contract_in_order() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    expected = [*CONSTANTS, *(f"{name}({', '.join(parameters)})" for name, parameters in FUNCTIONS.items())]
    assert re.findall(r"^\| `([^`]+)` \|", text, re.MULTILINE) == expected


@pytest.mark.parametrize(
    "page",
    [
        "README.md",
        "CONTRIBUTING.md",
        "implementations/README.md",
        "benchmarks/README.md",
        "benchmarks/gradients/README.md",
        "results/README.md",
    ],
)
def test_links_lead_somewhere(page: str) -> None:
    path = ROOT / page
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8")):
        assert target.startswith("https://") or (path.parent / target).exists(), target
