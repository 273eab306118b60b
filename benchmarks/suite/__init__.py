"""One run: judge the gradients, then the clock, then put down all of it as a record."""

from benchmarks.suite.settings import Plan, Settings
from benchmarks.suite.suite import Suite
from benchmarks.suite.sweep import Sweep

__all__ = ["Plan", "Settings", "Suite", "Sweep"]
