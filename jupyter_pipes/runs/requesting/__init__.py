"""What a run of a pipeline is to do, from what was said of it."""
