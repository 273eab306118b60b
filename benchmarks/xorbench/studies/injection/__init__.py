"""What the study of faults injects: faults in runs, messages and files, changes of records, and cheats."""
