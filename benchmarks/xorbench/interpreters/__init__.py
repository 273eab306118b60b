"""The Python that an implementation runs in, ours or another, and what of this suite is lent to that."""
