"""The judge: compares every implementation with the true gradient, and implementations with each other.

An entry is inside if its error is at most the bound on what rounding alone can cause. A NaN is never inside.
"""

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from xorbench.contract import REFERENCE, Implementation, discover
from xorbench.cores import all_cores
from xorbench.environment import allowed_cpus
from xorbench.failure import HarnessError
from xorbench.judging import work
from xorbench.judging.audit import POINTS as AUDITED
from xorbench.judging.audit import audit
from xorbench.judging.counterexample import CounterexampleQuestion, counterexample
from xorbench.judging.fault_study import plant_all
from xorbench.judging.grading import CHECKPOINTS, Exam
from xorbench.judging.mistakes import named
from xorbench.judging.points import Points, affordable, random_points
from xorbench.judging.processes import SECONDS_TO_ANSWER, Question, Reply, Surroundings, Witness, asked
from xorbench.judging.reproducibility import ALL_AT_ONCE, ConductQuestion, conduct, elsewhere
from xorbench.judging.tasks import GradientAnswer, TrajectoryQuestion
from xorbench.judging.trajectories import TRUE_EPOCHS, trajectories, true_trajectory
from xorbench.progress import Stage, in_silence
from xorbench.record.report import FAILED, MISSING, OUTSIDE, Conduct, Judgement, Mistake, Report
from xorbench.workloads import Workload
from xorbench.workloads.workload import Dtype

DTYPES: tuple[Dtype, ...] = ("float64", "float32")

SMALLEST = "the smallest example"

MOST_WRONG_POINTS = 1_000
"""The largest number of points from which a smallest example is searched."""

HERE = Surroundings()

A = TypeVar("A")


@dataclass(frozen=True)
class Scope:
    """The dtypes, the checkpoints of training (in epochs) and the surroundings in which gradients are judged.

    With `varied`, real data, special parameters, extreme logits, updates, and for some workloads other numbers of
    samples and units are judged, too. Without `to_the_end` the ends of trainings are not. With `brief`, the dtype in
    which a workload is not timed is judged for one workload of each activation, loss and number of layers, and nothing
    is trained in it.
    """

    dtypes: Sequence[Dtype] = DTYPES
    checkpoints: Sequence[int] = CHECKPOINTS
    surroundings: Surroundings = HERE
    varied: bool = True
    to_the_end: bool = True
    brief: bool = False


EVERYTHING = Scope()

