"""The judge is only as good as the faults it refuses: each is planted in a copy of the reference, and judged."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from tests.conftest import BASELINE, SINGLE, Variant, loaded
from xorbench.contract import REFERENCE, Implementation, discover, read
from xorbench.judging.answers import USED_UP, answers_where_offered
from xorbench.judging.judge import judge
from xorbench.judging.points import Point, points_of
from xorbench.judging.questions import ProcessSpec, Reply
from xorbench.judging.replies import Replies
from xorbench.judging.scope import BRIEF, DTYPES, Scope
from xorbench.judging.tasks import TrajectoryQuestion
from xorbench.judging.trouble import Trouble, describe
from xorbench.record.report import FAILED, INSIDE, MISSING, OUTSIDE, Asked, Conduct, Judgement, Report
from xorbench.workloads import TUTORIAL, WORKLOADS, Workload

SMALL = [WORKLOADS[name] for name in TUTORIAL]


@dataclass(frozen=True)
class Fault:
    """A change to the reference, what the judge must say of it, and where it must say so."""

    old: str
    new: str
    says: str = "times the bound"
    verdict: str = OUTSIDE
    workloads: tuple[str, ...] = ("neuron", "hidden")
    dtypes: tuple[str, ...] = DTYPES


def at_return(new: str, says: str = "times the bound", dtypes: tuple[str, ...] = DTYPES) -> Fault:
    return Fault("    return gradients\n", new, says, dtypes=dtypes)


IN_THE_CATALOGUE = (
    "missing_slope",
    "transposed",
    "factor",
    "mean_for_sum",
    "mean_of_biases",
    "nan",
    "zero",
)
"""Faults that test_mistakes.py judges as mistakes of the catalogue, too; here with the slow tests."""


FORWARD = "    *layers, logits = forward(recipe, parameters, inputs)\n"

FAULTS = {
    "sign": Fault("delta = outputs - targets", "delta = targets - outputs"),
    "missing_slope": Fault("delta = delta * outputs * (1 - outputs)", "pass"),
    "missing_hidden_slope": Fault("blame * slope(recipe, layers[layer])", "blame", workloads=("hidden",)),
    "transposed": Fault(
        "[layers[-1].T @ delta,",
        "[(layers[-1] if len(parameters) > 2 else layers[-1].T) @ delta,",
        workloads=("hidden",),
    ),
    "zeroed_entry": at_return("    gradients[0][1, 0] = 0\n    return gradients\n"),
    "factor": at_return("    return [g * (1 + 1e-7) for g in gradients]\n", dtypes=("float64",)),
    "single_inside_double": Fault(*SINGLE, dtypes=("float64",)),
    "mean_for_sum": at_return("    return [g / len(inputs) for g in gradients]\n"),
    "mean_of_biases": Fault("np.sum(delta, axis=0", "np.mean(delta, axis=0"),
    "nan": at_return("    return [g * np.nan for g in gradients]\n", "W1[0, 0] is not finite"),
    "one_nan": at_return("    gradients[-1] = gradients[-1] * np.nan\n    return gradients\n", "[0, 0] is not finite"),
    "infinity": at_return("    return [g + np.inf for g in gradients]\n", "W1[0, 0] is not finite"),
    "zero": at_return("    return [g * 0 for g in gradients]\n"),
    "shape": at_return("    return [g.ravel() for g in gradients]\n", "has the shape"),
    "dtype": at_return("    return [g.astype(np.float32) for g in gradients]\n", "W1 is float32", dtypes=("float64",)),
    "wide": at_return("    return [g.astype(np.float64) for g in gradients]\n", "W1 is float64", dtypes=("float32",)),
    "too_few": Fault(
        "    return gradients\n", "    return gradients[:1]\n", "gradient returned 1 tensor, expected ", FAILED
    ),
    "raises_on_import": Fault(
        "Parameters = list[Array]\n", 'raise RuntimeError("no\\nlicence")\n', "RuntimeError: no licence", FAILED
    ),
    "raises_in_gradient": Fault(FORWARD, "    raise ValueError\n", "ValueError", FAILED),
    "exits_politely": Fault(FORWARD, "    raise SystemExit(0)\n", "SystemExit: 0", FAILED),
    "closes_standard_output": Fault(
        FORWARD,
        "    __import__('sys').stdout.close()\n    raise ValueError('closed')\n",
        "ValueError: closed",
        FAILED,
    ),
    "exits": Fault(FORWARD, "    __import__('os')._exit(3)\n", "code 3", FAILED),
    "returns_nothing": Fault("    return gradients\n", "", "TypeError: gradient returned None, expected ", FAILED),
    "generates": Fault(
        "    return gradients\n",
        "    return (g for g in gradients)\n",
        "TypeError: gradient returned generator, expected ",
        FAILED,
    ),
    "names_its_gradients": Fault(
        "    return gradients\n",
        "    return dict(enumerate(gradients))\n",
        "TypeError: gradient returned dict, expected ",
        FAILED,
    ),
    "adds_its_gradients_up": Fault(
        "    return gradients\n",
        "    return np.array(sum(g.sum() for g in gradients))\n",
        "TypeError: gradient returned ndarray, expected ",
        FAILED,
    ),
    "trains_to_nothing": Fault(
        "    return state[0]\n", "", "its training stopped: TypeError: train returned None, expected ", FAILED
    ),
    "returns_its_state": Fault("    return state[0]\n", "    return state\n", "TypeError: train returned ", FAILED),
    "converts_to_nothing": Fault(
        "    return [np.array(p, dtype) for p in parameters], np.array(inputs, dtype), np.array(targets, dtype)\n",
        "    pass\n",
        "TypeError: convert returned None, expected the parameters, the inputs and the targets",
        FAILED,
    ),
    "steps_to_nothing": Fault(
        "        state = step(recipe, state, inputs, targets)\n    return state[0]\n",
        "        state = step_alone(recipe, state, inputs, targets)\n    return state[0]\n\n\n"
        "step_alone = step\n\n\n"
        "def step(recipe, state, inputs, targets):\n"
        "    step_alone(recipe, state, inputs, targets)\n",
        "TypeError: step returned None, expected a state whose first item is the parameters",
        FAILED,
        dtypes=("float64",),
    ),
    "loss_is_a_number": Fault(
        "    return np.asarray(np.sum(error**2) / 2)\n",
        "    return float(np.sum(error**2) / 2)\n",
        "TypeError: loss returned float, expected a tensor that to_numpy converts",
        FAILED,
    ),
    "predicts_a_list": Fault(
        "    return sigmoid(forward(recipe, parameters, inputs)[-1])\n",
        "    return sigmoid(forward(recipe, parameters, inputs)[-1]).tolist()\n",
        "TypeError: predict returned list, expected a tensor that to_numpy converts",
        FAILED,
    ),
    "raises_at_some_points": Fault(
        FORWARD,
        f"    if np.abs(parameters[-1]).max() > 700: raise ValueError('too large')\n{FORWARD}",
        ") at mean output logit ",
        FAILED,
    ),
    "raises_with_one_sample": Fault(
        FORWARD,
        f"    if len(inputs) == 1: raise ValueError('too few')\n{FORWARD}",
        "with 1 sample, layers 3-5-2: ValueError: too few",
        FAILED,
        workloads=("hidden",),
        dtypes=("float64",),
    ),
    "is_wrong_where_it_is_offered": Fault(
        "    return gradients\n",
        "    if np.abs(parameters[-1]).max() > 30: raise NotImplementedError('too large')\n"
        "    return [g / len(inputs) for g in gradients]\n",
    ),
    "lists": Fault("    return array\n", "    return array.tolist()\n", "to_numpy returned list", FAILED),
    "changes_parameters": Fault(
        "    return gradients\n",
        "    for p in parameters: p += 1\n    return gradients\n",
        "gradient changes the parameters that it is given",
        FAILED,
    ),
    "changes_inputs": Fault(
        "    return gradients\n",
        "    inputs += 1\n    return gradients\n",
        "gradient changes the inputs or targets that it is given",
        FAILED,
    ),
    "changes_what_convert_was_given": Fault(
        "    return [np.array(p, dtype) for p in parameters], np.array(inputs, dtype), np.array(targets, dtype)",
        "    parameters[0] *= 1 + 1e-7\n"
        "    return [np.array(p, dtype) for p in parameters], np.array(inputs, dtype), np.array(targets, dtype)",
        "convert changes the arrays that it is given",
        FAILED,
    ),
    "keeps_state": Fault(
        "    return gradients\n",
        "    before, gradient.before = getattr(gradient, 'before', gradients), gradients\n"
        "    same = [b.shape for b in before] == [g.shape for g in gradients]\n"
        "    return [g + 0.9 * b if same else g for g, b in zip(gradients, before)]\n",
        "it keeps state between calls",
        FAILED,
    ),
    "gives_a_view": Fault(
        "    return gradients\n",
        "    kind = tuple((g.shape, g.dtype) for g in gradients)\n"
        "    kept = gradient.__dict__.setdefault(kind, gradients)\n"
        "    for k, g in zip(kept, gradients): k[...] = g\n"
        "    return kept\n",
        "the arrays that gradient returned change when it is called again",
        FAILED,
    ),
    "predicts_into_a_buffer": Fault(
        "    return sigmoid(forward(recipe, parameters, inputs)[-1])\n",
        "    p = sigmoid(forward(recipe, parameters, inputs)[-1])\n"
        "    kept = predict.__dict__.setdefault((p.shape, p.dtype), p.copy())\n"
        "    kept[...] = p\n"
        "    return kept\n",
        "the arrays that predict returned change when it is called again",
        FAILED,
    ),
    "computes_the_loss_into_a_buffer": Fault(
        "    return np.asarray(np.sum(error**2) / 2)\n",
        "    kept = loss.__dict__.setdefault(inputs.dtype, np.zeros((), inputs.dtype))\n"
        "    kept[...] = np.sum(error**2) / 2\n"
        "    return kept\n",
        "the arrays that loss returned change when it is called again",
        FAILED,
    ),
    "changes_parameters_in_loss": Fault(
        "    return np.asarray(np.sum(error**2) / 2)\n",
        "    for p in parameters: p += 1\n    return np.asarray(np.sum(error**2) / 2)\n",
        "loss changes the parameters that it is given",
        FAILED,
    ),
    "gradient_is_overwritten_by_predict": Fault(
        "    return gradients\n",
        "    predict.gradients = gradients\n    return gradients\n\n\n"
        "predict_alone = predict\n\n\n"
        "def predict(recipe, parameters, inputs):\n"
        "    for g in getattr(predict, 'gradients', []): g[...] = 0\n"
        "    return predict_alone(recipe, parameters, inputs)\n",
        "the arrays that gradient returned change when predict is called",
        FAILED,
    ),
    "sums_gradients_of_the_same_arrays": Fault(
        "    return gradients\n",
        "    of, before = gradient.__dict__.get('before', (None, []))\n"
        "    total = [g + b for g, b in zip(gradients, before)] if of is parameters else gradients\n"
        "    gradient.before = parameters, total\n"
        "    return total\n",
        "it keeps state between calls: repeated calls at the same point give different gradients",
        FAILED,
    ),
    "trains_in_place": Fault(
        "[p - recipe.rate * m for p, m in zip(parameters, moves, strict=True)]",
        "[np.subtract(p, recipe.rate * m, out=p) for p, m in zip(parameters, moves, strict=True)]",
        "train changes the parameters that it is given",
        FAILED,
    ),
    "prints": Fault(
        "    return gradients\n",
        "    print('step', 1)\n    return gradients\n",
        "it prints to standard output: 'step 1",
        FAILED,
    ),
    "stops_training": Fault(
        "    for _ in range(epochs):",
        "    if epochs > 500: raise MemoryError\n    for _ in range(epochs):",
        "its training stopped: MemoryError",
        FAILED,
    ),
    "loses_training": Fault(
        "        state = step(recipe, state, inputs, targets)\n",
        "        state = step(recipe._replace(rate=np.nan), state, inputs, targets)\n",
        "its parameters are malformed after epoch 1 of training: a number that is not finite",
        FAILED,
    ),
}


def test_a_training_that_uses_up_its_arguments_is_told_to_copy_them(variant: Variant) -> None:
    used = "train.__dict__.setdefault('used', [])"
    deleted = "raise RuntimeError('Array has been deleted')"
    path = variant(
        "donates",
        (
            "    state = begin(recipe, parameters)\n",
            f"    if any(p is u for p in parameters for u in {used}): {deleted}\n"
            "    state = begin(recipe, parameters)\n"
            f"    {used}.extend(parameters)\n",
        ),
        ("    return array\n", f"    if any(array is u for u in {used}): {deleted}\n    return array\n"),
    )
    report = judge([read(path)], [WORKLOADS["neuron"]], 1, 0, thorough=False)
    judged: list[Judgement | Conduct] = [*report.rows, *report.conduct]
    assert any(USED_UP in (row.reason or "") for row in judged if row.decides and row.verdict == FAILED)


def test_points_that_are_answered_one_by_one_have_a_sign_of_life_and_an_exception_names_its_point(
    variant: Variant,
) -> None:
    raising = "    if parameters[-1].max() > 2: raise ValueError('too large')\n"
    modest = "    if parameters[-1].max() > 1: raise NotImplementedError('not above 1')\n"
    module = loaded(read(variant("modest", (FORWARD, f"{raising}{modest}{FORWARD}"))))
    neuron = WORKLOADS["neuron"]
    points = [Point(np.full(len(neuron.entries), size), f"size {size}") for size in (*[0.5] * 1_000, 1.5, 2.5)]
    signs: list[None] = []
    given = answers_where_offered(module, points_of(neuron, "float64", points[:-1]), lambda: signs.append(None))
    assert given is not None
    assert (given.unanswered, len(signs)) == ([1_000], 1)
    with pytest.raises(ValueError, match="too large") as raised:
        answers_where_offered(module, points_of(neuron, "float64", points), lambda: None)
    assert describe(raised.value).endswith(") at size 2.5")


TRAINED = [
    f"parameters after {when}"
    for when in ("1 epoch (train)", "10 epochs (train)", "1 epoch (step)", "10 epochs (step)")
]


def faulty_ones(variant: Variant, names: Iterable[str]) -> list[Implementation]:
    return [read(variant(name, (FAULTS[name].old, FAULTS[name].new))) for name in names]


@pytest.fixture(scope="module")
def report(variant: Variant) -> Report:
    """One judgement of the reference, of all fast faults at once, and of one whose library is missing."""
    faulty = faulty_ones(variant, [name for name in FAULTS if name not in IN_THE_CATALOGUE])
    tires = (
        "    gradient.n = getattr(gradient, 'n', 0) + 1\n    return [g * (1 + (gradient.n > 5)) for g in gradients]\n"
    )
    faulty.append(read(variant("tires", ("    return gradients\n", tires))))
    training = read(variant("ascends", ("p - recipe.rate * m", "p + recipe.rate * m")))
    missing = read(variant("absent", ("import numpy as np", "import numpy as np\nimport no_such_library")))
    broken = read(variant("broken", ("def loss(", "def cost(")))
    return judge([BASELINE, *faulty, training, missing, broken], SMALL, points=6, seed=0, thorough=False)


@pytest.fixture(scope="module")
def further(variant: Variant) -> Report:
    """One judgement of the faults that are in the catalogue of mistakes, too."""
    return judge([BASELINE, *faulty_ones(variant, IN_THE_CATALOGUE)], SMALL, points=6, seed=0, thorough=False)


def each_in_its_report() -> list[pytest.ParameterSet]:
    """Each fault with the name of the judgement that it is in."""
    return [
        pytest.param(name, "further", id=name, marks=[pytest.mark.slow])
        if name in IN_THE_CATALOGUE
        else pytest.param(name, "report", id=name)
        for name in FAULTS
    ]


@pytest.mark.parametrize(("name", "judged_in"), each_in_its_report())
@pytest.mark.parametrize("workload", TUTORIAL)
@pytest.mark.parametrize("dtype", DTYPES)
def test_a_planted_fault_is_refused_and_named(
    request: pytest.FixtureRequest, name: str, judged_in: str, workload: str, dtype: str
) -> None:
    report: Report = request.getfixturevalue(judged_in)
    fault = FAULTS[name]
    rows = [r for r in report.rows if (r.implementation, r.workload, r.dtype) == (name, workload, dtype)]
    conduct = [r for r in report.conduct if (r.implementation, r.workload, r.dtype) == (name, workload, dtype)]
    judged_names = [*WORKLOADS[workload].parameter_names, "predictions", "loss"]
    assert [r.parameter for r in rows] == [*judged_names, *(TRAINED if dtype == "float64" else [])]
    assert len(conduct) == 1
    if workload in fault.workloads and dtype in fault.dtypes:
        judged: list[Judgement | Conduct] = [*rows, *conduct]
        refused = [r for r in judged if r.verdict == fault.verdict]
        assert refused
        assert any(fault.says in str(r.reason) for r in refused)
        assert all("\n" not in str(r.reason) for r in refused)
    else:
        assert all(r.verdict == INSIDE for r in rows)


@pytest.mark.parametrize(("name", "judged_in"), each_in_its_report())
def test_what_is_refused_in_the_dtype_that_is_timed_gets_no_time(
    request: pytest.FixtureRequest, name: str, judged_in: str
) -> None:
    report: Report = request.getfixturevalue(judged_in)
    refused = any(report.refusal(name, workload) is not None for workload in FAULTS[name].workloads)
    assert refused is ("float64" in FAULTS[name].dtypes)


def test_the_dtype_that_is_timed_decides(variant: Variant) -> None:
    single = read(variant("single", SINGLE))
    both = [WORKLOADS["hidden"], WORKLOADS["hidden-float32"]]
    report = judge([BASELINE, single], both, points=4, seed=0, thorough=False)
    rows = {(r.workload, r.dtype): r for r in report.rows if r.implementation == "single" and r.parameter == "W2"}
    assert {key: (row.verdict, row.decides) for key, row in rows.items()} == {
        ("hidden", "float64"): (OUTSIDE, True),
        ("hidden", "float32"): (INSIDE, False),
        ("hidden-float32", "float64"): (OUTSIDE, False),
        ("hidden-float32", "float32"): (INSIDE, True),
    }
    assert {(r.workload, r.dtype): r.decides for r in report.conduct} == {k: r.decides for k, r in rows.items()}
    assert {(r.workload, r.dtype): r.decides for r in report.pairs} == {  # of those that are inside
        key: row.decides for key, row in rows.items() if row.verdict == INSIDE
    }
    assert (report.refusal("single", "hidden") or ("",))[0] == OUTSIDE
    assert report.refusal("single", "hidden-float32") is None
    assert not report.passed
    timed = replace(
        report,
        rows=[r for r in report.rows if r.workload == "hidden-float32"],
        pairs=[r for r in report.pairs if r.workload == "hidden-float32"],
        endings=[r for r in report.endings if r.workload == "hidden-float32"],
    )
    assert timed.passed
    assert {r.verdict for r in timed.rows} == {INSIDE, OUTSIDE}


@pytest.mark.slow
def test_what_is_judged_in_brief_decides_the_same_and_has_less_beside_it() -> None:
    several = [WORKLOADS[name] for name in (*TUTORIAL, "adam")]
    brief, whole = (
        judge([discover()[0]], several, points=2, seed=0, thorough=False, scope=scope)
        for scope in (BRIEF, Scope(to_the_end=False))
    )
    timed = {(workload.name, workload.dtype) for workload in several}
    # One of each activation, loss and number of layers is judged in the other dtype.
    assert {(row.workload, row.dtype) for row in brief.rows} == timed | {(name, "float32") for name in TUTORIAL}
    assert {(row.workload, row.dtype) for row in brief.conduct} == timed
    found, expected = ([row for row in report.rows if row.decides] for report in (brief, whole))
    assert [(r.workload, r.parameter, r.verdict) for r in found] == [
        (r.workload, r.parameter, r.verdict) for r in expected
    ]
    # What is not asked about is the 1,000th epoch of its own training.
    assert [r.points for r in found] == [r.points - (r.parameter not in TRAINED) for r in expected]
    assert [row for row in brief.asked if (row.workload, row.dtype) in timed] == [
        row for row in whole.asked if (row.workload, row.dtype) in timed
    ]


def test_the_faults_of_others_harm_nobody(report: Report) -> None:
    rows = [r for r in report.rows if r.implementation == REFERENCE]
    assert len(rows) == (2 + 2 + 4) + (4 + 2 + 4) + (2 + 2) + (4 + 2)  # training is judged in float64 alone
    for row in rows:
        assert row.verdict == INSIDE
        assert row.reason is None
        assert row.of_bound is not None
        assert row.of_bound.largest is not None
        assert 0 <= row.of_bound.largest <= 1
        # The initial parameters, random ones, those along its own training, and others; or some starts of training.
        assert row.points == 5 if row.parameter in TRAINED else row.points > 1 + 6 + 4
    assert all(report.refusal(REFERENCE, workload) is None for workload in TUTORIAL)


def test_only_the_zeroed_entry_is_blamed(report: Report) -> None:
    rows = {
        r.parameter: r
        for r in report.rows
        if (r.implementation, r.workload, r.dtype) == ("zeroed_entry", "hidden", "float32")
    }
    assert {name for name, row in rows.items() if row.verdict != INSIDE} == {"W1"}
    assert rows["W1"].of_bound is not None
    assert rows["W1"].of_bound.index == [1, 0]
    assert rows["W1"].of_bound.value == 0


def test_a_right_gradient_with_a_wrong_update_is_refused_by_its_first_epoch_and_its_known_answer(
    report: Report,
) -> None:
    rows = [r for r in report.rows if r.implementation == "ascends"]
    assert {r.parameter for r in rows if r.verdict != INSIDE} == {*TRAINED}
    ends = [e for e in report.endings if e.implementation == "ascends"]
    assert [e.verdict for e in ends] == [OUTSIDE, OUTSIDE]
    assert "after 10000 epochs" in str(ends[0].reason)
    verdict, reason = report.refusal("ascends", "hidden") or ("", "")
    assert verdict == OUTSIDE
    assert "after 1 epoch" in str(reason)


def test_a_gradient_that_is_right_the_first_times_only_is_called_what_it_is(report: Report) -> None:
    first = next(c for c in report.conduct if c.implementation == "tires")
    assert (first.workload, first.dtype, first.verdict) == ("neuron", "float64", FAILED)
    assert "it keeps state between calls" in str(first.reason)


def test_a_missing_library_is_reported_and_no_fault(report: Report) -> None:
    assert {(r.verdict, r.reason) for r in report.rows if r.implementation == "absent"} == {
        (MISSING, "no_such_library is not installed")
    }


def test_a_broken_contract_is_a_failure(report: Report) -> None:
    rows = [r for r in report.rows if r.implementation == "broken"]
    assert {r.verdict for r in rows} == {FAILED}
    assert "the function loss is missing" in str(rows[0].reason)


def test_pairs_are_of_those_that_are_inside_and_they_agree(report: Report) -> None:
    assert {p.verdict for p in report.pairs} == {INSIDE}
    compared = {(name, p.workload) for p in report.pairs for name in (p.first, p.second)}
    assert {("prints", "hidden"), ("missing_hidden_slope", "neuron"), (REFERENCE, "hidden")} <= compared
    assert not {("sign", "hidden"), ("shape", "hidden"), ("missing_hidden_slope", "hidden")} & compared


def test_the_report_has_not_passed(report: Report) -> None:
    assert not report.passed


KINDS = (*TUTORIAL, "adam", "kink", "deep")
"""The tutorial's, and one of each of what is not in it; `xorbench gradients --workload all` judges everything."""


