"""The system that all runs on: which process is which."""
