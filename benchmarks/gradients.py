"""The judge: every implementation against the true gradient, and against each other.

An entry is inside where its error is at most the bound that rounding alone explains. A NaN is never inside.
"""

import itertools
from collections.abc import Callable, Sequence

from benchmarks.contract import Implementation
from benchmarks.exam import Exam
from benchmarks.isolation import Answer, ask
from benchmarks.verdicts import FAILED, MISSING, Report, Verdict
from benchmarks.workloads import Workload

DTYPES = ("float64", "float32")


def judge(
    implementations: Sequence[Implementation],
    workloads: Sequence[Workload],
    points: int,
    seed: int,
    advance: Callable[[], None] = lambda: None,
) -> Report:
    """Judge every implementation on every workload in both dtypes, at `points` random points beside the fixed ones.

    `advance` is called once for each of the implementations x workloads x 2 judgements.
    """
    exams = [Exam(workload, dtype, points, seed) for workload in workloads for dtype in DTYPES]
    exam_of = {exam.question: exam for exam in exams}
    answers: dict[Exam, dict[str, Answer | str]] = {exam: {} for exam in exams}
    rows: dict[tuple[str, Exam], list[Verdict]] = {}
    for implementation, question, answer in ask([i for i in implementations if i.usable], list(exam_of)):
        exam = exam_of[question]
        answers[exam][implementation.name] = answer
        rows[implementation.name, exam] = exam.verdicts(implementation.name, answer)
        advance()
    for implementation, exam in itertools.product(implementations, exams):
        if not implementation.usable:
            verdict, reason = (
                (FAILED, implementation.broken) if implementation.broken else (MISSING, implementation.missing)
            )
            rows[implementation.name, exam] = exam.no_verdicts(implementation.name, verdict, reason)
            advance()
    return Report(
        seed=seed,
        points=points,
        rows=[row for i in implementations for exam in exams for row in rows[i.name, exam]],
        pairs=[pair for exam in exams for pair in exam.pairs(answers[exam])],
        endings=[ending for exam in exams for ending in exam.endings(answers[exam])],
    )
