"""Tables of the validation studies, from their stored data: a module per study, whose `table_of` returns its table."""
