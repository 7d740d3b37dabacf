"""What people want of a run that goes on, said to whoever drives it."""
