"""A notebook run plainly and as a pipeline, and where the values differ."""
