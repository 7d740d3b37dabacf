"""What a step displays: kept once, told as its outputs, and its figures as artifacts."""
