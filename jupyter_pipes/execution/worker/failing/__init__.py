"""How an attempt fails: the exception as data, and what `--retry-on` makes of it."""
