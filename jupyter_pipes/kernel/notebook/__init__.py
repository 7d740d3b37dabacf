"""Which notebook a kernel belongs to; its cells as they were run, and as they are saved."""
