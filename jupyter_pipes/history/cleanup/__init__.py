"""What may go, and its going."""
