"""The message for an unknown name has those that contain it, else similar ones, else all names."""

import pytest

from xorbench.suggestions import unknown

NAMES = ["numpy_backprop", "numba_loop", "jax_grad", "jax_scan", "torch_nn", "torch_optim", "torch_manual", "torch_x"]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("jax", "did you mean jax_grad or jax_scan?"),
        ("Torch", "did you mean torch_nn or torch_optim or torch_manual?"),
        ("numpy_backprob", "did you mean numpy_backprop?"),
        ("nope", f"expected one of {', '.join(NAMES)}"),
        ("a", f"expected one of {', '.join(NAMES)}"),
        ("", f"expected one of {', '.join(NAMES)}"),
    ],
)
def test_names_that_may_be_meant_are_named_or_all(name: str, says: str) -> None:
    assert unknown(name, NAMES, "implementation") == f"no implementation is named {name!r}; {says}"
