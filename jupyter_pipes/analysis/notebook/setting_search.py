"""Which settings go with a step: those that stand before it and act on a module that it reaches."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from jupyter_pipes.analysis.notebook import problems
from jupyter_pipes.analysis.notebook.late_definitions import names_when_run
from jupyter_pipes.analysis.notebook.prelude import Reach, Strength
from jupyter_pipes.analysis.notebook.problems import Spot
from jupyter_pipes.analysis.notebook.settings import Setting
from jupyter_pipes.analysis.notebook.timeline import Binding, Place, code_of
from jupyter_pipes.model.steps import PARAMS_OWNER, Diagnostic

ReachFunction = Callable[[Mapping[str, Strength], Sequence[Binding]], Reach]
"""From names, and statements that are taken in any case, to what the step reaches by them."""


class SettingSearch:
    """Finds the settings that count for one step.

    Args:
        settings: all of the notebook.
        modules: step -> the modules that its code and what it reads come from.
        reach: tells what the step reaches.

    Attributes:
        diagnostics: settings that count for the step and cannot be made in its process.
    """

    def __init__(
        self, settings: Sequence[Setting], modules: Mapping[str, frozenset[str]], reach: ReachFunction
    ) -> None:
        self._settings = settings
        self._modules = modules
        self._reach = reach
        self.diagnostics: list[Diagnostic] = []

    def reached(
        self, needs: Mapping[str, Strength], imports: frozenset[str], place: Place, name: str
    ) -> Reach:
        """Return what the step called `name` at `place` reaches, with its settings.

        Args:
            needs: the names that it needs.
            imports: the modules that its own code and set-up import.
            place: up to where it sees the notebook.
            name: the step's name.
        """
        taken: list[Binding] = []
        waiting = [one for one in self._settings if one.binding.place < place]
        waiting = [one for one in waiting if one.binding.defined_in != name]
        while True:
            reached = self._reach(needs, taken)
            producers = (self._modules.get(owner, frozenset()) for owner in reached.values.values())
            modules = (imports | reached.imports).union(*producers)
            news = [one for one in waiting if one.concerns(modules)]
            if not news:
                return reached
            waiting = [one for one in waiting if one not in news]
            made = {binding.place for binding in reached.code}
            # What they import may lead to further ones.
            taken += [one.binding for one in news if one.binding.place in made or self._can_run(one)]

    def _can_run(self, one: Setting) -> bool:
        """Return whether a setting can be repeated in the step's process; tell of one that cannot."""
        binding, code = one.binding, code_of(one.binding)
        spot = Spot(binding.defined_in or None, binding.cell, code.line)
        if one.does_more:
            self.diagnostics.append(problems.not_repeated(spot, code.source, one.modules))
            return False
        reached = self._reach({}, [binding])
        names = [problem.name for problem in reached.problems if problem.strength >= Strength.NEEDED]
        if binding.place not in reached.late:
            at_once = _needed_at_once(binding, reached.code)
            names += [name for name in at_once if reached.values.get(name, PARAMS_OWNER) != PARAMS_OWNER]
        if names:
            self.diagnostics.append(problems.not_set(spot, code.source, names[0]))
        return not names


def _needed_at_once(binding: Binding, code: Sequence[Binding]) -> list[str]:
    """Return the names that a setting needs when it is made; what functions look up is there later."""
    statement = code_of(binding)
    functions = [code_of(each) for each in code if code_of(each).is_function]
    is_called = any(statement.calls & function.binds for function in functions)
    later = () if is_called else (function.deferred | function.deferred_optional for function in functions)
    looked_up = statement.optional_reads & frozenset[str]().union(*later)
    return sorted({*names_when_run(statement, code)} - looked_up)
