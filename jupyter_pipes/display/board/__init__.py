"""A pipeline and its run as plain data, and how it changes: what the Lab extension shows."""
