"""What may go of kept runs, and its going."""
