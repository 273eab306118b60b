"""Histories: the cost of each release over the oldest one, and which releases are steps."""

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.planted import HIDDEN, changed, planted, with_implementation, with_timings
from tests.released import FRAMEWORK, PYTHON, label_of, planted_history
from tests.shown import NASTY
from xorbench.charts import album, picture
from xorbench.charts.history import history as figure_of
from xorbench.consistency.rules import contradictions
from xorbench.contract import REFERENCE
from xorbench.estimates.analysis import Analysis
from xorbench.estimates.history import OLDEST, UNCHANGED, History, differing, framework_of, histories
from xorbench.exports.document import document
from xorbench.page import boards
from xorbench.publication import publish
from xorbench.publication.contribution import complaints
from xorbench.publication.pictures import data_of
from xorbench.publication.selection import Standing
from xorbench.record import store
from xorbench.record.timing import Timing
from xorbench.tables.catalogue import named
from xorbench.tables.formats import FORMATS
from xorbench.tables.headline import headline
from xorbench.tables.history import history as tables_of
from xorbench.tables.summary import LINES, summary

WOBBLES = ([0.002, -0.002, 0.0] * 2, [-0.002, 0.0, 0.002] * 2, [0.0, 0.002, -0.002] * 2, [0.001, 0.001, -0.002] * 2)
"""Logarithms that differ between launches and releases, each with the mean 0."""

SLOWER = math.log(1.03)

VERSIONS = ("1.9", "1.10", "2.0", "2.1")


def costs(*logarithms: float) -> dict[str, list[float]]:
    """The costs of as many releases, which vary by about 0.2 % between launches."""
    return {
        version: [0.7 + logarithm + wobble for wobble in WOBBLES[place]]
        for place, (version, logarithm) in enumerate(zip(VERSIONS, logarithms, strict=False))
    }


STEPPED = planted_history(costs(0.0, 0.0, SLOWER, SLOWER))
"""Four releases, of which the third is 3 % slower than the two before it, and the fourth like the third."""


def only(analysis: Analysis) -> History:
    (found,) = histories(analysis)
    return found


def without(analysis: Analysis, version: str) -> Analysis:
    """The record as if a release had failed the judge: it has no times."""

    def kept(timing: Timing) -> Timing | None:
        return None if timing.implementation.endswith(label_of(version)) else timing

    return with_timings(analysis, kept)


def test_a_planted_slowdown_of_3_percent_is_the_one_step() -> None:
    found = only(STEPPED)
    assert (found.implementation, found.workload, found.framework) == ("mine", "hidden", FRAMEWORK)
    assert [release.version for release in found.releases] == [*VERSIONS]
    assert [release.verdict for release in found.releases] == [OLDEST, UNCHANGED, "slower", UNCHANGED]
    (step,) = found.steps
    assert (step.version, step.before) == ("2.0", "1.10")
    assert step.change is not None
    assert step.change.value == pytest.approx(1.03, rel=1e-5)
    assert [release.cost and release.cost.value for release in found.releases] == pytest.approx([1, 1, 1.03, 1.03])
    assert all(release.microseconds for release in found.releases)


def test_a_faster_release_is_a_step_too() -> None:
    (step,) = only(planted_history(costs(0.0, -SLOWER, -SLOWER))).steps
    assert (step.version, step.verdict) == ("1.10", "faster")


@pytest.mark.parametrize("change", [0.009, -0.009])
def test_what_is_certain_but_smaller_than_the_error_of_a_usable_run_is_no_step(change: float) -> None:
    found = only(planted_history(costs(0.0, change)))
    oldest, newest = found.releases
    assert newest.change is not None
    assert newest.change.verdict in ("slower", "faster")
    assert (oldest.verdict, newest.verdict, found.steps) == (OLDEST, UNCHANGED, [])


def test_what_the_launches_do_not_show_is_no_step() -> None:
    noisy = {"1": [0.1, -0.1] * 3, "2": [SLOWER - 0.1, SLOWER + 0.1] * 3}
    assert [release.verdict for release in only(planted_history(noisy)).releases] == [OLDEST, UNCHANGED]


def test_a_release_that_was_not_timed_has_its_reason_and_the_next_one_is_compared_with_the_one_before() -> None:
    found = only(changed(without(STEPPED, "1.10"), partial=True))
    assert [release.version for release in found.timed] == ["1.9", "2.0", "2.1"]
    lost = found.releases[1]
    assert (lost.verdict, lost.reason, lost.cost) == ("untimed", "the run was interrupted", None)
    (step,) = found.steps
    assert (step.version, step.before) == ("2.0", "1.9")


def test_without_the_oldest_the_next_one_is_the_oldest() -> None:
    found = only(without(STEPPED, "1.9"))
    assert [release.verdict for release in found.releases] == ["untimed", OLDEST, "slower", UNCHANGED]
    assert found.releases[1].cost is not None
    assert found.releases[1].change is None


