"""What may be published: each way to be refused is planted."""

import platform
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from tests.planted import (
    HIDDEN,
    LEDGER,
    changed,
    cheated,
    judged,
    planted,
    with_implementation,
    with_settings,
    with_timings,
)
from xorbench.contract import REFERENCE
from xorbench.estimates.analysis import Analysis
from xorbench.publication.contribution import _personal, complaints, examined
from xorbench.record import store
from xorbench.record.parts import Verdict
from xorbench.record.report import Judgement
from xorbench.record.timing import Failure, Timing


def honest() -> Analysis:
    """A record that may be published."""
    return planted({"other": [0.5] * 6}, control=[0.01, -0.01] * 3)


def not_passed(name: str, verdict: Verdict) -> list[Judgement]:
    return [replace(row, verdict=verdict, of_bound=None, ulps=None, absolute=None) for row in judged(name)]


def with_judgements(analysis: Analysis, *rows: list[Judgement]) -> Analysis:
    """The record with these judgements on gradients."""
    return changed(analysis, gradients=replace(analysis.record.gradients, rows=[row for some in rows for row in some]))


def untimed(analysis: Analysis, name: str) -> Analysis:
    """The record without the times and cold starts of an implementation."""
    starts = [start for start in analysis.record.cold_starts if start.implementation != name]
    return with_timings(
        changed(analysis, cold_starts=starts),
        lambda timing: None if timing.implementation == name else replace(timing, positions=positions(timing)),
    )


def positions(timing: Timing) -> list[int]:
    """Positions of the first and the second copy of the baseline, where these alone are timed."""
    return [int(timing.copy)] * len(timing.positions)


def found(analysis: Analysis, folder: Path) -> str:
    return "\n".join(complaints(store.write(analysis.record, folder)))


def test_an_honest_record_may_be_published(tmp_path: Path) -> None:
    assert found(honest(), tmp_path) == ""


def test_one_that_breaks_the_schema_may_not(tmp_path: Path) -> None:
    path = store.write(honest().record, tmp_path)
    path.write_text(path.read_text(encoding="utf-8").replace('"cores": 2', '"cores": "one"'), encoding="utf-8")
    (complaint,) = complaints(path)
    assert "is not a record: $.machine.cores: " in complaint


def test_one_that_lies_elsewhere_may_not(tmp_path: Path) -> None:
    path = store.write(honest().record, tmp_path)
    moved = path.rename(path.with_name("2027-01-01T000000Z.json"))
    assert complaints(moved) == [
        f"{moved}: is in the wrong place, expected some-cpu-2-cores-linux-x86-64/2026-01-02T030405Z.json by its "
        "machine and time; move it there"
    ]


def test_a_contestants_name_is_no_address_and_an_address_beside_it_is_one(tmp_path: Path) -> None:
    name = "other@numpy-2.0"
    analysis = planted({name: [0.5] * 6}, control=[0.01, -0.01] * 3)
    analysis = with_implementation(analysis, name, file="other", interpreter="numpy-2.0")
    environment = replace(analysis.record.environment, others={"numpy-2.0": {"python": "3.11.7"}})
    analysis = changed(analysis, environment=environment)
    assert found(analysis, tmp_path / "one") == ""
    analysis = changed(analysis, command=f"xorbench run {name} somebody@example.org")
    assert "$.command holds an address" in found(analysis, tmp_path / "other")


def test_a_wrong_gradient_may_not(tmp_path: Path) -> None:
    analysis = with_judgements(untimed(honest(), "other"), judged(REFERENCE), not_passed("other", "outside"))
    assert found(analysis, tmp_path).endswith(
        "the gradient of other on hidden did not pass the check against its bound"
    )


def test_one_with_a_wrong_gradient_and_a_time_contradicts_itself(tmp_path: Path) -> None:
    analysis = with_judgements(honest(), judged(REFERENCE), not_passed("other", "outside"))
    assert found(analysis, tmp_path).endswith("other was timed on hidden, but its verdict is outside")


def test_a_wrong_gradient_in_a_dtype_that_is_not_timed_may(tmp_path: Path) -> None:
    elsewhere = [replace(row, dtype="float32", decides=False) for row in not_passed("other", "outside")]
    assert found(with_judgements(honest(), judged(REFERENCE), judged("other"), elsewhere), tmp_path / "one") == ""
    text = found(with_judgements(honest(), judged(REFERENCE), elsewhere), tmp_path / "other")
    assert text.endswith("other was timed on hidden, but its gradient by W1 was not judged")


