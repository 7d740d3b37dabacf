"""A pipeline as plain functions, from which all exports are rendered."""
