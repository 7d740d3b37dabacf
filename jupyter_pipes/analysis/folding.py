"""Long runs of literals -> one literal of the same length: names and positions stay as they are."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import islice

from jupyter_pipes.model.digests import digest
from jupyter_pipes.system.patterns import pattern

WORTH_IT = 200_000
"""Characters from which a source is folded: shorter ones are read sooner than they are searched."""

_LEAST = 5_000
"""Characters of a run that is folded."""

# Possessive throughout: nothing that was read once is tried in another way, so the time is linear.
_PLAIN = (
    r"(?>[-+]?+(?>\d|\.\d)(?>[\d_.]|[eE][-+]\d|[a-zA-Z])*+"
    r"""|"(?>[^"\\\n]|\\.)*+"|'(?>[^'\\\n]|\\.)*+'|(?:True|False|None)\b)"""
)
_ROW = rf"(?>{_PLAIN}|[\[({{]\s*+(?>{_PLAIN}\s*+[,:]?+\s*+)*+[\])}}])"
_TABLE = rf"(?>{_ROW}|[\[({{]\s*+(?>{_ROW}\s*+[,:]?+\s*+)*+[\])}}])"
_RUN = pattern(rf"(?<![\w\"'.)\]}}])(?>{_TABLE}\s*+[,:]\s*+){{50,}}+")
_SEPARATED = pattern(rf"{_TABLE}\s*+([,:])")


@lru_cache(maxsize=64)
def folded(source: str) -> str:
    """Return the source with a number and blanks in place of each long run of literals.

    Lines and columns (in bytes) stay. The number comes from the run's content, so that texts which differ
    there differ folded as well. A text may look like a run as well: it is not for reading values.
    """
    return _RUN.sub(_as_number, source) if len(source) > WORTH_IT else source


def condensed(source: str) -> str:
    """Return the words of a source for a search: long runs of literals folded, and no long runs of blanks."""
    return " ".join(folded(source).split()) if len(source) > WORTH_IT else source


def _as_number(match: re.Match[str]) -> str:
    run = match[0]
    if len(run) < _LEAST:
        return run
    number = f"0x{digest(run.encode('utf-8', 'surrogatepass'))[:32]}"
    blanks = [" " * len(line.encode("utf-8", "surrogatepass")) for line in run.split("\n")]
    # Something else may stand behind the run's last line; the others are its own to their ends.
    blanks[0] = _shape(run).replace("N", number).ljust(len(blanks[0]))
    return "\n".join(blanks)


def _shape(run: str) -> str:
    """Return what a run is in short, N for each literal: items of a list, or pairs of a dict."""
    first, second = (each[1] for each in islice(_SEPARATED.finditer(run), 2))
    if first == second:
        return "N,"
    begins = "N, " if first == "," else ""
    return f"{begins}N: N,{' N:' if run.rstrip().endswith(':') else ''}"
