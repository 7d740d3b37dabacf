"""`Pipeline` and `Run`, as users have them."""
