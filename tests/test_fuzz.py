"""Records with random changes: each command reads them or refuses them in one line, whatever was changed."""

import copy
import functools
import io
import json
import re
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import redirect_stdout
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.planted import counted
from xorbench import api, places
from xorbench.cli import show
from xorbench.consistency.rules import read
from xorbench.contract import REFERENCE
from xorbench.estimates import comparison, instructions
from xorbench.estimates.analysis import Analysis
from xorbench.estimates.measured_points import table
from xorbench.estimates.recommendation import ranking
from xorbench.exports import foreign
from xorbench.exports.document import document
from xorbench.exports.frames import load
from xorbench.publication.contribution import Examined, examined
from xorbench.publication.files import rendered
from xorbench.record import store
from xorbench.record.timing import SERIES
from xorbench.tables import changes, recommendation
from xorbench.tables.catalogue import tables
from xorbench.tables.formats import FORMATS
from xorbench.tables.summary import summary

Json = dict[str, Any]

Place = tuple[str | int, ...]

MACHINE = "amd-epyc-family-25-model-17-2-cores-linux-x86-64"

NAMES = (REFERENCE, "jax_grad", "jax_grad@jax-0.9")
"""The implementations that are kept of the committed run."""

LAUNCHES, ROUNDS = 4, 6


def reduced(content: Json, names: tuple[str, ...], workloads: int) -> Json:
    """Return a record, reduced to some implementations, workloads, launches and rounds, with a bias of each kind."""
    content["workloads"] = content["workloads"][:workloads]
    kept = {workload["name"] for workload in content["workloads"]}

    def is_kept(item: Json) -> bool:
        of = {item[key] for key in ("implementation", "first", "second") if key in item}
        return of <= {*names} and item.get("workload", "hidden") in kept

    report = content["gradients"]
    content["implementations"] = [i for i in content["implementations"] if i["name"] in names]
    for part in (content, report):
        for key in ("timings", "cold_starts", "failures", "products", *report):
            if isinstance(part.get(key), list):
                part[key] = [item for item in part[key] if is_kept(item)]
    bias = {"parameter": "W1", "points": 9, "factor_units": 0.1, "standard_error_units": 0.1, "verdict": "inside"}
    bias |= {"implementation": REFERENCE, "workload": content["workloads"][0]["name"], "dtype": "float64"}
    report |= {"accuracy": report["accuracy"][::20], "faults": report["faults"][:4]}
    report["biases"] = [bias | {"reason": None, "decides": True}]
    content["launches"] = [launch | {"rounds": ROUNDS} for launch in content["launches"][:LAUNCHES]]
    content["plan"] |= {"launches": LAUNCHES, "rounds": ROUNDS}
    content["timings"] = [timing for timing in content["timings"] if timing["launch"] < LAUNCHES]
    for timing in content["timings"]:
        timing.update({series: timing[series][:ROUNDS] for series in SERIES})
    return content


def ranked(content: Json) -> Json:
    """Return a record in which the positions of a round are 0 to k - 1, after rows were left out."""
    together: dict[tuple[int, str], list[Json]] = {}
    for timing in content["timings"]:
        together.setdefault((timing["launch"], timing["workload"]), []).append(timing)
    for timings in together.values():
        for turn, places_of_turn in enumerate(zip(*(t["positions"] for t in timings), strict=True)):
            for timing, place in zip(timings, places_of_turn, strict=True):
                timing["positions"][turn] = sorted(places_of_turn).index(place)
    return content


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
def small(base: str) -> str:
    """Return a small record as JSON."""
    return json.dumps(ranked(BASES[base]()))


def places_in(part: Any, place: Place = ()) -> Iterator[Place]:
    """Yield the place of every value in JSON."""
    if place:
        yield place
    for key, value in part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ():
        yield from places_in(value, (*place, key))


@functools.cache
def by_pattern(base: str) -> dict[Place, list[Place]]:
    """Return the places in a record by what they are, so that a rare field is changed as often as a frequent one."""
    found: dict[Place, list[Place]] = {}
    for place in places_in(json.loads(small(base))):
        found.setdefault(tuple("*" if isinstance(key, int) else key for key in place), []).append(place)
    return found


