"""What statements, and functions that they call, set in modules, by their text."""
