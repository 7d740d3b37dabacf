"""What serves a queue: starts, watches and ends attempts."""
