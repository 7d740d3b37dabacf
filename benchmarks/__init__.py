"""Measurements; figures are compared within one run, since machines differ and are noisy."""
