"""Inputs that the catalog has, in plans."""
