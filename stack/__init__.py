"""The one-command stack: embedded parts, the table of processes, demo data, the tour."""
