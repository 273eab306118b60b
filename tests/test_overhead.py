"""The measurement of overhead: shares of what there is."""

from benchmarks.proofs import overhead


def test_every_number_of_workers_has_its_line() -> None:
    frame = overhead.table(workers=(1, 2), repetitions=1, rounds=2).frame
    assert list(frame["workers"]) == ["1", "2"]
    for line in frame.to_dict("records"):
        shares = [float(str(line[head]).rstrip("%")) for head in ("in timed rounds", "in turns")]
        assert 0 < shares[0] <= shares[1] <= 100
        assert float(str(line["of these timed"])) < float(str(line["ms a turn"]))
