"""The judge: compares every implementation with the true gradient, and implementations with each other.

An entry is inside if its error is at most the bound on what rounding alone can cause. A NaN is never inside.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, replace

from xorbench.affinity import allowed_cpus
from xorbench.contract import REFERENCE, Implementation, discover
from xorbench.cores import all_cores
from xorbench.judging import work
from xorbench.judging.audit import POINTS as AUDITED
from xorbench.judging.audit import audit
from xorbench.judging.counterexample import CounterexampleQuestion
from xorbench.judging.endings import endings
from xorbench.judging.example_script import counterexample
from xorbench.judging.fault_study import plant_all
from xorbench.judging.grading import Exam
from xorbench.judging.mistakes import named
from xorbench.judging.points import Numbers, affordable, random_points
from xorbench.judging.processes import SECONDS_TO_ANSWER, replies_to
from xorbench.judging.questions import ProcessSpec, Question, Reply
from xorbench.judging.replies import Replies
from xorbench.judging.reproducibility import ALL_AT_ONCE, elsewhere
from xorbench.judging.scope import DTYPES, EVERYTHING, Scope, exams
from xorbench.judging.tasks import TrajectoryQuestion
from xorbench.judging.trajectories import TRUE_EPOCHS, trajectories, true_trajectory
from xorbench.progress import Stage, in_silence
from xorbench.record.report import OUTSIDE, Audit, Mistake, PlantedFault, Report
from xorbench.workloads import Workload

SMALLEST = "the smallest example"


def judge(
    implementations: Sequence[Implementation],
    workloads: Sequence[Workload],
    points: int,
    seed: int,
    thorough: bool = True,
    seconds_to_answer: float = SECONDS_TO_ANSWER,
    stage: Stage = in_silence,
    scope: Scope = EVERYTHING,
    heard: Callable[[Reply], object] = lambda _reply: None,
    say: Callable[[str], object] = lambda _line: None,
) -> Report:
    """Return the report on every implementation and workload, at `points` random points and the fixed ones.

    The reference is asked, too, if it is not among `implementations`: trainings are compared with it.

    `thorough` adds points whose output saturates, more other shapes, and reproducibility in other processes, on which
    verdicts may depend, and the audit of the oracle at more than one point, the accuracy in digits, planted faults,
    trajectories and smallest failing examples, on which none does. `seconds_to_answer` is how long an
    implementation may be silent. `stage` shows the progress, see `progress.Stage`. `scope` sets dtypes, checkpoints and
    surroundings. `heard` is called with each reply, and `say` with a line on each implementation that is slow.

    Raises HarnessError if the reference or a process of the judge fails: then there is no verdict.
    """
    judging = _Judging(implementations, workloads, points, seed, thorough, scope)
    replies = Replies([i.name for i in implementations], heard)
    questions = judging.questions()
    tally = work.Tally(questions, judging.seconds_on_cores, len(allowed_cpus()))
    with all_cores() as cores, stage("gradients", tally.seconds) as advance:

        def begins(spec: ProcessSpec) -> None:
            tally.begin(spec)
            advance(*tally.step())

        with replies_to(questions, seconds_to_answer, say, begins) as arriving:
            computed = judging.compute(cores, tally)
            for reply in arriving:
                replies.note(reply)
                judging.follow(reply, cores, tally)
                tally.answer(reply.spec)
                advance(*tally.step())
        for step in tally.wait():
            advance(*step)
        smallest = judging.smallest(replies)
        named_mistakes = judging.named_mistakes(replies, cores)
        with replies_to({**judging.in_other_surroundings(replies), **smallest}, seconds_to_answer, say) as arriving:
            for reply in arriving:
                replies.note(reply)
        return replace(
            judging.report(replies, computed),
            counterexamples=[
                counterexample(spec.implementation, question.workload, question.dtype, example)
                for spec, (question,) in smallest.items()
                if (example := replies.answer(spec, question))
            ],
            mistakes=[
                Mistake(name, exam.workload.name, exam.dtype, text)
                for name, exam, found in named_mistakes
                if (text := found.result())
            ],
        )


@dataclass(frozen=True)
class _Computed:
    """What is computed on all cores while processes answer: audits, planted faults, and true trajectories."""

    audits: "Sequence[Future[Audit]]"
    faults: "Sequence[Future[PlantedFault]]"
    true_paths: "Sequence[Future[tuple[Numbers, Numbers]]]"


class _Judging:
    """The exams, the questions and the computations of one call of `judge`, whose arguments it has."""

    def __init__(
        self,
        implementations: Sequence[Implementation],
        workloads: Sequence[Workload],
        points: int,
        seed: int,
        thorough: bool,
        scope: Scope,
    ) -> None:
        self._implementations = implementations
        self._usable = [i for i in implementations if i.usable]
        self._points, self._seed, self._thorough, self._scope = points, seed, thorough, scope
        self._exams = exams(workloads, points, seed, thorough, scope)
        self._by_question: dict[Question[object], Exam] = {exam.question: exam for exam in self._exams}
        self._trainings = [TrajectoryQuestion(workload, workload.dtype) for workload in workloads] if thorough else []
        self._repeated = [exam.conduct for exam in self._exams if exam.timed and exam.conduct]
        self._places = elsewhere() if thorough else {}
        others = AUDITED - 1 if thorough else 0
        self._audited = [random_points(e.workload, e.dtype, others, seed).rows for e in self._exams]
        self._lengths = [affordable(training.workload, TRUE_EPOCHS) for training in self._trainings]
        self._of_audits = [work.of_audit(e.workload, len(r)) for e, r in zip(self._exams, self._audited, strict=True)]
        self._of_paths = [
            work.of_points(t.workload, length) for t, length in zip(self._trainings, self._lengths, strict=True)
        ]
        self._of_faults = work.OF_PLANTED_FAULTS if thorough else 0.0

    @property
    def seconds_on_cores(self) -> float:
        """The expected seconds of one CPU for everything that is computed beside the processes."""
        of_truths = [exam.work + len(self._usable) * exam.work_along for exam in self._exams]
        return sum([*of_truths, *self._of_audits, *self._of_paths, self._of_faults])

    def questions(self) -> dict[ProcessSpec, Sequence[Question[object]]]:
        """Return the first questions to each process; those to the reference are among them if it is not judged."""
        found: dict[ProcessSpec, Sequence[Question[object]]] = {
            ProcessSpec(i, surroundings=self._scope.surroundings): [
                *(question for exam in self._exams for question in exam.questions),
                *self._trainings,
            ]
            for i in self._usable
        }
        if all(i.name != REFERENCE for i in self._implementations):
            reference = next(i for i in discover() if i.name == REFERENCE)
            found[ProcessSpec(reference)] = [*(e.question for e in self._exams if e.timed), *self._trainings]
        if self._thorough:
            found |= {ProcessSpec(i, ALL_AT_ONCE, self._places[ALL_AT_ONCE]): self._repeated for i in self._usable}
        return found

    def compute(self, cores: Executor, tally: work.Tally) -> _Computed:
        """Begin the computation of true values and of all that does not depend on answers, on all cores."""
        paths = [
            cores.submit(true_trajectory, t.workload, length)
            for t, length in zip(self._trainings, self._lengths, strict=True)
        ]
        for exam in sorted(self._exams, key=lambda exam: -exam.work):  # the longest first, so that no core ends late
            exam.find_truths(cores, tally)
        audits = [
            cores.submit(audit, e.workload, rows, self._seed)
            for e, rows in zip(self._exams, self._audited, strict=True)
        ]
        faults = plant_all(cores, DTYPES, self._seed) if self._thorough else []
        tally.add_all(paths, self._of_paths)
        tally.add_all(audits, self._of_audits)
        tally.add_all(faults, [self._of_faults / len(faults)] * len(faults) if faults else [])
        return _Computed(audits, faults, paths)

    def follow(self, reply: Reply, cores: Executor, tally: work.Tally) -> None:
        """Begin the computation of true values that depend on a reply."""
        if exam := self._by_question.get(reply.question):
            exam.follow(reply.spec.implementation.name, reply.to(exam.question), cores, tally)

    def in_other_surroundings(self, replies: Replies) -> dict[ProcessSpec, Sequence[Question[object]]]:
        """Return the questions that find out which change of surroundings changes the bits of a gradient."""
        if not self._thorough:
            return {}
        differing = [i for i in self._usable if not all(replies.repeats(i, question) for question in self._repeated)]
        places = {place: there for place, there in self._places.items() if place != ALL_AT_ONCE}
        return {ProcessSpec(i, place, there): self._repeated for i in differing for place, there in places.items()}

    def smallest(self, replies: Replies) -> dict[ProcessSpec, Sequence[CounterexampleQuestion]]:
        """Return the questions that search for the smallest example of each wrong gradient."""
        wrong = {i: replies.wrong_points(i, self._exams) for i in self._usable} if self._thorough else {}
        return {
            ProcessSpec(i, SMALLEST): [CounterexampleQuestion(points, self._seed)]
            for i, points in wrong.items()
            if points
        }

    def named_mistakes(self, replies: Replies, cores: Executor) -> "list[tuple[str, Exam, Future[str | None]]]":
        """Begin to compare wrong answers with known mistakes; return for each implementation and exam its sentence."""
        return [
            (i.name, exam, cores.submit(named, answered))
            for i in self._usable
            for exam in self._exams
            if any(row.verdict == OUTSIDE for row in replies.verdicts(i, exam))
            and (answered := exam.answered(i.name, *replies.of_exam(i.name, exam)))
        ]

    def report(self, replies: Replies, computed: _Computed) -> Report:
        """Return the report without counterexamples and mistakes; it waits for what is `computed`."""
        exams = self._exams
        return Report(
            seed=self._seed,
            points=self._points,
            rows=[row for i in self._implementations for exam in exams for row in replies.verdicts(i, exam)],
            pairs=[pair for exam in exams for pair in exam.pairs(replies.inside(exam))],
            endings=[
                ending
                for exam in exams
                for ending in endings(exam.workload, exam.dtype, replies.answers(exam.question))
                if ending.implementation in replies.names
            ],
            conduct=[row for i in self._usable for exam in exams for row in replies.conduct(i, exam)],
            audits=[future.result() for future in computed.audits],
            accuracy=[row for exam in exams if self._thorough for row in exam.accuracy(replies.answers(exam.question))],
            faults=[future.result() for future in computed.faults],
            trajectories=[
                row
                for training, path in zip(self._trainings, computed.true_paths, strict=True)
                for row in trajectories(training.workload, replies.answers(training), path.result())
                if row.implementation in replies.names
            ],
            asked=[row for exam in exams for row in exam.asked()],
            biases=[row for exam in exams for row in exam.biases(replies.judged_answers(exam.question))],
        )