@pytest.mark.slow
def test_all_that_is_here_solves_every_kind_of_workload_and_its_gradients_are_right() -> None:
    present = [i for i in discover() if i.usable and not i.slow_to_compile]
    report = judge(present, [WORKLOADS[name] for name in KINDS], points=8, seed=1, thorough=False)
    judged: list[Any] = [*report.rows, *report.endings, *report.conduct]
    assert [(row.implementation, row.workload, row.reason) for row in judged if row.verdict != INSIDE] == []
    assert report.passed
    assert {(end.implementation, end.workload) for end in report.endings} == {
        (i.name, name) for i in present for name in KINDS
    }
    for end in report.endings:
        assert end.parameters is not None
        trained = [np.array(tensor) for tensor in end.parameters]
        assert WORKLOADS[end.workload].losses(trained) == pytest.approx(end.loss, rel=1e-12)
        if end.workload in TUTORIAL:
            assert end.difference_from_reference is not None
            assert end.difference_from_reference <= 1e-9
    assert len(report.pairs) == len(present) * (len(present) - 1) // 2 * len(KINDS) * len(DTYPES)


def test_replies_are_known_by_place_and_question() -> None:
    one = discover()[1]
    question, other = (TrajectoryQuestion(WORKLOADS[name], "float64") for name in TUTORIAL)
    replies = Replies([one.name])
    said = {place: np.zeros(1) for place in ("here", "elsewhere")}
    for place, answer in said.items():
        replies.note(Reply(ProcessSpec(one, place), question, answer))
    replies.note(Reply(ProcessSpec(one, "here"), other, None, Trouble("it fell over")))
    assert all(replies.answer(ProcessSpec(one, place), question) is answer for place, answer in said.items())
    assert replies.answer(ProcessSpec(one, "here"), other) is None
    assert replies.answers(question)[one.name] is said["here"]
    assert (len(replies.answers(question)), replies.answers(other)) == (1, {})


def test_some_of_the_workloads_are_asked_what_they_are_asked_among_all() -> None:
    reference = [discover()[0]]

    def shapes(workloads: list[Workload], among: list[Workload]) -> list[Asked]:
        scope = Scope(to_the_end=False, among=among)
        found = judge(reference, workloads, points=2, seed=0, thorough=False, scope=scope)
        return [row for row in found.asked if row.workload == "neuron"]

    assert shapes(SMALL[:1], among=SMALL) == shapes(SMALL, among=[]) != shapes(SMALL[:1], among=[])
