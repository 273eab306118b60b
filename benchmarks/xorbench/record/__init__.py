"""The types of a record, and the reading and writing of its file, which is checked against them."""
