"""How pictures look: colours that can be told apart and read, labels that stay short and stay different."""

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.shown import NASTY
from xorbench.charts import style


def luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    channels = [value / 255 for value in bytes.fromhex(colour[1:])]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("roles", [style.LIGHT, style.DARK], ids=["light", "dark"])
def test_words_and_lines_can_be_seen(roles: dict[str, str]) -> None:
    for ground in (roles["paper"], roles["raised"]):
        assert all(contrast(roles[name], ground) >= 4.5 for name in ("ink", "muted", "accent"))
        assert all(contrast(roles[f"series-{n}"], ground) >= 3 for n in range(style.COLOURS))


def seen_without_green(colour: str) -> list[float]:
    """The sRGB values from 0 to 255 that somebody with deuteranopia sees.

    Source: G. M. Machado et al., "A physiologically-based model for simulation of color vision deficiency" (2009).
    """
    rows = ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881))
    channels = [value / 255 for value in bytes.fromhex(colour[1:])]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    mixed = [min(1.0, max(0.0, sum(a * b for a, b in zip(row, linear, strict=True)))) for row in rows]
    return [255 * (12.92 * v if v <= 0.0031308 else 1.055 * v ** (1 / 2.4) - 0.055) for v in mixed]


@pytest.mark.parametrize("roles", [style.LIGHT, style.DARK], ids=["light", "dark"])
def test_lines_of_similar_colours_have_different_dashes(roles: dict[str, str]) -> None:
    for one, other in itertools.combinations(range(style.COLOURS), 2):
        seen = [seen_without_green(roles[f"series-{number}"]) for number in (one, other)]
        assert math.dist(*seen) > 50 or style.dashes(one) != style.dashes(other), (one, other)


@pytest.mark.parametrize("roles", [style.LIGHT, style.DARK], ids=["light", "dark"])
def test_compiled_and_eager_differ_in_shape_and_for_everybody_in_colour(roles: dict[str, str]) -> None:
    shapes, colours = zip(*style.EXECUTIONS.values(), style.OTHER_EXECUTION, strict=True)
    assert len({*shapes}) == len(shapes)
    for one, other in itertools.combinations(colours, 2):
        assert math.dist(seen_without_green(roles[one]), seen_without_green(roles[other])) > 50


def test_light_and_dark_have_the_same_roles() -> None:
    assert style.LIGHT.keys() == style.DARK.keys()


def test_no_two_of_thirty_five_lines_look_the_same() -> None:
    assert len({(style.colour(n), *style.dashes(n)) for n in range(35)}) == 35


@given(st.lists(st.text(max_size=80), max_size=8) | st.permutations(NASTY))
def test_labels_are_short_and_different_whatever_the_names(names: list[str]) -> None:
    found = style.labels([*names, *(name + "x" for name in names)])
    assert all(0 < len(label) <= style.LONGEST_LABEL and label.isprintable() for label in found.values())
    assert len(set(found.values())) == len(found)
    assert all(one != other for one, other in itertools.combinations(found.values(), 2))


def test_a_plain_name_is_its_own_label() -> None:
    assert style.labels(["numpy_backprop"]) == {"numpy_backprop": "numpy_backprop"}


@given(st.text(max_size=60), st.floats(20, 300))
def test_a_text_is_shortened_to_its_room_and_no_further(text: str, width: float) -> None:
    found = style.fitted(text, width)
    assert found == text or (found.endswith("…") and style.width_of(found) <= width)
    assert (found == text) == (style.width_of(text) <= width) or found.rstrip("…") == text.rstrip()


@given(st.lists(st.floats(0, 200), min_size=1, max_size=12))
def test_labels_are_apart_in_order_and_inside(places: list[float]) -> None:
    found = style.spread(places, 10, 0, 200)
    assert all(-1e-9 <= place <= 200 + 1e-9 for place in found)
    assert all(b - a >= 10 - 1e-9 for a, b in itertools.pairwise(sorted(found)))
    order = sorted(range(len(places)), key=lambda number: places[number])
    assert [found[number] for number in order] == sorted(found)


def test_labels_with_room_stay_where_they_are_and_two_in_one_place_move_apart_evenly() -> None:
    assert style.spread([100.0, 20.0], 10, 0, 200) == [100.0, 20.0]
    assert style.spread([50.0, 50.0, 120.0], 10, 0, 200) == [45.0, 55.0, 120.0]
