"""Runs whose controller is another process: handed over to it, and followed."""
