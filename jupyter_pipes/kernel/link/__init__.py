"""What a kernel tells the Lab extension, and what it answers while a cell runs."""
