"""The processes that attempts run in: forked, reporting, and ended with all that they started."""
