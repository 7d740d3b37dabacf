"""The rounds of a `--repeat-while`, in the process of the attempt that runs them."""
