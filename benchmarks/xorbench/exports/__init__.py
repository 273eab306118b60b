"""Exports of records in the formats of other tools: data frames, CSV, Parquet, JSON, pytest-benchmark."""
