"""The drawn graph: layers, order, places, lines, picture."""
