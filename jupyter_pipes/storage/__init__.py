"""Values and files, kept by content."""
