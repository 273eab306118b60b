"""The ends of rounds: a reference in a process of its own, and what is said of those that ended elsewhere."""

import math
import multiprocessing
import random
from concurrent.futures import CancelledError, Future
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import BASELINE, Variant
from xorbench.affinity import allowed_cpus
from xorbench.clock import ends
from xorbench.clock.ends import Round, chosen, compared, violations
from xorbench.clock.reference import Reference
from xorbench.contract import Data, load, read
from xorbench.record.timing import End
from xorbench.workloads import WORKLOADS, Array, Workload, flat

HIDDEN = WORKLOADS["hidden"]


def trained(epochs: int, seed: int) -> Array:
    module = load(BASELINE)
    converted = module.convert(HIDDEN.drawn(seed), HIDDEN.inputs, HIDDEN.targets, HIDDEN.dtype)
    return flat(module.train(HIDDEN.recipe, *converted, epochs))


def known(answer: Array | None) -> "Future[Array]":
    future: Future[Array] = Future()
    if answer is None:
        future.set_exception(OSError("no"))
    else:
        future.set_result(answer)
    return future


def test_the_reference_trains_elsewhere_from_the_same_start() -> None:
    with Reference(BASELINE, allowed_cpus()) as reference:
        asked = [reference.reached(HIDDEN, "epoch", epochs, seed) for epochs, seed in ((3, 1), (5, 2))]
        assert [f.result().tolist() for f in asked] == [trained(3, 1).tolist(), trained(5, 2).tolist()]


def test_a_reference_whose_process_is_killed_is_asked_again() -> None:
    before = multiprocessing.active_children()
    with Reference(BASELINE, allowed_cpus()) as reference:
        first = reference.reached(HIDDEN, "epoch", 3, 1)
        assert first.result().tolist() == trained(3, 1).tolist()
        (process,) = {*multiprocessing.active_children()} - {*before}
        process.kill()
        asked = [reference.reached(HIDDEN, "epoch", epochs, seed) for epochs, seed in ((5, 2), (7, 3))]
        assert [one.result().tolist() for one in asked] == [trained(5, 2).tolist(), trained(7, 3).tolist()]


def test_a_reference_that_ends_is_no_answer(variant: Variant) -> None:
    fragile = read(
        variant(
            "fragile", ("    for _ in range(epochs):", "    __import__('os')._exit(3)\n    for _ in range(epochs):")
        )
    )
    with Reference(fragile, allowed_cpus()) as reference:
        end = compared(Round(0, 3, 1, [0.0] * 17), HIDDEN, reference.reached(HIDDEN, "epoch", 3, 1))
    assert end.expected is None
    (breach,) = violations([end], [], [3], HIDDEN)
    assert breach == "no reference end state for a round of 3 epochs: the reference gave no result"


def test_what_is_not_answered_at_the_end_is_not_worked_on_any_more() -> None:
    with Reference(BASELINE, allowed_cpus()) as reference:
        asked = [reference.reached(HIDDEN, "epoch", 3, seed) for seed in range(50)]
    with pytest.raises(CancelledError):
        asked[-1].result()


def test_a_reference_whose_text_was_changed_is_no_answer() -> None:
    with Reference(replace(BASELINE, source_sha256="0" * 64), allowed_cpus()) as reference:
        end = compared(Round(0, 3, 1, [0.0] * 17), HIDDEN, reference.reached(HIDDEN, "epoch", 3, 1))
    assert end.expected is None


ROUNDS = st.lists(st.tuples(st.sampled_from([10, 20]), st.integers(0, 99)), min_size=1, max_size=30)


@given(st.lists(ROUNDS, min_size=1, max_size=4), st.floats(1e-4, 1), st.integers(0, 9))
def test_one_round_of_each_row_and_length_is_compared_and_others_for_a_second(
    rows: list[list[tuple[int, int]]], seconds_per_epoch: float, seed: int
) -> None:
    rounds = {
        place: [Round(number, epochs, seed, []) for number, (epochs, seed) in enumerate(row)]
        for place, row in enumerate(rows)
    }
    found = chosen(rounds, seconds_per_epoch, 1.0, random.Random(seed))
    assert found.keys() == rounds.keys()
    spent = fewest = 0
    for place, several in found.items():
        numbers = [one.number for one in several]
        assert numbers == sorted({*numbers})
        assert {one.epochs for one in several} == {one.epochs for one in rounds[place]}
        spent += sum(one.epochs for one in several)
        fewest += sum({one.epochs for one in several})
    everything = sum(epochs for row in rows for epochs, _ in row)
    assert spent == fewest or spent * seconds_per_epoch <= 1
    assert spent == everything or (spent + 20) * seconds_per_epoch > 1


