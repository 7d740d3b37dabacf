"""Works beside other tools: measured in turns, held against goals, written down."""
