"""Steps on other machines: a queue that the workers of a Dask scheduler serve."""
