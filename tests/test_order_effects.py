"""What the order did: planted effects of order and of a neighbour are found, and none where there is none."""

import random
from dataclasses import replace

import numpy as np
import pytest

from tests.planted import planted, retimed, with_timings
from xorbench.clock import order
from xorbench.contract import REFERENCE
from xorbench.estimates.analysis import Analysis
from xorbench.estimates.order_effects import Bias, biases
from xorbench.record.timing import Timing

ROUNDS = 96


def ordered_record(first: float = 0.0, after_other: float = 0.0) -> Analysis:
    """Three rows in balanced order: who comes first, and who comes right after `other`, takes so much longer."""
    names = [(REFERENCE, False), ("other", False), (REFERENCE, True)]
    analysis = planted({"other": [0.3] * 6}, rounds=ROUNDS)
    shuffler, noise = random.Random(1), np.random.RandomState(2)
    orders = []
    for _ in range(6):
        turns = order.rounds([0, 1, 2], shuffler)
        orders.append([next(turns) for _ in range(ROUNDS)])

    def in_order(timing: Timing) -> Timing:
        me = names.index((timing.implementation, timing.copy))
        return replace(timing, positions=[turn.index(me) for turn in orders[timing.launch]])

    def slower(timing: Timing, number: int, nanoseconds: float) -> float:
        turn, at = orders[timing.launch][number], timing.positions[number]
        effect = first * (at == 0) + after_other * (at > 0 and names[turn[at - 1]][0] == "other")
        return float(nanoseconds * np.exp(effect + noise.normal(0, 0.001)))

    return retimed(with_timings(analysis, in_order), slower)


def bias_of(analysis: Analysis, copy: bool) -> Bias:
    return next(bias for bias in biases(analysis) if bias.copy is copy)


def test_without_an_effect_none_is_found() -> None:
    for bias in biases(ordered_record()):
        assert bias.order.value == pytest.approx(1, abs=0.002)
        assert bias.carry_over is not None
        assert bias.carry_over.value == pytest.approx(1, abs=0.003)
        assert bias.carry_over.half_width < 0.005  # what the machine does to a whole round cancels
        assert bias.verdict_before == bias.verdict_after


def test_that_the_first_is_slower_is_found_and_decides_nothing() -> None:
    analysis = ordered_record(first=0.05)
    bias = bias_of(analysis, copy=False)
    # It comes first in 2 of 3 rounds in which it comes before, and so does the baseline in the others.
    assert bias.order.verdict == "slower"
    assert (bias.verdict_before, bias.verdict_after) == ("slower", "slower")
    assert bias.carry_over is not None
    assert bias.carry_over.value == pytest.approx(1, abs=0.003)  # who is first comes after nobody


def test_a_neighbour_that_costs_the_next_one_is_named() -> None:
    bias = bias_of(ordered_record(after_other=0.05), copy=True)
    assert bias.after == "other"
    assert bias.carry_over is not None
    assert bias.carry_over.value > 1.02
    assert bias.carry_over.verdict == "slower"


def test_two_alone_have_no_carry_over_to_tell_apart() -> None:
    analysis = planted({})
    (bias,) = biases(analysis)
    assert (bias.implementation, bias.copy, bias.after, bias.carry_over) == (REFERENCE, True, None, None)


def test_what_the_first_place_costs_is_in_no_carry_over() -> None:
    # Of three in balanced order, `other` comes first in a third of its rounds, and right after the baseline in another
    # third. If first places counted as being after somebody else, half of what it is compared with would be dearer.
    launches, orders = 6, [[0, 1, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0], [0, 2, 1], [1, 0, 2]]
    names = [(REFERENCE, False), ("other", False), (REFERENCE, True)]

    def in_order(timing: Timing) -> Timing:
        me = names.index((timing.implementation, timing.copy))
        return replace(timing, positions=[orders[number // 2 % 6].index(me) for number in range(24)])

    def dearer_first(timing: Timing, number: int, nanoseconds: float) -> float:
        return nanoseconds * (1.5 if timing.implementation == "other" and timing.positions[number] == 0 else 1)

    analysis = planted({"other": [0.3] * launches}, rounds=24, drifting=0)
    bias = bias_of(retimed(with_timings(analysis, in_order), dearer_first), copy=False)
    assert bias.carry_over is not None
    assert bias.carry_over.value == pytest.approx(1, abs=1e-6)
