"""Studies as they are shown: the newest of each name, the page of all of them, and nothing that is not theirs."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.planted import MACHINE
from tests.studied import planted_study
from xorbench.publication import shown_studies
from xorbench.publication.shown_studies import block, every, newest, page
from xorbench.record import store, studies
from xorbench.record.studies import Study
from xorbench.tables.formats import markdown
from xorbench.tables.studies import showing


def shown_newest(folder: Path) -> Study | None:
    one = newest(every(folder)[0], "coverage")
    return one.study if one else None


def test_the_newest_is_the_one_that_began_last_on_whatever_machine(tmp_path: Path) -> None:
    assert shown_newest(tmp_path) is None
    first, last = planted_study(), planted_study(created="2026-02-02T00:00:00Z")
    machine = replace(MACHINE, name="zzz-1-cores-linux-x86-64", cpu="Zzz")
    other = planted_study(machine=machine, created="2026-01-15T00:00:00Z")
    for study in (last, other, first):
        studies.write(study, tmp_path)
    assert shown_newest(tmp_path) == last


def test_a_block_is_the_newest_valid_study_or_says_that_there_is_none(tmp_path: Path) -> None:
    assert block([], "coverage") == "Nothing to show.\n"
    studies.write(planted_study(), tmp_path)
    last = planted_study(created="2026-02-02T00:00:00Z")
    studies.write(last, tmp_path)
    studies.write(planted_study(created="2026-03-02T00:00:00Z", data={}), tmp_path)
    found, _refused = every(tmp_path)
    assert block(found, "coverage") == markdown(showing.table(last))
    assert block(found, "load") == "Nothing to show.\n"
    with pytest.raises(ValueError, match="no study is named speed, expected one of load, "):
        block(found, "speed")


def test_the_page_has_the_newest_tables_and_every_file(tmp_path: Path) -> None:
    paths = [studies.write(planted_study(created=f"2026-0{month}-02T00:00:00Z"), tmp_path) for month in (1, 2)]
    text = page(every(tmp_path)[0])
    assert text.count("## Coverage of the intervals and ranks") == 1
    assert text.count("2026-02-02T00:00:00Z; python") == 1
    for path in paths:
        assert f"](coverage/{path.name}): python -m xorbench.studies.coverage" in text
        assert store.digest(path) in text


def test_names_of_files_and_commands_are_text_on_the_page(tmp_path: Path) -> None:
    command = "python -m xorbench.studies.coverage ![x](y) # *z*"
    path = studies.write(planted_study(command=command), tmp_path)
    path.rename(path.with_name("a) [b](c\n# d.json"))
    *_, line, end = page(every(tmp_path)[0]).split("\n")
    assert end == ""
    assert "](coverage/a%29%20%5Bb%5D%28c%0A%23%20d.json): python" in line
    assert r"coverage !\[x\](y) \# \*z\*;" in line


def test_a_file_that_cannot_be_shown_is_named_and_left_out(tmp_path: Path) -> None:
    path = studies.write(planted_study(data={}), tmp_path)
    found, (complaint,) = every(tmp_path)
    assert found == []
    assert complaint.startswith(f"{path} is not a study: its data are not those")
    path.unlink()
    command = "python -m xorbench.studies.speed"
    path = studies.write(planted_study(study="speed", command=command), tmp_path)
    with pytest.raises(ValueError, match=f"{path} is not a study: no study is named speed"):
        shown_studies.shown(path)
