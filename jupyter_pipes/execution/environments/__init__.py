"""A step's own environment: packages, Python, a checkout, a container; made once, and started in."""
