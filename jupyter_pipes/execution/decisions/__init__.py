"""When the steps of a run are decided, and how that is asked."""
