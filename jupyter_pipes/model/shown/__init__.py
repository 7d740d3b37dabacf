"""What an attempt shows while it runs: how far it is, numbers, displays, notes."""
