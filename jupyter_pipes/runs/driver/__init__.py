"""The program that drives one run: what a run is handed over to."""
