"""Installed from a wheel, the command works in an empty folder and writes nothing beside the package."""

import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.conftest import OTHER_NUMPY
from xorbench import places
from xorbench.record import store

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent

RAISING = 'raise SystemExit("code of the user was started")\n'


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site-packages of an environment with the wheel, which sees our libraries; of ours nothing else."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    subprocess.run([*pip, "wheel", "-q", "--no-deps", "-w", folder, ROOT], check=True, capture_output=True)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "environment"], check=True)
    (found,) = (folder / "environment").glob("lib/*/site-packages")
    (found / "libraries.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
    (wheel,) = folder.glob("*.whl")
    python = folder / "environment" / "bin" / "python"
    subprocess.run([*pip, "--python", python, "install", "-q", "--no-deps", "--no-index", wheel], check=True)
    return found


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a user, with modules and a configuration that must not be used."""
    folder = tmp_path_factory.mktemp("user")
    for name in ("numpy", "conftest", "line"):
        (folder / f"{name}.py").write_text(RAISING)
    for name in ("benchmarks", "implementations", "xorbench"):
        (folder / name).mkdir()
        (folder / name / "__init__.py").write_text(RAISING)
    (folder / "pytest.ini").write_text("[pytest]\naddopts = --no-such-option\n")
    return folder


def digests(folder: Path) -> dict[str, str]:
    """By file what it holds, without what Python compiles."""
    paths = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def run(site: Path, home: Path, *arguments: str, code: int = 0) -> str:
    """What the command of the wheel prints in the folder of the user; it must end with this code."""
    command = site.parent.parent.parent / "bin" / "xorbench"
    done = subprocess.run(
        [command, *arguments],
        cwd=home,
        env=os.environ | {"XDG_CACHE_HOME": str(home / ".cache"), "PYTHONPATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def test_a_wheel_holds_the_one_package(site: Path) -> None:
    there = {path.name for path in site.iterdir() if path.name not in ("libraries.pth", "__pycache__")}
    assert {name for name in there if not name.endswith(".dist-info")} == {"xorbench"}
    assert (site / "xorbench" / "implementations" / "numpy_backprop.py").is_file()
    assert not [*(site / "xorbench").rglob("*.md")]
    assert not (site / "xorbench" / "studies").exists()
    assert not [*(site / "xorbench" / "implementations").glob("_functions.*")]


def test_the_command_works_in_the_folder_of_a_user_and_writes_nothing_beside_the_package(
    site: Path, home: Path
) -> None:
    before = digests(site)
    listed = json.loads(run(site, home, "list", "--json"))
    assert "numpy_backprop" in json.dumps(listed)
    run(site, home, "gradients", "--quick", "--implementation", "numpy_backprop")
    one = ("--implementation", "numpy_backprop", "--workload", "hidden", "--launches", "2", "--rounds", "12")
    said = json.loads(run(site, home, "run", *one, "--json"))
    (path,) = store.paths(home / "results")
    assert Path(home, said["record"]) == path
    assert store.read(path).commit is None
    for command in (("show", str(path)), ("publish",), ("verify",)):
        run(site, home, *command)
    assert "Only 2 launches" in run(site, home, "check", code=1)
    assert digests(site) == before


def test_another_environment_is_asked_for_its_own_libraries_alone(site: Path, home: Path) -> None:
    before = digests(site)
    run(site, home, "environments", "create", "other", f"numpy=={OTHER_NUMPY}")
    assert (home / ".cache" / "xorbench" / "environments" / "other").is_dir()
    made = json.loads(run(site, home, "environments", "list", "--json"))
    assert made == {"other": {"python": platform.python_version(), "numpy": OTHER_NUMPY}}
    judged = run(site, home, "gradients", "--quick", "--implementation", "numpy_backprop", "--python", "other")
    assert "numpy_backprop@other" in judged
    assert digests(site) == before


def test_what_is_published_is_the_same_as_from_a_checkout(site: Path, tmp_path: Path) -> None:
    shutil.copytree(places.results(), tmp_path / "results")
    run(site, tmp_path, "verify")


def test_it_is_a_library_and_a_module(site: Path, tmp_path: Path) -> None:
    shutil.copytree(places.results(), tmp_path / "results")
    python = site.parent.parent.parent / "bin" / "python"
    script = "import xorbench; print(len(xorbench.load().records))"
    loaded = subprocess.run([python, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert int(loaded.stdout) == len(store.paths(places.results()))
    subprocess.run([python, "-m", "xorbench", "--help"], cwd=tmp_path, capture_output=True, check=True)
