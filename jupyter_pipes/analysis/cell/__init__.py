"""What the code of one cell does with names."""
