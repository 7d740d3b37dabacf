"""Content-addressed bytes: what all places of them promise, and each kind of place."""
