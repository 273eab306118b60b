"""The study of publishing many records generates records that contradict nothing, of several machines."""

from pathlib import Path

import pytest

from xorbench.consistency.rules import read
from xorbench.record import store
from xorbench.studies.publication import fill


@pytest.mark.slow
def test_generated_records_are_read_and_are_those_of_several_machines(tmp_path: Path) -> None:
    rounds = fill(tmp_path, 2, 10_000)
    records = [read(path) for path in store.paths(tmp_path)]
    assert len({record.machine.name for record in records}) == len(records) == 2
    assert sum(len(timing.epochs) for record in records for timing in record.timings) == rounds
    assert 5_000 < rounds < 20_000
