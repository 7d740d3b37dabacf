"""The program `jupyter pipes`."""
