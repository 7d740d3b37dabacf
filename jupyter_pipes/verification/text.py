"""What verifying a notebook came to, as text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from jupyter_pipes.verification.findings import NameFinding, Value, Verification

_WORDS = {
    "equal": "{} equal",
    "differs": "{} differ",
    "varies": "{} vary from one plain run to the next",
    "only in the notebook": "{} only in the notebook",
    "only in the pipeline": "{} deleted at the notebook's end",
    "not comparable": "{} not comparable",
}
_LONGEST = 100


def text(verification: Verification) -> str:
    """Return lines for people: how many names agree, and what of those that do not."""
    return "".join(f"{line}\n" for line in _lines(verification))


def _lines(verification: Verification) -> Iterator[str]:
    yield f"{verification.pipeline}: {_counts(verification)}"
    for finding in verification.names:
        if finding.outcome not in ("equal", "only in the pipeline"):
            yield from _told(finding)
    if failure := verification.notebook_failure:
        yield f"the notebook fails in {failure.place}: {failure.reason}"
    yield from (f"step {failure.place} {failure.reason}" for failure in verification.step_failures)
    for shown in verification.shown:
        yield f"shown: step {shown.step} does not display what its cells do"
        yield from (f"  notebook  {_short(line)}" for line in shown.notebook.splitlines()[:5])
        yield from (f"  pipeline  {_short(line)}" for line in shown.pipeline.splitlines()[:5])
    yield _second_run(verification)


def _counts(verification: Verification) -> str:
    counts = Counter(finding.outcome for finding in verification.names)
    return ", ".join(_WORDS[outcome].format(counts[outcome]) for outcome in _WORDS if counts[outcome]) or (
        "no names to compare"
    )


def _told(finding: NameFinding) -> Iterator[str]:
    step = f", written by step {finding.step}" if finding.step else ""
    reason = f": {finding.reason}" if finding.reason else ""
    place = f" at {finding.name}{finding.where}" if finding.where else ""
    yield f"{finding.name} {finding.outcome}{place}{step}{reason}"
    if finding.notebook:
        yield f"  notebook  {_value(finding.notebook)}"
    if finding.pipeline:
        yield f"  pipeline  {_value(finding.pipeline)}"


def _value(value: Value) -> str:
    return f"{_short(value.repr)} ({value.type})"


def _short(line: str) -> str:
    line = " ".join(line.split())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"


def _second_run(verification: Verification) -> str:
    if not verification.rerun:
        return "a second run: all cached"
    steps = "; ".join(f"{each.place} ({each.reason})" for each in verification.rerun)
    return f"a second run: {len(verification.rerun)} of {verification.steps} ran again: {steps}"
