"""How the names of a notebook's cells hang together: edges, preludes, problems."""
