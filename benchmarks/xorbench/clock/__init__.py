"""The clock: fresh processes that take turns, what they observed of themselves, and what starting one costs."""
