"""Publication: render tables, figures and pages from the records, and check that they match the records."""
