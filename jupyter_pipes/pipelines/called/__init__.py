"""Functions that steps name: what calls them, and what keeps them from being called."""
