"""The link with the Lab extension: what a kernel pushes, and what it answers while a cell runs."""
