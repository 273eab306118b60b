"""How cost grows: planted coefficients come out again, and what does not grow as they say is seen."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.planted import planted, retimed, with_timings
from tests.swept import Cost, planted_sweep
from xorbench.contract import REFERENCE
from xorbench.estimates.growth import fitted, growth, peak
from xorbench.workloads import sizes


def linear(fixed: float, each: float) -> Cost:
    return lambda width, batch: fixed + each * sizes.sized(width, batch).multiply_adds


@given(fixed=st.floats(0, 1e6), each=st.floats(1e-3, 100))
@settings(max_examples=50, deadline=None)
def test_what_was_planted_comes_out_exactly_without_noise(fixed: float, each: float) -> None:
    counts = [100, 1_000, 20_000, 500_000]
    found = fitted(counts, [fixed + each * count for count in counts])
    assert found == pytest.approx((fixed, each), rel=1e-6, abs=1e-6)


def test_what_was_planted_comes_out_of_a_record_within_its_intervals() -> None:
    analysis = planted_sweep({REFERENCE: linear(40_000, 0.5), "other": linear(2_000, 2.0)}, noise=0.02)
    one, other = growth(analysis)
    assert (one.implementation, other.implementation) == (REFERENCE, "other")
    for found, fixed, each in ((one, 40, 0.5), (other, 2, 2.0)):
        for measured, true in ((found.fixed_microseconds, fixed), (found.nanoseconds_per_multiply_add, each)):
            assert measured.low is not None
            assert measured.high is not None
            assert measured.low <= true <= measured.high
            assert measured.value == pytest.approx(true, rel=0.1)
        assert (found.points, found.launches) == (6, 6)
        assert found.off < 0.05
    # 100^3 multiply-adds in 250 µs: 4 a nanosecond, so that 0.5 ns are half of the peak
    assert peak(analysis) == pytest.approx(4)
    assert one.of_peak == pytest.approx(0.5, rel=0.1)


def test_only_launches_with_a_time_of_every_point_are_fitted() -> None:
    analysis = planted_sweep({REFERENCE: linear(40_000, 0.5)}, noise=0.0)
    factors = [1.0, 1.3, 1.1, 0.9, 1.2, 0.8]  # of a launch, on all of its points
    noisy = retimed(analysis, lambda timing, _turn, taken: taken * factors[timing.launch])
    lost = {("width-2-batch-4", 0), ("width-8-batch-4", 1)}
    some = with_timings(noisy, lambda timing: None if (timing.workload, timing.launch) in lost else timing)
    (found,) = growth(some)
    assert found.launches == 4
    assert found.fixed_microseconds.value == pytest.approx(40 * sum(factors[2:]) / 4, rel=1e-3)


def test_without_a_launch_that_has_every_point_the_fit_has_no_interval() -> None:
    analysis = planted_sweep({REFERENCE: linear(40_000, 0.5)}, noise=0.0)
    some = with_timings(
        analysis, lambda timing: timing if (timing.launch < 3) == (timing.workload == "width-8-batch-4") else None
    )
    (found,) = growth(some)
    assert (found.launches, found.points) == (0, 6)
    assert found.fixed_microseconds.value == pytest.approx(40, rel=1e-3)
    assert found.fixed_microseconds.low is found.nanoseconds_per_multiply_add.high is None


def test_what_grows_otherwise_is_off() -> None:
    analysis = planted_sweep({REFERENCE: lambda width, _batch: 1_000 * width**2}, widths=(2, 8, 32, 128, 512))
    (found,) = growth(analysis)
    assert found.off > 0.5
    for measured in (found.fixed_microseconds, found.nanoseconds_per_multiply_add):
        assert (measured.low, measured.high) == (None, None)


def test_a_fit_has_intervals_where_they_explain_how_far_a_point_is_from_it() -> None:
    def bent(width: int, batch: int) -> float:
        return linear(2_000, 2.0)(width, batch) * (1.1 if width == 8 else 1)

    steady, noisy = (growth(planted_sweep({REFERENCE: bent}, noise=noise, launches=3))[0] for noise in (0.001, 0.1))
    assert 0.02 < steady.off < 0.1
    assert steady.fixed_microseconds.low is None
    assert steady.nanoseconds_per_multiply_add.high is None
    assert steady.fixed_microseconds.value == pytest.approx(2, rel=0.1)
    for measured in (noisy.fixed_microseconds, noisy.nanoseconds_per_multiply_add):
        assert measured.low is not None
        assert measured.high is not None
        assert measured.low <= measured.value <= measured.high
    widest = max(
        (measured.high or 0) / measured.value - 1
        for measured in (noisy.fixed_microseconds, noisy.nanoseconds_per_multiply_add)
    )
    assert 0.02 < noisy.off <= widest


def test_one_launch_has_no_intervals_and_says_how_far_it_is_off() -> None:
    (found,) = growth(planted_sweep({REFERENCE: linear(40_000, 0.5)}, noise=0.0, launches=1))
    assert (found.fixed_microseconds.low, found.nanoseconds_per_multiply_add.high) == (None, None)
    assert found.off < 1e-3


def test_no_end_of_an_interval_is_below_0() -> None:
    (found,) = growth(planted_sweep({REFERENCE: linear(100, 5)}, noise=0.5, launches=2))
    assert found.fixed_microseconds.low == 0


def test_two_points_and_runs_have_no_growth() -> None:
    assert growth(planted_sweep({REFERENCE: linear(1, 1)}, widths=(2, 8), batches=(4,))) == []
    assert growth(planted({})) == []
    assert peak(planted({})) is None
