"""A notebook's statements, and where each stands: at a module's top, or in a step's function."""
