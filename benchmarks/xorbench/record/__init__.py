"""The types of a record, which are checked when it is read, and its file."""
