"""Virtual environments in the user's cache folder, made from nothing but names and versions that the user gives."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement

from xorbench.places import user_cache

LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def default_folder() -> Path:
    """Return the folder of the environments that were made: `environments` in the user's cache."""
    return user_cache() / "environments"


def create(label: str, requirements: Sequence[str], python: str = sys.executable, folder: Path | None = None) -> Path:
    """Make an environment of this label with a Python, and install into it; its interpreter.

    Raises ValueError, in one line, where the label or a requirement is none, or venv or pip failed: then nothing is
    left of it.
    """
    wanted = [str(requirement(text)) for text in requirements]
    place = (folder or default_folder()) / checked(label)
    if place.exists():
        raise ValueError(f"there is an environment {label} already; name another, or remove {place}")
    try:
        _run("venv", [python, "-m", "venv", "--without-pip", str(place)])
        pip = [sys.executable, "-m", "pip", "--python", str(interpreter(place)), "--disable-pip-version-check"]
        _run("pip", [*pip, "install", "--quiet", "--no-input", *wanted])
    except BaseException:
        shutil.rmtree(place, ignore_errors=True)
        raise
    return interpreter(place)


def find(label: str, folder: Path | None = None) -> Path:
    """The interpreter of the environment that was made under this label. Raises ValueError where there is none."""
    found = interpreter((folder or default_folder()) / checked(label))
    if not found.exists():
        made = ", ".join(name for name, _ in environments(folder)) or "none"
        raise ValueError(
            f"no environment is named {label} (there is {made}); give {label}=PATH of a Python, or make it: "
            f"xorbench environments create {label} 'NAME==VERSION'"
        )
    return found


def environments(folder: Path | None = None) -> Iterator[tuple[str, Path]]:
    """The label and the interpreter of each that was made."""
    for place in sorted((folder or default_folder()).glob("*")):
        if interpreter(place).exists():
            yield place.name, interpreter(place)


def interpreter(place: Path) -> Path:
    """Of an environment in this folder."""
    return place / "bin" / "python"


def checked(label: str) -> str:
    """A label that can stand in names of files and tables. Raises ValueError."""
    if not LABEL.fullmatch(label):
        raise ValueError(
            f"{label!r} is no label, expected letters, digits, dots, dashes and underscores, as in numpy-2.0"
        )
    return label


def requirement(text: str) -> Requirement:
    """A name with its versions, and nothing that leads elsewhere. Raises ValueError."""
    try:
        found = Requirement(text)
    except InvalidRequirement as error:
        why = str(error).partition("\n")[0]
        raise ValueError(
            f"{text!r} is no requirement: {why}; expected a name and a version, as in 'numpy==2.0.2'"
        ) from error
    if found.url:
        raise ValueError(f"{text!r} leads to {found.url}, expected a name and a version, as in 'numpy==2.0.2'")
    return found


def _run(what: str, command: Sequence[str]) -> None:
    """Raises ValueError with the last line that it said."""
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    except OSError as error:
        raise ValueError(f"{command[0]} can't be run: {error.strerror or error}") from error
    if done.returncode:
        words = (done.stderr.strip() or done.stdout.strip()).splitlines() or [f"code {done.returncode}"]
        raise ValueError(f"{what} failed: {words[-1].strip()}")
