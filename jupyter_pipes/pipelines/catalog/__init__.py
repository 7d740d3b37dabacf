"""What the catalog is to a pipeline: the inputs that it has, and the outputs that are written."""
