"""What a cell of a plain run runs in its kernel: its code, and what its options mean without a pipeline."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from functools import cached_property
from itertools import chain
from typing import Literal

from msgspec import Struct

from jupyter_pipes.analysis import analyze
from jupyter_pipes.execution.worker.scripts.script import code_of
from jupyter_pipes.model.mapping.clauses import element_names, elements_code
from jupyter_pipes.model.steps import Cell, Step, StepOptions
from jupyter_pipes.pipelines.made.edges import Later
from jupyter_pipes.pipelines.options.nesting import file_and_name, said_of
from jupyter_pipes.pipelines.references import Reference, references
from jupyter_pipes.pipelines.referring.values import resolved

_HERE = '__import__("jupyter_pipes.verification.in_kernel", fromlist=["look"])'
"""What such code calls: no name of it comes to the notebook."""

_NESTED = """\
{names} = (lambda run: {values})(__import__("jupyter_pipes").Pipeline.load(*{place!r}).run(params={given}))
"""
"""What the kernel runs for a cell with a `--pipeline`: the other pipeline's values, by their names."""


class PlainNotebook(Struct, frozen=True, dict=True):
    """What a plain run runs.

    Attributes:
        cells: the notebook's, in order.
        values: parameter -> its value, pickled.
        later: parameter -> what was said of it, of those whose values steps make.
        steps: the pipeline's, by name.
    """

    cells: tuple[Cell, ...]
    values: Mapping[str, bytes]
    later: Mapping[str, Later]
    steps: Mapping[str, Step]

    def code(self, cell: Cell) -> str:
        """Return what a cell runs when it is an ordinary one; one that declares parameters binds them."""
        if cell.role == "params":
            declared = {name: self.values[name] for name in self.values if name in analyze(cell.body).writes}
            return "".join(f"{name} = __import__('pickle').loads({of!r})\n" for name, of in declared.items())
        if cell.role != "step" or cell.name not in self.steps:
            return _own_code(cell)
        return self._code_of_step(cell, self.steps[cell.name])

    def behind(self, cell: Cell) -> str:
        """Return what is to run behind a cell: it keeps what later cells refer to."""
        if cell.role != "step" or cell is not self._cells_of(cell.name)[-1]:
            return ""
        writes = self.steps[cell.name].writes if cell.name in self.steps else ()
        texts = tuple({str(each): None for each in self._references if each.owner == cell.name})
        looked = [f"{_HERE}.look({texts!r}, {writes!r})"] if texts else []
        ended = {each.name for each in self.cells[: self.cells.index(cell) + 1]}
        bound = (
            f"{_HERE}.bind({name!r}, {said.text!r}, {said.kind!r})"
            for name, said in self.later.items()
            for owners in [{each.owner for each in references(said.text)}]
            if cell.name in owners and owners <= ended
        )
        return "\n".join([*looked, *bound])

    def _code_of_step(self, cell: Cell, step: Step) -> str:
        """Return a step's code; that of all of its cells in the first, where options are about them all."""
        cells = self._cells_of(cell.name)
        options = self._settled(cells[0])
        may_be_left_out = step.name in self._conditional
        if not (options.map or options.repeat_while or may_be_left_out):
            return self._plain(cell, cells[0], options)
        if cell is not cells[0]:
            return ""
        codes = [self._plain(each, cells[0], options) for each in cells]
        run = f"{_HERE}.cells_run({codes!r})"
        if options.repeat_while:
            most = self._settled_value(cell, options, "at_most")
            run = f"(lambda: {_HERE}.repeat({run}, {most}, lambda: ({options.repeat_while}\n)))"
        code = f"{run}()"
        if options.map:
            names, elements = element_names(options.map), elements_code(options.map)
            code = f"{_HERE}.run_elements({run}, {elements}, {names!r}, {step.writes!r})"
        if not may_be_left_out:
            return code
        makers = tuple(each for each in step.makers if step.is_skipped_with(each))
        told = f"{step.name!r}, lambda: ({options.when or True}\n), {makers!r}, {dict(step.inputs)!r}"
        return f"if not {_HERE}.is_left_out({told}):\n    {code}"

    def _plain(self, cell: Cell, first: Cell, options: StepOptions) -> str:
        if not options.pipeline:
            return code_of(cell.body.lstrip("\n")) if options.bash else _own_code(cell)
        names = options.outputs or ()
        values_of_run = "".join(f"run[{name!r}], " for name in names)
        return _NESTED.format(
            names=", ".join(names) + "," if names else "_",
            values=f"({values_of_run})",
            place=file_and_name(options.pipeline),
            given=self._settled_value(first, options, "given"),
        )

    def _settled_value(self, cell: Cell, options: StepOptions, field: Literal["given", "at_most"]) -> str:
        """Return the code that gives the value of an option that may refer to what steps made."""
        if field not in options.made:
            return repr(said_of(options) if field == "given" else getattr(options, field))
        asked = f"({cell.name!r}, {options.made[field]!r})"
        return f"{_HERE}.given{asked}" if field == "given" else f"{_HERE}.at_most{asked}"

    @cached_property
    def _conditional(self) -> set[str]:
        """The steps with a `--when`, and those that need what one of these leaves."""
        conditional: set[str] = set()
        for step in self.steps.values():
            if step.options.when or not conditional.isdisjoint(step.makers):
                conditional.add(step.name)
        return conditional

    def _cells_of(self, step: str) -> list[Cell]:
        return [cell for cell in self.cells if cell.role == "step" and cell.name == step]

    def _settled(self, cell: Cell) -> StepOptions:
        if not cell.options.referring:
            return cell.options
        values = {name: pickle.loads(value) for name, value in self.values.items()}
        return resolved(
            cell.options, values, cell.name, {name: each.text for name, each in self.later.items()}
        )

    @cached_property
    def _references(self) -> tuple[Reference, ...]:
        """What parameters, and options that count in a plain run, refer to."""
        options = (self._settled(cell) for cell in self.cells if cell.role == "step")
        made = (each.made.get(field, ()) for each in options for field in ("at_most", "given"))
        return tuple(references((*(each.text for each in self.later.values()), *chain.from_iterable(made))))


def _own_code(cell: Cell) -> str:
    return cell.body.lstrip("\n")
