"""Fitted models of libraries: what they need beside what they hold."""
