"""What loading costs: `import jupyter_pipes`, and `%load_ext` in a running kernel."""

from __future__ import annotations

from benchmarks.measure import Figure, beside, printed

TIMES, FEW_TIMES = 7, 3
TIMED = "import time; begun = time.perf_counter(); {}; print((time.perf_counter() - begun) * 1000)"
LOAD = '''
import time, nbformat
from nbclient import NotebookClient
timed = """import time
begun = time.perf_counter()
%load_ext jupyter_pipes
print((time.perf_counter() - begun) * 1000)"""
notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(timed)])
NotebookClient(notebook, timeout=120).execute()
print(notebook.cells[0].outputs[0].text)
'''


def measure() -> list[Figure]:
    """Return the time of both in fresh processes."""
    ours = [printed(TIMED.format("import jupyter_pipes")) for _ in range(TIMES)]
    pandas = [printed(TIMED.format("import pandas")) for _ in range(FEW_TIMES)]
    loaded = [printed(LOAD) for _ in range(FEW_TIMES)]
    return [
        beside("imports: import jupyter_pipes", ours, "ms", pandas, "import pandas"),
        Figure("imports: %load_ext in a running kernel", loaded, "ms"),
    ]
