"""Drives the steps of a run in processes."""
