"""The judge: compares every implementation with the true gradient, and implementations with each other.

An entry is inside if its error is at most the bound on what rounding alone can cause. A NaN is never inside.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from typing import Any

from xorbench.contract import Implementation
from xorbench.cores import all_cores
from xorbench.judging.audit import POINTS as AUDITED
from xorbench.judging.audit import audit
from xorbench.judging.counterexample import CounterexampleQuestion, counterexample
from xorbench.judging.fault_study import plant_all
from xorbench.judging.grading import CHECKPOINTS, Exam
from xorbench.judging.points import affordable
from xorbench.judging.processes import SECONDS_TO_ANSWER, Question, Reply, Surroundings, Witness, asked
from xorbench.judging.reproducibility import ALL_AT_ONCE, PROBES, ConductQuestion, conduct, elsewhere
from xorbench.judging.tasks import TrajectoryQuestion
from xorbench.judging.trajectories import TRUE_EPOCHS, trajectories, true_trajectory
from xorbench.judging.truths import batches
from xorbench.record.report import FAILED, MISSING, OUTSIDE, Conduct, Judgement, Report
from xorbench.workloads import Workload
from xorbench.workloads.workload import Dtype

DTYPES: tuple[Dtype, ...] = ("float64", "float32")

SMALLEST = "the smallest example"

HERE = Surroundings()


@dataclass(frozen=True)
class Scope:
    """The dtypes, the checkpoints of training (in epochs) and the surroundings in which gradients are judged."""

    dtypes: Sequence[Dtype] = DTYPES
    checkpoints: Sequence[int] = CHECKPOINTS
    surroundings: Surroundings = HERE


EVERYTHING = Scope()


Stage = Callable[[str, int], AbstractContextManager[Callable[[], None]]]
"""A function `stage(name, steps)` that shows the progress of one stage; what it yields is called after each step."""


@contextmanager
def in_silence(_name: str, _steps: int) -> Iterator[Callable[[], None]]:
    """Yield a function that does nothing: a `Stage` that shows no progress."""
    yield lambda: None


def judge(
    implementations: Sequence[Implementation],
    workloads: Sequence[Workload],
    points: int,
    seed: int,
    thorough: bool = True,
    seconds_to_answer: float = SECONDS_TO_ANSWER,
    stage: Stage = in_silence,
    scope: Scope = EVERYTHING,
) -> Report:
    """Return the report on every implementation and workload, at `points` random points and the fixed ones.

    `thorough` adds what no verdict depends on: the audit of the oracle at more than one point, the accuracy in
    digits, planted faults, trajectories, and reproducibility in other processes. `seconds_to_answer` is how long an
    implementation may be silent. `stage` shows progress. `scope` sets dtypes, checkpoints and surroundings.
    """
    exams = [
        Exam(workload, dtype, points, seed, thorough, scope.checkpoints)
        for workload in workloads
        for dtype in scope.dtypes
    ]
    trainings = [TrajectoryQuestion(workload, workload.dtype) for workload in workloads] if thorough else []
    usable = [i for i in implementations if i.usable]
    questions: dict[Witness, Sequence[Question]] = {
        Witness(i, surroundings=scope.surroundings): [
            *(question for exam in exams for question in (exam.question, exam.conduct)),
            *trainings,
        ]
        for i in usable
    }
    put: dict[Question, Exam] = {exam.question: exam for exam in exams}
    again = [exam.conduct for exam in exams if exam.timed]
    places = elsewhere() if thorough else {}
    hearing = Hearing(implementations)
    if thorough:
        everything = places.pop(ALL_AT_ONCE)
        questions |= {Witness(i, ALL_AT_ONCE, everything): again for i in usable}
    with all_cores() as cores:
        with asked(questions, seconds_to_answer) as replies:
            with stage("true gradients", sum(len(list(batches(len(exam.points.rows)))) for exam in exams)) as advance:
                for exam in exams:
                    exam.find_truths(cores, advance)
            planted = plant_all(cores, DTYPES, seed) if thorough else []
            audits = [cores.submit(audit, e.workload, e.points.rows[: AUDITED if thorough else 1], seed) for e in exams]
            lengths = [affordable(training.workload, TRUE_EPOCHS) for training in trainings]
            true_paths = [cores.submit(true_trajectory, t.workload, n) for t, n in zip(trainings, lengths, strict=True)]
            with stage("gradients", sum(map(len, questions.values()))) as advance:
                for reply in replies:
                    hearing.note(reply)
                    if reply.question in put:
                        put[reply.question].follow(reply.witness.implementation.name, reply.answer, cores)
                    advance()
        differing = (
            [i for i in usable if not all(hearing.repeats(i, question) for question in again)] if thorough else []
        )
        further: dict[Witness, Sequence[Question]] = {
            Witness(i, place, made): again for i in differing for place, made in places.items()
        }
        wrong = {i.name: hearing.outside(i, exams) for i in usable} if thorough else {}
        smallest: dict[Witness, Sequence[CounterexampleQuestion]] = {
            Witness(i, SMALLEST): [CounterexampleQuestion(found.workload, found.dtype, found.points.rows[:1_000], seed)]
            for i in usable
            if (found := wrong.get(i.name))
        }
        with asked({**further, **smallest}, seconds_to_answer) as replies:
            for reply in replies:
                hearing.note(reply)
        return Report(
            seed=seed,
            points=points,
            rows=[row for i in implementations for exam in exams for row in hearing.verdicts(i, exam)],
            pairs=[pair for exam in exams for pair in exam.pairs(hearing.answers(exam.question))],
            endings=[ending for exam in exams for ending in exam.endings(hearing.answers(exam.question))],
            conduct=[hearing.conduct(i, exam) for i in implementations if i.usable for exam in exams],
            audits=[future.result() for future in audits],
            accuracy=[row for exam in exams if thorough for row in exam.accuracy(hearing.answers(exam.question))],
            faults=[future.result() for future in planted],
            trajectories=[
                row
                for training, path in zip(trainings, true_paths, strict=True)
                for row in trajectories(training.workload, hearing.answers(training), path.result())
            ],
            counterexamples=[
                counterexample(witness.implementation, question.workload.name, question.dtype, example)
                for witness, (question,) in smallest.items()
                if (example := hearing.answer(witness, question))
            ],
        )


class Hearing:
    """All replies, by implementation, place and question, and the verdicts on them."""

    def __init__(self, implementations: Sequence[Implementation]) -> None:
        self._names = [i.name for i in implementations]
        self._replies: dict[tuple[str, str, Question], Reply] = {}
        self._printed: dict[str, str] = {}
        self._verdicts: dict[tuple[str, Exam], list[Judgement]] = {}

    def note(self, reply: Reply) -> None:
        """Store `reply`. An implementation that prints to standard output once fails on every workload and dtype."""
        name = reply.witness.implementation.name
        self._replies[name, reply.witness.place, reply.question] = reply
        if reply.printed:
            self._printed.setdefault(name, reply.printed)

    def answers(self, question: Question) -> dict[str, Any]:
        """Return the answers to `question` by name of the implementation, without those that gave none."""
        replies = {name: self._replies.get((name, "here", question)) for name in self._names}
        return {name: reply.answer for name, reply in replies.items() if reply and reply.answer is not None}

    def answer(self, witness: Witness, question: Question) -> Any:
        """Return the answer of `witness` to `question`; None if it gave none."""
        return self._replies[witness.implementation.name, witness.place, question].answer

    def outside(self, implementation: Implementation, exams: Sequence[Exam]) -> Exam | None:
        """Return the first exam in which a gradient was outside its bound; None if there is none."""
        wrong = (e for e in exams if any(v.verdict == OUTSIDE for v in self.verdicts(implementation, e)))
        return next(wrong, None)

    def verdicts(self, implementation: Implementation, exam: Exam) -> list[Judgement]:
        """Return the judgement on every parameter tensor; those of a broken or missing implementation say so."""
        if implementation.broken:
            return exam.no_verdicts(implementation.name, FAILED, implementation.broken)
        if implementation.missing:
            return exam.no_verdicts(implementation.name, MISSING, implementation.missing)
        key = implementation.name, exam
        if key not in self._verdicts:
            self._verdicts[key] = exam.verdicts(implementation.name, self._replies[*key[:1], "here", exam.question])
        return self._verdicts[key]

    def repeats(self, implementation: Implementation, question: ConductQuestion) -> bool:
        """Return whether the bits were the same with process, hash seed and number of threads changed at once."""
        replies = self._places(implementation.name, question)
        here = replies["here"].answer
        return here is not None and bool(here.repeats(replies[ALL_AT_ONCE].answer))

    def _places(self, name: str, question: Question) -> dict[str, Reply]:
        """Return the replies of the implementation `name` to `question`, by place."""
        return {place: r for (who, place, what), r in self._replies.items() if (who, what) == (name, question)}

    def conduct(self, implementation: Implementation, exam: Exam) -> Conduct:
        """Return the verdict on the reproducibility and purity of `implementation` in `exam`."""
        name, bound = implementation.name, exam.truths.bound[:PROBES]
        before = self._replies[name, "here", exam.question].answer
        earlier = before.gradients.rows[:PROBES] if before is not None else None
        found = conduct(name, exam.conduct, self._places(name, exam.conduct), earlier, bound)
        if name not in self._printed:
            return found
        reasons = [f"it prints to standard output: {self._printed[name]!r}", *([found.reason] if found.reason else [])]
        return replace(found, verdict=FAILED, reason="; ".join(reasons))
