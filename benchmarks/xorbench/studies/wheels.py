"""Wheels of a small framework and of the NumPy that is installed here, from which pip makes environments."""

import os
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

import numpy as np


def wheel(
    folder: Path, name: str, version: str, files: Mapping[str, str], tag: str = "py3-none-any", more: str = ""
) -> None:
    """Write a wheel with these files; `more` are further lines of its metadata."""
    about = f"{name}-{version}.dist-info"
    contents = {
        **files,
        f"{about}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{more}",
        f"{about}/WHEEL": f"Wheel-Version: 1.0\nGenerator: xorbench\nRoot-Is-Purelib: true\nTag: {tag}\n",
    }
    listed = "".join(f"{path},,\n" for path in [*contents, f"{about}/RECORD"])
    with zipfile.ZipFile(folder / f"{name}-{version}-{tag}.whl", "w") as file:
        for path, text in {**contents, f"{about}/RECORD": listed}.items():
            file.writestr(path, text)


def numpy_of_here(folder: Path) -> None:
    """Write a wheel of NumPy whose files are links to those of the NumPy that is installed here."""
    linked = folder / "linked"
    linked.mkdir()
    ours = Path(np.__file__).parent
    for library in (ours, ours.with_name("numpy.libs")):
        (linked / library.name).symlink_to(library)
    wheel(folder, "numpy", np.__version__, {"linked.pth": f"{linked}\n"})


@contextmanager
def alone(index: Path, cache: Path) -> Iterator[None]:
    """Let pip find the wheels in the folder `index` and no others, and make environments in the folder `cache`."""
    with mock.patch.dict(os.environ, PIP_NO_INDEX="1", PIP_FIND_LINKS=str(index), XDG_CACHE_HOME=str(cache)):
        yield
