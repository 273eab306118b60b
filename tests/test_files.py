"""Every file that is rendered: which record it shows, and that it shows all of them where it should."""

import csv
import functools
import shutil
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.planted import loud, planted, with_implementation, with_machine, with_settings
from tests.test_render import Elements
from xorbench import cores
from xorbench.charts import picture
from xorbench.charts.figure import WIDTH
from xorbench.publication import files
from xorbench.publication.files import rendered
from xorbench.record import store
from xorbench.tables.formats import FORMATS

ANOTHER = "another-machine-2-cores-linux-x86-64"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A full record, a newer quick one, a newer unfit one, and an interrupted one of another machine."""
    folder = tmp_path_factory.mktemp("records")
    full = planted({"other": [0.5] * 6})
    quick = with_settings(planted({"other": [0.6] * 6}, created="2026-02-02T00:00:00Z"), quick=True)
    unfit = loud(planted({"other": [0.8] * 6}, created="2026-02-03T00:00:00Z"))
    partial = planted({"other": [0.7] * 6}, created="2026-03-03T00:00:00Z", partial=True)
    partial = with_machine(partial, cpu="another machine")
    for analysis in (full, quick, unfit, partial):
        store.write(analysis.record, folder)
    return folder


@pytest.fixture(scope="module")
def texts(folder: Path) -> dict[Path, str]:
    return rendered(folder).texts


def test_the_newest_whole_and_fit_record_is_shown(folder: Path, texts: dict[Path, str]) -> None:
    assert "1.6487" in texts[folder / "README.md"]  # exp(0.5), of the oldest
    assert "1.6487" in texts[folder / "tables" / "timings.csv"]
    assert "2.0138" in texts[folder / ANOTHER / "README.md"]


@pytest.mark.parametrize("cpus", [1, 2, 5])
def test_the_texts_do_not_depend_on_how_many_processes_read_and_render(
    folder: Path, texts: dict[Path, str], monkeypatch: pytest.MonkeyPatch, cpus: int
) -> None:
    for module in (files, cores):
        monkeypatch.setattr(module, "allowed_cpus", lambda: [*range(cpus)])
    assert rendered(folder).texts == texts


@pytest.mark.parametrize("number", [1, 3, 6, 100])
def test_records_are_read_in_their_order_in_parts_of_about_the_same_size(tmp_path: Path, number: int) -> None:
    paths = [tmp_path / f"{place:02}.json" for place in range(20)]
    for place, path in enumerate(paths):
        path.write_bytes(b"x" * (100 + 10 * place))
    parts = files._parts(paths, number)
    assert [path for part in parts for path in part] == paths
    assert len(parts) <= number
    sizes = [sum(path.stat().st_size for path in part) for part in parts]
    assert max(sizes) <= sum(sizes) / number + 290
    assert files._parts([], number) == []


def test_every_table_is_there_in_every_format(texts: dict[Path, str]) -> None:
    names = {path.stem for path in texts if path.parent.name == "tables"}
    assert {"timings", "beginnings", "break_even", "order", "ledger", "quietness", "field"} <= names
    assert {path.name for path in texts if path.parent.name == "tables"} == {f"{n}.{f}" for n in names for f in FORMATS}
    for path, text in texts.items():
        if path.parent.name == "tables":
            assert "Some CPU" in text, path  # the caption
            assert "do not edit" in text, path


def test_the_data_has_a_line_for_every_row_of_every_record(folder: Path, texts: dict[Path, str]) -> None:
    lines = list(csv.DictReader(texts[folder / "data" / "timings.csv"].splitlines()))
    assert len(lines) == 4 * 2
    assert {line["machine"] for line in lines} == {
        "some-cpu-2-cores-linux-x86-64",
        ANOTHER,
    }
    ratios = [round(float(line["ratio"]), 4) for line in lines if line["implementation"] == "other"]
    assert ratios == [2.0138, 1.6487, 1.8221, 2.0316]  # the last beside an unfit control


def test_the_index_names_every_record_with_its_digest(folder: Path, texts: dict[Path, str]) -> None:
    index = texts[folder / "README.md"]
    assert f"- [{ANOTHER}, 2026-03-03T00:00:00Z]({ANOTHER}/2026-03-03T000000Z.json), interrupted: " in index
    assert "2026-02-02T000000Z.json), quick: xorbench run --quick; SHA-256 " in index
    assert "2026-02-03T000000Z.json), full, unfit: " in index
    for path in store.paths(folder):
        assert store.digest(path) in index


def test_each_machine_has_a_page_and_each_figure_its_picture_and_its_data(folder: Path, texts: dict[Path, str]) -> None:
    assert {path.relative_to(folder).as_posix() for path in texts if path.name == "index.html"} == {
        "index.html",
        f"{ANOTHER}/index.html",
    }
    assert "2026-03-03T00:00:00Z" in texts[folder / ANOTHER / "index.html"]
    for place in (folder, folder / ANOTHER):
        pictures = {path.stem for path in texts if path.parent == place and path.suffix == ".svg"} - {"ratios-narrow"}
        assert {"ratios", "rounds", "break_even"} <= pictures
        assert pictures == {path.stem for path in texts if path.parent == place and path.suffix == ".csv"}


@pytest.fixture(scope="module")
def two_machines(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two records of two machines that agree on one implementation and not on the other, and an interrupted one."""
    folder = tmp_path_factory.mktemp("machines")
    one = planted({"other": [0.5, 0.51] * 3, "third": [0.7, 0.71] * 3})
    two = with_machine(planted({"other": [0.4, 0.41] * 3, "third": [-0.7, -0.71] * 3}), cpu="another machine")
    three = with_machine(planted({"other": [0.5] * 6}, partial=True), cpu="yet another machine")
    for analysis in (one, two, three):
        store.write(analysis.record, folder)
    return folder


