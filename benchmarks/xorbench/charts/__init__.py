"""Pictures of a record: each is stated once, and comes out as a file for papers and as a part of the page."""
