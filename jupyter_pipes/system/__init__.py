"""The system that all runs on: which process is which, and which threads are ours; how a program starts."""
