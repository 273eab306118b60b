"""One run: judge the gradients, then the clock, then put down all of it as a record."""

from benchmarks.suite.settings import Plan, Settings
from benchmarks.suite.suite import Suite

__all__ = ["Plan", "Settings", "Suite"]
