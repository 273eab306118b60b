"""Tables of what records say, as text that every format prints."""