ODD: list[Any] = [
    *(None, True, False, 0, 1, -1, 2, 3, 7, 60, 10**6, 2**31, 2**63 - 1, 2**63, -(2**63), 10**400),
    *(0.0, -0.0, 0.5, -1.5, 1e-320, 1e-9, 1e9, 1e300, -1e300),
    *("", "x", "neuron", "hidden", "width-4-batch-4", "inside", "outside", "missing", "failed", "not offered"),
    *(REFERENCE, "jax_grad", "float32", "float64", "compiled", "eager", "tuned", "sweep", "9999-12-31T23:59:59Z"),
    *("a\nb", "\x1b[2J", "\ud8ff", "</script><script>", "$x$", "`|*_", "% & #", "../..", "ü" * 100, "y" * 60_000),
    *([], {}, [0], [None], [[]], [0.5], ["x"], [1] * 2000, {"x": "y"}, {"python": "3"}),
]

VALUES = st.one_of(
    st.sampled_from(ODD).map(copy.deepcopy),
    st.integers(-(10**6), 10**12),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=20),
)

KINDS = ("delete", "replace", "rename", "append", "copy", "shorten", "swap", *("scale",) * 3, *("like",) * 6)

CHANGES = st.lists(
    st.tuples(
        st.sampled_from(KINDS),
        st.integers(0, 10**6),
        st.integers(0, 10**6),
        VALUES,
        st.sampled_from((0.5, 0.999, 1.001, 2.0, -1.0, 1e-3, 1e3, 1e12)),
        st.booleans(),
    ),
    min_size=1,
    max_size=2,
)
"""For each change its kind, the numbers of a pattern and a place, a value, a factor, and whether it is everywhere."""


def parent_of(content: Any, place: Place) -> Any:
    for key in place[:-1]:
        content = content[key]
    return content


