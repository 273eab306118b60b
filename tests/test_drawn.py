"""Every picture is checked as drawn: in a real browser, at three widths, in both themes, on the screen and in print."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.browser import launched
from tests.drawn import WIDTHS, document, faults
from tests.planted import planted, with_machine
from tests.released import planted_history
from tests.shown import NASTY, shown
from tests.studied import newest_study
from tests.test_charts_errors import in_both_dtypes
from tests.test_measured import known
from tests.test_render import page
from xorbench import places
from xorbench.charts import album, picture
from xorbench.charts.axes import linear
from xorbench.charts.errors import errors
from xorbench.charts.figure import Figure, Label, Panel
from xorbench.charts.lines import Line, panel
from xorbench.charts.machines import MOST as MOST_MACHINES
from xorbench.charts.measured import measured
from xorbench.charts.style import role
from xorbench.estimates.analysis import Analysis
from xorbench.estimates.machines import over_machines
from xorbench.page.sources import Drawing
from xorbench.record import store

WAYS = [(width, scheme, "screen") for width in WIDTHS for scheme in ("light", "dark")] + [(1024, "dark", "print")]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with launched() as browser:
        yield browser


def newest() -> tuple[Analysis, list[Analysis]]:
    """The newest full run, and two sweeps of its machine."""
    by_age = sorted(store.paths(places.results()), key=lambda path: path.name, reverse=True)
    every = (Analysis(store.read(path)) for path in by_age)
    run = next(one for one in every if len(one.record.workloads) > 1 and one.record.is_run)
    beside = (Analysis(store.read(path)) for path in by_age if path.parent.name == run.record.machine.name)
    return run, [one for one in beside if one.record.is_sweep][:2]


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The figures of the newest records and of the studies: panels alone, whole files, and inside the page."""
    folder, (run, sweeps) = tmp_path_factory.mktemp("pictures"), newest()
    of_studies = [draw(newest_study(name).data) for name, draw in album.OF_STUDIES.items()]
    figures = album.of_record(run, sweeps)
    everything = [*figures, *of_studies]
    assert {"ratios", "break_even", "crossover", "error-over-time", "functions"} <= {
        figure.name for figure in everything
    }
    texts = {
        "panels": document(everything),
        "files": document(everything, as_files=True),
        "page": page(run, drawings=[Drawing(figure, picture.inlined(figure)) for figure in figures]),
    }
    for name, text in texts.items():
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    return {name: folder / f"{name}.html" for name in texts}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "width", "scheme", "media"),
    [(name, *way) for name in ("panels", "files", "page") for way in WAYS if name != "files" or way[0] > 800],
)  # a file has two columns, and is not for a phone
def test_the_pictures_of_the_committed_records_are_right(
    chromium: Browser, documents: dict[str, Path], name: str, width: int, scheme: str, media: str
) -> None:
    assert faults(chromium, documents[name], width, scheme, media) == []


@pytest.mark.slow
@pytest.mark.parametrize(("width", "scheme", "media"), WAYS)
def test_the_pictures_of_the_published_pages_are_right(chromium: Browser, width: int, scheme: str, media: str) -> None:
    pages = sorted(places.results().rglob("index.html"))
    assert pages
    for path in pages:
        assert faults(chromium, path, width, scheme, media) == []


@pytest.mark.slow
@pytest.mark.parametrize("path", store.paths(places.results()), ids=lambda path: path.stem)
def test_the_pictures_of_every_record_are_right(chromium: Browser, tmp_path: Path, path: Path) -> None:
    analysis = Analysis(store.read(path))
    sweeps = [analysis] if analysis.record.is_sweep else []
    histories = [analysis] if analysis.record.is_history else []
    figures = album.of_record(analysis, sweeps, histories)
    assert bool(figures) == (analysis.record.counts is None)  # counts have a table only
    assert not figures or found(chromium, tmp_path, figures) == []


def found(chromium: Browser, folder: Path, figures: Sequence[Figure], width: int = 390) -> list[str]:
    path = folder / "pictures.html"
    path.write_text(document(figures), encoding="utf-8")
    return faults(chromium, path, width, "light")


def test_names_chosen_to_hurt_are_drawn_as_text(chromium: Browser, tmp_path: Path) -> None:
    assert found(chromium, tmp_path, album.of_record(shown("other", *NASTY))) == []


def test_a_history_is_drawn_without_a_fault(chromium: Browser, tmp_path: Path) -> None:
    costs = {"1.9.0": [0.0, 0.01] * 3, "2.0.0.post1": [0.03, 0.02] * 3, "2.1": [-0.5, -0.5] * 3, "10.0": [2.0, 2.1] * 3}
    one = planted_history(costs, files=("mine", NASTY[0]))
    near = planted_history({version: [0.001, -0.001] * 3 for version in costs}, framework="near")
    figures = album.of_record(shown("other"), histories=[one, near])
    assert "history" in {figure.name for figure in figures}
    for width in (390, 1440):
        assert found(chromium, tmp_path, [figure for figure in figures if figure.name == "history"], width) == []