def test_the_ratios_of_several_machines_stand_side_by_side(two_machines: Path) -> None:
    texts = rendered(two_machines).texts
    name = "yet-another-machine-2-cores-linux-x86-64"
    said = (
        "1 of 2 implementations has the same verdict on all machines, faster or slower than numpy_backprop; faster on "
        "one machine and slower on another: third."
    )
    for page in ("README.md", "index.html", "tables/machines.md", "tables/machines.csv", "tables/machines.html"):
        text = texts[two_machines / page].replace("\\_", "_")
        assert said in text, page
        assert f"{name} is not compared. Its record of 2026-01-02T03:04:05Z was interrupted." in text, page
    assert "\n![" in texts[two_machines / "README.md"]
    assert "(ratios-on-machines.svg)" in texts[two_machines / "README.md"]
    assert 'id="machines-title"' in texts[two_machines / "index.html"]
    assert texts[two_machines / "index.html"].count('id="ratios-on-machines"') == 1
    assert 'id="table-machines"' in texts[two_machines / "index.html"]
    ratios = {
        (line["implementation"], line["machine"]): (round(float(line["ratio"]), 3), line["over machines"])
        for line in csv.DictReader(texts[two_machines / "ratios-on-machines.csv"].splitlines())
    }
    assert ratios == {
        ("other", "A: another machine, 2 CPUs, Linux"): (1.499, "slower on all"),
        ("other", "B: Some CPU, 2 CPUs, Linux"): (1.657, "slower on all"),
        ("third", "A: another machine, 2 CPUs, Linux"): (0.494, "opposite"),
        ("third", "B: Some CPU, 2 CPUs, Linux"): (2.024, "opposite"),
    }
    for machine in ("some-cpu-2-cores-linux-x86-64", name):
        assert two_machines / machine / "ratios-on-machines.svg" not in texts
        assert "table-machines" not in texts[two_machines / machine / "index.html"]


@pytest.mark.slow
def test_the_comparison_of_machines_does_not_depend_on_how_many_processes_read_and_render(
    two_machines: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shutil.copytree(two_machines, tmp_path, dirs_exist_ok=True)
    for number, ratio in enumerate((0.3, 0.9)):
        created = f"2026-02-0{number + 1}T00:00:00Z"
        fast = with_implementation(
            planted({"other": [ratio, ratio] * 3, "fast": [-ratio] * 6}, created=created), "fast", tier="tuned"
        )
        for analysis in (fast, with_machine(fast, cpu="another machine")):
            store.write(analysis.record, tmp_path)
    together = rendered(tmp_path).texts
    assert "tuned, 2 machines" in together[tmp_path / "tables" / "machines.md"]
    for number in (1, 5):
        for module in (files, cores):
            monkeypatch.setattr(module, "allowed_cpus", functools.partial(range, number))
        assert rendered(tmp_path).texts == together, number


def test_the_page_shows_tuned_implementations_from_the_record_that_has_them(tmp_path: Path) -> None:
    full = planted({"other": [0.5, 0.51] * 3, "third": [0.7, 0.71] * 3, "fourth": [0.9, 0.91] * 3})
    tuned = planted({"other": [0.5, 0.51] * 3, "fast": [-0.5, -0.51] * 3}, created="2026-02-02T00:00:00Z")
    tuned = with_implementation(tuned, "fast", tier="tuned")
    for analysis in (full, tuned):
        store.write(analysis.record, tmp_path)
    texts = rendered(tmp_path).texts
    page = texts[tmp_path / "index.html"]
    assert 'id="run-idiomatic-table"' in page
    assert 'id="tuned-tuned-table"' in page
    assert page.index('id="tuned-tuned-table"') < page.index('id="tuned-idiomatic-table"')
    assert "fast" in texts[tmp_path / "tables" / "tuned.csv"]
    assert "fast" in texts[tmp_path / "ratios-tuned.csv"]
    assert "fast" not in texts[tmp_path / "ratios.csv"]
    assert {"ratios-tuned.svg", "ratios-tuned.csv", "ratios.svg", "ratios.csv"} <= {*Elements(page).links}


def test_every_link_between_published_files_leads_somewhere(two_machines: Path) -> None:
    texts = rendered(two_machines).texts
    there = {*texts, *store.paths(two_machines)}
    for path in texts:
        if path.suffix == ".html":
            files = [link.partition("#")[0] for link in Elements(texts[path]).links]
            inside = [(path.parent / file).resolve() for file in files if file and "implementations" not in file]
            assert {*inside} <= there, path
    found = Elements(texts[two_machines / "index.html"]).links
    machines = [path.parent.name for path in texts if path.name == "index.html" and path.parent != two_machines]
    assert len(machines) == 2
    for machine in machines:
        assert {f"{machine}/ratios.svg", f"{machine}/ratios.csv", f"{machine}/index.html"} <= {*found}


def test_the_picture_of_the_readme_is_there_in_one_column_for_phones(folder: Path, texts: dict[Path, str]) -> None:
    wide, narrow = (ET.fromstring(texts[folder / f"ratios{ending}.svg"]) for ending in ("", "-narrow"))
    assert float(narrow.get("width", "")) == WIDTH + 2 * picture.PADDING < 390
    of_both = [[text.text or "" for text in root.iter(f"{{{picture.NAMESPACE}}}text")] for root in (wide, narrow)]
    assert sorted(of_both[0]) == sorted(of_both[1])
