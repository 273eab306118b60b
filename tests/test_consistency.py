"""Records are recomputed, not believed: each contradiction is planted in a committed record, and refused."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from tests.command import called
from tests.contradictory import BASE, CHANGES, OF_SMALLEST, TRACEBACKS, Change, Json, base, smallest
from tests.planted import LEDGER, implementation, planted, with_settings, with_timings
from tests.studied import planted_study
from tests.test_fuzz import small
from xorbench import places
from xorbench.api import compare, recommend
from xorbench.consistency import of_studies
from xorbench.consistency.rules import contradictions, read
from xorbench.exports.frames import load
from xorbench.publication.contribution import complaints
from xorbench.record import store
from xorbench.record.parts import Verdict
from xorbench.record.report import INSIDE, OUTSIDE, Bias
from xorbench.record.timing import Failure, Timing, Usage


def told(change: Change) -> list[str]:
    """Return the contradictions that are found after a change of the committed record."""
    content = json.loads(base())
    change(content)
    return list(contradictions(store.parsed(json.dumps(content))))


@pytest.mark.parametrize("name", TRACEBACKS)
def test_what_gave_a_traceback_is_refused_in_one_line(name: str, tmp_path: Path) -> None:
    change, expected = TRACEBACKS[name]
    content = json.loads(small("run").text)
    change(content)
    path = tmp_path / BASE
    path.parent.mkdir()
    path.write_text(json.dumps(content), encoding="utf-8")
    exported = ("--pytest-benchmark", tmp_path / "out.json")
    for arguments in (
        ("show", path),
        ("compare", path, path),
        ("export", path, *exported),
        ("publish", "--output", tmp_path),
    ):
        done = called(*arguments)
        assert (done.returncode, done.stdout) == (2, ""), arguments
        assert str(path) in done.stderr
        assert expected in done.stderr
        assert done.stderr.count("\n") == 1
    for call in (read, load, lambda path: compare(path, path), lambda path: recommend(4, 4, 10, records=[path])):
        with pytest.raises(ValueError, match=re.escape(expected)) as error:
            call(path)
        assert str(error.value).startswith(str(path))
        assert "\n" not in str(error.value)
    complaint, *_ = complaints(path)
    assert expected in complaint


def test_a_contradiction_in_a_record_is_one_line_of_every_command(tmp_path: Path) -> None:
    content = json.loads(small("run").text)
    content["plan"]["confidence"] = 0.001
    path = tmp_path / BASE
    path.parent.mkdir()
    path.write_text(json.dumps(content), encoding="utf-8")
    told = f"{path} contradicts itself: $.plan.confidence: 0.001, expected 0.95"
    exported = ("--pytest-benchmark", tmp_path / "out.json")
    asked = ("--width=4", "--batch=4", "--epochs=10")
    committed = places.results() / BASE
    for arguments in (
        ("show", path),
        ("compare", path, committed),
        ("compare", committed, path),
        ("export", path, *exported),
        ("recommend", path, *asked),
    ):
        done = called(*arguments)
        assert (done.returncode, done.stdout) == (2, ""), arguments
        assert told in done.stderr
        assert done.stderr.count("\n") == 1
    for where in (path, tmp_path):
        with pytest.raises(ValueError, match=f"^{re.escape(told)}$"):
            load(where)
    assert list(tmp_path.rglob("*")) == [path.parent, path]


def test_a_contradiction_is_one_line_whatever_is_in_a_name() -> None:
    def change(record: Json) -> None:
        for name, part in (("name", record["implementations"]), ("implementation", record["timings"])):
            for item in part:
                item[name] = item[name].replace("jax_scan", "jax\nscan\u2028\x1b[2J")

    (first, *_) = told(change)
    assert first.isprintable()


@pytest.mark.parametrize("name", CHANGES)
def test_a_contradiction_is_refused_by_its_place(name: str) -> None:
    change, expected = CHANGES[name]
    assert expected in "\n".join(told(change))


@pytest.mark.parametrize("name", OF_SMALLEST)
def test_a_contradiction_of_a_small_record_is_refused_by_its_place(name: str) -> None:
    change, expected = OF_SMALLEST[name]
    content = json.loads(smallest())
    assert list(contradictions(store.parsed(json.dumps(content)))) == []
    change(content)
    assert expected in "\n".join(contradictions(store.parsed(json.dumps(content))))


@pytest.mark.parametrize(
    ("units", "points", "expected"), [(2.6, 200, OUTSIDE), (-2.6, 200, OUTSIDE), (2.4, 200, INSIDE), (9, 199, INSIDE)]
)
def test_the_verdict_on_a_systematic_factor_follows_from_its_numbers(units: float, points: int, expected: str) -> None:
    record = store.parsed(smallest())
    for verdict in (INSIDE, OUTSIDE):
        bias = Bias("autograd_grad", "neuron", "float32", "W1", points, units, 0.1, verdict, decides=False)
        biases = [bias, *record.gradients.biases]
        found = contradictions(replace(record, gradients=replace(record.gradients, biases=biases)))
        assert [*found] == [
            f"$.gradients.biases[0].verdict: {verdict} with a factor {units:g} u from 1, standard error 0.1 u, at "
            f"{points} points, expected {expected}"
        ][: verdict != expected]


def test_the_committed_records_do_not_contradict_themselves() -> None:
    for path in store.paths(places.results()):
        assert list(contradictions(store.read(path))) == [], path


def test_a_file_that_contradicts_itself_is_named(tmp_path: Path) -> None:
    path = tmp_path / "record.json"
    path.write_text(base().replace('"commit": "', '"commit": "made-up '), encoding="utf-8")
    with pytest.raises(ValueError, match=r"record\.json contradicts itself: \$\.commit: 'made-up "):
        read(path)


def test_a_cpu_whose_number_exceeds_the_number_of_cores_is_one_of_a_container_or_beside_others_that_are_offline() -> (
    None
):
    content = json.loads(smallest())
    own = content["settings"]["cpu"]
    content["settings"]["cpu"] = 11
    for timing in content["timings"]:
        assert timing["ledger"]["cpus"] == [own]
        timing["ledger"]["cpus"] = [11]
    assert list(contradictions(store.parsed(json.dumps(content)))) == []


def test_the_last_launch_of_an_interrupted_sweep_may_lack_points() -> None:
    content = json.loads(small("sweep").text)
    last, lacking = len(content["launches"]) - 1, content["workloads"][-1]["name"]
    content["timings"] = [t for t in content["timings"] if (t["launch"], t["workload"]) != (last, lacking)]
    found = list(contradictions(store.parsed(json.dumps(content))))
    assert f" on {lacking} has none in launch {last}, and no failure says why" in found[0]
    assert list(contradictions(store.parsed(json.dumps(content | {"partial": True})))) == []


def test_a_cold_start_that_failed_has_its_own_number_where_the_launches_are_fewer() -> None:
    record = planted({"other": [0.0] * 2}, launches=2).record
    assert record.settings.cold_starts == 3

    def told(launch: int) -> list[str]:
        lost = Failure(launch, "hidden", "other", copy=False, reason="its process was killed by SIGKILL")
        return list(contradictions(replace(record, failures=[lost])))

    assert told(2) == []
    assert told(3) == ["$.failures[0].launch: 3, expected less than 3"]


@pytest.mark.parametrize(
    ("verdict", "reason", "largest", "expected"),
    [
        ("not offered", "too large", 1.0, []),
        ("not offered", "too large", 1.5, ["not offered, but there is an error of 1.5 bounds"]),
        ("not offered", None, 0.5, ["not offered, but there is an error of 0.5 bounds"]),
        ("missing", "not installed", 0.5, ["missing, but there is an error of 0.5 bounds"]),
    ],
)
def test_what_is_not_offered_at_some_points_may_have_an_error_within_the_bound_at_others(
    verdict: Verdict, reason: str | None, largest: float, expected: list[str]
) -> None:
    record = planted({}).record
    first = record.gradients.rows[0]
    assert first.of_bound is not None
    read = replace(first.of_bound, largest=largest)
    row = replace(first, implementation="other", verdict=verdict, reason=reason, of_bound=read)
    rows = [row, *record.gradients.rows]
    record = replace(record, implementations=[*record.implementations, implementation("other")])
    found = list(contradictions(replace(record, gradients=replace(record.gradients, rows=rows))))
    assert found == [f"$.gradients.rows[0].verdict: {line}" for line in expected]


def test_a_worker_that_left_some_of_several_cpus_has_a_violation() -> None:
    on_two = replace(LEDGER, cpus=[0, 1])
    analysis = with_settings(planted({"other": [0.0] * 6}), threads=2)

    def told(violations: list[str]) -> list[str]:
        def on(timing: Timing) -> Timing:
            left = timing.implementation == "other" and timing.launch == 1
            own = replace(on_two, cpus=[1]) if left else on_two
            return replace(timing, ledger=own, violations=violations if left else [])

        return list(contradictions(with_timings(analysis, on).record))

    assert told(["its CPU affinity is [1], expected [0, 1]"]) == []
    assert told([]) == ["$.timings[4].ledger.cpus: [1], expected 2 of them"]


@pytest.mark.parametrize(
    ("command", "is_one_call"),
    [
        ("xorbench run --output 'R&D; $x'", True),
        ("xorbench run '--with=mine (2).py'", True),
        ("xorbench run --output 'R&D' & sh", False),
        ('xorbench run --output "$(sh)"', False),
        ("xorbench run --output 'R&D", False),
        ("xorbench run --output '`\n`'", False),
        ("xorbench run | sh", False),
    ],
)
def test_a_sign_of_the_shell_in_a_name_is_quoted(command: str, is_one_call: bool) -> None:
    expected = [f"$.command: {command!r}, expected one call of xorbench without other commands"]
    assert list(contradictions(planted({}, command=command).record)) == ([] if is_one_call else expected)
    of_study = command.replace("xorbench run", "python -m xorbench.studies.coverage")
    assert (list(of_studies.contradictions(planted_study(command=of_study))) == []) is is_one_call


@pytest.mark.parametrize(("ticks", "are_told"), [(279, False), (1, True)])
def test_two_timings_may_have_the_same_rounds_by_a_coarse_clock(ticks: int, are_told: bool) -> None:
    """The clock of ACPI, which some virtual machines have, ticks each 279 ns; 30 epochs of RMSprop take 9 µs."""
    taken = [(9_000 if turn % 2 == 0 else 4_500) + 90 * (turn % 5) for turn in range(12)]
    rounds = [value // ticks * ticks for value in taken]
    assert (len({*rounds}) < 10) is (ticks > 1)

    def same(timing: Timing) -> Timing:
        if timing.implementation != "other" or timing.launch > 1:
            return timing
        used = Usage(timing.epochs[0] * 12, sum(rounds), 0, 0, 0)
        return replace(timing, round_nanoseconds=rounds, cpu_nanoseconds=[*rounds], usage=used)

    found = list(contradictions(with_timings(planted({"other": [0.0] * 6}, rounds=12), same).record))
    assert found == ["$.timings[4]: the rounds of $.timings[1] again, expected once"] * are_told
