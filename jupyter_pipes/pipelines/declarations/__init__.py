"""`%%params` cells -> parameters: what they say is read, and only a run runs what reading does not tell."""
