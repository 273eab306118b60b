"""Records with random changes: each command reads them or refuses them in one line, whatever was changed."""

import copy
import functools
import json
import os
import random
import re
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fleets import part_of, plan_of
from tests.planted import counted
from xorbench import places
from xorbench.consistency.rules import read
from xorbench.contract import REFERENCE
from xorbench.estimates.analysis import Analysis
from xorbench.exports.frames import load
from xorbench.fleet import merge
from xorbench.fleet import plan as plans
from xorbench.publication.contribution import Examined, examined
from xorbench.publication.files import rendered
from xorbench.record import store
from xorbench.studies.injection import files, mutations, readers, records, watching
from xorbench.studies.injection.mutations import FACTORS, KINDS, MOST_NUMBER, ODD, Base, Change, Json, drawn, spoilt
from xorbench.studies.injection.readers import read_or_refused, refusal
from xorbench.studies.injection.records import Counts
from xorbench.studies.injection.small_records import ranked, reduced

MACHINE = "amd-epyc-family-25-model-17-2-cores-linux-x86-64"

NAMES = (REFERENCE, "jax_grad", "jax_grad@jax-0.9")
"""The implementations that are kept of the committed run."""


def committed(name: str) -> Json:
    return store.as_json(store.read(places.results() / MACHINE / name))


def fixture(name: str) -> Json:
    content: Json = json.loads((Path(__file__).parent / "fixtures" / name).read_text(encoding="utf-8"))
    return content


def asked_twice(content: Json) -> Json:
    """Return a record of one workload with the verdict that each implementation returns the same bits again."""
    same = dict.fromkeys(("same_process", "new_process", "other_hash_seed", "two_threads"), True)
    conduct = {"workload": "hidden", "dtype": "float64", **same, "verdict": "inside", "reason": None}
    names = [i["name"] for i in content["implementations"]]
    content["gradients"]["conduct"] = [{"implementation": name, **conduct} for name in names]
    return content


BASES: dict[str, Callable[[], Json]] = {
    "run": lambda: reduced(committed("2026-11-26T192944Z.json"), NAMES, 1),
    "sweep": lambda: reduced(committed("2026-11-26T160222Z.json"), (REFERENCE, "jax_grad"), 3),
    "count": lambda: store.as_json(counted({REFERENCE: 100_000, "other": 50_000, "lost": "it hangs"}).record),
    "schema 4": lambda: asked_twice(fixture("record-schema-4.json")),
    "schema 5": lambda: fixture("record-schema-5.json"),
}
"""Small records: parts of committed ones, and those of older versions of the schema as they were written."""


SOME = ("run", "sweep", *("schema 4", "schema 5") * 2, "count")
"""The names of the records that are changed: the smaller ones more often, because they take less time."""


@functools.cache
def small(base: str) -> Base:
    """Return a small record."""
    return Base.of(ranked(BASES[base]()))


VALUES = st.one_of(
    st.sampled_from(ODD).map(copy.deepcopy),
    st.integers(-(10**6), 10**12),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=20),
)

CHANGES = st.lists(
    st.tuples(
        st.sampled_from(KINDS),
        st.integers(0, MOST_NUMBER),
        st.integers(0, MOST_NUMBER),
        VALUES,
        st.sampled_from(FACTORS),
        st.booleans(),
    ),
    min_size=1,
    max_size=2,
)
"""For each change its kind, the numbers of a pattern and a place, a value, a factor, and whether it is everywhere."""


def survives(base: str, wanted: list[Change], folder: Path, published: bool = False) -> None:
    """Send a record with changes through every command that only reads it, and with `published` through publish."""
    unchanged = Analysis(store.parsed(small(base).text))
    path = store.path_of(unchanged.record, folder)
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(small(base).changed(wanted)), encoding="utf-8")
    told = read_or_refused(path, unchanged)
    if told is not None:
        assert re.search("is not a record: |contradicts itself: ", told), told
    if not published:
        return
    if told is not None:
        assert refusal(lambda: rendered(folder)) == f"{folder}: {told}"
    else:
        for text in rendered(folder).texts.values():
            text.encode()


