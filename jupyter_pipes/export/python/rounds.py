"""Steps with a `--repeat-while`: a function takes and returns what goes between rounds, or is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_pipes.analysis.cell.names import analyze
from jupyter_pipes.analysis.quoted_code import expression_names
from jupyter_pipes.model.errors import NotebookError

if TYPE_CHECKING:
    from jupyter_pipes.export.placing.pieces import StepCode


def check_rounds(code: StepCode) -> None:
    """Refuse a step whose rounds hand something on that its function neither takes nor returns.

    Raises:
        NotebookError: a name may keep its value of an earlier round, or the condition needs an inner name.
    """
    step = code.step
    if not step.options.repeat_while:
        return
    names, kept = analyze(step.body), {*step.names_taken} & {*step.writes}
    carried = (names.optional_reads | names.optional_writes | names.reads) & names.writes
    asked_for = expression_names(step.options.repeat_while) & code.local_names
    lost = sorted((carried - kept) | (asked_for - {*step.names_taken, *step.writes}))
    if lost:
        raise NotebookError(
            f"between its rounds {' and '.join(lost)} would be lost, as a module has it inside "
            "of the step's function only: bind it in an earlier cell, do not leave it out of --out, and give "
            "functions what they use as arguments",
            step=step.name,
        )
