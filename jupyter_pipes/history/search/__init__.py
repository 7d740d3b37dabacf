"""The query language of `runs`, and what it finds."""