def test_intervals_hold_together_for_all_changes_of_the_record() -> None:
    few, many = only(planted_history(costs(0.0, 0.0))), only(planted_history(costs(0.0, 0.0, 0.0, 0.0)))
    one, other = few.releases[1], many.releases[1]
    assert one.change and other.change and one.cost and other.cost  # noqa: PT018
    assert other.change.half_width > 1.2 * one.change.half_width
    assert other.cost.half_width > 1.2 * one.cost.half_width
    # A second file doubles the number of changes and that of the costs of the workload.
    both = [found.releases[1] for found in histories(planted_history(costs(0.0, 0.0), files=("mine", "yours")))]
    assert len(both) == 2
    assert all(found.change and found.change.half_width > 1.05 * one.change.half_width for found in both)


def test_one_launch_has_no_step() -> None:
    found = only(planted_history({"1": [0.0], "2": [0.5]}))
    assert [release.verdict for release in found.releases] == [OLDEST, "one launch"]


def test_only_a_history_has_one() -> None:
    assert histories(planted({"other": [0.5] * 6})) == []
    assert not named(planted({"other": [0.5] * 6})).keys() & {"history"}
    assert framework_of(STEPPED) == FRAMEWORK


@settings(max_examples=10)
@given(st.lists(st.floats(-0.5, 0.5), min_size=2, max_size=5))
def test_changes_multiply_to_the_cost_of_the_newest(logarithms: list[float]) -> None:
    found = only(planted_history({str(place): [each] * 3 for place, each in enumerate(logarithms)}, rounds=4))
    changes = [release.change.value for release in found.releases if release.change]
    newest = found.releases[-1].cost
    assert newest is not None
    assert math.prod(changes) == pytest.approx(newest.value, rel=1e-4)
    assert newest.value == pytest.approx(math.exp(logarithms[-1] - logarithms[0]), rel=1e-4)


SEED, RECORDS = 22, 100


@pytest.mark.slow
def test_of_records_with_noise_all_have_the_planted_step_and_at_most_5_percent_another_one() -> None:
    random = np.random.RandomState(SEED)
    wrong = 0
    for _ in range(RECORDS):
        true = (0.0, 0.0, SLOWER, SLOWER)  # each process of a launch is 1 % faster or slower for its whole life
        planted_costs = {v: (t + random.normal(0, 0.01, 16)).tolist() for v, t in zip(VERSIONS, true, strict=True)}
        steps = [step.version for step in only(planted_history(planted_costs, rounds=6)).steps]
        assert "2.0" in steps
        wrong += steps != ["2.0"]
    assert wrong <= 0.05 * RECORDS


def test_libraries_that_differ_between_the_environments_are_named() -> None:
    assert differing(STEPPED) == {}
    (table,) = tables_of(STEPPED)
    assert "No other library differs between the environments." in table.notes
    others = {
        label_of(version): {"python": PYTHON, FRAMEWORK: version, "numpy": numpy, **more}
        for version, numpy, more in zip(VERSIONS, ("1", "1", "2", "2"), ({}, {}, {}, {"odd": "7"}), strict=True)
    }
    analysis = changed(STEPPED, environment=replace(STEPPED.record.environment, others=others))
    assert differing(analysis) == {"numpy": ["1", "1", "2", "2"], "odd": ["", "", "", "7"]}
    (table,) = tables_of(analysis)
    assert any(note.endswith(": numpy 1, 1, 2, 2 and odd –, –, –, 7.") for note in table.notes)


def test_the_table_has_a_line_for_each_release_and_names_the_step() -> None:
    (table,) = named(STEPPED)["history"]
    assert table.title == f"mine, hidden (layer sizes 2-4-1, float64), by release of {FRAMEWORK}"
    lines = table.frame.to_dict("records")
    assert [line["release"] for line in lines] == [f"{FRAMEWORK} {version}" for version in VERSIONS]
    assert [line["step change"] for line in lines] == ["n/a", "none", "slower", "none"]
    assert lines[0]["time / oldest release"] == "1"
    assert all(line["time / oldest release"].startswith("1.03") for line in lines[2:])
    assert lines[0]["time / release before"] == "n/a"
    assert lines[2]["time / release before"].startswith("1.03")
    assert table.caption
    for form in FORMATS.values():
        assert VERSIONS[-1] in form([table])


def test_a_history_has_no_tables_over_the_baseline() -> None:
    assert next(iter(named(STEPPED))) == "history"
    assert not {"timings", "tuned", "versions"} & named(STEPPED).keys()
    assert {"ledger", "gradients", "field"} <= named(STEPPED).keys()


