"""Sweeps: runs of one pipeline with one set of parameters after another, held against each other."""
