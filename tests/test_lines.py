"""Lines are labelled where they end, and those that coincide are one line with one label."""

import itertools

import pytest

from xorbench.charts import lines
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
    assert [layer["mark"]["type"] for layer in shown.spec["layer"]] == ["line", "point", "rule", "rule"]


def test_a_line_without_points_is_left_out() -> None:
    assert labels_of(Line("none", 0, [], "")) == []
    assert isinstance(panel("t", "t", X, Y, [Line("none", 0, [], "")]).x, Axis)
