"""Tables computed from records and stored studies: cells of text, and the formats that print them."""
