"""What happens next in a run: a pure state machine over its facts, and what it wants done."""
