"""Consistency of records: whatever can be derived from a record's raw data is derived again and compared."""
