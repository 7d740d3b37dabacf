"""What the store has of a notebook's folder that the controller of a run does not see."""
