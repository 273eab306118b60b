"""Processes of their own: the silent, the dead and the talkative are told apart, and no process is left behind."""

import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import BASELINE, Variant, children_with
from xorbench.affinity import allowed_cpus
from xorbench.contract import Contract, read
from xorbench.judging import processes
from xorbench.judging.codec import decoded
from xorbench.judging.points import random_points
from xorbench.judging.processes import replies_to
from xorbench.judging.questions import ProcessSpec, Question, Reply, Surroundings
from xorbench.judging.tasks import GradientQuestion
from xorbench.judging.trouble import describe
from xorbench.workloads import WORKLOADS

NEURON = WORKLOADS["neuron"]
QUESTION = GradientQuestion([random_points(NEURON, "float64", 0, seed=0)], (1,), to_the_end=False)
GRADIENT = "    *layers, logits = forward(recipe, parameters, inputs)\n"
REFERENCE = ProcessSpec(BASELINE)


@dataclass(frozen=True)
class Surrounded:
    """What the process sees of its surroundings."""

    numbers: int = 100

    def ask(self, module: Contract, doing: Callable[[str], None]) -> tuple[int, str | None, list[int]]:  # noqa: ARG002
        return hash("xorbench"), os.environ.get("OMP_NUM_THREADS"), allowed_cpus()

    def received(self, text: str) -> tuple[int, str | None, list[int]]:
        return decoded(tuple[int, str | None, list[int]], text)


def hash_with(seed: int) -> int:
    """The hash of a text in a process with this seed of hashes."""
    script, variables = "print(hash('xorbench'))", os.environ | {"PYTHONHASHSEED": str(seed)}
    return int(subprocess.check_output([sys.executable, "-c", script], env=variables))


def still_answering() -> list[psutil.Process]:
    return children_with("xorbench.judging.process_main")


def answers(
    *specs: ProcessSpec,
    question: Question[object] = QUESTION,
    times: int = 1,
    patience: float = 60,
    say: Callable[[str], object] = lambda _line: None,
) -> list[Reply]:
    with replies_to({spec: [question] * times for spec in specs}, patience, say) as replies:
        return list(replies)


def reasons(replies: list[Reply], of: ProcessSpec) -> list[str | None]:
    return [reply.trouble.reason if reply.trouble else None for reply in replies if reply.spec is of]


@pytest.mark.slow
def test_one_that_never_answers_is_told_early_and_given_up(variant: Variant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "SECONDS_BETWEEN_WARNINGS", 1)
    warned: list[str] = []
    silent = ProcessSpec(read(variant("silent", (GRADIENT, "    while True: pass\n"))))
    found = answers(silent, REFERENCE, times=2, patience=3, say=warned.append)
    expected = (
        "no answer: silent for 3 s while computing gradients of neuron in float64, 4 samples, layers 2-1; "
        "a longer --time-limit of xorbench gradients allows more"
    )
    assert reasons(found, silent) == [expected] * 2
    assert [reply.trouble for reply in found if reply.spec is REFERENCE] == [None] * 2
    warning = r"silent is computing gradients of neuron in float64, .*, silent for \d s; it is ended after \d s more"
    assert any(re.fullmatch(warning, line) for line in warned)
    assert not still_answering()


def test_one_that_dies_leaves_the_others_their_answers(variant: Variant) -> None:
    dying = ProcessSpec(read(variant("dying", (GRADIENT, "    __import__('os').abort()\n"))))
    found = answers(dying, REFERENCE)
    assert reasons(found, dying) == [
        "no answer: its process ended with code -6 (SIGABRT) "
        "while computing gradients of neuron in float64, 4 samples, layers 2-1"
    ]
    assert reasons(found, REFERENCE) == [None]
    assert not still_answering()


def test_one_that_dies_on_import_is_told_from_one_that_dies_later(variant: Variant) -> None:
    dying = ProcessSpec(read(variant("dying", ("Parameters = list[Array]", "__import__('os')._exit(3)"))))
    assert reasons(answers(dying), dying) == [
        "no answer: its process ended with code 3 while importing the implementation"
    ]


WRITES = "__import__('os').write(2, b'torn\\x1b[31m\\n/some/folder/library.cc: no memory\\n \\n')"


@pytest.mark.parametrize(
    ("ends", "why"),
    [
        ("__import__('os').abort()", "its process ended with code -6 (SIGABRT)"),
        pytest.param("__import__('time').sleep(600)", "silent for 10 s", marks=pytest.mark.slow),
    ],
)
def test_what_a_process_wrote_to_standard_error_explains_its_end_and_is_shown_nowhere_else(
    variant: Variant, capfd: pytest.CaptureFixture[str], ends: str, why: str
) -> None:
    ending = ProcessSpec(read(variant("ending", (GRADIENT, f"    {WRITES}\n    {ends}\n"))))
    (reply,) = answers(ending, patience=10)
    assert reply.trouble
    assert reply.trouble.reason.startswith(f"no answer: {why} while computing gradients of neuron")
    assert reply.trouble.reason.endswith("; the last line that it wrote is 'library.cc: no memory'")
    assert reply.trouble.traceback == "Written by its process:\ntorn [31m\nlibrary.cc: no memory\n"
    assert capfd.readouterr() == ("", "")


