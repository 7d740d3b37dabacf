"""Results that a process keeps of functions of cells' code."""

from __future__ import annotations

from functools import lru_cache

remembered = lru_cache(maxsize=65_536)
"""Decorator: has a function's results kept, several times as many as the largest notebooks have cells.

Of a cache that is full, what is asked for in turn is never there.
"""
