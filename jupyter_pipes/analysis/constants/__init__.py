"""What code comes to, as far as that is told without running it."""
