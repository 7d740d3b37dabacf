"""The `%%setup` cells of a notebook: what they run, and what of other cells they need for it."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from jupyter_pipes.analysis.notebook import problems
from jupyter_pipes.analysis.notebook.cells import Notebook
from jupyter_pipes.analysis.notebook.prelude import Problem, Reach, Strength, reach
from jupyter_pipes.analysis.notebook.problems import Spot
from jupyter_pipes.analysis.notebook.timeline import BEFORE_STATEMENTS, Binding, Place, code_of, piece
from jupyter_pipes.model.steps import Cell, CodePiece, Diagnostic


class SetUp(Struct, frozen=True):
    """What every step runs first.

    Attributes:
        pieces: the `%%setup` cells, with the code that they need.
        reach: what they reach.
        places: of all statements that they run.
    """

    pieces: tuple[CodePiece, ...]
    reach: Reach
    places: frozenset[Place]


def reach_setup(notebook: Notebook, diagnostics: list[Diagnostic]) -> SetUp:
    """Return what every step of the notebook runs first; problems are added to `diagnostics`."""
    reached = reach(notebook.timeline, {}, (-1, BEFORE_STATEMENTS), whole=notebook.setup)
    diagnostics += [_setup_problem(notebook, problem) for problem in reached.problems if is_sure(problem)]
    borrowed = [(binding.place, piece(binding)) for binding in reached.code if not binding.is_setup]
    whole = [
        ((index, BEFORE_STATEMENTS), _whole(cell, notebook.setup))
        for index, cell in enumerate(notebook.cells)
        if cell.role == "setup"
    ]
    pieces = tuple(code for _, code in sorted([*borrowed, *whole], key=lambda placed: placed[0]))
    return SetUp(pieces, reached, frozenset(binding.place for binding in reached.code))


def _whole(cell: Cell, setup: Sequence[Binding]) -> CodePiece:
    names = {name for binding in setup if binding.cell == cell.number for name in code_of(binding).binds}
    return CodePiece(f"cell {cell.number}", 1, cell.body, tuple(sorted(names)))


def _setup_problem(notebook: Notebook, problem: Problem) -> Diagnostic:
    assert problem.code is not None, "set-up has no reads but those of its statements"
    spot = Spot(None, problem.code.cell, code_of(problem.code).line_of(problem.name))
    writers = [unit.name for unit in notebook.units if problem.name in unit.names.writes]
    if writers:
        return problems.setup_needs_output(spot, problem.name, writers[0])
    return problems.undefined(spot, problem.name, notebook.timeline.names())


def is_sure(problem: Problem) -> bool:
    """Return whether the name is needed whatever happens."""
    return problem.strength >= Strength.NEEDED
