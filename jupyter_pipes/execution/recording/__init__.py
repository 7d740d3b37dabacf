"""How the facts of a run, and what it leaves, come to the history and the disk."""
