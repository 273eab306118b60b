"""The progress: the time left for the whole command, and a bar that nothing tears; never on standard output."""

import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.command import XORBENCH
from tests.conftest import Variant
from tests.judged import RECORDED, Clock, quick_judge
from xorbench import progress
from xorbench.progress import Progress, duration

Truth = tuple[str, float, float, int]
"""A stage as it really goes: its name, the expected seconds, the seconds that it takes, and the number of its steps."""


def ratios(
    stages: Sequence[Truth], measured: Mapping[str, float] = MappingProxyType({}), at_least: float = 0.0
) -> list[float]:
    """The time left that is told after each step, over the true one, from the first tenth of the command to the last.

    The seconds in `measured` are expected instead of the supposed ones once the first stage has ended.
    """
    clock = Clock()
    shown = Progress(at_least=at_least, clock=clock)
    whole = sum(taken for _, _, taken, _ in stages)
    for name, expected, _, _ in stages:
        shown.suppose(name, expected)
    found = []
    for place, (name, supposed, taken, steps) in enumerate(stages):
        expected = measured.get(name, supposed)
        with shown.stage(name, expected) as advance:
            for _ in range(steps):
                clock.now += taken / steps
                advance(expected / steps)
                elapsed = clock.now - 100
                if 0.1 * whole <= elapsed <= 0.9 * whole:
                    found.append(shown.left / (whole - elapsed))
        if place == 0:
            for later, seconds in measured.items():
                shown.expect(later, seconds)
    return found


STAGE = st.tuples(st.floats(1, 100), st.floats(0.95, 1.05), st.integers(20, 60))


@given(st.lists(STAGE, min_size=1, max_size=5), st.floats(0.6, 4))
def test_the_time_left_is_right_within_a_half_after_the_first_tenth_whatever_the_speed_of_the_machine(
    stages: list[tuple[float, float, int]], slowness: float
) -> None:
    planned = [
        (f"stage {n}", expected, expected * slowness * off, steps) for n, (expected, off, steps) in enumerate(stages)
    ]
    for ratio in ratios(planned):
        assert 1 / 1.5 <= ratio <= 1.5


def test_a_quick_run_on_a_machine_that_is_five_times_slower_than_supposed() -> None:
    stages = [("gradients", 20.0, 100.0, 120), ("calibration", 10.0, 45.0, 2), ("launches", 45.0, 220.0, 10)]
    assert all(1 / 1.5 <= ratio <= 1.5 for ratio in ratios(stages))
    assert all(1 / 1.5 <= ratio <= 1.5 for ratio in ratios(stages[1:], measured={"launches": 200.0}))


@pytest.mark.parametrize(
    ("names", "cpus", "slowness", "later"),
    [
        ([*RECORDED], 2, 1.2, 0.0),
        ([*RECORDED], 2, 1.0, 70.0),
        ([*RECORDED], 2, 2.5, 70.0),
        ([*RECORDED], 1, 1.0, 70.0),
        ([*RECORDED], 4, 0.7, 70.0),
        (["numpy_backprop", "torch_autograd", "jax_grad"], 2, 1.0, 30.0),
    ],
)
def test_the_time_left_of_a_quick_run_with_the_recorded_times_of_its_implementations(
    names: Sequence[str], cpus: int, slowness: float, later: float
) -> None:
    clock = Clock()
    shown = Progress(clock=clock)
    shown.suppose("launches", later)
    costs = {name: RECORDED[name] for name in names}
    told = [(clock.now - 100, left) for left in quick_judge(shown, clock, cpus, slowness, costs)]
    whole = clock.now - 100 + slowness * later
    found = [left / (whole - elapsed) for elapsed, left in told if 0.1 * whole <= elapsed <= 0.9 * whole]
    assert len(found) > 10
    assert all(1 / 1.5 <= ratio <= 1.5 for ratio in found)


def test_a_caller_that_knows_the_end_of_a_stage_better_than_its_pace_tells_it() -> None:
    clock = Clock()
    shown = Progress(clock=clock)
    with shown.stage("gradients", 50.0) as advance:
        clock.now += 10
        advance(10.0, 90.0)
        assert shown.left == 90
        clock.now += 30
        assert shown.left == 60
        clock.now += 100
        assert shown.left == 0
        advance(20.0)  # by the pace: 30 of 140 seconds are done
        assert 80 < shown.left < 100


def test_a_budget_is_the_time_of_the_command_unless_more_is_needed() -> None:
    # Judging takes three times as long as supposed; the launches, which are the last stage, take what is left.
    stages = [("gradients", 30.0, 90.0, 100), ("cold starts", 60.0, 60.0, 60), ("launches", 20.0, 150.0, 10)]
    found = ratios(stages, measured={"launches": 150.0}, at_least=300.0)
    assert all(1 / 1.5 <= ratio <= 1.5 for ratio in found)
    clock = Clock()
    shown = Progress(at_least=300.0, clock=clock)
    assert shown.left == 300
    shown.suppose("gradients", 400.0)
    assert shown.left == 400
    shown.expect("gradients", 0.0)
    clock.now += 120
    assert shown.left == 180