def test_what_a_process_wrote_is_below_the_traceback_of_an_exception(variant: Variant) -> None:
    raising = ProcessSpec(read(variant("raising", (GRADIENT, f"    {WRITES}\n    raise ValueError('no')\n"))))
    (reply,) = answers(raising)
    assert reply.trouble
    assert reply.trouble.reason.startswith("ValueError: no (gradient, raising.py line ")
    assert reply.trouble.traceback.startswith("Traceback (most recent call last):\n")
    assert reply.trouble.traceback.endswith(
        "ValueError: no\nWritten by its process:\ntorn [31m\nlibrary.cc: no memory\n"
    )


def test_much_that_is_written_blocks_no_process(variant: Variant) -> None:
    loud = "__import__('os').write(2, b'x' * 2**20)"
    (reply,) = answers(ProcessSpec(read(variant("loud", (GRADIENT, f"    {loud}\n{GRADIENT}")))))
    assert reply.trouble is None


def test_leaving_early_ends_the_processes() -> None:
    with replies_to({REFERENCE: [QUESTION, QUESTION]}) as replies:
        next(replies)
        assert still_answering()
    assert not still_answering()


@pytest.mark.parametrize("how", ['print("hello")', '__import__("os").write(1, b"hello\\n")'])
def test_what_an_implementation_prints_is_kept_from_the_report(
    variant: Variant, capfd: pytest.CaptureFixture[str], how: str
) -> None:
    loud = ProcessSpec(read(variant("loud", (GRADIENT, f"    {how}\n{GRADIENT}"))))
    (reply,) = answers(loud)
    assert reply.answer is not None
    assert reply.printed.startswith("hello")
    assert capfd.readouterr().out == ""


@pytest.mark.parametrize("seed", [0, 1])
def test_processes_have_the_surroundings_that_are_asked_for(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent.parent), prepend=os.pathsep)  # where the question is
    before = dict(os.environ), allowed_cpus()
    threads = min(2, len(before[1]))
    question = Surrounded()
    (reply,) = answers(ProcessSpec(BASELINE, "somewhere", Surroundings(seed, threads)), question=question)
    found = reply.to(question)
    assert found is not None
    hashed, variable, cpus = found
    assert (hashed, variable, len(cpus)) == (hash_with(seed), str(threads), threads)
    assert (dict(os.environ), allowed_cpus()) == before


@dataclass
class Waiting:
    """A process of which only the number, the CPUs and the unanswered questions are known."""

    pid: int
    cpus: list[int]
    unanswered: list[int]

    @property
    def popen(self) -> "Waiting":
        return self


@given(st.integers(1, 4), st.lists(st.tuples(st.integers(0, 3), st.integers(1, 5)), max_size=12))
def test_no_cpu_is_idle_while_several_processes_share_another(cpus: int, several: list[tuple[int, int]]) -> None:
    waiting = [Waiting(pid, [cpu % cpus], [0] * questions) for pid, (cpu, questions) in enumerate(several)]
    both = Waiting(99, [0, cpus - 1], [0])
    moved: dict[int, int] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(processes, "set_affinity", moved.__setitem__)
        processes._spread(cast("list[processes._Process]", waiting), range(cpus))
        number = Counter(cpu for process in waiting for cpu in process.cpus)
        assert max(number[cpu] for cpu in range(cpus)) - min(number[cpu] for cpu in range(cpus)) <= 1
        assert all(process.cpus == [cpu] for process in waiting for pid, cpu in moved.items() if pid == process.pid)
        processes._spread(cast("list[processes._Process]", [both]), range(cpus))
    assert both.cpus == [0, cpus - 1]
    assert 99 not in moved


@pytest.mark.skipif(len(allowed_cpus()) < 2, reason="this machine has one CPU")
def test_a_process_that_is_moved_may_use_the_other_cpu_only() -> None:
    first, second = allowed_cpus()[:2]
    started = [processes._started(REFERENCE, [QUESTION], [first, second]) for _ in range(2)]
    try:
        processes._spread(started, [first, second])
        allowed = [psutil.Process(process.popen.pid).cpu_affinity() for process in started]
    finally:
        for process in started:
            process.close()
    assert sorted(filter(None, allowed)) == [[first], [second]]


def test_an_exception_is_one_line() -> None:
    assert describe(ValueError("two\n  lines")) == "ValueError: two lines"
    assert describe(KeyboardInterrupt()) == "KeyboardInterrupt"
