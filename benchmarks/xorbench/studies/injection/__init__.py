"""The injections of the study of faults: into runs, messages and files; changes of records; and cheats."""