def test_errors_over_times_of_many_implementations_are_drawn(chromium: Browser, tmp_path: Path) -> None:
    figure = errors(in_both_dtypes(*(f"implementation_{number}" for number in range(26)), *NASTY))
    assert figure is not None
    assert found(chromium, tmp_path, [figure]) == []


def test_what_a_step_consists_of_is_drawn_without_a_fault(chromium: Browser, tmp_path: Path) -> None:
    figure = measured(known())
    assert figure is not None
    assert found(chromium, tmp_path, [figure]) == []


@pytest.mark.parametrize(
    "names", [("other", "third"), pytest.param(NASTY, marks=pytest.mark.slow)], ids=["plain", "nasty"]
)
def test_ratios_on_several_machines_are_drawn_without_a_fault(
    chromium: Browser, tmp_path: Path, names: tuple[str, ...]
) -> None:
    ratios = {name: [0.3 * place - 0.1 + 0.001 * launch for launch in range(6)] for place, name in enumerate(names)}
    records = [with_machine(planted(ratios), cpu=f"{number} {names[-1]}") for number in range(MOST_MACHINES + 1)]
    figures = album.of_machines(over_machines(records))
    assert len(figures) == 1
    for width in (390, 1440):
        assert found(chromium, tmp_path, figures, width) == []


def one_panel(*labels: Label, **changes: object) -> Figure:
    lines = [Line("one", 0, [(0, 0), (1, 1)], "rises"), Line("two", 1, [(0, 1), (1, 0)], "falls")]
    drawn = panel("a", "Two lines.", linear("x", 0, 1), linear("y", 0, 1), lines)
    changed: Panel = replace(drawn, labels=[*drawn.labels, *labels], **changes)  # type: ignore[arg-type]
    return Figure("planted", "Planted", "Planted.", [changed])


def test_a_picture_without_a_fault_has_none(chromium: Browser, tmp_path: Path) -> None:
    assert found(chromium, tmp_path, [one_panel()]) == []


@pytest.mark.parametrize(
    ("label", "fault"),
    [
        (Label(100, 50, "first"), '"here" and "first" overlap'),
        (Label(300, 50, "far to the right"), '"far to the right" is cut off'),
        (Label(100, 20, "pale", colour="line"), '"pale" has the contrast'),
        (Label(100, 20, "tiny", size=9), '"tiny" is small'),
    ],
)
def test_a_planted_label_is_found(chromium: Browser, tmp_path: Path, label: Label, fault: str) -> None:
    errors = found(chromium, tmp_path, [one_panel(Label(100, 50, "here"), label)])
    assert len(errors) == 1
    assert fault in errors[0]


@pytest.mark.parametrize(
    ("style", "fault"),
    [
        (".bars li .factor { width: 3rem; overflow: hidden }", '" is cut off'),
        (".ticks .sides span { left: 50% !important }", "overlap"),
        (".bars li .name { font-size: 8px }", '" is small'),
        (".mark { border-color: var(--line) !important }", '" is pale'),
        (".mark { width: 1px !important; min-width: 0 !important; border: 0 !important }", '" is narrow'),
    ],
)
def test_a_planted_fault_in_the_bars_of_a_page_is_found(
    chromium: Browser, tmp_path: Path, style: str, fault: str
) -> None:
    text, path = page(planted({"other": [0.5, 0.51] * 3, "third": [-0.5, -0.51] * 3})), tmp_path / "index.html"
    path.write_text(text, encoding="utf-8")
    assert faults(chromium, path, 1024, "light") == []
    path.write_text(text.replace("</style>", f"{style}</style>", 1), encoding="utf-8")
    assert any(fault in error for error in faults(chromium, path, 1024, "light"))


@pytest.mark.parametrize("largest", [3.0, 30.0, 300.0, 3_000.0])
def test_the_bars_of_a_page_have_no_fault_on_a_phone(chromium: Browser, tmp_path: Path, largest: float) -> None:
    path, ratio = tmp_path / "index.html", math.log(largest)
    path.write_text(page(planted({"slow": [ratio, ratio + 0.01] * 3})), encoding="utf-8")
    assert faults(chromium, path, 390, "light") == []


def test_an_exponent_on_a_linear_axis_is_found(chromium: Browser, tmp_path: Path) -> None:
    axis = replace(linear("x", 0, 100), ticks=[(100.0, "1e+2")])
    (error,) = found(chromium, tmp_path, [one_panel(x=axis)])
    assert error.endswith('"1e+2" is an exponent on a linear axis')


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"width": 4.5}, "a line is 4.5 wide"),
        ({"stroke": role("line")}, 'the mark of "one: rises" is pale'),
    ],
)
def test_a_planted_line_is_found(chromium: Browser, tmp_path: Path, change: dict[str, Any], fault: str) -> None:
    marks = [replace(mark, **change) if mark.tip == "one: rises" else mark for mark in one_panel().panels[0].marks]
    assert any(fault in error for error in found(chromium, tmp_path, [one_panel(marks=marks)]))
