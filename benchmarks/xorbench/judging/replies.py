"""The replies of all implementations to the judge, and the verdicts on them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from xorbench.contract import REFERENCE, Implementation
from xorbench.failure import HarnessError
from xorbench.judging.grading import Exam
from xorbench.judging.points import Points
from xorbench.judging.questions import ProcessSpec, Question, Reply
from xorbench.judging.reproducibility import ALL_AT_ONCE, ConductQuestion, conduct
from xorbench.judging.tasks import GradientAnswer
from xorbench.record.report import FAILED, MISSING, OUTSIDE, Conduct, Judgement

MOST_WRONG_POINTS = 1_000
"""The largest number of points from which a smallest example is searched."""

A = TypeVar("A")


class Replies:
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
        name = reply.spec.implementation.name
        self._heard(reply)
        if name == REFERENCE and reply.troubles:
            raise HarnessError(f"the reference, {REFERENCE}, failed: {reply.troubles[0].reason}")
        self._replies[name, reply.spec.place, reply.question] = reply
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

    def answer(self, spec: ProcessSpec, question: Question[A]) -> A | None:
        """Return the answer of `spec` to `question`; None if it gave none."""
        return self._replies[spec.implementation.name, spec.place, question].to(question)

    def wrong_points(self, implementation: Implementation, exams: Sequence[Exam]) -> Points | None:
        """Return points of the first exam at which an answer was outside its bound; None if there are none."""
        answers = ((exam, self.answer(ProcessSpec(implementation), exam.question)) for exam in exams)
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
            self._verdicts[key] = exam.verdicts(implementation.name, *self.of_exam(implementation.name, exam))
        return self._verdicts[key]

    def of_exam(self, name: str, exam: Exam) -> list[Reply]:
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
        before = self.answer(ProcessSpec(implementation), exam.question)
        first = before.given[0] if before else None
        earlier = first.rows[exam.probes, : len(exam.workload.entries)] if first else None
        found = conduct(name, exam.conduct, self._places(name, exam.conduct), earlier, bound)
        found = replace(found, decides=exam.timed)
        if name in self._printed:
            printed = f"it prints to standard output: {self._printed[name]!r}"
            found = replace(found, verdict=FAILED, reason="; ".join(filter(None, [printed, found.reason])))
        yield found
