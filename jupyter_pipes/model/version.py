"""The version of this package, and of the Python that it runs in."""

import sys

__version__ = "0.2.0"

OLDEST_PYTHON = (3, 11)
"""What a step's process needs at least."""

RUNNING = ".".join(map(str, sys.version_info[:2]))
"""The minor version of the Python that this process runs."""
