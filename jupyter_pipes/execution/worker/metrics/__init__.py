"""Numbers that a step reports, on their way out of its process."""
