"""The comparison in words: changed rows first and with a direction, exceptions grouped by reason, 80 columns."""

from markdown_it import MarkdownIt

from xorbench.estimates.comparison import Change
from xorbench.estimates.intervals import Interval
from xorbench.tables.changes import markdown, sections, text


def slower(name: str, value: float = 1.1) -> Change:
    return Change(name, "hidden", "slower", 1.0, value, Interval(value, value / 1.04, value * 1.04))


def still(name: str, workload: str = "hidden") -> Change:
    return Change(name, workload, "not separated", 1.0, 1.0, Interval(1.0, 0.95, 1.05))


def excluded(name: str, reason: str, workload: str = "hidden") -> Change:
    return Change(name, workload, "not comparable", 1.0, reason=reason)


def test_changed_rows_come_first_with_a_direction_and_the_largest_change_first() -> None:
    faster = Change("jax_grad", "neuron", "faster", 2.0, 1.0, Interval(0.5, 0.4, 0.625))
    shown = sections([still("numba_backprop"), slower("autograd_grad"), faster, excluded("gone", "not in B")], [], 0.02)
    assert shown[0].sentence == "2 of 3 rows changed from A to B, with the ratios to numpy_backprop:"
    first, second = shown[0].lines
    assert first.startswith("jax_grad, neuron: 2.00x faster (1.60 to 2.50); A 2.00, B 1.00")
    assert second.startswith("autograd_grad, hidden: 1.10x slower (1.058 to 1.144); A 1.00, B 1.10")


def test_unchanged_rows_are_named_in_one_line_with_the_most_by_which_they_may_have_changed() -> None:
    found = [still("one"), still("one", "neuron"), still("two"), still("two", "neuron"), still("three")]
    shown = sections(found, [], 0.02)
    assert shown[0].sentence == "0 of 5 rows changed from A to B."
    assert shown[1].sentence == "5 rows not shown to have changed; a change is at most a factor of 1.053:"  # 1 / 0.95
    assert shown[1].lines == ["one, two (hidden, neuron); three (hidden)"]


def test_rows_that_can_not_be_compared_have_one_line_a_reason() -> None:
    found = [excluded(name, "not in B") for name in ("a", "b")] + [excluded("c", "B is unfit: noise", "neuron")]
    shown = sections([*found, excluded("a", "not in B", "neuron")], ["Only in B: d (hidden)."], 0.02)
    assert [(section.sentence, [*section.lines]) for section in shown] == [
        ("0 of 0 rows changed from A to B.", []),
        ("4 rows cannot be compared:", ["not in B: a (hidden, neuron); b (hidden)", "B is unfit: noise: c (neuron)"]),
        ("Other differences:", ["Only in B: d (hidden)."]),
    ]


def test_failures_come_last() -> None:
    *_, last = sections([slower("other")], [], 0.02, ["other (hidden) is slower by more than its limit of 5 %."])
    assert last.sentence == "Failed:"
    assert last.lines == ["other (hidden) is slower by more than its limit of 5 %."]


def test_lines_for_a_terminal_have_80_columns_and_whole_names() -> None:
    names = [f"a_rather_long_name_{number}" for number in range(30)]
    lines = text(sections([*map(still, names), *map(slower, ("x" * 100, "other-with-hyphens"))], [], 0.02))
    assert all(len(line) <= 80 or len(line.split()) == 1 for line in lines)
    words = {word.strip(",;():") for line in lines for word in line.split()}
    assert {*names, "x" * 100, "other-with-hyphens"} <= words


def test_the_length_of_the_output_does_not_grow_with_the_number_of_rows_that_share_a_reason() -> None:
    found = [excluded(f"n{number}", "not in B") for number in range(27)]
    assert len(text(sections([slower("other"), *found], [], 0.02))) < 12


def test_markdown_shows_names_and_reasons_as_text() -> None:
    name = "<script>alert(1)</script>"
    found = [slower(name), still(name, "neuron"), excluded("gone", "# no <b>time</b>")]
    shown = MarkdownIt("commonmark").render(markdown(sections(found, ["- a\nnote"], 0.02, ["failed"])))
    assert "<script>" not in shown
    assert "<b>" not in shown
    assert shown.count("<h3>") == 1
    assert "&lt;script&gt;alert(1)&lt;/script&gt;, hidden: 1.10x slower" in shown
    assert "<li># no &lt;b&gt;time&lt;/b&gt;: gone (hidden)</li>" in shown


def test_no_control_character_reaches_the_terminal() -> None:
    shown = "\n".join(text(sections([slower("a\x1b[31m"), excluded("b", "c\x07")], ["d\x00"], 0.02, ["e\x1b"])))
    assert not {"\x1b", "\x07", "\x00"} & {*shown}