def end(**changes: Any) -> End:
    return replace(End(0, 1, [0.0, 1.0], [1.0, 3.0], [1.0, 3.0]), **changes)


def test_how_far_off_is_a_share_of_the_way() -> None:
    assert end().off_course == 0
    assert end(end=[1.0, 3.5]).off_course == 0.25  # the way is from 1 to 3
    assert end(end=[1.5, 3.0]).off_course == 0.25
    assert end(end=[None, 3.0]).off_course == math.inf
    assert end(end=[1.0]).off_course == math.inf
    assert math.isnan(end(expected=None).off_course)
    assert end(start=[1.0, 3.0]).off_course == 0  # nothing moved, and nothing should
    assert end(start=[1.0, 3.0], end=[1.0, 3.1]).off_course == math.inf


def said(off: float, epochs: int, workload: Workload = HIDDEN, grown: float = 0.0) -> list[str]:
    """What is said of a round in which one parameter stayed 1 and one went from 0 to 1, to be off by this distance."""
    one = end(start=[1.0, 0.0], end=[1.0, 1.0 + off], expected=[1.0, 1.0], grown=grown)
    return violations([one], [], [epochs], workload)


SINGLE = WORKLOADS["hidden-float32"]


@pytest.mark.parametrize(
    ("most", "epochs", "workload", "grown"),
    [
        (1e-11, 1, HIDDEN, 0.0),  # what is always allowed
        (1e-11, 100, HIDDEN, 1e-14),
        (32 * 2.0**-52 * 10_000, 10**8, HIDDEN, 0.0),  # roundings of the parameter
        (32 * 10 * 1e-13, 100, HIDDEN, 1e-13),  # roundings that have grown
        (1e-7, 100, HIDDEN, 1e-9),  # what is allowed at most
        (32 * 2.0**-23, 1, SINGLE, 0.0),
        (32 * 2.0**-23 * 4, 16, SINGLE, 2.0**-24),
        (1e-4, 10_000, SINGLE, 0.0),
    ],
)
def test_rounding_explains_so_much_and_no_more(most: float, epochs: int, workload: Workload, grown: float) -> None:
    assert said(0.99 * most, epochs, workload, grown) == []
    (breach,) = said(1.01 * most, epochs, workload, grown)
    assert breach.startswith(f"wrong end state: after {epochs:,} epochs its parameters differ from the reference's by ")
    assert breach.endswith(f"of the distance trained, expected at most {most:.2g}")


def test_rounding_depends_on_the_largest_parameter_and_the_distance_on_the_way() -> None:
    far = end(start=[-3.0, 0.0], expected=[-3.0, 0.5])
    assert far.explained(10**8, "float64") == pytest.approx(32 * 10_000 * 2.0**-52 * 3 / 0.5)
    assert end(start=[1.0, 3.0]).explained(1, "float64") == end(expected=None).explained(1, "float64") == 0


def test_where_trainings_amplify_rounding_the_reference_shows_it() -> None:
    deeper = WORKLOADS["deeper"]
    with Reference(BASELINE, allowed_cpus()) as reference:
        asked = [reference.grown(deeper, 20, seed) for seed in range(40)]
        found = [answer.result() for answer in asked]
        assert reference.grown(deeper, 20, 7).result() == found[7]
        single = reference.grown(SINGLE, 50, 1).result()
    assert all(2.0**-53 <= distance < 1e-7 for distance in found)
    assert max(found) > 1000 * min(found)  # few starts amplify it
    assert sorted(found)[20] < 10 * min(found)
    assert 2.0**-24 <= single < 1e-5


def test_a_reference_that_ends_nowhere_shows_no_growth(variant: Variant) -> None:
    nowhere = read(variant("nowhere", ("    return state[0]\n", "    return [p * np.inf for p in state[0]]\n")))
    with Reference(nowhere, allowed_cpus()) as reference:
        assert reference.grown(HIDDEN, 3, 1).result() == 0


