"""What may be published: each way to be refused is planted."""

import platform
from pathlib import Path
from typing import Any

import pytest

from tests.planted import planted_record
from xorbench import places, records
from xorbench.contract import REFERENCE
from xorbench.publication.contribution import complaints


def honest() -> dict[str, Any]:
    """A record that may be published."""
    record = planted_record({"other": [0.5] * 6}, control=[0.01, -0.01] * 3)
    record["gradients"]["rows"] = [judged(name) for name in (REFERENCE, "other")]
    return record


def judged(name: str, verdict: str = "inside") -> dict[str, Any]:
    about = {"implementation": name, "workload": "hidden", "dtype": "float64", "parameter": "W1", "points": 1}
    return {**about, "verdict": verdict, "reason": None, "of_bound": None, "ulps": None, "absolute": None}


def found(record: dict[str, Any], folder: Path) -> str:
    return "\n".join(complaints(records.write(record, folder)))


def test_an_honest_record_may_be_published(tmp_path: Path) -> None:
    assert found(honest(), tmp_path) == ""


def test_a_committed_record_may_be_published() -> None:
    for path in records.paths(places.results()):
        assert complaints(path) == []


def test_one_that_breaks_the_schema_may_not(tmp_path: Path) -> None:
    path = records.write(honest(), tmp_path)
    path.write_text(path.read_text(encoding="utf-8").replace('"cores": 1', '"cores": "one"'), encoding="utf-8")
    (complaint,) = complaints(path)
    assert "is no record: $.machine.cores: " in complaint


def test_one_that_lies_elsewhere_may_not(tmp_path: Path) -> None:
    path = records.write(honest(), tmp_path)
    moved = path.rename(path.with_name("2027-01-01T000000Z.json"))
    assert complaints(moved) == [
        f"{moved}: lies elsewhere than in some-cpu-1-cores-linux/2026-01-02T030405Z.json, "
        "where its machine and time belong"
    ]


def test_a_contestants_name_is_no_address_and_an_address_beside_it_is_one(tmp_path: Path) -> None:
    record = planted_record({"other@numpy-2.0": [0.5] * 6}, control=[0.01, -0.01] * 3)
    record["implementations"][1] |= {"file": "other", "interpreter": "numpy-2.0"}
    record["gradients"]["rows"] = [judged(REFERENCE), judged("other@numpy-2.0")]
    assert found(record, tmp_path / "one") == ""
    record["command"] = "xorbench run other@numpy-2.0 somebody@example.org"
    assert "$.command holds an address" in found(record, tmp_path / "other")


def test_a_wrong_gradient_may_not(tmp_path: Path) -> None:
    record = honest()
    record["gradients"]["rows"][1] = judged("other", "outside")
    assert found(record, tmp_path).endswith("the gradient of other on hidden is not inside its bound")


def test_a_time_without_a_verdict_may_not(tmp_path: Path) -> None:
    record = honest()
    del record["gradients"]["rows"][1]
    assert found(record, tmp_path).endswith("other was timed on hidden, and no gradient of it was judged")


def test_who_is_missing_may(tmp_path: Path) -> None:
    record = honest()
    record["implementations"].append({**record["implementations"][1], "name": "absent", "missing": "not installed"})
    record["gradients"]["rows"].append(judged("absent", "missing"))
    assert found(record, tmp_path) == ""


def test_an_unfit_run_may_not_and_may_not_be_called_fit(tmp_path: Path) -> None:
    record = planted_record({"other": [0.5] * 6}, control=[0.04, 0.05] * 3)
    record["gradients"] = honest()["gradients"]
    text = found(record, tmp_path)
    assert "unfit: the baseline against itself came out as 1.04" in text
    assert "what it says of its own fitness is not what its timings say" in text


def test_a_run_without_a_control_may_not(tmp_path: Path) -> None:
    record = honest()
    record["timings"] = [timing for timing in record["timings"] if not timing["copy"]]
    assert "no A/A control" in found(record, tmp_path)


def test_an_interrupted_run_may_not(tmp_path: Path) -> None:
    assert "the run was interrupted" in found(honest() | {"partial": True}, tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        "xorbench run --output /home/ada/results",
        "xorbench run --with /srv/ada/mine.py",
        "xorbench run ~/mine/x.py",
        "xorbench run /root",
        "xorbench run C:\\Users\\ada",
        "xorbench run \\\\server\\share",
    ],
)
def test_a_folder_may_not(tmp_path: Path, text: str) -> None:
    assert f"$.command holds a folder: {text!r}" in found(honest() | {"command": text}, tmp_path)


def test_an_address_may_not(tmp_path: Path) -> None:
    record = honest()
    record["failures"] = [
        {"launch": 0, "workload": "hidden", "implementation": "other", "copy": False, "reason": "ask ada@example.org"}
    ]
    assert "$.failures[0].reason holds an address: 'ask ada@example.org'" in found(record, tmp_path)


@pytest.mark.parametrize("name", ["host", "user", "home"])
def test_the_names_of_this_machine_and_its_user_may_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(platform, "node", lambda: "Lovelace.example" if name == "host" else "localhost")
    monkeypatch.setattr("getpass.getuser", lambda: "lovelace" if name == "user" else "root")
    monkeypatch.setattr(Path, "home", lambda: Path("/home/lovelace" if name == "home" else "/root"))
    record = honest()
    record["environment"]["variables"] = {"AT": "x lovelace"}
    text = found(record, tmp_path)
    assert "$.environment.variables.AT holds the name of this machine or its user: lovelace" in text


def test_numbers_divisions_and_versions_are_no_folders(tmp_path: Path) -> None:
    record = honest()
    record["environment"]["versions"] = {"python": "3.11.7", "torch": "2.13.0+cpu"}
    record["workloads"][0]["story"] = "time / epoch, 1/2 of it, https://example.org/page"
    assert found(record, tmp_path) == ""