def test_one_stage_of_equal_steps_is_told_by_its_pace(capsys: pytest.CaptureFixture[str]) -> None:
    with progress.steps("launches", 40) as advance:
        for _ in range(40):
            advance()
    out, err = capsys.readouterr()
    assert out == ""
    first, *lines = err.splitlines()
    assert first == "launches: 0% done"
    assert 1 <= len(lines) <= 10
    assert lines[-1] == "launches: 100% done, about 0 s left"


def test_lines_tell_each_tenth_of_the_command_and_each_stage(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    shown = Progress(clock=clock)
    shown.suppose("launches", 300.0)
    for name, seconds in (("gradients", 100), ("launches", 300)):
        with shown.stage(name, seconds) as advance:
            for _ in range(seconds):
                clock.now += 1
                advance(1)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "gradients: 0% done, about 6 min 40 s left"
    assert lines[1] == "gradients: 10% done, about 6 min 0 s left"
    assert lines[3] == "launches: 25% done, about 5 min 0 s left"
    assert lines[-1] == "launches: 100% done, about 0 s left"
    assert len(lines) == 12


def test_a_sentence_between_steps_is_a_line_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    progress.say("before")
    with progress.stage("launches", 2.0) as advance:
        progress.say("amid")
        advance(2.0)
    progress.say("after")
    assert [line for line in capsys.readouterr().err.splitlines() if ":" not in line] == ["before", "amid", "after"]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.4, "0 s"), (59.4, "59 s"), (59.6, "1 min 0 s"), (3599, "59 min 59 s"), (7384, "2 h 3 min")],
)
def test_durations_are_in_words(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def on_a_terminal(call: Sequence[str | Path]) -> tuple[int, str, str]:
    """The exit code and standard output of a command, and what it shows on standard error, which is a terminal."""
    ours, theirs = pty.openpty()
    variables = os.environ | {"TERM": "xterm", "COLUMNS": "100", "PYTHONUTF8": "1"}
    with subprocess.Popen(call, stdout=subprocess.PIPE, stderr=theirs, text=True, env=variables) as process:
        os.close(theirs)
        shown = b""
        while True:
            try:
                more = os.read(ours, 4096)
            except OSError:  # the other end is closed
                break
            if not more:
                break
            shown += more
        assert process.stdout is not None
        out = process.stdout.read()
    os.close(ours)
    return process.returncode, out, shown.decode()


CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
BAR = re.compile(r"[a-z ]+ [━╸╺]+ +\d+%( about (\d+ min )?\d+ s left)? *")


def lines(shown: str) -> list[str]:
    """What was written to a terminal between two movements of its cursor, without blanks and colours."""
    return [line for line in re.split(r"[\r\n]+", CONTROL.sub("", shown)) if line.strip()]


def test_a_terminal_gets_a_live_bar_and_sentences_above_it() -> None:
    script = (
        "from xorbench import progress\nwith progress.stage('launches', 2) as advance:\n"
        "    advance(1); progress.say('amid [red]' + 'x' * 150); advance(1)"
    )
    code, out, shown = on_a_terminal([sys.executable, "-c", script])
    assert (code, out) == (0, "")
    assert "\x1b[" in shown
    found = lines(shown)
    assert len([line for line in found if BAR.fullmatch(line)]) >= 3
    assert "launches" in found[0]
    assert [line for line in found if not BAR.fullmatch(line)] == ["amid [red]" + "x" * 150]
    assert any("100% about 0 s left" in line for line in found)


LOUD = (
    "Parameters = list[Array]\n",
    "Parameters = list[Array]\n__import__('os').write(2, b'I0000 00:00 written by a library\\n' * 2_000)\n"
    "import atexit, os\nfor number in (1, 2): atexit.register(os.write, number, b'I0000 written at the end\\n')\n"
    "atexit.register(print, 'I0000 printed at the end')\n",
)
"""More than a pipe holds, as the libraries in C++ of some frameworks write it, and more at the end of the process."""


@pytest.mark.slow
@pytest.mark.parametrize("command", ["gradients", "run"])
def test_what_processes_write_tears_no_bar_and_is_in_no_document(
    command: str, variant: Variant, tmp_path: Path
) -> None:
    call: list[str | Path] = [*XORBENCH, command, "--quick", "--workload=neuron", "--json"]
    call += ["--implementation=numpy_backprop", "--with", variant("loud", LOUD)]
    if command == "run":
        call += ["--launches=1", "--rounds=2", "--cold-starts=1", "--output", tmp_path]
    code, out, shown = on_a_terminal(call)
    assert code == 0
    assert json.loads(out)
    assert "I0000" not in out + shown
    assert [line for line in lines(shown) if not BAR.fullmatch(line)] == []
