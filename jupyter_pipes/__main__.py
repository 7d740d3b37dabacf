"""`python -m jupyter_pipes`: the same as `jupyter pipes`."""

import sys

from jupyter_pipes.cli.main import program

if __name__ == "__main__":
    sys.exit(program())
