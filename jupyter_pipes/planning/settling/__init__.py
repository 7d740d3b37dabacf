"""Options as they hold in a run: on their queue, and with what they refer to."""
