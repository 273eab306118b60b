"""A name that nothing bears is met with what is near, or with all there is."""

from xorbench.suggestions import unknown


def test_what_is_near_is_named_or_all() -> None:
    assert unknown("hiden", ["neuron", "hidden"], "workload") == ("no workload is named 'hiden'; did you mean hidden?")
    assert unknown("zzz", ["neuron", "hidden"], "workload") == (
        "no workload is named 'zzz'; expected one of neuron, hidden"
    )