def test_a_release_without_a_time_is_named_with_its_verdict_in_the_table() -> None:
    (table,) = tables_of(changed(without(STEPPED, "1.10"), partial=True))
    assert list(table.frame.iloc[1])[1:] == ["untimed"] * 5 + ["n/a"]
    assert f"{FRAMEWORK} 1.10 is untimed: the run was interrupted." in table.notes


def test_the_headline_says_how_the_newest_differs_from_the_oldest_and_where_the_steps_are() -> None:
    lead = "Training XOR's hidden layer (2-4-1, float64) on one CPU of a Some CPU"
    assert headline(STEPPED) == (
        f"{lead}: mine is 1.03x slower in {FRAMEWORK} 2.1 than in 1.9. "
        "One step change: 1.03x slower from 1.10 to 2.0 (mine on hidden)."
    )
    same = planted_history(costs(0.0, 0.0))
    assert headline(same) == (
        f"{lead}: mine is not separated in {FRAMEWORK} 1.10 from that in 1.9. "
        "There is no step change from one release to the next."
    )
    assert headline(without(same, "1.9")) == f"{lead} was timed in fewer than two releases of {FRAMEWORK}."


def test_the_summary_has_a_line_for_each_release() -> None:
    lines = summary(STEPPED, 120)
    heads, *rows = lines[: lines.index("")]
    assert heads.split()[:3] == ["mine,", "hidden", "(2-4-1,"]
    assert heads.endswith("step change")
    assert [row.split()[:2] for row in rows] == [[FRAMEWORK, version] for version in VERSIONS]
    assert " oldest" in rows[0]
    assert "not separated" in rows[1]
    assert rows[2].count("slower") == 2
    assert rows[3].count("slower") == 1
    assert "More: xorbench show" in " ".join(lines)


@pytest.mark.parametrize("width", [50, 80, 120])
def test_a_summary_of_many_files_is_short_and_says_what_it_leaves_out(width: int) -> None:
    analysis = planted_history(costs(0.0, 0.0, SLOWER), files=[f"file_{number}" for number in range(12)])
    lines = summary(analysis, width)
    assert len(lines) <= LINES
    (more,) = [line for line in lines if line.startswith("... ")]
    assert more.endswith("more: show --table history")
    assert all(len(line) <= width or " " not in line.strip() for line in lines)


def test_a_summary_of_many_releases_is_cut() -> None:
    analysis = planted_history({str(number): [0.0, 0.01] for number in range(35)}, rounds=4)
    lines = summary(analysis)
    assert len(lines) <= LINES
    assert any(line.startswith("... ") and "lines more" in line for line in lines)


def test_the_figure_has_a_row_for_each_release_and_its_data() -> None:
    figure = figure_of([STEPPED, planted_history(costs(0.0, 0.1), files=("a", "b"), framework="other")])
    assert figure is not None
    assert [panel.title for panel in figure.panels] == [
        f"mine, hidden: {FRAMEWORK}",
        "a, hidden: other",
        "b, hidden: other",
    ]
    first = figure.panels[0]
    assert [label.text for label in first.labels if label.text in VERSIONS] == [*VERSIONS]
    (note,) = first.notes
    assert note.startswith("Step change at 2.0: 1.03")
    assert "x slower than 1.10 (1.0" in note
    lines = list(csv.DictReader(io.StringIO(data_of(figure))))
    assert [line["release"] for line in lines[:4]] == [f"{FRAMEWORK} {version}" for version in VERSIONS]
    assert [float(line["cost"]) for line in lines[:4]] == pytest.approx([1, 1, 1.03, 1.03])
    assert [line["verdict"] for line in lines[:4]] == [OLDEST, UNCHANGED, "slower", UNCHANGED]
    assert "Step change at 2.0" in picture.svg(figure)


def test_fewer_than_two_timed_releases_have_no_figure() -> None:
    assert figure_of([]) is None
    assert figure_of([without(planted_history(costs(0.0, 0.0)), "1.9")]) is None
    assert figure_of([planted({"other": [0.5] * 6})]) is None


def test_names_chosen_to_hurt_are_printed_as_text() -> None:
    analysis = planted_history(costs(0.0, SLOWER), files=NASTY)
    for line in summary(analysis):
        assert line.isprintable()
    for table in named(analysis)["history"]:
        assert table.title.isprintable()
    figure = figure_of([analysis])
    assert figure is not None
    assert "<script>" not in picture.svg(figure)


RUN = planted({"other": [0.5] * 6})


def test_a_history_stands_for_its_framework_and_never_for_the_machine() -> None:
    newer = changed(STEPPED, created="2026-05-05T00:00:00Z")
    other = planted_history(costs(0.0, 0.1), framework="another", created="2026-06-06T00:00:00Z")
    for order in ([RUN, STEPPED, newer, other], [other, newer, STEPPED, RUN]):
        standing = Standing(order[0])
        for analysis in order[1:]:
            standing.meet(analysis)
        assert standing.analysis is RUN
        assert standing.histories == [other, newer]
        assert (standing.versions, standing.tuned) == (None, None)
        assert len(standing.tables["history"]) == 2
        assert "timings" in standing.tables
        assert {"ratios", "history"} <= {figure.name for figure in standing.figures}
    joined = Standing(RUN)
    joined.join(Standing(other))
    assert joined.histories == [other]


