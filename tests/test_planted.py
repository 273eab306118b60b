"""Planted slowdowns: they cost what they say, change no result, and are found."""

from pathlib import Path

import numpy as np
import psutil
import pytest

from benchmarks.clock.ledger import PROFILED_EPOCHS
from benchmarks.clock.subject import Subject
from benchmarks.contract import discover
from benchmarks.environment import allowed_cpus, apart_from
from benchmarks.proofs import planted
from benchmarks.proofs.planted import EPOCHS, PLANTED, Pool
from benchmarks.workloads import WORKLOADS, flat


def test_a_slower_text_trains_the_same_and_does_so_many_steps_more(tmp_path: Path) -> None:
    workload = WORKLOADS[planted.WORKLOAD]
    plain, slower = (Subject(i, workload) for i in (discover()[0], planted.slower(tmp_path, "slower", 10)))
    for subject in (plain, slower):
        subject.train(EPOCHS)
    assert np.array_equal(flat(list(plain._result)), flat(list(slower._result)))
    steps = [subject.bookkeeper._entered_later / PROFILED_EPOCHS for subject in (plain, slower)]
    assert steps[1] == pytest.approx(1.1 * steps[0])
    assert all(EPOCHS % every == 0 for every in PLANTED.values())


def test_a_run_finds_what_is_there_and_nothing_else() -> None:
    random = np.random.default_rng(0)
    pool = Pool({"A/A": list(random.normal(0, 0.01, 400)), "2 %": list(random.normal(0.02, 0.01, 400))}, 1.5)
    frame = planted.table(pool, minutes=(1,)).frame.set_index("planted")
    assert frame.loc["2 %", "called slower"] == "100.0%"
    assert frame.loc["A/A", "launches"] == "40"
    assert 93 < float(str(frame.loc[planted.DRAWN, "not separated"]).rstrip("%")) < 98


def test_a_neighbour_is_there_and_goes() -> None:
    cpu = allowed_cpus()[-1]
    before = len(psutil.Process().children())
    with planted.neighbour(cpu):
        assert len(psutil.Process().children()) - before == bool(apart_from(cpu))
    assert len(psutil.Process().children()) == before
