"""Counting in real processes under Callgrind: what repeats, what twice the work costs, and what cannot be counted."""

import re
import shutil
from pathlib import Path

import pytest

from tests.command import called, document
from tests.conftest import EVERYBODY, Variant
from xorbench.affinity import allowed_cpus
from xorbench.clock import cold_start, counting
from xorbench.clock.counting import LEAST, LONG, MOST, MUCH, SHORT, Callgrind
from xorbench.consistency.rules import read as consistent
from xorbench.contract import REFERENCE, Implementation, read
from xorbench.estimates.instructions import REPEATS
from xorbench.failure import HarnessError
from xorbench.record.counts import InstructionCount
from xorbench.studies.neighbours import busy
from xorbench.workloads import WORKLOADS

CPU = allowed_cpus()[-1]


def _there() -> bool:
    try:
        Callgrind.here()
    except HarnessError:
        return False
    return True


needs_callgrind = pytest.mark.skipif(not _there(), reason="valgrind, its header or a C compiler is not installed")

TWICE = ("epochs: int) -> Parameters:\n", "epochs: int) -> Parameters:\n    epochs = 2 * epochs\n")
"""A change to the reference by which it trains twice as many epochs."""


def counted(implementation: Implementation, seconds: float = 600) -> InstructionCount:
    return Callgrind.here().count(implementation, WORKLOADS["hidden"], CPU, seconds)[0]


def per_epoch(row: InstructionCount) -> float:
    assert row.reason is None
    assert row.short is not None
    assert row.long is not None
    assert row.long - row.short >= LEAST
    return (row.long - row.short) / (row.times * (LONG - SHORT))


@needs_callgrind
@pytest.mark.slow
@pytest.mark.parametrize("name", [REFERENCE, "torch_autograd", "c_strict"])
def test_a_count_repeats_between_processes_and_on_a_busy_cpu(name: str) -> None:
    (implementation,) = (i for i in EVERYBODY if i.name == name)
    if implementation.missing:
        pytest.skip(f"{name} is not counted: {implementation.missing}")
    first, second = counted(implementation), counted(implementation)
    with busy(2, [CPU]):
        third = counted(implementation)
    assert (first.times > 1) == (name == "c_strict")
    assert per_epoch(second) == pytest.approx(per_epoch(first), rel=REPEATS)
    assert per_epoch(third) == pytest.approx(per_epoch(first), rel=REPEATS)


@needs_callgrind
@pytest.mark.slow
@pytest.mark.parametrize("name", [REFERENCE, "c_strict"])
def test_twice_the_epochs_have_twice_the_instructions(name: str, variant: Variant) -> None:
    (once,) = (i for i in EVERYBODY if i.name == name)
    twice = variant("twice", TWICE, of=name)
    for source in once.sources:
        shutil.copy(once.path.with_name(source), twice.parent)
    assert per_epoch(counted(read(twice))) == pytest.approx(2 * per_epoch(counted(once)), rel=REPEATS)


@needs_callgrind
@pytest.mark.slow
def test_what_cannot_be_counted_has_a_reason(variant: Variant) -> None:
    raises = read(variant("raises", ("Parameters = list[Array]\n", "raise OSError(__file__)\n")))
    assert counted(raises).reason == "OSError: raises.py"
    hangs = read(variant("hangs", ("Parameters = list[Array]\n", "while True: pass\n")))
    assert counted(hangs, 3).reason == "no result within 3 s"


@needs_callgrind
@pytest.mark.slow
def test_an_instruction_that_valgrind_does_not_know_is_the_reason(variant: Variant) -> None:
    """The text is that of a file which calls the bytes of no instruction, as those of AVX-512 are to valgrind."""
    unknown = (
        "Parameters = list[Array]\n",
        "Parameters = list[Array]\n"
        "import ctypes, mmap\n"
        "page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)\n"
        "page.write(bytes.fromhex('0f04'))\n"
        "ctypes.CFUNCTYPE(None)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()\n",
    )
    found = counted(read(variant("unknown", unknown)))
    assert "that valgrind" in (found.reason or "")
    assert (found.reason or "").endswith("does not know")


