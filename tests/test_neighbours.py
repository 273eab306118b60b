"""Busy processes: as many as asked for, where they were asked for, at work, and gone afterwards."""

import os

import psutil
import pytest

from xorbench.affinity import allowed_cpus
from xorbench.studies.neighbours import busy


def children() -> list[psutil.Process]:
    return psutil.Process().children()


def test_every_cpu_has_so_many_and_they_go() -> None:
    before = children()
    with busy(2) as number:
        mine = [process for process in children() if process not in before]
        assert number == len(mine) == 2 * len(allowed_cpus())
        assert sorted(process.cpu_affinity() for process in mine) == sorted([cpu] for cpu in allowed_cpus() * 2)
        used = [sum(process.cpu_times()[:2]) for process in mine]
        while any(sum(p.cpu_times()[:2]) <= was for p, was in zip(mine, used, strict=True)):
            pass  # until all were seen to work
    assert children() == before
    assert sorted(os.sched_getaffinity(0)) == allowed_cpus()


def test_none_and_on_some_cpus_only() -> None:
    before = len(children())
    with busy(0) as number:
        assert number == len(children()) - before == 0
    with busy(1, allowed_cpus()[:1]) as number:
        assert number == len(children()) - before == 1


def test_one_that_ends_early_is_told_and_the_others_go() -> None:
    before = children()

    def end_one() -> None:
        victim = next(process for process in children() if process not in before)
        victim.kill()
        victim.wait()

    with pytest.raises(RuntimeError, match="ended early"), busy(1):
        end_one()
    assert children() == before
