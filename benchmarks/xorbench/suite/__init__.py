"""One run: judge the gradients, then the clock, then put down all of it as a record."""

from xorbench.record.settings import Plan, Settings
from xorbench.suite.suite import Suite

__all__ = ["Plan", "Settings", "Suite"]
