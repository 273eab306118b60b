"""`pytest benchmarks/` runs the benchmark of the package; see `xorbench.clock.benchmark`."""

from xorbench.clock.benchmark import test_train

__all__ = ["test_train"]
