"""Logarithmic scales and their ticks."""

from typing import Any

import altair as alt

POWERS = [10.0**power for power in range(-20, 10)]

LADDER = [mantissa * power for power in POWERS for mantissa in (1, 2, 5)]


def log_scale(**settings: Any) -> alt.Scale:
    """Return a logarithmic scale with the settings of altair.Scale."""
    return alt.Scale(type="log", **settings)


EPOCHS = alt.X("epoch:Q", title="epoch", scale=log_scale(), axis=alt.Axis(values=POWERS, format="~s"))