def test_a_machine_with_a_history_alone_has_no_board() -> None:
    standing = Standing(STEPPED)
    assert standing.analysis is STEPPED
    assert "timings" not in standing.tables
    assert boards.boards(STEPPED, "run") == []
    assert boards.compact(STEPPED, "run") is None
    assert "history" in {figure.name for figure in standing.figures}
    assert not {"ratios", "rounds"} & {figure.name for figure in album.of_record(STEPPED)}


def test_a_history_is_published_beside_a_run(tmp_path: Path) -> None:
    store.write(RUN.record, tmp_path)
    store.write(changed(STEPPED, created="2026-05-05T00:00:00Z").record, tmp_path)
    publish.publish(tmp_path)
    assert publish.verify(tmp_path) == []
    index = (tmp_path / "README.md").read_text(encoding="utf-8")
    assert f"## mine, hidden (layer sizes 2-4-1, float64), by release of {FRAMEWORK}" in index
    assert "2026-05-05T000000Z.json), history: xorbench history tinyframework" in index
    assert "(history.svg)" in index
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert 'id="versions"' in page
    assert "Cost over releases" in page
    for name in ("history.svg", "history.csv", "tables/history.csv", "tables/history.md"):
        assert (tmp_path / name).is_file()
    assert ",history," in (tmp_path / "data" / "records.csv").read_text(encoding="utf-8")


def test_a_history_may_be_published(tmp_path: Path) -> None:
    assert complaints(store.write(STEPPED.record, tmp_path)) == []


def test_a_history_is_a_record_with_a_document() -> None:
    assert store.parsed(store.as_text(STEPPED.record)) == STEPPED.record
    assert {row["implementation"] for row in document(STEPPED)["rows"]} == {
        REFERENCE,
        *(f"mine@{label_of(version)}" for version in VERSIONS),
    }


def told(analysis: Analysis) -> str:
    return "\n".join(contradictions(analysis.record))


def with_environment(analysis: Analysis, version: str, **there: str) -> Analysis:
    """The record with other versions in the environment of one release."""
    others = analysis.record.environment.others
    changes = {**others, label_of(version): {**others[label_of(version)], **there}}
    return changed(analysis, environment=replace(analysis.record.environment, others=changes))


def swapped(versions: Sequence[str]) -> Analysis:
    """The record with its releases in another order."""
    return planted_history({version: costs(0.0, 0.0, 0.0, 0.0)[version] for version in versions})


@pytest.mark.parametrize(
    ("analysis", "says"),
    [
        (STEPPED, ""),
        (planted_history(costs(0.0, 0.0), files=("mine", "yours")), ""),
        (swapped(["1.10", "1.9"]), "$.implementations: the versions of 'mine' are ['1.10', '1.9'], expected rising"),
        (planted_history({"1": [0.0] * 3}), "expected those of one framework in two or more environments"),
        (with_environment(STEPPED, "2.0", python="3.12.1"), "expected one version of Python"),
        (with_environment(STEPPED, "2.0", **{FRAMEWORK: "2.5"}), "'2.0', expected 2.5 of the environment"),
        (changed(STEPPED, kind="run"), "$.kind: 'run', but the command is 'xorbench history"),
        (changed(RUN, kind="history"), "$.kind: 'history', but the command is 'xorbench run'"),
        (
            with_implementation(STEPPED, f"mine@{label_of('2.0')}", framework="numpy", version="2"),
            "expected those of one framework in two or more environments",
        ),
        (with_implementation(STEPPED, f"mine@{label_of('2.0')}", file=None), "the versions of None are"),
    ],
)
def test_a_history_that_contradicts_itself_is_refused(analysis: Analysis, says: str) -> None:
    found = told(analysis)
    assert says in found
    assert bool(says) == bool(found)


def test_two_workloads_have_a_history_each() -> None:
    again = [replace(timing, workload="second") for timing in STEPPED.record.timings]
    second = replace(HIDDEN, name="second")
    both = changed(STEPPED, workloads=[HIDDEN, second], timings=[*STEPPED.record.timings, *again])
    assert [found.workload for found in histories(both)] == ["hidden", "second"]
    assert [step.version for found in histories(both) for step in found.steps] == ["2.0", "2.0"]
    assert headline(both).endswith(
        "Step changes: 1.03x slower from 1.10 to 2.0 (mine on hidden) and 1.03x slower from 1.10 to 2.0 (mine on "
        "second)."
    )
