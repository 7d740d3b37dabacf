"""Requests of the Lab extension by what they are about, with their answers."""
