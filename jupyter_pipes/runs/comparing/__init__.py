"""Two runs held against each other: their settings, steps and values."""
