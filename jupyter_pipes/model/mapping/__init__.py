"""What a `--map` says, and the steps that a run adds below its step."""
