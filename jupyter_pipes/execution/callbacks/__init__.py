"""Calls of callbacks: of whom, in which order, in which process, and for how long."""
