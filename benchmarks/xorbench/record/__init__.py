"""The types of records and stored studies, and the reading and writing of their files, which are checked."""
