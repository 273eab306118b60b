"""Lines are labelled where they end, and those that coincide are one line with one label."""

import itertools

import pytest

from tests.marked import places
from xorbench.charts import lines, paths, style
from xorbench.charts.axes import Axis, linear
from xorbench.charts.lines import GAP, Line, coinciding, panel

X, Y = linear("x", 0, 10), linear("y", 0, 100)


def flat(name: str, value: float, place: int = 0) -> Line:
    return Line(name, place, [(0.0, value), (10.0, value)], f"at {value:g}")


def labels_of(*shown: Line) -> list[str]:
    return [one.label for one in coinciding(shown, Y, 100)]


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        ([10, 50, 90], ["n0", "n1", "n2"]),
        ([10, 10.5, 11], ["all 3"]),
        ([10, 10], ["both"]),
        ([10, 10, 50], ["n0 +1", "n2"]),
        ([50, 10, 10, 11, 10], ["n0", "4 others"]),
        ([50, 51, 10, 10, 11], ["n0 +1", "3 others"]),
        ([10, 10, 10, 50, 50, 50], ["3 others", "n3 +2"]),
        ([], []),
    ],
)
def test_lines_that_coincide_have_one_label(values: list[float], labels: list[str]) -> None:
    assert labels_of(*(flat(f"n{number}", value) for number, value in enumerate(values))) == labels


def test_lines_that_meet_only_at_the_ends_are_two() -> None:
    bent = Line("bent", 1, [(0.0, 10.0), (5.0, 20.0), (10.0, 10.0)], "bends")
    straight = Line("straight", 0, [(0.0, 10.0), (5.0, 10.0), (10.0, 10.0)], "does not")
    assert labels_of(straight, bent) == ["straight", "bent"]
    assert labels_of(straight, flat("sparse", 10)) == ["straight", "sparse"]  # points at other places


def test_all_names_are_in_the_description() -> None:
    found = coinciding([flat("one", 10), flat("two", 10.2), flat("three", 9.9)], Y, 100)
    assert [one.tip for one in found] == ["one: at 10; two: at 10.2; three: at 9.9"]


def test_labels_are_beside_the_ends_and_apart() -> None:
    shown = panel("t", "t", X, Y, [flat(f"n{number}", value, number) for number, value in enumerate((10, 50, 53, 90))])
    places = [label.y for label in shown.labels]
    assert [label.text for label in shown.labels] == ["n0", "n1", "n2", "n3"]
    assert places == pytest.approx([153, 85 - 2.55 + 6.5, 85 - 2.55 - 6.5, 17])
    assert all(label.x > shown.width for label in shown.labels)


def test_a_panel_grows_with_its_labels_and_leaves_room_for_them() -> None:
    many = [flat(f"a longer name {number}", number, number) for number in range(0, 100, 2)]
    shown = panel("t", "t", X, Y, many)
    places = sorted(label.y for label in shown.labels)
    assert shown.height == GAP * len(shown.labels) > lines.HEIGHT
    assert all(b - a >= GAP - 1e-6 for a, b in itertools.pairwise(places))
    assert 0 <= places[0] <= places[-1] <= shown.height
    assert shown.right > 50


def test_a_line_of_one_point_is_a_dot() -> None:
    shown = panel("t", "t", X, Y, [Line("one", 0, [(5.0, 50.0)], "at 50")])
    dot, way, sample = shown.marks
    assert (dot.fill, dot.tip) == (style.colour(0), "one: at 50")
    assert dot.path == paths.glyph("small", shown.width / 2, 85)
    assert places(way) == [(round(shown.width / 2, 1), 85), places(sample)[0]]


def test_lines_are_drawn_through_their_points_and_the_first_of_the_record_is_on_top() -> None:
    falling = Line("falling", 1, [(0.0, 100.0), (5.0, 50.0), (10.0, 50.0)], "falls")
    shown = panel("t", "t", X, Y, [flat("flat", 0), falling], dots=True)
    lower, upper = (mark for mark in shown.marks if mark.tip and mark.stroke)
    half, whole = round(shown.width / 2, 1), round(shown.width, 1)
    assert places(lower) == [(0, 0), (half, 85), (whole, 85)]
    assert places(upper) == [(0, 170), (whole, 170)]
    assert (upper.tip, upper.width, list(upper.dashes)) == ("flat: at 0", 2, [])
    assert (lower.tip, lower.width, list(lower.dashes)) == ("falling: falls", 2, style.dashes(1))
    assert len([mark for mark in shown.marks if mark.fill]) == 5  # a dot at each point


def test_a_line_without_points_is_left_out() -> None:
    assert labels_of(Line("none", 0, [], "")) == []
    assert isinstance(panel("t", "t", X, Y, [Line("none", 0, [], "")]).x, Axis)


def test_of_many_lines_those_that_end_highest_are_named_and_the_others_are_grey() -> None:
    shown = panel(
        "t", "t", X, Y, [flat(f"n{number}", value, number) for number, value in enumerate(range(0, 60, 10))], most=3
    )
    assert [label.text for label in shown.labels] == ["n4", "n5", "4 others"]
    colours = {mark.tip.partition(":")[0]: mark.stroke for mark in shown.marks if mark.tip}
    grey = style.role("muted")
    assert colours == dict.fromkeys(("n0", "n1", "n2", "n3"), grey) | {"n4": style.colour(4), "n5": style.colour(5)}
    assert [mark.tip[:2] for mark in shown.marks if mark.tip] == [
        "n3",
        "n2",
        "n1",
        "n0",
        "n5",
        "n4",
    ]  # these are on top
    way = [mark for mark in shown.marks if not mark.tip][2]
    assert places(way)[0] in [places(mark)[-1] for mark in shown.marks if mark.tip and mark.stroke == grey]


def test_few_lines_are_all_named_and_groups_count_as_one() -> None:
    lines = [flat("a", 10), flat("b", 10), flat("c", 10), flat("d", 50), flat("e", 90)]
    assert [label.text for label in panel("t", "t", X, Y, lines, most=3).labels] == ["3 others", "d", "e"]
    assert [label.text for label in panel("t", "t", X, Y, lines, most=2).labels] == ["e", "4 others"]
    lines = [flat("a", 90), flat("b", 90), flat("c", 90), flat("d", 50), flat("e", 10)]
    assert [label.text for label in panel("t", "t", X, Y, lines, most=2).labels] == ["a +2", "2 others"]
