"""Kept runs as plain data: listed, opened, and two held against each other, for front ends that draw them."""
