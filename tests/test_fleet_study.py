"""The study of fleets: its table holds the figures to what they have to be."""

import json
from typing import Any

from xorbench.studies.fleet import KINDS, kills_left
from xorbench.tables.studies.fleet import table_of


def data(**changes: Any) -> dict[str, Any]:
    spent = {"cpu_seconds": 0.5, "scheduler_cpu_seconds": 0.5, "judging_cpu_seconds": 1_000.0, "chunks": 200}
    row = {
        "implementation": "a",
        "workload": "neuron",
        "verdict": "faster",
        "ratio": 0.5,
        "ratio_low": 0.4,
        "ratio_high": 0.6,
    }
    kill = {"what": "points", "killed": "worker", "orphans": 0, "is_complete": True, "is_same": True}
    found: dict[str, Any] = {
        "seed": 7,
        "judged": [
            {"workers": 1, "points": 500, "seconds": 10.0, **spent},
            {"workers": 2, "points": 900, "seconds": 10.0, **spent},
        ],
        "empty": [
            {"points": 100_000, "peak_mib": 200.0, **spent},
            {"points": 10_000_000, "peak_mib": 212.5, **spent, "cpu_seconds": 0.25},
        ],
        "kills": [kill, kill | {"orphans": 2, "is_same": False}],
        "runs": [
            {"dask": {"rows": [row]}, "local": {"rows": [row | {"ratio": 0.4, "ratio_low": 0.3, "ratio_high": 0.45}]}}
        ],
    }
    return json.loads(json.dumps(found | changes))  # type: ignore[no-any-return]


def figures(**changes: Any) -> dict[str, str]:
    frame = table_of(data(**changes)).frame
    return dict(zip(frame["what"], frame["measured"], strict=True))


def test_every_figure_has_its_line() -> None:
    found = figures()
    assert found["points a second, 2 workers, 900 points"] == "90.0"
    assert found["efficiency on 2 workers"] == "0.900"
    assert found["overhead, 1 worker, 200 chunks"] == "0.10%"
    assert found["growth of the memory"] == "12.5 MiB"
    assert found["CPU ms of the scheduler for each of 200 empty chunks"] == "2.50"
    assert found["CPU ms of the client for each of 200 empty chunks"] == "1.25"
    assert found["threads that it keeps busy with chunks of 5 s, calculated: scheduler"] == "2,000"
    assert found["threads that it keeps busy with chunks of 5 s, calculated: client"] == "4,000"
    assert found["kill -9 of the worker during judging, 2 times"] == "2 complete, 1 the same, 2 orphans"
    assert found["rows of 1 runs through Dask and as many local ones with the same verdict"] == "1 of 1"
    assert found["of these, with intervals of the ratio that overlap"] == "1 of 1"
    assert found["median ratio through Dask over the local one"] == "1.25"


def test_what_is_left_out_has_no_line() -> None:
    assert figures(judged=[], empty=[], kills=[], runs=[]) == {}
    assert "efficiency on 2 workers" not in figures(judged=data()["judged"][:1])


def test_intervals_that_do_not_overlap_are_counted() -> None:
    runs = data()["runs"]
    runs[0]["local"]["rows"][0] |= {"ratio_low": 0.7, "ratio_high": 0.8, "verdict": "slower"}
    found = figures(runs=runs)
    assert found["of these, with intervals of the ratio that overlap"] == "0 of 1"
    assert found["rows of 1 runs through Dask and as many local ones with the same verdict"] == "0 of 1"


def test_a_study_that_is_continued_kills_what_is_left() -> None:
    every = list(kills_left(2, "run", [], seed=3))
    assert [(kind, about["number"]) for kind, _, about in every] == [(kind, n) for n in (0, 1) for kind in KINDS]
    assert len({share for _, share, _ in every}) == len(every)
    assert all(0 <= share < 1 for _, share, _ in every)
    done = [about for _, _, about in every[:5]]
    assert list(kills_left(2, "run", done, seed=3)) == every[5:]
    assert len(list(kills_left(2, "points", done, seed=3))) == 8
