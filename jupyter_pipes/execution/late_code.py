"""Code of plain cells that looks at what an earlier step changed: it runs behind that, as in the notebook."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from jupyter_pipes.analysis import local_modules
from jupyter_pipes.analysis.notebook.definition_states import states_of_modules
from jupyter_pipes.analysis.states import definition_of, is_of_modules
from jupyter_pipes.model.steps import PARAMS_OWNER, CodePiece, Step


def in_order_of_changes(step: Step, by_name: Mapping[str, Step]) -> Step:
    """Return the step with the pieces of its prelude late that stand behind a change and may look at it.

    Changed are definitions, and values that plain cells make, as runs showed.

    Args:
        step: with what was observed.
        by_name: all steps.
    """
    changes = {
        name: by_name[owner].cell
        for name, owner in step.reads.items()
        if owner != PARAMS_OWNER and (definition_of(name) or is_of_modules(name) or name in step.plain)
    }
    if not changes:
        return step
    uses = _uses(step.prelude)
    for piece in step.prelude:
        _add_states_of_modules(piece, uses)
    return replace(step, prelude=tuple(_in_order(piece, changes, uses) for piece in step.prelude))


def _in_order(piece: CodePiece, changes: Mapping[str, int], uses: Mapping[str, set[str]]) -> CodePiece:
    at_once = {*piece.uses_at_once, *piece.registers_in}
    names = at_once if piece.is_definition else _reached(piece, uses)
    before = {name for name, cell in changes.items() if 0 < cell < piece.cell}
    looked_at = {name for name in before if (definition_of(name) or name) in names}
    if not looked_at:
        return piece
    return replace(piece, is_late=True, behind=tuple(sorted(filter(definition_of, before))))


def _add_states_of_modules(piece: CodePiece, uses: dict[str, set[str]]) -> None:
    """Have what a piece imports use what the modules hold."""
    imported = {module.partition(".")[0] for module in local_modules.imported(piece.source)}
    for name in piece.names if piece.is_definition else ():
        uses[name].update(states_of_modules(imported))


def _uses(pieces: tuple[CodePiece, ...]) -> dict[str, set[str]]:
    """Return name -> what the code that binds it uses."""
    uses: dict[str, set[str]] = {}
    for piece in pieces:
        for name in piece.names:
            uses.setdefault(name, set()).update(piece.uses)
    return uses


def _reached(piece: CodePiece, uses: Mapping[str, set[str]]) -> set[str]:
    """Return the names that a piece uses, directly or through what other pieces bind."""
    reached, waiting = set[str](), set(piece.uses)
    while waiting:
        name = waiting.pop()
        reached.add(name)
        waiting |= uses.get(name, set()) - reached
    return reached
