"""Outputs of steps written to the places that the catalog gives them, from what is kept of them."""
