"""The flat row of what is judged: its order, the places of its arrays, and the names of its entries."""

from xorbench.judging.layout import Layout, gradient_layout, layout_of
from xorbench.judging.update_task import update_layout
from xorbench.workloads import WORKLOADS

HIDDEN = WORKLOADS["hidden"]


def test_a_row_holds_the_gradient_then_predictions_then_the_loss() -> None:
    layout = layout_of(HIDDEN)
    assert layout.groups == {
        "W1": slice(0, 8),
        "b1": slice(8, 12),
        "W2": slice(12, 16),
        "b2": slice(16, 17),
        "predictions": slice(17, 21),
        "loss": slice(21, 22),
    }
    assert layout.entries[:2] == [("W1", [0, 0]), ("W1", [0, 1])]
    assert layout.entries[20:] == [("predictions", [3, 0]), ("loss", [])]
    assert gradient_layout(HIDDEN).groups == HIDDEN.slices


def test_the_arrays_of_a_group_stand_next_to_each_other() -> None:
    layout = update_layout(HIDDEN)
    assert [*layout.groups.values()] == [slice(17 * n, 17 * n + 17) for n in range(4)]
    assert layout.entries[17] == ("W1 after 10 epochs (train)", [0, 0])
    assert [place.stop - place.start for place in layout.places[:4]] == [8, 4, 4, 1]


def test_scalars_have_one_entry() -> None:
    layout = Layout([("a", "a", ()), ("b", "b", (2, 3)), ("b", "c", (1,))])
    assert layout.groups == {"a": slice(0, 1), "b": slice(1, 8)}
    assert len(layout.entries) == 8
