"""Tables computed from records: cells of text, and the formats that print them."""