@pytest.mark.parametrize("name", ["neuron", "hidden", "momentum", "relu"])
def test_a_sigmoid_in_single_precision_is_beyond_the_tolerance(name: str, variant: Variant) -> None:
    sigmoid = "    return 1 / (1 + np.exp(-logits))\n"
    in_single = '    return (1 / (1 + np.exp(-logits.astype("float32")))).astype("float64")\n'
    workload, module, rough = WORKLOADS[name], load(BASELINE), load(read(variant("rough", (sigmoid, in_single))))
    for epochs, seed in ((1, 7), (30, 8), (1_000, 9)):
        given_ = module.convert(workload.drawn(seed), workload.inputs, workload.targets, "float64")
        there = flat(module.train(workload.recipe, *given_, epochs))
        reached = flat(rough.train(workload.recipe, *given_, epochs))
        one = compared(Round(0, epochs, seed, reached.tolist()), workload, known(there))
        assert len(violations([one], [], [epochs], workload)) == 1
        honest = compared(Round(0, epochs, seed, there.tolist()), workload, known(there))
        assert violations([honest], [], [epochs], workload) == []


def test_a_result_that_is_given_again_was_remembered() -> None:
    once = Round(0, 20, 1, [1.0, 2.0])
    (breach,) = violations([], [once, Round(1, 20, 2, [1.0, 2.0])], [20, 20], HIDDEN)
    assert breach.startswith(
        "it returned the result of an earlier round: round 1 ended exactly where an earlier round of 20 epochs did"
    )
    assert violations([], [once, Round(1, 20, 1, [1.0, 2.0])], [20, 20], HIDDEN) == []  # the same start again
    assert violations([], [once, Round(1, 10, 2, [1.0, 2.0])], [20, 10], HIDDEN) == []  # another length
    nothing = [Round(number, 20, number, [None]) for number in range(2)]
    assert violations([], nothing, [20, 20], HIDDEN) == []  # that is for the comparison to refuse


def test_of_many_entries_those_that_decide_are_kept() -> None:
    wide = WORKLOADS["parity-10"]
    start = flat(wide.drawn(3))
    there = start + np.linspace(1, 2, len(start))
    given_ = there.copy()
    given_[7] += 1e-3
    found = compared(Round(4, 2, 3, given_.tolist()), wide, known(there))
    assert (found.round, found.seed) == (4, 3)
    assert len(found.end) <= ends.MOST_ENTRIES < len(start)
    assert found.off_course == pytest.approx(1e-3 / 2)
    given_[9] = math.nan
    lost = [None if math.isnan(value) else value for value in given_.tolist()]
    assert compared(Round(4, 2, 3, lost), wide, known(there)).off_course == math.inf
    assert compared(Round(4, 2, 3, [1.0]), wide, known(there)).off_course == math.inf


def test_the_start_is_as_the_dtype_holds_it() -> None:
    single = WORKLOADS["hidden-float32"]
    found = compared(Round(0, 2, 3, [0.0] * 17), single, known(np.zeros(17)))
    assert found.start == flat(single.drawn(3)).astype("float32").astype("float64").tolist()


def test_the_reference_trains_in_the_dtype_of_the_workload() -> None:
    single, module = WORKLOADS["hidden-float32"], load(BASELINE)
    converted = module.convert(single.drawn(7), single.inputs, single.targets, "float32")
    by_hand = flat(module.train(single.recipe, *converted, 300)).astype("float64").tolist()
    with Reference(BASELINE, allowed_cpus()) as reference:
        found = reference.reached(single, "epoch", 300, 7).result()
    assert found.dtype == "float64"
    assert found.tolist() == by_hand == found.astype("float32").astype("float64").tolist()
    assert found.tolist() != flat(module.train(HIDDEN.recipe, *double(7), 300)).tolist()


def double(seed: int) -> Data:
    return load(BASELINE).convert(HIDDEN.drawn(seed), HIDDEN.inputs, HIDDEN.targets, "float64")


@pytest.mark.parametrize("entry", [0, 40, 90])
@pytest.mark.parametrize("way", [2.0, -2.0])
@pytest.mark.parametrize("off", [0.25, -0.25])
def test_an_entry_that_is_off_alone_is_compared_whichever_it_is(entry: int, way: float, off: float) -> None:
    # All parameters move by 1, and the last one by `way`: the way is 2, wherever the wrong entry is.
    wide = WORKLOADS["parity-10"]
    there = flat(wide.drawn(3)) + 1
    there[-1] += way - 1
    end = there.copy()
    end[entry] += off
    assert compared(Round(0, 2, 3, end.tolist()), wide, known(there)).off_course == pytest.approx(0.125)
