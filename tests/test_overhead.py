"""The measurement of overhead: shares of what there is."""

import json

import pytest

from xorbench.studies import overhead
from xorbench.tables.studies.overhead import table_of


@pytest.mark.slow
def test_every_number_of_workers_has_its_line() -> None:
    study = overhead.study(workers=(1, 2), repetitions=1, rounds=2, epochs=20)
    frame = table_of(json.loads(json.dumps(study))).frame
    assert list(frame["workers"]) == ["1", "2"]
    for line in frame.to_dict("records"):
        shares = [float(str(line[head]).rstrip("%")) for head in ("share in timed rounds", "share in turns")]
        assert 0 <= shares[0] <= shares[1] <= 100
        assert float(str(line["timed ms per turn"])) < float(str(line["ms per turn"]))


def test_the_table_has_medians_over_repetitions() -> None:
    launches = [
        {"workers": 4, "seconds": seconds, "in_turns": 2.0, "in_timed_rounds": 1.0} for seconds in (4.0, 5.0, 9.0)
    ]
    frame = table_of({"workload": "hidden", "epochs": 200, "rounds": 100, "launches": launches}).frame
    assert frame.iloc[0].tolist() == ["4", "5.00", "1.250", "40%", "20%", "5.00", "2.50"]
