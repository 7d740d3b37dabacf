"""What a step with a `--map` needs for all of its elements, and for one of them."""
