"""The journal of all runs, and indexes made from it."""
