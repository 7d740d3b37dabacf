"""One step of a run, told at length: beside the live graph, and in reports."""
