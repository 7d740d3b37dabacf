"""What the code of a notebook's cells binds, sets and draws, read from the first to the last."""
