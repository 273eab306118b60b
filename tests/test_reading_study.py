"""The study of the cost of checking records: both versions check in processes of their own."""

from pathlib import Path

import pytest

from tests.planted import planted
from xorbench.failure import HarnessError
from xorbench.record import store
from xorbench.studies import reading

EARLIER = """
import json
def complaints(path):
    json.loads(path.read_text())
    return ["a", "b"]
"""


def test_both_versions_check_the_same_records(tmp_path: Path) -> None:
    path = store.write(planted({"other": [0.5] * 6}).record, tmp_path / "results")
    package = tmp_path / "benchmarks" / "publication"
    package.mkdir(parents=True)
    (package / "contribution.py").write_text(EARLIER)
    (line,) = reading.study(tmp_path, repetitions=1)
    assert (line["record"], line["bytes"]) == (path.name, path.stat().st_size)
    assert line["complaints"]["before"] == 2
    assert line["ratio"] == line["seconds"]["now"] / line["seconds"]["before"] > 0


def test_a_version_that_cannot_check_is_named_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(HarnessError) as raised:
        reading.study(tmp_path, repetitions=1)
    assert str(raised.value) == (
        f"the version in {tmp_path} cannot check records here: ModuleNotFoundError: No module named 'benchmarks'"
    )
