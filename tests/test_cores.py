"""The process pools of the package: what their processes write is kept, and the end of one is told."""

import os
import warnings

import pytest

from xorbench.cores import all_cores
from xorbench.failure import HarnessError


def warning() -> None:
    warnings.warn("torn", RuntimeWarning, stacklevel=1)
    os.write(1, b"torn")


def end() -> None:
    os.write(2, b"no memory\n")
    os._exit(9)


def test_what_a_process_writes_is_shown_nowhere(capfd: pytest.CaptureFixture[str]) -> None:
    with all_cores() as cores:
        cores.submit(warning).result()
    assert capfd.readouterr() == ("", "")


def test_the_end_of_a_process_is_told_in_one_line_with_what_it_wrote() -> None:
    says = "a process that computes true values ended, which last wrote 'no memory'; is there enough memory?"
    with pytest.raises(HarnessError, match=says.replace("?", r"\?")), all_cores() as cores:
        cores.submit(end).result()