BRIEF = Scope(checkpoints=CHECKPOINTS[:-1], to_the_end=False, brief=True)
"""The scope of --quick: all verdicts that decide whether an implementation is timed, but for the ends of trainings."""


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

    `thorough` adds what no verdict depends on: the audit of the oracle at more than one point, the accuracy in
    digits, planted faults, trajectories, and reproducibility in other processes. `seconds_to_answer` is how long an
    implementation may be silent. `stage` shows the progress, see `progress.Stage`. `scope` sets dtypes, checkpoints and
    surroundings. `heard` is called with each reply, and `say` with a line on each implementation that is slow.

    Raises HarnessError if the reference or a process of the judge fails: then there is no verdict.
    """
    reshaped = _one_of_each(workloads, _kind) if scope.varied else []
    in_both = _one_of_each(workloads, _kind_and_layers) if scope.brief else workloads
    exams = [
        Exam(
            workload,
            dtype,
            points,
            seed,
            thorough,
            scope.checkpoints,
            scope.varied,
            workload in reshaped,
            scope.to_the_end,
            trained=not scope.brief or dtype == workload.dtype,
        )
        for workload in workloads
        for dtype in scope.dtypes
        if dtype == workload.dtype or workload in in_both
    ]
    trainings = [TrajectoryQuestion(workload, workload.dtype) for workload in workloads] if thorough else []
    usable = [i for i in implementations if i.usable]
    questions: dict[Witness, Sequence[Question[object]]] = {
        Witness(i, surroundings=scope.surroundings): [
            *(question for exam in exams for question in exam.questions),
            *trainings,
        ]
        for i in usable
    }
    if all(i.name != REFERENCE for i in implementations):
        reference = next(i for i in discover() if i.name == REFERENCE)
        questions[Witness(reference)] = [*(exam.question for exam in exams if exam.timed), *trainings]
    put: dict[Question[object], Exam] = {exam.question: exam for exam in exams}
    again = [exam.conduct for exam in exams if exam.timed and exam.conduct]
    places = elsewhere() if thorough else {}
    hearing = Hearing([i.name for i in implementations], heard)
    if thorough:
        everything = places.pop(ALL_AT_ONCE)
        questions |= {Witness(i, ALL_AT_ONCE, everything): again for i in usable}
    audited = [random_points(e.workload, e.dtype, AUDITED - 1 if thorough else 0, seed).rows for e in exams]
    lengths = [affordable(training.workload, TRUE_EPOCHS) for training in trainings]
    of_audits = [work.of_audit(e.workload, len(rows)) for e, rows in zip(exams, audited, strict=True)]
    of_paths = [work.of_points(t.workload, length) for t, length in zip(trainings, lengths, strict=True)]
    of_truths = [exam.work + len(usable) * exam.work_along for exam in exams]
    of_faults = work.OF_PLANTED_FAULTS if thorough else 0.0
    on_cores = sum([*of_truths, *of_audits, *of_paths, of_faults])
    tally = work.Tally(questions, on_cores, len(allowed_cpus()))
    with all_cores() as cores, stage("gradients", tally.seconds) as advance:

        def begins(witness: Witness) -> None:
            tally.begin(witness)
            advance(*tally.step())

        with asked(questions, seconds_to_answer, say, begins) as replies:
            true_paths = [cores.submit(true_trajectory, t.workload, n) for t, n in zip(trainings, lengths, strict=True)]
            for exam in sorted(exams, key=lambda exam: -exam.work):  # the longest first, so that no core ends late
                exam.find_truths(cores, tally)
            audits = [cores.submit(audit, e.workload, rows, seed) for e, rows in zip(exams, audited, strict=True)]
            planted = plant_all(cores, DTYPES, seed) if thorough else []
            tally.add_all(true_paths, of_paths)
            tally.add_all(audits, of_audits)
            tally.add_all(planted, [of_faults / len(planted)] * len(planted) if planted else [])
            for reply in replies:
                hearing.note(reply)
                if of := put.get(reply.question):
                    of.follow(reply.witness.implementation.name, reply.to(of.question), cores, tally)
                tally.answer(reply.witness)
                advance(*tally.step())
        for step in tally.wait():
            advance(*step)
        differing = (
            [i for i in usable if not all(hearing.repeats(i, question) for question in again)] if thorough else []
        )
        further: dict[Witness, Sequence[Question[object]]] = {
            Witness(i, place, made): again for i in differing for place, made in places.items()
        }
        wrong = {i.name: hearing.wrong_points(i, exams) for i in usable} if thorough else {}
        smallest: dict[Witness, Sequence[CounterexampleQuestion]] = {
            Witness(i, SMALLEST): [CounterexampleQuestion(found, seed)] for i in usable if (found := wrong.get(i.name))
        }
        shown = [
            (i.name, exam, cores.submit(named, answered))
            for i in usable
            for exam in exams
            if any(row.verdict == OUTSIDE for row in hearing.verdicts(i, exam))
            and (answered := exam.answered(i.name, *hearing.replies(i.name, exam)))
        ]
        with asked({**further, **smallest}, seconds_to_answer, say) as replies:
            for reply in replies:
                hearing.note(reply)
        return Report(
            seed=seed,
            points=points,
            rows=[row for i in implementations for exam in exams for row in hearing.verdicts(i, exam)],
            pairs=[pair for exam in exams for pair in exam.pairs(hearing.inside(exam))],
            endings=[
                ending
                for exam in exams
                for ending in exam.endings(hearing.answers(exam.question))
                if ending.implementation in hearing.names
            ],
            conduct=[row for i in implementations if i.usable for exam in exams for row in hearing.conduct(i, exam)],
            audits=[future.result() for future in audits],
            accuracy=[row for exam in exams if thorough for row in exam.accuracy(hearing.answers(exam.question))],
            faults=[future.result() for future in planted],
            trajectories=[
                row
                for training, path in zip(trainings, true_paths, strict=True)
                for row in trajectories(training.workload, hearing.answers(training), path.result())
                if row.implementation in hearing.names
            ],
            counterexamples=[
                counterexample(witness.implementation, question.workload, question.dtype, example)
                for witness, (question,) in smallest.items()
                if (example := hearing.answer(witness, question))
            ],
            asked=[row for exam in exams for row in exam.asked()],
            biases=[row for exam in exams for row in exam.biases(hearing.judged_answers(exam.question))],
            mistakes=[
                Mistake(name, exam.workload.name, exam.dtype, text)
                for name, exam, found in shown
                if (text := found.result())
            ],
        )


def _kind(workload: Workload) -> tuple[str, str]:
    return workload.recipe.activation, workload.recipe.loss


def _kind_and_layers(workload: Workload) -> tuple[str, str, int]:
    return *_kind(workload), len(workload.layer_sizes)


def _one_of_each(workloads: Sequence[Workload], kind: Callable[[Workload], Hashable]) -> list[Workload]:
    """Return a workload of each kind: the first of those with the most layers."""
    found: dict[Hashable, Workload] = {}
    for workload in sorted(workloads, key=lambda workload: -len(workload.layer_sizes)):
        found.setdefault(kind(workload), workload)
    return list(found.values())


class Hearing:
    """All replies, by implementation, place and question, and the verdicts on them."""

    def __init__(self, names: Sequence[str], heard: Callable[[Reply], object] = lambda _reply: None) -> None:
        self.names = names
        self._heard = heard
        self._replies: dict[tuple[str, str, Question[object]], Reply] = {}
        self._printed: dict[str, str] = {}
        self._verdicts: dict[tuple[str, Exam], list[Judgement]] = {}

    def note(self, reply: Reply) -> None:
        """Store `reply`. An implementation that prints to standard output once fails on every workload and dtype.

        Raises HarnessError if the reference has trouble.
        """
        name = reply.witness.implementation.name
        self._heard(reply)
        if name == REFERENCE and reply.troubles:
            raise HarnessError(f"the reference, {REFERENCE}, failed: {reply.troubles[0].reason}")
        self._replies[name, reply.witness.place, reply.question] = reply
        if reply.printed:
            self._printed.setdefault(name, reply.printed)

    def answers(self, question: Question[A]) -> dict[str, A]:
        """Return the answers to `question` by name of the implementation, also of the reference where it is not judged.

        Those that gave none are left out.
        """
        replies = {
            name: self._replies.get((name, "here", question)) for name in dict.fromkeys((*self.names, REFERENCE))
        }
        answers = {name: reply.to(question) for name, reply in replies.items() if reply}
        return {name: answer for name, answer in answers.items() if answer is not None}

    def judged_answers(self, question: Question[A]) -> dict[str, A]:
        """Return the answers to `question` of the implementations that are judged, by name."""
        return {name: answer for name, answer in self.answers(question).items() if name in self.names}

    def inside(self, exam: Exam) -> dict[str, GradientAnswer]:
        """Return the answers to the question of `exam` of those implementations of which none is outside."""
        outside = {
            name
            for (name, of), rows in self._verdicts.items()
            if of is exam and any(r.verdict == OUTSIDE for r in rows)
        }
        return {name: answer for name, answer in self.judged_answers(exam.question).items() if name not in outside}

    def answer(self, witness: Witness, question: Question[A]) -> A | None:
        """Return the answer of `witness` to `question`; None if it gave none."""
        return self._replies[witness.implementation.name, witness.place, question].to(question)

    def wrong_points(self, implementation: Implementation, exams: Sequence[Exam]) -> Points | None:
        """Return points of the first exam at which an answer was outside its bound; None if there are none."""
        answers = ((exam, self.answer(Witness(implementation), exam.question)) for exam in exams)
        found = (exam.wrong_points(answer, MOST_WRONG_POINTS) for exam, answer in answers if answer is not None)
        return next((points for points in found if points is not None), None)

    def verdicts(self, implementation: Implementation, exam: Exam) -> list[Judgement]:
        """Return the judgement on every parameter tensor; those of a broken or missing implementation say so."""
        if implementation.broken:
            return exam.no_verdicts(implementation.name, FAILED, implementation.broken)
        if implementation.missing:
            return exam.no_verdicts(implementation.name, MISSING, implementation.missing)
        key = implementation.name, exam
        if key not in self._verdicts:
            self._verdicts[key] = exam.verdicts(implementation.name, *self.replies(implementation.name, exam))
        return self._verdicts[key]

    def replies(self, name: str, exam: Exam) -> list[Reply]:
        """Return the replies of the implementation `name` to the questions of `exam` on numbers."""
        return [self._replies[name, "here", question] for question in (exam.question, exam.update) if question]

    def repeats(self, implementation: Implementation, question: ConductQuestion) -> bool:
        """Return whether the bits were the same with process, hash seed and number of threads changed at once."""
        replies = self._places(implementation.name, question)
        here = replies["here"].to(question)
        return here is not None and bool(here.repeats(replies[ALL_AT_ONCE].to(question)))

    def _places(self, name: str, question: Question[object]) -> dict[str, Reply]:
        """Return the replies of the implementation `name` to `question`, by place."""
        return {place: r for (who, place, what), r in self._replies.items() if (who, what) == (name, question)}

    def conduct(self, implementation: Implementation, exam: Exam) -> Iterator[Conduct]:
        """Yield the verdict on the reproducibility and purity of `implementation`, if it is judged in `exam`."""
        if exam.conduct is None:
            return
        name, bound = implementation.name, exam.truths[0].bound[exam.probes, : len(exam.workload.entries)]
        before = self.answer(Witness(implementation), exam.question)
        first = before.given[0] if before else None
        earlier = first.rows[exam.probes, : len(exam.workload.entries)] if first else None
        found = conduct(name, exam.conduct, self._places(name, exam.conduct), earlier, bound)
        found = replace(found, decides=exam.timed)
        if name in self._printed:
            printed = f"it prints to standard output: {self._printed[name]!r}"
            found = replace(found, verdict=FAILED, reason="; ".join(filter(None, [printed, found.reason])))
        yield found