def test_a_part_that_is_copied_into_itself_everywhere_does_not_double_at_each_place() -> None:
    base = Base.of({"a": [{"b": [1, 2]} for _ in range(60)]})
    changed = base.changed([("copy", base.names.index(("a", "*", "b")), 0, None, 1.0, True)])
    assert changed["a"][0]["b"] == [{"b": [1, 2]} for _ in range(60)]
    assert changed["a"][1:] == [{"b": [1, 2]} for _ in range(59)]


def test_a_change_is_made_at_no_more_than_so_many_places() -> None:
    base = Base.of({"a": [1] * (mutations.MOST_PLACES + 5)})
    changed = base.changed([("replace", base.names.index(("a", "*")), 0, "x", 1.0, True)])
    assert changed["a"] == ["x"] * mutations.MOST_PLACES + [1] * 5


def test_the_reduced_records_do_not_contradict_themselves(tmp_path: Path) -> None:
    for base in BASES:
        path = tmp_path / "record.json"
        path.write_text(small(base).text, encoding="utf-8")
        read(path)


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"[]", b"1", b'"x"', b"null", b"\xff\xfe{}", b'{"kind": []}', b'{"schema": {}}', b'{"schema": "\\n"}'),
        *(b'{"schema": 5}', b'{"schema": 4, "timings": {}}', b'{"schema": 4, "timings": [{"round_nanoseconds": 1}]}'),
        *(b'{"schema": 5, "settings": [], "environment": {}, "implementations": {}}', b'{"\\ud800": 1}'),
        *(b"[" * 200_000, b'{"a":' * 5_000, b'{"a\\n\\u2028": 1}', b'{"schema": 6, "' + b"y" * 10**6 + b'": 1}'),
    ],
    ids=lambda content: content[:40],
)
def test_what_is_no_record_at_all_is_refused_in_one_line(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "record.json"
    path.write_bytes(content)
    told = refusal(lambda: read(path))
    assert told is not None
    assert told.startswith(f"{path} is not a record: ")
    assert refusal(lambda: load(path)) == told
    assert examined(path) == Examined([told])


def fuzzed(examples: int) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return a decorator that calls a test with so many changed records, the same on every machine."""
    some = settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=[*HealthCheck],
    )
    return lambda test: some(given(base=st.sampled_from(SOME), wanted=CHANGES)(test))


@fuzzed(60)
def test_a_changed_record_is_read_or_refused_in_one_line(
    base: str, wanted: list[Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    survives(base, wanted, tmp_path_factory.mktemp("fuzz"))


@fuzzed(6)
def test_a_changed_record_is_published_or_left_out(
    base: str, wanted: list[Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    survives(base, wanted, tmp_path_factory.mktemp("fuzz"), published=True)


@pytest.mark.slow
@fuzzed(1_000)
def test_many_changed_records_are_read_or_refused_in_one_line(
    base: str, wanted: list[Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    survives(base, wanted, tmp_path_factory.mktemp("fuzz"), published=len(wanted) == 1)


def test_the_smallest_record_has_at_most_20_kb_and_passes(tmp_path: Path) -> None:
    text = records.smallest()
    assert len(text.encode()) <= 20_000
    path = tmp_path / "record.json"
    path.write_text(text, encoding="utf-8")
    record = read(path)
    readers.viewed(path, record, Analysis(record))


def test_drawn_changes_are_those_of_their_seed_and_of_every_kind() -> None:
    changes = [drawn(random.Random(seed)) for seed in range(300)]
    assert changes == [drawn(random.Random(seed)) for seed in range(300)]
    assert {kind for several in changes for kind, *_ in several} == {*KINDS}
    json.dumps(changes)


def test_a_spoilt_text_is_that_of_its_seed() -> None:
    text = records.smallest().encode()
    spoilt_ones = [spoilt(random.Random(seed), text) for seed in range(50)]
    assert spoilt_ones == [spoilt(random.Random(seed), text) for seed in range(50)]
    assert len({*spoilt_ones}) > 45


@pytest.mark.slow
def test_changes_by_the_hundred_are_counted_and_nothing_goes_wrong(cores: Executor) -> None:
    share = records.Share(in_text=10, shown=3)
    found = Counts.of(cores.submit(records.batch, records.smallest(), 3, share, range(100)).result())
    assert (found.wrong, found.touched, found.slow) == ({}, {}, 0)
    assert found.refused + found.accepted == 100
    assert found.refused > 25
    assert 0 < found.shown < found.accepted
    assert found.memory > 2**20


def test_an_exception_that_no_reader_may_raise_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_record: object) -> Any:
        raise KeyError("planted")

    monkeypatch.setattr(watching, "_hooked", True)  # the hook would stay in this process
    monkeypatch.setattr(records, "contradictions", fails)
    share = records.Share(in_text=1_000, shown=1_000)
    found = Counts.of(records.batch(records.smallest(), 0, share, range(1, 60)))
    ((what, times),) = found.wrong.items()
    assert re.fullmatch(r"KeyError in records\.py, line \d+: 'planted'", what)
    assert times > 5
    assert found.refused == 59 - times  # by their types


@pytest.mark.parametrize(
    ("event", "arguments", "noted"),
    [
        ("open", ("/elsewhere/new.txt", "w", 0), {"open new.txt": 1}),
        ("open", ("/elsewhere/new.txt", None, os.O_WRONLY | os.O_CREAT), {"open new.txt": 1}),
        ("open", ("/elsewhere/old.txt", "r", 0), {}),
        ("open", (3, "w", 0), {}),
        ("open", (os.devnull, "w", 0), {}),
        ("os.remove", ("/elsewhere/old.txt", -1), {"os.remove old.txt": 1}),
        ("subprocess.Popen", ("sh", [], None, None), {"subprocess.Popen": 1}),
        ("compile", (None, "<string>"), {}),
    ],
)
def test_what_is_written_elsewhere_is_noted(
    event: str, arguments: tuple[object, ...], noted: dict[str, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "_hooked", True)
    touched: Counter[str] = Counter()
    with watching.watched(tmp_path, touched):
        watching.watch(event, arguments)
        watching.watch("open", (str(tmp_path / "inside.txt"), "w", 0))
    watching.watch(event, arguments)  # nothing is watched any more
    assert touched == noted


def test_faulty_files_are_refused_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    found = files.study(records.smallest().encode(), 1, range(2 * len(files.ODD_FILES)))
    assert found["wrong"] == []
    assert {of["times"] for of in found["kinds"].values()} == {2}
    for kind in (
        "a file of random bytes",
        "a file with a key twice",
        "an empty file",
        "a folder",
        "a named pipe",
        "a link to a device without an end",
        "no file",
    ):
        assert found["kinds"][kind]["refused"] == 2, kind
    assert [*tmp_path.iterdir()] == []


PLAN = plan_of(["neuron"], ["hidden"])

OF_A_FLEET: dict[str, Callable[[], Json]] = {
    "plan": lambda: asdict(PLAN),
    "part": lambda: store.as_json(part_of(PLAN, 1)),
}
"""A plan, and the record of a part of it."""


@functools.cache
def of_a_fleet(base: str) -> Base:
    return Base.of(OF_A_FLEET[base]())


@given(base=st.sampled_from([*OF_A_FLEET]), wanted=CHANGES, seed=st.integers(0, 10**6), as_text=st.booleans())
@settings(max_examples=60, derandomize=True, database=None, deadline=None, suppress_health_check=[*HealthCheck])
def test_a_changed_plan_or_part_is_read_or_refused_in_one_line(
    base: str, wanted: list[Any], seed: int, as_text: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    text = json.dumps(of_a_fleet(base).changed(wanted)).encode()
    path = tmp_path_factory.mktemp("fleet") / "odd.json"
    path.write_bytes(spoilt(random.Random(seed), text) if as_text else text)
    refusal(lambda: plans.read(path))
    found = merge.merge(path.parent, PLAN)
    records_of_parts = [*found.records()]
    told = [*found.refused, *found.notes]
    assert len(told) + len(records_of_parts) == 1 or not (told or records_of_parts or is_a_part(path))
    assert all(readers.is_a_line(line) for line in told)


def is_a_part(path: Path) -> bool:
    """Whether a file says that it holds a part of a plan, or is no JSON."""
    try:
        content = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        return True
    return isinstance(content, dict) and content.get("part") is not None
