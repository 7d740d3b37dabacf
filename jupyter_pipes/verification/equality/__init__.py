"""Two values held against each other, deep and exact in type."""
