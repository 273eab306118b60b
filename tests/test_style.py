"""How pictures look: colours that can be told apart and read, labels that stay short and stay different."""

import itertools

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


def test_light_and_dark_have_the_same_roles() -> None:
    assert style.LIGHT.keys() == style.DARK.keys()


def test_no_two_of_thirty_five_lines_look_the_same() -> None:
    assert len({(style.colour(n), n % len(style.DASHES)) for n in range(35)}) == 35


def test_on_paper_there_are_no_roles_left() -> None:
    assert style.on_paper("".join(map(style.role, style.LIGHT))) == "".join(style.LIGHT.values())


@given(st.lists(st.text(max_size=80), max_size=8) | st.permutations(NASTY))
def test_labels_are_short_and_different_whatever_the_names(names: list[str]) -> None:
    found = style.labels([*names, *(name + "x" for name in names)])
    assert all(0 < len(label) <= style.LONGEST_LABEL and label.isprintable() for label in found.values())
    assert len(set(found.values())) == len(found)
    assert all(one != other for one, other in itertools.combinations(found.values(), 2))


def test_a_plain_name_is_its_own_label() -> None:
    assert style.labels(["numpy_backprop"]) == {"numpy_backprop": "numpy_backprop"}