@needs_callgrind
@pytest.mark.slow
def test_the_command_writes_a_record_that_holds(variant: Variant, tmp_path: Path) -> None:
    wrong = variant("wrong", ("delta = outputs - targets", "delta = 2 * (outputs - targets)"))
    done = called(
        *("count", "--implementation", REFERENCE, "--with", wrong, "--workload", "neuron"),
        *("--output", tmp_path, "--json"),
    )
    assert done.returncode == 1  # a gradient is wrong
    content = document(done)
    record = consistent(Path(content["record"]))
    counts = record.counts
    assert counts is not None
    assert (record.kind, record.timings, record.partial) == ("count", [], False)
    assert [row["implementation"] for row in content["rows"]] == [REFERENCE, "wrong"]
    right, refused = content["rows"]
    assert right["instructions_per_epoch"] == counts.per_epoch(counts.rows[0])
    assert 10_000 < right["instructions_per_epoch"] < 10_000_000
    assert refused["instructions_per_epoch"] is None
    assert refused["reason"].startswith("outside")
    assert content["features"] == counts.features != []


def test_without_the_header_or_a_compiler_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "valgrind"
    program.write_text(f"#!{shutil.which('sh')}\necho valgrind-3.19.0\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))
    with pytest.raises(HarnessError, match=r"callgrind\.c can't be compiled: .*install a C compiler and the header"):
        Callgrind.here()


@pytest.mark.parametrize(
    ("counts", "times", "reason"),
    [
        ([1_000, 7_400, 13_800], 1, ""),
        ([1_000, 7_400, 13_900], 1, ""),
        ([1_000, 7_400, 14_000], 1, "its epochs do not cost the same: 6,400 .* 64 to 128 .* 6,600 from 128 to 192"),
        ([1_000, 7_400, 14_000], 32, "its epochs do not cost the same: 6,400 .* 2,048 to 4,096 .* 4,096 to 6,144"),
        ([9_000, 7_400, 5_800], 1, "its epochs do not cost the same: -1,600 "),
        ([1_000, 13_800], 1, "Callgrind wrote no numbers"),
    ],
)
def test_epochs_that_cost_different_numbers_of_instructions_are_not_counted(
    counts: list[int], times: int, reason: str
) -> None:
    found = counting.why_not(counts, times)
    assert re.match(reason, found) if reason else found == ""


@pytest.mark.parametrize(
    ("numbers", "factor"),
    [
        ([1_000, 1_000 + LEAST // 2, 1_000 + LEAST], 1),
        ([1_000, 1_000 + LEAST // 2 - 1, 1_000 + LEAST - 2], 2),
        ([5, 128_005, 256_005], 32),
        ([5, 23_557, 47_109], 128),
        ([0, 10_000_000, 20_100_000], 1),  # 100,000 apart, of 200 times that
        ([0, 10_000_000, 20_200_000], 2),
        ([0, 100_000, 150_000], 128),  # 50,000 apart
        ([0, MUCH // 2, MUCH // 3], 2),  # a power of two more would be above MUCH
        ([0, MUCH, 3 * MUCH], 1),
        ([0, 10], 1),
        ([], 1),
    ],
)
def test_trainings_are_longer_where_noise_is_too_much_of_their_instructions(numbers: list[int], factor: int) -> None:
    assert cold_start.longer(numbers, LEAST, REPEATS, MUCH) == factor


def test_trainings_whose_instructions_do_not_grow_are_as_long_as_they_may_be() -> None:
    for numbers in ([7, 7, 7], [7, 6, 5]):
        assert cold_start.longer(numbers, LEAST, REPEATS, MUCH) >= MOST


def test_files_of_callgrind_are_read_by_their_labels_and_removed(tmp_path: Path) -> None:
    def write(number: int, cause: str, total: int) -> None:
        text = f"# callgrind format\ndesc: Trigger: {cause}\n\nevents: Ir\n0 {total}\n\ntotals: {total}\n"
        (tmp_path / f"counts.{number}").write_text(text, encoding="utf-8")

    write(1, "Client Request: 0", 5)
    write(2, "Client Request: 64", 1_000)
    write(3, "Client Request: 128", 2_000)
    write(4, "Program termination", 7)
    (tmp_path / "counts.5").write_text("events: Ir\n", encoding="utf-8")
    assert cold_start.totals(tmp_path / "counts") == {0: 5, 64: 1_000, 128: 2_000}
    assert [*tmp_path.iterdir()] == []
