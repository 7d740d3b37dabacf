"""Which files code names, writes and lists: in a step's own calls, and in the helpers that it reaches."""
