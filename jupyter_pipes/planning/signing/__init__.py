"""Signatures: digests of code, how the parts of two differ, and how they were made earlier."""
