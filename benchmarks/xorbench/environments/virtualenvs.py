"""Virtual environments in the user's cache folder, created only from names and versions that the user gives."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement

from xorbench.places import user_cache
from xorbench.temporary import Temporary

PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check")
"""The call of pip, which installs into other environments from outside."""

LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def default_folder() -> Path:
    """Return the folder of created environments: `environments` in the user's cache folder."""
    return user_cache() / "environments"


def create(
    label: str,
    requirements: Sequence[str],
    python: str = sys.executable,
    folder: Path | None = None,
    pinned: Sequence[str] = (),
    only_wheels: bool = False,
) -> Path:
    """Create an environment called `label`, install `requirements` into it, and return the path of its interpreter.

    A library among `pinned`, each of which is NAME==VERSION, has that version wherever it is required. With
    `only_wheels`, nothing is built from source. Raises ValueError, with one line, if the label or a requirement is
    invalid, or if venv or pip fails; the environment is removed then.
    """
    wanted = [str(requirement(text)) for text in requirements]
    place = (folder or default_folder()) / checked(label)
    if place.exists():
        raise ValueError(f"an environment named {label} already exists; choose another label, or remove {place}")
    try:
        run("venv", [python, "-m", "venv", "--without-pip", str(place)])
        with Temporary() as beside:
            constraints = Path(beside, "constraints.txt")
            constraints.write_text("".join(f"{line}\n" for line in pinned), encoding="utf-8")
            options = ["--quiet", "--no-input", "--constraint", str(constraints)]
            options += ["--only-binary", ":all:"] if only_wheels else []
            run("pip", [*PIP, "--python", str(interpreter(place)), "install", *options, *wanted])
    except BaseException:
        shutil.rmtree(place, ignore_errors=True)
        raise
    return interpreter(place)


def find(label: str, folder: Path | None = None) -> Path:
    """Return the path of the interpreter of the created environment `label`. Raises ValueError if there is none."""
    found = interpreter((folder or default_folder()) / checked(label))
    if not found.exists():
        made = ", ".join(name for name, _ in environments(folder)) or "none"
        raise ValueError(
            f"no environment is named {label} (created: {made}); give {label}=PATH of a Python, or create it: "
            f"xorbench environments create {label} 'NAME==VERSION'"
        )
    return found


def environments(folder: Path | None = None) -> Iterator[tuple[str, Path]]:
    """Yield the label and the interpreter of each created environment."""
    for place in sorted((folder or default_folder()).glob("*")):
        if interpreter(place).exists():
            yield place.name, interpreter(place)


def interpreter(place: Path) -> Path:
    """Return the path of the interpreter of the environment in the folder `place`."""
    return place / "bin" / "python"


def checked(label: str) -> str:
    """Return `label` if it is valid in the names of files and tables. Raises ValueError if it is not."""
    if not LABEL.fullmatch(label):
        raise ValueError(
            f"{label!r} is not a valid label, expected letters, digits, dots, dashes and underscores, as in numpy-2.0"
        )
    return label


def requirement(text: str) -> Requirement:
    """Return a requirement of a name with versions. Raises ValueError for anything else, such as a URL."""
    try:
        found = Requirement(text)
    except InvalidRequirement as error:
        why = str(error).partition("\n")[0]
        raise ValueError(
            f"{text!r} is not a requirement: {why}; expected a name and a version, as in 'numpy==2.0.2'"
        ) from error
    if found.url:
        raise ValueError(f"{text!r} refers to {found.url}, expected a name and a version, as in 'numpy==2.0.2'")
    return found


def run(what: str, command: Sequence[str]) -> str:
    """Run a command, and return its standard output. Raises ValueError with the last line of its output if it fails."""
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8", errors="replace", check=False
        )
    except OSError as error:
        raise ValueError(f"{command[0]} can't be run: {error.strerror or error}") from error
    if done.returncode:
        words = (done.stderr.strip() or done.stdout.strip()).splitlines() or [f"code {done.returncode}"]
        raise ValueError(f"{what} failed: {words[-1].strip()}")
    return done.stdout
