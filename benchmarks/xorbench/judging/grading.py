"""Grading on one workload at one dtype: the questions to every implementation, and the verdicts on its answers."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future
from functools import cached_property

import numpy as np

from xorbench.judging import work
from xorbench.judging.accuracy import accuracy
from xorbench.judging.answers import Given, answers
from xorbench.judging.bias import factor
from xorbench.judging.error_stats import finite
from xorbench.judging.judgements import Sheet, judgements
from xorbench.judging.mistakes import Answers, of_updates
from xorbench.judging.points import Points, affordable, shaped_points, shared_points
from xorbench.judging.questions import Question, Reply
from xorbench.judging.reproducibility import PROBES, ConductQuestion
from xorbench.judging.tasks import GradientAnswer, GradientQuestion
from xorbench.judging.truths import Truths, inside, joined, submitted, truths_here
from xorbench.judging.update_task import PHASES, UpdateQuestion, update_layout
from xorbench.judging.updates import starts, update_truths
from xorbench.judging.work import Tally
from xorbench.record.parts import Verdict
from xorbench.record.report import INSIDE, OUTSIDE, Accuracy, Asked, Bias, Judgement, Pair
from xorbench.workloads import Array, Workload
from xorbench.workloads.workload import Dtype

CHECKPOINTS = (1, 10, 100, 1_000)


class Exam:
    """One workload at one dtype: its points, its questions, and the verdicts on the answers.

    All implementations share the points, at the workload's own shape and, with `reshaped`, at others; further points
    lie along the training of each implementation, at the last of `checkpoints` (epochs), as many as `affordable`
    allows. At the dtype that is timed, with `to_the_end` the end of training is judged, and with `varied` its first
    epochs. Without `trained`, nothing that takes a training is asked at all, nor whether bits repeat.
    """

    def __init__(
        self,
        workload: Workload,
        dtype: Dtype,
        points: int,
        seed: int,
        thorough: bool,
        checkpoints: Sequence[int],
        varied: bool,
        reshaped: bool,
        to_the_end: bool = True,
        trained: bool = True,
    ) -> None:
        self.workload = workload
        self.dtype = dtype
        self.timed = dtype == workload.dtype
        self.batches = [shared_points(workload, dtype, points, seed, thorough, varied)]
        if reshaped and self.timed:
            self.batches += shaped_points(workload, dtype, seed, thorough)
        self.points = self.batches[0]
        last = checkpoints[-affordable(workload, len(checkpoints), least=1) :] if trained else ()
        self.question = GradientQuestion(self.batches, last, to_the_end=to_the_end and trained and self.timed)
        self.update = UpdateQuestion(starts(workload, dtype, seed)) if varied and trained and self.timed else None
        usual = [number for number, problem in enumerate(self.points.problems) if problem is workload]
        self.probes = usual[:PROBES]
        self.conduct = ConductQuestion(workload, dtype, self.points.rows[self.probes]) if trained else None
        self._at: dict[bytes, Future[Truths]] = {}
        self._along: dict[str, list[Future[Truths]]] = {}
        self._truths: list[list[Future[Truths]]] = []
        self._update_truths: list[Future[Truths]] = []

    @property
    def questions(self) -> Sequence[Question[object]]:
        """The questions to every implementation."""
        return self.question, *([self.conduct] if self.conduct else []), *([self.update] if self.update else [])

    def find_truths(self, cores: Executor, tally: Tally) -> None:
        """Submit the computation of the true values at the shared points to `cores`, and note it in `tally`."""
        for points in self.batches:
            of_batch = submitted(points, cores)
            work_of_batch = work.of_points(points.workload, len(points)) / len(of_batch)
            tally.add_all(of_batch, [work_of_batch] * len(of_batch))
            self._truths.append(of_batch)
        if self.update:
            starts = self.update.points
            self._update_truths = [cores.submit(update_truths, starts[n : n + 1]) for n in range(len(starts))]
            tally.add_all(self._update_truths, [self._work_of_updates / len(starts)] * len(starts))

    @cached_property
    def truths(self) -> list[Truths]:
        """The true values at the shared points, for each batch of points, once they are found."""
        return [joined(of_batch) for of_batch in self._truths]

    def follow(self, implementation: str, answer: GradientAnswer | None, cores: Executor, tally: Tally) -> None:
        """Submit the computation of the true values along the training of `implementation` to `cores`.

        Where several implementations reach the same bits, the true values are computed once.
        """
        if answer is None or not len(answer.path):
            return
        path = self.question.path(answer.path)
        bits = [row.tobytes() for row in path.rows]
        for number, key in enumerate(bits):
            if key not in self._at:
                self._at[key] = cores.submit(truths_here, path[number : number + 1])
        found = self._along[implementation] = [self._at[key] for key in bits]
        tally.add_all(found, [self.work_along / len(found)] * len(found))

    @property
    def work(self) -> float:
        """The expected work of the true values at the shared points and of the updates."""
        return self._work_of_updates + sum(work.of_points(points.workload, len(points)) for points in self.batches)

    @property
    def work_along(self) -> float:
        """The expected work of the true values along one training."""
        return work.of_points(self.workload, len(self.question.checkpoints))

    @property
    def _work_of_updates(self) -> float:
        epochs = max(epochs for _, epochs in PHASES)
        return work.of_points(self.workload, len(self.update.points) * epochs) if self.update else 0.0

    def verdicts(self, implementation: str, reply: Reply, update: Reply | None = None) -> list[Judgement]:
        """Return one judgement for each parameter tensor, the predictions, the loss, and each phase of training.

        `update` is the reply to `update`, None where training is not judged.
        """
        if found := reply.trouble:
            return self.no_verdicts(implementation, found.verdict, found.reason)
        answer = reply.to(self.question)
        assert answer is not None  # because there was no trouble
        about = implementation, self.workload, self.dtype
        judged = judgements(*about, self._sheets(implementation, answer), answer.trouble)
        if update is None or self.update is None:
            return judged
        if found := update.trouble:
            return [*judged, *self._no_verdicts(implementation, self._phases(), found.verdict, found.reason)]
        points, updated = self.update.points, update.to(self.update)
        assert updated is not None
        sheet = Sheet(update_layout(self.workload), points.labels, updated, joined(self._update_truths))
        return [*judged, *judgements(*about, [sheet], None)]

    def _sheets(self, implementation: str, answer: GradientAnswer) -> list[Sheet]:
        found = [Sheet(points.layout, points.labels, given, truth) for points, given, truth in self._answered(answer)]
        if implementation in self._along:
            path = self.question.path(answer.path)
            truth = joined(self._along[implementation])
            found.append(Sheet(path.layout, path.labels, answer.of_path, truth))
        return found

    def _answered(self, answer: GradientAnswer) -> Iterator[tuple[Points, Given, Truths]]:
        """Yield the shared points that were answered, by batch, with the answers and the truth."""
        for points, given, truth in zip(self.batches, answer.given, self.truths, strict=True):
            if given is not None and given.unanswered:
                there, kept = given.answered(len(points))
                yield points.chosen(kept), there, Truths(truth.high[kept], truth.low[kept], truth.bound[kept])
            elif given is not None:
                yield points, given, truth

    def answered(self, implementation: str, reply: Reply, update: Reply | None = None) -> list[Answers]:
        """Return all well-formed answers of an implementation with the truth, to find out which mistake they show."""
        answer = reply.to(self.question)
        if answer is None:
            return []
        rows = [*self._answered(answer)]
        if implementation in self._along:
            rows.append((self.question.path(answer.path), answer.of_path, joined(self._along[implementation])))
        found = [
            Answers(points, points.layout, given.rows, truth, answers)
            for points, given, truth in rows
            if not given.complaints
        ]
        updated = update.to(self.update) if update and self.update else None
        if self.update and updated and not updated.complaints:
            points, truth = self.update.points, joined(self._update_truths)
            found.append(Answers(points, update_layout(self.workload), updated.rows, truth, of_updates))
        return found

    def no_verdicts(self, implementation: str, verdict: Verdict, reason: str | None) -> list[Judgement]:
        """Return the judgements, one for each group of entries, of an implementation that gave no answer."""
        groups = [*self.points.layout.groups, *(self._phases() if self.update else [])]
        return self._no_verdicts(implementation, groups, verdict, reason)

    def _phases(self) -> list[str]:
        return [*update_layout(self.workload).groups]

    def _no_verdicts(
        self, implementation: str, groups: Sequence[str], verdict: Verdict, reason: str | None
    ) -> list[Judgement]:
        about = implementation, self.workload.name, self.dtype
        return [Judgement(*about, group, 0, verdict, reason, decides=self.timed) for group in groups]

    def biases(self, answers: Mapping[str, GradientAnswer]) -> Iterator[Bias]:
        """Yield the systematic factor of each group of entries of each implementation."""
        for implementation, answer in answers.items():
            sheets = self._sheets(implementation, answer)
            for group in self.points.layout.groups:
                if any(sheet.complaint(group) for sheet in sheets):
                    continue
                if found := factor([sheet.errors(group) for sheet in sheets], self.dtype):
                    yield found.bias(implementation, self.workload.name, self.dtype, group, self.timed)

    def asked(self) -> Iterator[Asked]:
        """Yield the shapes that were asked about, with the number of points of each."""
        for points in self.batches:
            workload = points.workload
            sizes = list(workload.layer_sizes)
            yield Asked(self.workload.name, self.dtype, len(workload.inputs), sizes, len(points))

    def pairs(self, answers: Mapping[str, GradientAnswer]) -> Iterator[Pair]:
        """Yield a comparison of each pair of implementations whose answers all have the right shapes and dtypes."""
        comparable = {
            name: [given.rows for given in answer.given if given is not None]
            for name, answer in sorted(answers.items())
            if all(given is not None and not given.complaints and not given.unanswered for given in answer.given)
        }
        for first, second in itertools.combinations(comparable, 2):
            of_both = zip(comparable[first], comparable[second], self.truths, strict=True)
            largest = [_apart(ours, theirs, truth) for ours, theirs, truth in of_both]
            difference = float(np.max(largest))  # NaN where any is NaN
            yield Pair(
                first=first,
                second=second,
                workload=self.workload.name,
                dtype=self.dtype,
                points=sum(map(len, self.batches)),
                difference_over_bound=finite(difference),
                verdict=INSIDE if inside(difference / 2) else OUTSIDE,
                decides=self.timed,
            )

    def wrong_points(self, answer: GradientAnswer, most: int) -> Points | None:
        """Return at most `most` points of one batch at which an answer is outside; None if there is none."""
        for points, given, truth in self._answered(answer):
            wrong = np.flatnonzero(~inside(truth.fractions(given.rows)).all(axis=1))
            if len(wrong):
                return points.chosen(wrong[:most])
        return None

    def accuracy(self, answers: Mapping[str, GradientAnswer]) -> Iterator[Accuracy]:
        """Yield the accuracy in digits of each implementation whose gradients all have the right shapes and dtypes."""
        entries = slice(0, len(self.workload.entries))
        for name, answer in answers.items():
            given = answer.given[0]
            if given is not None and not given.complaints and not given.unanswered:
                rows, truth = given.rows[:, entries], self.truths[0].part(entries)
                yield from accuracy(name, self.workload.name, self.dtype, self.points, rows, truth)


def _apart(ours: Array, theirs: Array, truth: Truths) -> float:
    """Return the largest difference of two sets of answers as a fraction of the bound; NaN where any is NaN."""
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
        apart = np.abs(ours.astype(np.float64) - theirs.astype(np.float64))
        return float(np.max(np.where(apart == 0, 0, apart / truth.bound)))
