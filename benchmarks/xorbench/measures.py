"""The measures of a run: what is timed of each implementation."""

from typing import Literal, get_args

Measure = Literal["epoch", "gradient", "loss", "predict"]
"""What a run can time: an epoch of a training, a gradient, a loss with its forward pass, or a prediction of one sample.

All but the first are functions of the contract, which are called with the same arguments again and again.
"""

MEASURES: tuple[Measure, ...] = get_args(Measure)
