"""Virtual environments: what is asked for is in them and nothing else, and what fails leaves nothing."""

import importlib.metadata
import sys
from pathlib import Path

import pytest

from tests.conftest import OTHER_NUMPY
from xorbench.environments import virtualenvs


def test_what_is_named_is_in_it_and_nothing_else(other_numpy: str) -> None:
    folder = Path(other_numpy).parent.parent
    (packages,) = folder.glob("lib/*/site-packages")
    found = {d.metadata["Name"]: d.version for d in importlib.metadata.distributions(path=[str(packages)])}
    assert found == {"numpy": OTHER_NUMPY}
    assert list(virtualenvs.environments(folder.parent)) == [("numpy-2.2", Path(other_numpy))]
    assert virtualenvs.find("numpy-2.2", folder.parent) == Path(other_numpy)
    with pytest.raises(ValueError, match=r"an environment named numpy-2\.2 already exists"):
        virtualenvs.create("numpy-2.2", ["numpy"], folder=folder.parent)


@pytest.mark.parametrize("label", ["", "a b", "../up", "-x", "a=b", ".hidden", "a/b", "me@home"])
def test_a_label_can_stand_in_the_name_of_a_file(label: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is not a valid label, expected letters, digits"):
        virtualenvs.create(label, ["numpy"], folder=tmp_path / "new")
    with pytest.raises(ValueError, match="is not a valid label"):
        virtualenvs.find(label, tmp_path)
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("--index-url=http://example.org", "is not a requirement"),
        ("-r", "is not a requirement"),
        ("./numpy", "is not a requirement"),
        ("/srv/numpy.whl", "is not a requirement"),
        ("https://example.org/numpy.whl", "is not a requirement"),
        ("numpy @ https://example.org/numpy.whl", "refers to https://example.org/numpy.whl"),
        ("numpy @ file:///srv/numpy", "refers to file:///srv/numpy"),
        ("numpy==", "is not a requirement"),
        ("", "is not a requirement"),
    ],
)
def test_only_names_and_versions_are_installed(text: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=f"{says}.*expected a name and a version, as in 'numpy==2.0.2'"):
        virtualenvs.create("some", ["numpy", text], folder=tmp_path / "new")
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("python", "says"),
    [
        ("/nowhere/python", "/nowhere/python can't be run: No such file or directory"),
        ("/bin/false", "venv failed: code 1"),
        (sys.executable, "pip failed: ERROR: "),
    ],
)
def test_what_fails_is_one_line_and_leaves_nothing(python: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=says) as raised:
        virtualenvs.create("half", ["numpy==2.2.6,!=2.2.6"], python, tmp_path)
    assert "\n" not in str(raised.value)
    assert list(tmp_path.iterdir()) == []


def test_one_that_is_interrupted_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_arguments: object) -> None:
        assert (tmp_path / "half" / "pyvenv.cfg").exists()
        raise KeyboardInterrupt

    made = virtualenvs.run
    monkeypatch.setattr(virtualenvs, "run", lambda what, call: (made if what == "venv" else interrupted)(what, call))
    with pytest.raises(KeyboardInterrupt):
        virtualenvs.create("half", ["numpy"], folder=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_one_that_was_never_made_is_named_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"no environment is named mine \(created: none\); give mine=PATH"):
        virtualenvs.find("mine", tmp_path)


def test_they_lie_in_the_cache_folder_of_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert virtualenvs.default_folder() == tmp_path / "xorbench" / "environments"
