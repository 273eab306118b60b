"""Runs and sweeps: judge the gradients, time what passed, and make a record of both."""

from xorbench.record.settings import Plan, Settings
from xorbench.suite.suite import Suite

__all__ = ["Plan", "Settings", "Suite"]
