"""What is published: everything that is rendered from the records, and whether it is still what they say."""
