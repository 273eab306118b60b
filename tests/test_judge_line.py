"""Nonsense that a process sends to the judge is the failure of that implementation, in one line, and of no other."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from tests.conftest import BASELINE, Variant, children_with
from xorbench.clock.pace import PaceQuestion
from xorbench.contract import read
from xorbench.failure import HarnessError
from xorbench.judging import processes
from xorbench.judging.points import random_points
from xorbench.judging.processes import replies_to
from xorbench.judging.questions import ProcessSpec, Question, Reply
from xorbench.judging.reproducibility import ConductQuestion
from xorbench.judging.tasks import GradientQuestion
from xorbench.judging.update_task import UpdateQuestion
from xorbench.workloads import WORKLOADS

QUESTION = PaceQuestion(WORKLOADS["neuron"])
REFERENCE = ProcessSpec(BASELINE)
IMPORTING = {"says": "doing", "what": "importing the implementation"}


def text(*messages: Mapping[str, object]) -> bytes:
    return b"".join(json.dumps(message).encode() + b"\n" for message in messages)


def reply(
    question: object = 0, answer: object = '"0x1p-3"', trouble: object = None, **more: object
) -> dict[str, object]:
    return {"says": "replied", "question": question, "answer": answer, "trouble": trouble, "printed": ""} | more


START = "import os, socket, sys, time\nline = socket.socket(fileno=int(sys.argv[1]))\nsend = line.sendall\n"


def fakes() -> list[psutil.Process]:
    """The processes that `fake` let run and that are not ended."""
    return children_with(START)


def fake(monkeypatch: pytest.MonkeyPatch, body: str) -> None:
    """Let processes run `body`, in which `send` sends bytes to the judge, in place of what they run."""
    monkeypatch.setattr(processes, "MAIN", ("-c", START + body))


def heard(times: int = 2, seconds: float = 60) -> list[Reply]:
    """The replies to the question, asked several times; who gave none is ended at once."""
    with replies_to({REFERENCE: [QUESTION] * times}, seconds) as replies:
        found = list(replies)
        assert found[-1].trouble is None or not fakes()
    return found


def test_a_fake_that_sends_what_is_right_is_heard_also_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    sent = text(IMPORTING, reply(0), IMPORTING, reply(1, '"0x1p-4"'))
    fake(monkeypatch, f"for byte in {sent!r}: send(bytes([byte]))")
    assert [found.to(QUESTION) for found in heard()] == [0.125, 0.0625]


TROUBLE = {"reason": "no", "verdict": "failed", "traceback": ""}

NONSENSE = {
    "no JSON": (b"\x80\x04\x95garbage\n", "it: Invalid JSON"),
    "no UTF-8": (b'{"says": "doing", "what": "\xff"}\n', "it: Invalid JSON"),
    "an empty line": (b"\n", "it: Invalid JSON"),
    "a list": (b"[]\n", "it: "),
    "a message of a worker of the clock": (text({"says": "ended", "end": []}), "it: Input tag 'ended'"),
    "no kind": (text({"what": "nothing"}), "it: Unable to extract tag"),
    "one more key": (text(IMPORTING | {"more": 1}), "doing.more: "),
    "a text that is none": (text({"says": "doing", "what": 1}), "doing.what: "),
    "a control character": (text({"says": "doing", "what": "\x1b[31m"}), "doing.what: .*can't be printed"),
    "a lone surrogate": (text({"says": "doing", "what": "\ud800"}), "it: Invalid JSON"),
    "a reply to a question that was not asked": (text(reply(7)), "a reply to question 7, expected one to 0"),
    "a reply to the next question": (text(reply(1)), "a reply to question 1, expected one to 0"),
    "a second reply": (text(reply(0), reply(0)), "a reply to question 0, expected one to 1"),
    "NaN for the number of the question": (text(reply(float("nan"))), "replied.question: "),
    "NaN for a time": (text(reply(answer='"nan"')), "nan seconds per epoch"),
    "a number in place of a text": (text(reply(answer=0.5)), "replied.answer: "),
    "an answer of another type": (text(reply(answer="[1, 2]")), "it: "),
    "neither answer nor trouble": (text(reply(answer=None)), "a reply needs either"),
    "answer and trouble": (text(reply(trouble=TROUBLE)), "a reply needs either"),
    "a passed verdict": (
        text(reply(answer=None, trouble=TROUBLE | {"verdict": "inside"})),
        "replied.trouble.verdict: ",
    ),
    "a long reason": (
        text(reply(answer=None, trouble=TROUBLE | {"reason": "z" * 100_000})),
        "replied.trouble.reason: ",
    ),
    "much that was printed": (text(reply(printed="z" * 1000)), "replied.printed: "),
    "a deep document": (b"[" * 100_000 + b"\n", "it: "),
    "a number of many digits": (text(IMPORTING).replace(b'"importing', b"1" * 100_000 + b', "x": "'), "it: |doing"),
}


@pytest.mark.parametrize("name", NONSENSE)
def test_nonsense_is_a_failure_in_one_line(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    sent, why = NONSENSE[name]
    fake(monkeypatch, f"send({text(IMPORTING)!r})\nsend({sent!r})\ntime.sleep(600)")
    found = heard()
    reason = found[-1].trouble.reason if found[-1].trouble else ""
    assert len(found) == 2
    assert found[-1].to(QUESTION) is None
    assert reason.startswith("no answer: it sent an invalid message: ")
    assert reason.endswith(" while importing the implementation")
    assert reason.isprintable()
    assert len(reason) < 300
    assert re.search(why, reason)


def test_two_gigabytes_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    fake(monkeypatch, f"send({text(IMPORTING)!r})\nfor _ in range(2048): send(b'x' * 2**20)")
    found = heard()
    assert {reply.trouble.reason for reply in found if reply.trouble} == {
        "no answer: it sent an invalid message: a message is longer than 1,048,587 bytes "
        "while importing the implementation"
    }


def test_a_message_that_never_ends_is_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    fake(monkeypatch, f"send({text(IMPORTING)!r})\nwhile True: send(b'x'); time.sleep(0.01)")
    (found,) = heard(1, seconds=2)
    assert found.trouble
    assert found.trouble.reason.startswith("no answer: silent for 2 s while importing the implementation; a longer")


def test_a_process_that_closes_its_line_and_stays_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "SECONDS_TO_END", 1)
    fake(monkeypatch, f"send({text(IMPORTING)!r})\nline.close()\ntime.sleep(600)")
    (found,) = heard(1)
    assert found.trouble
    assert found.trouble.reason == (
        "no answer: its process closed its connection to the judge and did not end within 1 s "
        "while importing the implementation"
    )


def test_a_failure_is_one_of_the_harness_only_before_the_implementation_is_imported(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    failed: dict[str, object] = {"says": "failed", "reason": "OSError: no space\x1b"}
    fake(monkeypatch, f"send({text(failed)!r})")
    with pytest.raises(
        HarnessError, match=f"the process of the judge for {REFERENCE.implementation.name} failed: OSErr"
    ):
        heard(1)
    fake(monkeypatch, f"send({text(IMPORTING, failed)!r})")
    (found,) = heard(1)
    assert found.trouble
    assert found.trouble.reason == (
        "no answer: its process failed with OSError: no space while importing the implementation"
    )


def test_nobody_is_silent_while_nobody_listens(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    now = [0.0]
    monkeypatch.setattr(processes, "time", SimpleNamespace(monotonic=lambda: now[0]))
    back = tmp_path / "back"
    first, second = text(IMPORTING, reply(0)), text(reply(1))
    fake(monkeypatch, f"send({first!r})\nwhile not os.path.exists({str(back)!r}): time.sleep(0.01)\nsend({second!r})")
    with replies_to({REFERENCE: [QUESTION] * 2}, 60) as replies:
        assert next(replies).trouble is None
        now[0] += 1_000
        back.touch()
        assert next(replies).trouble is None


def test_an_environment_without_pydantic_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    start = "import sys\nsys.modules['pydantic'] = sys.modules['pydantic_core'] = None\n"
    monkeypatch.setattr(processes, "MAIN", ("-c", start + "from xorbench.judging.process_main import main\nmain()"))
    points = random_points(QUESTION.workload, "float64", 1, seed=0)
    questions: list[Question[object]] = [
        QUESTION,
        GradientQuestion([points], (1,), to_the_end=False),
        ConductQuestion(QUESTION.workload, "float64", points.rows),
        UpdateQuestion(points),
    ]
    with replies_to({REFERENCE: questions}) as replies:
        assert [
            (found.trouble, found.to(question) is None) for found, question in zip(replies, questions, strict=True)
        ] == [(None, False)] * len(questions)


HOSTILE = {
    "garbage": "b'garbage\\n'",
    "endless": "b'x' * 2**21",
    "forged": repr(text(reply(0), reply(1))),
}


def test_what_one_implementation_sends_affects_no_other(variant: Variant) -> None:
    changes = {
        name: f"import socket, sys\nParameters = list[Array]\nsocket.socket(fileno=int(sys.argv[1])).sendall({data})\n"
        for name, data in HOSTILE.items()
    }
    specs = [
        ProcessSpec(read(variant(name, ("Parameters = list[Array]\n", change)))) for name, change in changes.items()
    ]
    with replies_to({spec: [QUESTION] for spec in (*specs, REFERENCE)}) as replies:
        found = {reply.spec.implementation.name: reply for reply in replies}
    for name in ("garbage", "endless"):
        trouble = found[name].trouble
        assert trouble
        assert trouble.reason.startswith("no answer: it sent an invalid message: ")
    assert found["forged"].to(QUESTION) == 0.125  # it could as well have answered so
    assert found[REFERENCE.implementation.name].to(QUESTION) is not None
