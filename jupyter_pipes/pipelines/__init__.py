"""A notebook or functions become a graph of steps."""
