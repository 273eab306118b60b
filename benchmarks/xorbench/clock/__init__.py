"""The clock: timing in fresh processes that take turns, the fairness ledger of each process, and cold starts."""
