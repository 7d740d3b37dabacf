"""The notebook that is attacked, with all kinds of values and effects; and what a plain run of it gives."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

CELLS = (
    "import subprocess\nfrom pathlib import Path",
    "import numpy as np",
    "%%params\nn: int = 0",
    "class Account:\n    def __init__(self, balance):\n        self.balance = balance\n"
    "    def deposit(self, amount):\n        self.balance += amount",
    "%%step lines --out-file made/lines.txt\nwith Path('made/lines.txt').open('w') as file:\n"
    "    for part in range(20):\n        print(f'{part} of run {n}', file=file)\nlines = 20",
    "%%step large\nlarge = np.arange(100_000.0).reshape(1000, 100) + n\nview = large[::2]",
    "%%step unlucky --retries 1 --retry-delay 50ms\ntry:\n    Path(f'made/tried-{n}').mkdir()\n"
    "except FileExistsError:\n    luck = n % 7\nelse:\n    raise OSError('the first time')",
    "%%step child\nsubprocess.run(['sleep', '0.2'], check=True, start_new_session=True)\nlate = ('late', n)",
    "%%step open_account\naccount = Account(n)",
    "%%step deposit\naccount.deposit(5)\naccount.balance",
    "%%step add\nview += 1\nfirst = float(large[0, 0])",
    "%%step copy --out-file made/copy.bin\ncopied = Path('made/copy.bin').write_bytes(large.tobytes())",
    "%%step sums\nsums = [sum(Path('made/copy.bin').read_bytes()), float(large.sum()), copied]",
    "%%step last\nlast = {'sums': sums, 'first': first, 'luck': luck, 'late': late, 'n': n,\n"
    "        'balance': account.balance, 'line': Path('made/lines.txt').read_text().splitlines()[lines - 1]}",
)
"""Each value hangs on `n`: another value of it makes all of it due again."""

PARTS = ("lines", "large", "view", "luck", "late", "first", "copied", "sums", "last")
"""The names that are compared, beside the account, which is of a class of the notebook's own."""

FILES = ("made/lines.txt", "made/copy.bin")
STEPS = ("lines", "large", "unlucky", "child", "open_account", "deposit", "add", "copy", "sums", "last")


class Reference:
    """What one plain run of the notebook leaves: the values of its names, and its files."""

    def __init__(self, values: Mapping[str, Any], files: Mapping[str, bytes]) -> None:
        self.values = values
        self.files = files


@cache
def reference(n: int) -> Reference:
    """Run the cells as one Python program, without the project, and return what they leave."""
    names: dict[str, Any] = {}
    with TemporaryDirectory() as folder, contextlib.chdir(folder):
        Path("made", f"tried-{n}").mkdir(parents=True)
        for cell in CELLS:
            code = cell.partition("\n")[2] if cell.startswith("%%step") else cell
            exec(f"n = {n}" if cell.startswith("%%params") else code, names)
        files = {name: Path(name).read_bytes() for name in FILES}
    values = {name: names[name] for name in PARTS}
    return Reference(values | {"balance": names["account"].balance}, files)
