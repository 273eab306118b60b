"""Each implementation answers in a process of its own: one that raises, exits or hangs harms nobody else."""

import multiprocessing
import os
import signal
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Any

import numpy as np

from benchmarks.contract import Contract, Implementation, load
from benchmarks.environment import without_folders
from benchmarks.workloads import Array, Parameters, Workload

SECONDS_TO_ANSWER = 300


@dataclass(frozen=True, eq=False)
class Question:
    """Gradients of one workload at one dtype: at the given points, and at some epochs of one's own training.

    Where `to_the_end` is set, the end of that training, after the workload's epochs, is asked for too.
    """

    workload: Workload
    dtype: str
    points: Sequence[Parameters]
    checkpoints: Sequence[int]
    to_the_end: bool


@dataclass(frozen=True)
class Ending:
    """What training ended with: predictions (samples, n_last), the loss, the parameters."""

    predictions: Array
    loss: float
    parameters: Parameters


@dataclass(frozen=True)
class Answer:
    """Gradients as the implementation gave them: neither shape nor dtype nor value is checked here.

    `trouble` is what stopped its training, where something did: `path` and `path_gradients` end there.
    """

    gradients: list[list[Array]]
    path: list[Parameters]
    path_gradients: list[list[Array]]
    ending: Ending | None
    trouble: str | None


def ask(
    implementations: Sequence[Implementation],
    questions: Sequence[Question],
    seconds_to_answer: float = SECONDS_TO_ANSWER,
) -> Iterator[tuple[Implementation, Question, Answer | str]]:
    """Every implementation's answer to every question, as they come; in the place of an answer, why there is none.

    All implementations work at the same time; each imports its framework once. `seconds_to_answer` limits the silence
    of all of them together: those that are still silent then are ended.
    """
    context = multiprocessing.get_context("spawn")
    waiting: dict[Connection[Any, Any], tuple[Implementation, SpawnProcess, list[Question]]] = {}
    processes = []
    try:
        for implementation in implementations:
            ours, theirs = context.Pipe(duplex=False)
            process = context.Process(target=_answer, args=(implementation, questions, theirs), daemon=True)
            process.start()
            theirs.close()
            processes.append(process)
            waiting[ours] = (implementation, process, list(questions))
        while waiting:
            ready = wait(list(waiting), seconds_to_answer)
            for connection in [c for c in waiting if c in ready or not ready]:
                implementation, process, unanswered = waiting[connection]
                try:
                    if not ready:
                        raise TimeoutError(f"silent for {seconds_to_answer:g} s")
                    answer = connection.recv()
                except (EOFError, TimeoutError) as silence:
                    del waiting[connection]
                    process.join(0 if str(silence) else None)
                    why = str(silence) or f"its process ended with code {process.exitcode}"
                    for question in unanswered:
                        yield implementation, question, f"no answer: {why}"
                else:
                    yield implementation, unanswered.pop(0), answer
                    if not unanswered:
                        del waiting[connection]
    finally:
        for process in processes:
            process.kill()
            process.join()


def _answer(implementation: Implementation, questions: Sequence[Question], connection: "Connection[Any, Any]") -> None:
    """The life of the other process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle; it ends this process
    os.dup2(2, 1)  # what an implementation prints goes to standard error: standard output is the report's
    module: Contract | None = None
    for question in questions:
        try:
            module = module or load(implementation)
            # Where a sigmoid saturates exp overflows and 1 / inf = 0 is right; what isn't right, the judge will see.
            with np.errstate(all="ignore"):
                connection.send(_evaluate(module, question))
        except Exception as error:  # noqa: BLE001  anyone's file may raise anything
            connection.send(describe(error))


def describe(error: BaseException) -> str:
    """An exception in one line, without the folders of this machine."""
    text = without_folders(" ".join(str(error).split()))
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _evaluate(module: Contract, question: Question) -> Answer:
    workload, dtype = question.workload, question.dtype

    def gradient_at(point: Parameters) -> list[Array]:
        parameters, inputs, targets = module.convert(list(point), workload.inputs, workload.targets, dtype)
        return [_plain(module, g) for g in module.gradient(parameters, inputs, targets)]

    answer = Answer([gradient_at(p) for p in question.points], [], [], None, None)
    try:
        parameters, inputs, targets = module.convert(
            list(workload.initial_parameters), workload.inputs, workload.targets, dtype
        )
        epochs_done = 0
        for epochs in question.checkpoints:
            parameters = module.train(parameters, inputs, targets, workload.rate, epochs - epochs_done)
            epochs_done = epochs
            answer.path.append([_plain(module, p) for p in parameters])
            answer.path_gradients.append(gradient_at(answer.path[-1]))
        if not question.to_the_end:
            return answer
        parameters = module.train(parameters, inputs, targets, workload.rate, workload.epochs - epochs_done)
        ending = Ending(
            predictions=_plain(module, module.predict(parameters, inputs)),
            loss=float(_plain(module, module.loss(parameters, inputs, targets))),
            parameters=[_plain(module, p) for p in parameters],
        )
    except Exception as error:  # noqa: BLE001  its gradients are an answer all the same
        return replace(answer, trouble=f"its training stopped: {describe(error)}")
    return replace(answer, ending=ending)


def _plain(module: Contract, array: Any) -> Array:
    """A copy as a NumPy array: what the implementation does to its own afterwards changes nothing."""
    result = module.to_numpy(array)
    if not isinstance(result, np.ndarray | np.generic):
        raise TypeError(f"to_numpy gave {type(result).__name__}, expected a NumPy array")
    return np.array(result)
