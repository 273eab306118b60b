"""The way from an empty file to a timed row, as CONTRIBUTING describes it: walked, and what is printed compared."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

CONTRIBUTING = Path(__file__).parent.parent / "CONTRIBUTING.md"

LEFT_OUT = "…"


def blocks() -> list[tuple[str, str, str]]:
    """The first section's fenced blocks: the paragraph before, the language, the text."""
    section = re.split(r"^## ", CONTRIBUTING.read_text(encoding="utf-8"), flags=re.MULTILINE)[1]
    parts = re.split(r"^```(\w*)\n(.*?)^```\n", section, flags=re.MULTILINE | re.DOTALL)
    return list(zip(parts[::3], parts[1::3], parts[2::3], strict=False))


def likeness(line: str) -> str:
    """What a line says, whatever its numbers are and however wide its table is."""
    words = re.sub(r"[─━│┃├┤╇╋●]", " ", line)
    return " ".join(re.sub(r"\d[\d.,]*(e[+-]?\d+)?", "0", words).split())


def unlike(shown: str, printed: str) -> Iterator[str]:
    """The shown lines that are not among the printed ones, in this order."""
    lines = iter([likeness(line) for line in printed.splitlines()])
    for line in filter(str.strip, shown.splitlines()):
        wanted = ".*".join(map(re.escape, map(str.strip, likeness(line).split(LEFT_OUT))))
        if not any(re.fullmatch(wanted, found) for found in lines):
            yield line


@pytest.mark.slow
def test_the_way_from_an_empty_file_to_a_timed_row(tmp_path: Path) -> None:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    codes = []
    for (before, language, text), (_, following, shown) in pairwise([*blocks(), ("", "", "")]):
        if language == "python":
            (name,) = re.findall(r"`(\w+\.py)`", before)
            (tmp_path / name).write_text(text, encoding="utf-8")
        elif language == "sh":
            assert following == "text", f"nothing is shown of what {text} prints"
            done = subprocess.run(
                ["sh", "-c", text],
                cwd=tmp_path,
                env=os.environ | {"PATH": path},
                capture_output=True,
                text=True,
                check=False,
            )
            assert not list(unlike(shown, done.stdout)), done.stdout + done.stderr
            codes.append(done.returncode)
    assert codes == [0, 1, 0, 0]
    assert {"scalar_autograd.py", "mine"} <= {entry.name for entry in tmp_path.iterdir()}


@pytest.mark.parametrize(
    ("shown", "printed", "missing"),
    [
        ("│ a │ 1.5 │", "┃ a  ┃   20 ┃\n", []),
        ("a … b", "a long way to b", []),
        ("second\nfirst", "first\nsecond", ["first"]),
        ("a is inside", "a is outside", ["a is inside"]),
        ("a", "a b", ["a"]),
    ],
)
def test_what_is_shown_must_be_printed(shown: str, printed: str, missing: list[str]) -> None:
    assert list(unlike(shown, printed)) == missing
