"""A judge whose processes take as many CPU seconds as real ones did: what is told of its progress, and the truth."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import ParamSpec, TypeVar

from xorbench.contract import discover
from xorbench.judging import work
from xorbench.judging.grading import CHECKPOINTS, Exam
from xorbench.judging.questions import ProcessSpec, Question
from xorbench.judging.scope import DTYPES
from xorbench.judging.work import Costs, Tally
from xorbench.progress import Progress
from xorbench.suite.defaults import QUICK_POINTS
from xorbench.workloads import TUTORIAL, WORKLOADS

RECORDED = {
    "numpy_backprop": Costs(0.17, 0.01, 20e-6),
    "autograd_grad": Costs(0.8, 0.04, 220e-6),
    "casadi_gradient": Costs(0.2, 0.02, 20e-6),
    "jax_grad": Costs(0.9, 0.5, 30e-6),
    "numba_backprop": Costs(0.6, 0.5, 5e-6),
    "pytensor_grad": Costs(1.0, 0.15, 30e-6),
    "tensorflow_tape": Costs(3.2, 0.1, 320e-6),
    "tinygrad_jit": Costs(1.1, 4.4, 725e-6),
    "torch_autograd": Costs(1.3, 0.02, 132e-6),
    "torch_manual": Costs(1.3, 0.02, 30e-6),
    "torch_nn": Costs(1.8, 0.15, 207e-6),
    "torch_optim": Costs(2.4, 0.03, 132e-6),
}
"""The CPU seconds of the implementations of a run without options, in the order in which they are judged."""

OF_THE_POOL = 0.25
"""The CPU seconds of the true values, over those that are expected."""

P = ParamSpec("P")
T = TypeVar("T")

Event = tuple[float, Callable[[], object]]
"""CPU seconds, and what is told when they are used."""


@dataclass
class _Process:
    """A process on one CPU, and what it will do."""

    cpu: int
    events: deque[Event]
    left: float = 0.0


class Here(Executor):
    """Computes everything at once, here, and counts the calls."""

    def __init__(self) -> None:
        self.calls = 0

    def submit(self, function: Callable[P, T], /, *given: P.args, **named: P.kwargs) -> Future[T]:
        self.calls += 1
        done: Future[T] = Future()
        done.set_result(function(*given, **named))
        return done


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def quick_judge(
    shown: Progress, clock: Clock, cpus: int, slowness: float, costs: Mapping[str, Costs] = MappingProxyType(RECORDED)
) -> Iterator[float]:
    """Yield the time left that is told after each step of the judge of a quick run, while the clock goes on.

    CPU seconds take `slowness` times as long; the processes on one CPU share it.
    """
    about = {i.name: i for i in discover()}
    exams = [
        Exam(WORKLOADS[name], dtype, QUICK_POINTS, 0, False, CHECKPOINTS, True, name == "hidden", to_the_end=False)
        for name in TUTORIAL
        for dtype in DTYPES
    ]
    questions: dict[ProcessSpec, Sequence[Question[object]]] = {
        ProcessSpec(about[name]): [question for exam in exams for question in exam.questions] for name in costs
    }
    on_cores = sum(exam.work + len(costs) * exam.work_along for exam in exams)
    tally = Tally(questions, on_cores, cpus, clock)
    pool = [Future[None]() for _ in range(40)]
    tally.add_all(pool, [on_cores / len(pool)] * len(pool))
    processes = [
        _Process(number % cpus, deque(_events(tally, spec, costs[spec.implementation.name], several)))
        for number, (spec, several) in enumerate(questions.items())
    ]
    each = OF_THE_POOL * on_cores / len(pool)
    processes += [
        _Process(cpu, deque((each, partial(one.set_result, None)) for one in pool[cpu::cpus])) for cpu in range(cpus)
    ]
    with shown.stage("gradients", tally.seconds) as advance:
        while working := [process for process in processes if process.events]:
            sharing = [sum(process.cpu == cpu for process in working) for cpu in range(cpus)]
            needs = [(sharing[process.cpu] * (process.events[0][0] - process.left), process) for process in working]
            step, _ = min(needs, key=lambda need: need[0])
            clock.now += slowness * step
            for need, process in needs:
                process.left += step / sharing[process.cpu]
                if need <= step:
                    _, tell = process.events.popleft()
                    process.left = 0.0
                    tell()
            advance(*tally.step())
            yield shown.left


def _events(tally: Tally, spec: ProcessSpec, costs: Costs, questions: Sequence[Question[object]]) -> Iterator[Event]:
    """Yield what the process of an implementation tells, as `processes` hears it."""
    begin, answer = (lambda: tally.begin(spec)), (lambda: tally.answer(spec))
    yield 0.0, begin
    before = costs.start
    for question in questions:
        for part in work.parts(question, costs):
            yield before, begin
            before = part
        yield before, answer
        before = 0.0