def apply(content: Any, kind: str, place: Place, other: Place, number: int, value: Any, factor: float) -> None:
    """Change the value at a place; it raises LookupError or TypeError if an earlier change removed the place."""
    parent, key = parent_of(content, place), place[-1]
    here = parent[key]
    if isinstance(here, (bool, int, float, str)) and kind in ("append", "shorten", "swap", "rename"):
        kind = "like"
    if isinstance(here, list) and kind == "like":
        kind = ("append", "shorten", "swap")[number % 3]
    if kind == "delete":
        del parent[key]
    elif kind == "rename" and isinstance(parent, dict):
        parent[str(value)] = parent.pop(key)
    elif kind == "scale" and isinstance(here, (int, float)) and not isinstance(here, bool):
        scaled = here * factor
        parent[key] = round(scaled) if isinstance(here, int) else scaled
    elif kind == "scale" and isinstance(here, list) and here and isinstance(here[0], (int, float)):
        parent[key] = [type(number)(number * factor) for number in here]
    elif kind == "like" and isinstance(here, bool):
        parent[key] = not here
    elif kind == "like" and isinstance(here, (int, float, str)):
        alike = [odd for odd in ODD if type(odd) is type(here) and (isinstance(odd, str) or 0 <= odd < 2**63)]
        parent[key] = alike[number % len(alike)]
    elif kind == "copy":
        parent[key] = copy.deepcopy(parent_of(content, other)[other[-1]])
    elif kind == "shorten" and isinstance(here, list):
        del here[len(here) // 2 :]
    elif kind == "append" and isinstance(here, list) and here:
        here.append(copy.deepcopy(here[-1]))
    elif kind == "swap" and isinstance(here, list) and len(here) > 1:
        here[0], here[-1] = here[-1], here[0]
    else:
        parent[key] = copy.deepcopy(value)


def changed(base: str, wanted: list[tuple[str, int, int, Any, float, bool]]) -> str:
    """Return the JSON of a base with changes."""
    content = json.loads(small(base))
    patterns = by_pattern(base)
    names = list(patterns)
    for kind, pattern, number, value, factor, everywhere in wanted:
        of = patterns[names[pattern % len(names)]]
        other = of[(number // 7) % len(of)] if number % 2 else patterns[names[number % len(names)]][0]
        for place in reversed(of) if everywhere else [of[number % len(of)]]:
            try:
                apply(content, kind, place, other, number, value, factor)
            except (LookupError, TypeError, OverflowError, AttributeError):
                continue
    return json.dumps(content)


def shown(analysis: Analysis) -> None:
    """Print all that `show` can print, and what `run --json` prints."""
    with redirect_stdout(io.TextIOWrapper(io.BytesIO(), encoding="utf-8")):
        for width in (40, 80):
            show.lines(summary(analysis, width))
        found = tables(analysis)
        show.tables(found)
        for write in FORMATS.values():
            print(write(found))
        print(json.dumps(document(analysis), allow_nan=False))


def compared(before: Analysis, after: Analysis) -> None:
    """Print what `compare` prints."""
    notes = comparison.notes(before, after)
    if before.record.counts:
        found = instructions.changes(before.record, after.record)
        sections = changes.of_counts(found, [*notes, *instructions.notes(before.record, after.record)], 0.005, [])
    else:
        found = comparison.changes(before, after, 0.02)
        sections = changes.sections(found, notes, 0.02, [])
    comparison.failures(found, comparison.Limits(0.05, {}))
    "\n".join(changes.text(sections)).encode()
    changes.markdown(sections).encode()
    json.dumps([asdict(change) for change in found], allow_nan=False)


def ranked_totals(analysis: Analysis, warm: bool) -> None:
    """Print what `recommend` prints."""
    "\n".join(recommendation.lines(ranking(table([analysis]), 4, 4, 1000, warm))).encode()


def refusal(call: Callable[[], object]) -> str | None:
    """Return the message with which a call refuses a record, one line, or None if it does not."""
    try:
        call()
    except ValueError as error:
        message = str(error)
    else:
        return None
    assert is_a_line(message), message
    return message


def is_a_line(text: str) -> bool:
    return len(text.splitlines()) == 1 and text.isprintable() and len(text) < 2_000


def survives(text: str, folder: Path, base: str, publishing: Executor | None) -> None:
    """Send a record through every command."""
    path = store.path_of(store.parsed(small(base)), folder)
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    for line in (*examined(path).complaints, *examined(path).marks):
        assert is_a_line(line), line
        assert line.startswith(str(path)), line
    if told := refusal(lambda: read(path)):
        assert re.search("is not a record: |contradicts itself: ", told), told
        assert refusal(lambda: load(path)) == told
        assert refusal(lambda: api.compare(path, path)) == told
        assert refusal(lambda: api.recommend(4, 4, 10, records=[path])) == told
        if publishing is not None:
            assert refusal(lambda: rendered(folder, publishing)) == f"{folder}: {told}"
        return
    record = read(path)
    store.as_text(record)
    analysis, unchanged = Analysis(record), Analysis(store.parsed(small(base)))
    shown(analysis)
    compared(unchanged, analysis)
    compared(analysis, unchanged)
    refusal(lambda: foreign.pytest_benchmark([analysis]))
    refusal(lambda: foreign.github_action_benchmark([analysis]))
    load(path)
    refusal(lambda: ranked_totals(analysis, warm=False))
    refusal(lambda: ranked_totals(analysis, warm=True))
    if publishing is not None:
        for text in rendered(folder, publishing).texts.values():
            text.encode()


def test_the_reduced_records_do_not_contradict_themselves(tmp_path: Path) -> None:
    for base in BASES:
        path = tmp_path / "record.json"
        path.write_text(small(base), encoding="utf-8")
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


@fuzzed(100)
def test_a_changed_record_is_read_or_refused_in_one_line(
    base: str, wanted: list[Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    survives(changed(base, wanted), tmp_path_factory.mktemp("fuzz"), base, None)


@fuzzed(10)
def test_a_changed_record_is_published_or_left_out(
    base: str, wanted: list[Any], tmp_path_factory: pytest.TempPathFactory, cores: Executor
) -> None:
    survives(changed(base, wanted), tmp_path_factory.mktemp("fuzz"), base, cores)


@pytest.mark.slow
@fuzzed(1_000)
def test_many_changed_records_are_read_or_refused_in_one_line(
    base: str, wanted: list[Any], tmp_path_factory: pytest.TempPathFactory, cores: Executor
) -> None:
    survives(changed(base, wanted), tmp_path_factory.mktemp("fuzz"), base, cores if len(wanted) == 1 else None)
