"""A step that is a shell script (`--bash`): its variables, its output, and how it ends."""