def test_a_time_without_a_verdict_may_not(tmp_path: Path) -> None:
    analysis = with_judgements(honest(), judged(REFERENCE))
    assert found(analysis, tmp_path).endswith("other was timed on hidden, but its gradient by W1 was not judged")


def test_who_is_missing_may(tmp_path: Path) -> None:
    analysis = with_judgements(honest(), judged(REFERENCE), judged("other"), not_passed("absent", "missing"))
    absent = replace(analysis.record.implementations[1], name="absent", missing="not installed")
    analysis = changed(analysis, implementations=[*analysis.record.implementations, absent])
    assert found(analysis, tmp_path) == ""


def test_what_is_not_offered_may_but_not_with_a_time(tmp_path: Path) -> None:
    modest = not_passed("modest", "not offered")
    analysis = with_judgements(honest(), judged(REFERENCE), judged("other"), modest)
    named = replace(analysis.record.implementations[1], name="modest")
    analysis = changed(analysis, implementations=[*analysis.record.implementations, named])
    assert found(analysis, tmp_path) == ""
    timed = with_judgements(honest(), judged(REFERENCE), not_passed("other", "not offered"))
    assert found(timed, tmp_path / "timed").endswith("other was timed on hidden, but its verdict is not offered")


def test_an_unfit_run_may_not_and_may_not_be_called_fit(tmp_path: Path) -> None:
    analysis = planted({"other": [0.5] * 6}, control=[0.04, 0.05] * 3)
    text = found(analysis, tmp_path)
    assert "Unfit: the baseline against itself came out as 1.04" in text
    assert "the stored verdict on fitness differs from the one computed from its timings" in text


def test_a_quick_run_may_not(tmp_path: Path) -> None:
    assert "This is a quick run. Run without --quick" in found(with_settings(honest(), quick=True), tmp_path)


@pytest.mark.parametrize(("launches", "refused"), [(3, True), (4, False), (8, False)])
def test_fewer_than_four_launches_may_not_and_fewer_than_eight_are_marked(
    tmp_path: Path, launches: int, refused: bool
) -> None:
    analysis = planted({"other": [0.5] * launches}, control=[0.01, -0.01, 0.0, 0.0] * 2, launches=launches)
    path = store.write(analysis.record, tmp_path)
    both = examined(path)
    assert [f"{path}: Only {launches} launches: " in line for line in both.complaints] == [True] * refused
    marked = [f"{path}: marked: few launches"] if launches == 4 else []
    assert list(both.marks) == marked


# Student's t of 4 launches, of which every second is this far from the others, is 3.18 / sqrt(3) = 1.84 times that far.
@pytest.mark.parametrize(
    ("apart", "complaint", "mark"),
    [
        (1.0, "The interval is over a factor of ten: other (hidden).", ""),
        (0.3, "", "wide intervals"),
        (0.1, "", ""),
    ],
)
def test_an_interval_over_a_factor_of_ten_may_not_and_one_over_two_is_marked(
    tmp_path: Path, apart: float, complaint: str, mark: str
) -> None:
    analysis = planted({"other": [2.0 + apart, 2.0 - apart] * 2}, control=[0.01, -0.01] * 2, launches=4)
    both = examined(store.write(analysis.record, tmp_path))
    assert bool(both.complaints) == bool(complaint)
    assert complaint in "\n".join(both.complaints)
    assert ("wide intervals" in "".join(both.marks)) == bool(mark)


def test_a_record_is_marked_where_many_rounds_were_disturbed(tmp_path: Path) -> None:
    def waiting(share: float, timing: Timing) -> Timing:
        rounds = len(timing.epochs)
        return replace(timing, waited_nanoseconds=[10**6 if n < share * rounds else 0 for n in range(rounds)])

    for share, marked in ((0.2, False), (0.5, True)):
        analysis = with_timings(honest(), partial(waiting, share))
        both = examined(store.write(analysis.record, tmp_path / str(share)))
        assert ("disturbed rounds" in "".join(both.marks)) == marked


def test_one_that_was_refused_by_the_clock_may_not(tmp_path: Path) -> None:
    text = found(cheated(honest()), tmp_path)
    assert text.endswith("other was refused on hidden: it cheated (in 6 of 6 launches)")


def test_one_that_failed_while_it_was_timed_may_not(tmp_path: Path) -> None:
    failure = Failure(0, "hidden", "other", copy=False, reason="it died")
    analysis = changed(untimed(honest(), "other"), failures=[failure])
    assert "other failed on hidden: it died" in found(analysis, tmp_path)


