"""The elements of a `--map`, in the process of the attempt that looks for them."""
