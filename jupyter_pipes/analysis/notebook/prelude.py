"""Which code of other cells a step reaches: a backward slice over the notebook's bindings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import IntEnum
from typing import Literal

import msgspec
from msgspec import Struct, field

from jupyter_pipes.analysis.cell.scopes import ALWAYS_THERE
from jupyter_pipes.analysis.notebook.late_definitions import Late, Waiting, can_wait, dependents, settle
from jupyter_pipes.analysis.notebook.statements import NO_NAMES, STAR
from jupyter_pipes.analysis.notebook.timeline import Binding, Place, Timeline, code_of
from jupyter_pipes.analysis.streams import STREAM_NAMES
from jupyter_pipes.model.steps import PARAMS_OWNER


class Strength(IntEnum):
    """How surely a name is needed."""

    OPTIONAL = 0
    DEFERRED = 1
    NEEDED = 2
    CALLED = 3


class Problem(Struct, frozen=True):
    """Why a name cannot be had.

    Attributes:
        kind: `undefined`: nothing binds it · `needs output`: earlier code needs a step's output when it
            runs · `rebound`: an untagged cell binds it anew behind its `owner` · `drawn`: an untagged cell
            draws from a stream of random numbers from which its `owner`, a step, draws before.
        name: the name that cannot be had.
        root: the name in the step's own cell through which it is needed.
        strength: how surely it is needed.
        code: the statement of another cell concerned, None if the step itself reads the name.
        owner: the step (or `PARAMS_OWNER`) that has the name, "" if none.
        dependents: numbers of the further cells whose values hang on that code.
    """

    kind: Literal["undefined", "needs output", "rebound", "drawn"]
    name: str
    root: str
    strength: Strength
    code: Binding | None = None
    owner: str = ""
    dependents: tuple[int, ...] = ()

    @property
    def via(self) -> str:
        """Through what code of another cell it is needed, in words; "" where the step needs it itself."""
        if self.code is None:
            return ""
        line = code_of(self.code).line_of(self.name)
        return f" through {self.root} (cell {self.code.cell}, line {line})"


class Reach(Struct, frozen=True):
    """What a step reaches.

    Attributes:
        code: the statements to run before the step, in notebook order.
        values: name -> the step that has it, or `PARAMS_OWNER`.
        late: where those statements stand that run only when the values are there.
        names: all names that were looked up.
        streams: those of them that are global streams of random numbers and seeded before the step.
        problems: what cannot be had, each name once.
    """

    code: tuple[Binding, ...] = ()
    values: dict[str, str] = field(default_factory=dict[str, str])
    late: frozenset[Place] = frozenset()
    streams: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    problems: tuple[Problem, ...] = ()

    @property
    def imports(self) -> frozenset[str]:
        """Top-level names of the modules that the code imports."""
        return frozenset[str]().union(*(code_of(binding).imports for binding in self.code))


def reach(
    timeline: Timeline,
    needs: Mapping[str, Strength],
    place: Place,
    *,
    reader: str = "",
    writes: frozenset[str] = frozenset(),
    whole: Iterable[Binding] = (),
) -> Reach:
    """Return the code and values of other cells that a step needs.

    Args:
        timeline: the notebook's bindings.
        needs: the names that the step's cell reads, with how surely.
        place: up to where bindings are seen.
        reader: the step's name; what it writes itself is no answer.
        writes: the names that the step binds itself, which code that it calls may see.
        whole: statements to take in any case, with what they need.
    """
    search = _Search(timeline, place, reader, writes)
    for name, strength in needs.items():
        search.need(name, place, strength, name, None)
    for binding in whole:
        search.include(binding, place, Strength.DEFERRED, "")
    search.follow()
    return search.result()


class _Search:
    """One backward search: follows every name to what binds it, and that to what it needs in turn.

    What a statement needs when it runs is looked up where it stands. What the functions that it defines need
    is looked up where they are called: where the reader stands, and where the step stands.
    """

    def __init__(self, timeline: Timeline, place: Place, reader: str, writes: frozenset[str]) -> None:
        self._timeline = timeline
        self._place = place
        self._reader = reader
        self._writes = writes
        self._open: list[tuple[str, Place, Strength, str, Binding | None]] = []
        self._seen: dict[tuple[str, Place], Strength] = {}
        self._code: dict[Place, Binding] = {}
        self._values: dict[str, str] = {}
        self._streams: set[str] = set()
        self._early_parameters: dict[str, tuple[str, Binding | None]] = {}
        self._waiting: list[Waiting] = []
        self._problems: dict[tuple[str, str, Place | None], Problem] = {}

    def need(self, name: str, place: Place, strength: Strength, root: str, code: Binding | None) -> None:
        """Follow `name`, read at `place` by `code` (None for the step itself)."""
        if self._seen.get((name, place), -1) >= strength:
            return
        self._seen[name, place] = strength
        self._open.append((name, place, strength, root, code))

    def follow(self) -> None:
        """Follow all that is needed to its end."""
        # A list of what is open, not recursion: notebooks have longer chains than Python's stack.
        while self._open:
            name, place, strength, root, code = self._open.pop()
            if name in STREAM_NAMES:
                self._need_stream(name, place, root)
            elif place == self._place:
                self._need_in_step(name, strength, root, code)
            else:
                self._need_in_code(name, place, strength, root, code)

    def result(self) -> Reach:
        """Return what was found."""
        for name, (root, code) in self._early_parameters.items():
            if self._values.setdefault(name, PARAMS_OWNER) != PARAMS_OWNER:
                self._report("needs output", name, root, Strength.NEEDED, code, PARAMS_OWNER)
        code = tuple(self._code[place] for place in sorted(self._code))
        late = settle(code, self._waiting, self._values) if self._waiting else Late()
        for blocked, cause in late.blocked:
            root = cause.root if can_wait(blocked) else min(code_of(blocked).binds, default=cause.root)
            owner = self._values[cause.name]
            self._report("needs output", cause.name, root, Strength.NEEDED, blocked, owner)
        return Reach(
            code=code,
            values=self._values,
            late=late.places,
            names=frozenset(name for name, _ in self._seen),
            streams=frozenset(self._streams),
            problems=self._distinct_problems(),
        )

    def _distinct_problems(self) -> tuple[Problem, ...]:
        # Code that cannot run at all need not be reported for binding the name as well.
        blocked = {problem.root for problem in self._problems.values() if problem.kind == "needs output"}
        code = [self._code[place] for place in sorted(self._code)]
        for key, problem in self._problems.items():
            if problem.kind == "needs output" and problem.code is not None:
                cells = dependents(code, problem.code)
                self._problems[key] = msgspec.structs.replace(problem, dependents=cells)
        by_name = sorted(self._problems.values(), key=lambda problem: (problem.root, problem.name))
        return tuple(p for p in by_name if p.kind != "rebound" or p.root not in blocked)

    def _need_in_step(self, name: str, strength: Strength, root: str, code: Binding | None) -> None:
        if code is not None and name in self._writes:
            if not self._can_be_had(name):
                return
            strength = Strength.OPTIONAL
        recent, owner = self._since_owner(name)
        # Definitions that register themselves in a value run again, in order, in that step's process.
        binding_it = [binding for binding in recent if not _registers(name, binding)]
        is_definition = binding_it and all(code_of(binding).is_definition for binding in binding_it)
        if not recent and owner is None:
            self._need_unbound(name, self._place, strength, root, code)
        elif owner is not None and not is_definition:
            self._values[name] = owner.owner
            if binding_it:
                self._report("rebound", name, root, strength, binding_it[0], owner.owner)
        for binding in recent:
            self.include(binding, self._place, strength, root)

    def _need_stream(self, name: str, place: Place, root: str) -> None:
        """Follow a global stream of random numbers to its seed, and to the step that drew from it last."""
        seeds = [
            binding for binding in self._timeline.all(name) if binding.is_setup and _seeds(name, binding)
        ]
        recent: list[Binding] = []
        drawers: list[str] = []
        for binding in self._timeline.before(name, place):
            if binding.owner and place == self._place and binding.owner != self._reader:
                self._values[name] = binding.owner
                self._streams.add(name)
                # What code drew since is not drawn again: the state is what that step left.
                for code in recent:
                    self._report("drawn", name, root, Strength.DEFERRED, code, binding.owner)
                return
            if binding.owner and place != self._place:
                drawers.append(binding.owner)
            if not binding.owner:
                recent.append(binding)
            if not binding.owner and _seeds(name, binding):
                seeds.append(binding)
                break
        if not seeds:
            return
        if place == self._place:
            self._streams.add(name)
        elif drawers:
            self._report("drawn", name, root, Strength.DEFERRED, self._code[place], drawers[0])
        for binding in (*recent, *seeds):
            self.include(binding, place, Strength.OPTIONAL, root)

    def _can_be_had(self, name: str) -> bool:
        """Return whether a name that the step binds itself has a value before, for calls that come first."""
        needs, others = {name: Strength.OPTIONAL}, self._writes - {name}
        reached = reach(self._timeline, needs, self._place, reader=self._reader, writes=others)
        return not reached.problems

    def _since_owner(self, name: str) -> tuple[list[Binding], Binding | None]:
        """Return the code that binds `name`, up to the nearest that surely does, and what owns it before."""
        recent: list[Binding] = []
        closed = False
        for binding in self._timeline.before(name, self._place):
            if binding.owner == self._reader != "":
                continue
            if binding.owner:
                return recent, binding
            if not closed:
                recent.append(binding)
            closed = closed or name in code_of(binding).firm
        return recent, None

    def _need_in_code(
        self, name: str, place: Place, strength: Strength, root: str, code: Binding | None
    ) -> None:
        bindings = list(self._timeline.before(name, place))
        for binding in bindings:
            if binding.owner:
                self._need_value(name, place, binding.owner, strength, root)
                return
            self.include(binding, place, strength, root)
            if name in code_of(binding).firm:
                return
        if not bindings:
            self._need_unbound(name, place, strength, root, code)

    def _need_value(self, name: str, place: Place, owner: str, strength: Strength, root: str) -> None:
        # Not the helper that reads the value: the statement that calls it and so runs too early.
        runs = self._code[place]
        if owner == PARAMS_OWNER:
            self._early_parameters.setdefault(name, (root, runs))
        elif strength < Strength.NEEDED:
            return
        elif can_wait(runs) and (holder := self._holder_later(name, place, owner)):
            self._values[name] = holder
            self._waiting.append(Waiting(runs, name, root))
        else:
            self._report("needs output", name, root, strength, runs, owner)

    def _holder_later(self, name: str, place: Place, owner: str) -> str:
        """Return the step whose value of `name` serves code at `place` when it runs for the reader, or "".

        It is the value that the notebook has there. What only registers itself in it may have a later one: it
        is put back as its step left it (see `Job.late_pieces`).
        """
        before = (each for each in self._timeline.before(name, self._place) if each.owner != self._reader)
        now, then = (
            next((each for each in bindings if not _registers(name, each)), None)
            for bindings in (before, self._timeline.before(name, place))
        )
        if now == then:
            return owner
        is_put_back = name in self._timeline.registers_in(self._code[place])
        return now.owner if is_put_back and now is not None else ""

    def _need_unbound(
        self, name: str, place: Place, strength: Strength, root: str, code: Binding | None
    ) -> None:
        """Look where order does not count: parameters and set-up cells come before everything in a step."""
        everywhere = self._timeline.all(name)
        setup = [binding for binding in everywhere if binding.is_setup]
        if any(binding.owner == PARAMS_OWNER for binding in everywhere):
            self._early_parameters.setdefault(name, (root, code))
        elif setup:
            self.include(setup[-1], self._place, strength, root)
        elif name in ALWAYS_THERE or name in NO_NAMES or (code is not None and name in self._writes):
            return
        elif any(True for _ in self._timeline.before(STAR, place)):
            self.need(STAR, place, Strength.OPTIONAL, root, code)
        elif strength > Strength.OPTIONAL:
            self._report("undefined", name, root, strength, code)

    def include(self, binding: Binding, place: Place, strength: Strength, root: str) -> None:
        """Take a statement, for a reader at `place`, and need what it needs."""
        statement = code_of(binding)
        self._code[binding.place] = binding
        for name in sorted(statement.reads):
            called = name in statement.calls
            self.need(name, binding.place, Strength.CALLED if called else Strength.NEEDED, root, binding)
        for name in sorted(statement.optional_reads):
            self.need(name, binding.place, Strength.OPTIONAL, root, binding)
        for name in sorted(self._timeline.changed_by_deriving(statement.derives, binding.place)):
            # Where the classes that it is derived from register it.
            self.need(name, binding.place, Strength.NEEDED, root, binding)
        later = min(strength, Strength.DEFERRED)
        runs_here = statement.is_function and strength is Strength.CALLED
        for name in sorted(statement.deferred):
            here = Strength.CALLED if name in statement.deferred_calls else Strength.NEEDED
            runs = runs_here and name not in statement.deferred_longer
            self.need(name, place, here if runs else later, root, binding)
            self.need(name, self._place, later, root, binding)
        for name in sorted(statement.deferred_optional):
            self.need(name, place, Strength.OPTIONAL, root, binding)
            self.need(name, self._place, Strength.OPTIONAL, root, binding)

    def _report(
        self,
        kind: Literal["undefined", "needs output", "rebound", "drawn"],
        name: str,
        root: str,
        strength: Strength,
        code: Binding | None,
        owner: str = "",
    ) -> None:
        key = (kind, name, code.place if code else None)
        earlier = self._problems.get(key)
        if earlier is None or earlier.strength < strength:
            self._problems[key] = Problem(kind, name, root, strength, code, owner)


def _registers(name: str, binding: Binding) -> bool:
    """Return whether it is a definition that puts itself into the object of that name."""
    statement = binding.statement
    return (
        statement is not None
        and statement.is_definition
        and name not in statement.binds - statement.changes
        and can_wait(binding)
    )


def _seeds(name: str, binding: Binding) -> bool:
    return name in code_of(binding).firm