def test_a_run_without_a_control_may_not(tmp_path: Path) -> None:
    analysis = with_timings(honest(), lambda timing: None if timing.copy else timing)
    assert "hidden was timed without the second copy of numpy_backprop" in found(analysis, tmp_path / "one")
    lost = [Failure(launch, "hidden", REFERENCE, copy=True, reason="it died") for launch in range(6)]
    assert "no A/A control" in found(changed(analysis, failures=lost), tmp_path / "other")


def test_an_interrupted_run_may_not(tmp_path: Path) -> None:
    assert "The run was interrupted" in found(changed(honest(), partial=True), tmp_path)


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
    assert f"$.command holds a folder: {text!r}" in found(changed(honest(), command=text), tmp_path)


def test_an_address_may_not(tmp_path: Path) -> None:
    failure = Failure(0, "hidden", "other", copy=False, reason="ask ada@example.org")
    text = found(changed(honest(), failures=[failure]), tmp_path)
    assert "$.failures[0].reason holds an address: 'ask ada@example.org'" in text


@pytest.mark.parametrize("name", ["host", "user", "home"])
def test_the_names_of_this_machine_and_its_user_may_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(platform, "node", lambda: "Lovelace.example" if name == "host" else "localhost")
    monkeypatch.setattr("getpass.getuser", lambda: "lovelace" if name == "user" else "root")
    monkeypatch.setattr(Path, "home", lambda: Path("/home/lovelace" if name == "home" else "/root"))
    analysis = honest()
    environment = replace(analysis.record.environment, variables={"AT": "x lovelace"})
    text = found(changed(analysis, environment=environment), tmp_path)
    assert "$.environment.variables.AT holds the name of this machine or its user: lovelace" in text


@pytest.mark.parametrize(
    "text", ["ghp_0123456789abcdefghijABCDEFGHIJ", "AKIA0123456789ABCDEF", "-----BEGIN RSA PRIVATE KEY-----"]
)
def test_what_looks_like_a_secret_may_not_and_is_not_shown(tmp_path: Path, text: str) -> None:
    failure = Failure(0, "hidden", "other", copy=False, reason=f"it failed with {text}")
    told = found(changed(honest(), failures=[failure]), tmp_path)
    assert "$.failures[0].reason holds what looks like a secret" in told
    assert text not in told


def test_the_value_of_a_secret_variable_may_not(tmp_path: Path) -> None:
    ledger = replace(LEDGER, variables={"AWS_SECRET_ACCESS_KEY": "hunter2", "HOW_MANY": "2"})
    told = found(with_timings(honest(), lambda timing: replace(timing, ledger=ledger)), tmp_path)
    assert "$.timings[0].ledger.variables holds the value of AWS_SECRET_ACCESS_KEY, expected its name only" in told
    assert "hunter2" not in told
    ledger = replace(LEDGER, variables={"AWS_SECRET_ACCESS_KEY": ""})
    assert found(with_timings(honest(), lambda timing: replace(timing, ledger=ledger)), tmp_path / "named") == ""


def test_the_value_of_a_secret_variable_of_the_command_may_not(tmp_path: Path) -> None:
    def with_variables(**variables: str) -> Analysis:
        analysis = honest()
        return changed(analysis, environment=replace(analysis.record.environment, variables=variables))

    told = found(with_variables(AWS_SECRET_ACCESS_KEY="hunter2", OMP_NUM_THREADS="1"), tmp_path)
    assert told.endswith("$.environment.variables holds the value of AWS_SECRET_ACCESS_KEY, expected its name only")
    assert "hunter2" not in told
    assert found(with_variables(AWS_SECRET_ACCESS_KEY="", OMP_NUM_THREADS="1"), tmp_path / "named") == ""
    told = found(with_variables(**{f"A\ufeff{'1' * 40_000}": "2"}), tmp_path / "odd")
    assert told.isprintable()
    assert len(told) < 1_000


@pytest.mark.parametrize("character", ["z", "/", "@", ".", "~", " ", "-", "\\", "0", "A", "/a", "~/", "a@", "@a", "-/"])
def test_a_long_text_is_searched_in_linear_time(character: str) -> None:
    assert list(_personal({"text": character * 200_000})) is not None  # in quadratic time this would take long


def test_numbers_divisions_and_versions_are_no_folders(tmp_path: Path) -> None:
    analysis = honest()
    versions = {"python": "3.11.7", "torch": "2.13.0+cpu"}
    workload = replace(HIDDEN, story="time / epoch, 1/2 of it, https://example.org/page")
    environment = replace(analysis.record.environment, versions=versions)
    assert found(changed(analysis, environment=environment, workloads=[workload]), tmp_path) == ""
