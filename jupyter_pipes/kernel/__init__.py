"""Magics, cells and displays in a kernel."""
