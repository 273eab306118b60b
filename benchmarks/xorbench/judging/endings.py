"""The ends of trainings, compared with known answers and with each other."""

from collections.abc import Iterator, Mapping

import numpy as np

from xorbench.contract import REFERENCE
from xorbench.judging.answers import malformed
from xorbench.judging.error_stats import finite
from xorbench.judging.tasks import GradientAnswer
from xorbench.record.report import INSIDE, OUTSIDE, TrainingEnd
from xorbench.workloads import Workload
from xorbench.workloads.workload import Dtype


def endings(workload: Workload, dtype: Dtype, answers: Mapping[str, GradientAnswer]) -> Iterator[TrainingEnd]:
    """Yield the end of each training, compared with the known answers and with the reference.

    Where the reference does not reach the known answer, only ends that do not reach it either are yielded.
    """
    ends = {name: answer.ending for name, answer in sorted(answers.items()) if answer.ending}
    unusable = {name: malformed(workload, dtype, end.parameters) for name, end in ends.items()}
    complaints = {
        name: unusable[name] or workload.complaint(end.predictions, end.loss, end.parameters)
        for name, end in ends.items()
    }
    reference_is_right = REFERENCE in ends and complaints[REFERENCE] is None
    for name, end in ends.items():
        complaint = complaints[name]
        apart = None
        if complaint is None and reference_is_right:
            apart = max(
                float(np.max(np.abs(a - b))) for a, b in zip(end.parameters, ends[REFERENCE].parameters, strict=True)
            )
            if not apart <= (limit := workload.agreement):
                complaint = f"parameters differ from those of {REFERENCE} by {apart:.2g}, expected at most {limit:g}"
        elif complaint is None:
            continue  # there is nothing to compare it with, so nothing is said of it
        yield TrainingEnd(
            implementation=name,
            workload=workload.name,
            epochs=workload.epochs,
            predictions=[finite(p) for p in end.predictions.ravel()],
            loss=finite(end.loss),
            difference_from_reference=finite(apart),
            verdict=OUTSIDE if complaint else INSIDE,
            reason=f"after {workload.epochs} epochs: {complaint}" if complaint else None,
            parameters=None if unusable[name] else [p.tolist() for p in end.parameters],
        )
