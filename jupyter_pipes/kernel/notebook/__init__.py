"""Which notebook a kernel belongs to; its cells as they were run, as they are saved, and as shown."""
