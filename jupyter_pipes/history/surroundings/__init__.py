"""What a run ran in: Python, machine, distributions, git."""
