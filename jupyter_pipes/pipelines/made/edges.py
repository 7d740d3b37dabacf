"""Parameters whose values steps make become edges, and code of the steps that read them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from jupyter_pipes.analysis import analyze
from jupyter_pipes.analysis.states import metrics_of
from jupyter_pipes.model.errors import ParameterError, PipesError
from jupyter_pipes.model.mapping.children import ElementNeeds
from jupyter_pipes.model.steps import CodePiece, Step
from jupyter_pipes.pipelines.graph import Graph, order, reached, with_demanded
from jupyter_pipes.pipelines.made.value import ANY, label_of
from jupyter_pipes.pipelines.parameter_types import annotation_of
from jupyter_pipes.pipelines.parameters import Parameter
from jupyter_pipes.pipelines.references import Reference, is_whole, references, refers
from jupyter_pipes.pipelines.referring.edges import problem_of, read_as, with_option_edges

_G = TypeVar("_G", bound=Graph)

_VALUE = "__import__('jupyter_pipes.pipelines.made.value', fromlist=['value']).value"


_CHECKED = (ANY, "bool", "dict", "float", "int", "list", "str", "tuple")
"""Kinds of values that are checked where the value is made."""


class Later(Struct, frozen=True):
    """What was said of a parameter whose value steps make.

    Attributes:
        text: as it was said.
        kind: the name of the built-in type that the value must have, or `ANY`.
        line, cell: of the default that says it; None and 0 for what overrides one.
    """

    text: str
    kind: str
    line: int | None = None
    cell: int = 0


def has_references(graph: Graph, declared: Iterable[Parameter], said: Mapping[str, object]) -> bool:
    """Whether a step's option, a default, or what was said of a parameter refers to something."""
    texts = (*said.values(), *(parameter.default for parameter in declared))
    return any(step.options.referring for step in graph.steps) or any(map(refers, texts))


def later_values(declared: Sequence[Parameter], said: Mapping[str, object]) -> dict[str, Later]:
    """Return parameter -> what was said of it, of those whose values steps make.

    Args:
        declared: the parameters.
        said: parameter -> what overrides its default.

    Raises:
        ParameterError: such a value cannot be checked, or another parameter is made from it.
    """
    all_said = {parameter.name: said.get(parameter.name, parameter.default) for parameter in declared}
    later = {
        parameter.name: _later(parameter, all_said[parameter.name], is_default=parameter.name not in said)
        for parameter in declared
        if _refers_to_steps(parameter, all_said[parameter.name])
    }
    for parameter in declared if later else ():
        read = () if parameter.name in said else parameter.reads
        for name in (*read, *parameter.refers_to(all_said[parameter.name])):
            if name in later:
                why = f"is made from {name}, and {later[name].text} is known only to steps, when they run"
                raise parameter.refused(f"{why}: compute it in a step, or give {name} a value (-p)")
    return later


def _refers_to_steps(parameter: Parameter, said: object) -> bool:
    # A `${…}` that is no reference is refused where it is said.
    parameter.refers_to(said)
    return any(reference.is_of_step for reference in references(said))


def _later(parameter: Parameter, said: object, *, is_default: bool) -> Later:
    first = next(reference for reference in references(said) if reference.is_of_step)
    if not isinstance(said, str):
        raise parameter.refused(f"{first} stands in a text, not in a collection: name it alone")
    others = [reference for reference in references(said) if not reference.is_of_step]
    if others:
        raise parameter.refused(f"{first} and {others[0]} cannot stand in one text: use a parameter for each")
    kind = ANY if parameter.type is Any else annotation_of(parameter.type)
    if kind not in (_CHECKED if is_whole(said) else (ANY, "str")):
        hint = "without a type, or with a plain one" if is_whole(said) else "alone, without text around it"
        raise parameter.refused(
            f"whether {said} fits {kind} is not told before the step runs; write it {hint}"
        )
    return Later(said, kind, parameter.spec.line, parameter.cell) if is_default else Later(said, kind)


def with_references(graph: _G, later: Mapping[str, Mapping[str, Later]]) -> _G:
    """Return the graph in which steps read what their parameters are made from.

    Args:
        graph: as it was written.
        later: step -> parameter that it reads -> what was said of it.

    Raises:
        ParameterError: a reference to a step, or an output, that there is not, or that the step cannot read.
        InvalidPipeline: steps wait for each other.
    """
    steps = {step.name: step for step in graph.steps}
    names = [parameter.name for parameter in graph.parameters]
    changed = {name: _reading(steps[name], of, steps, names) for name, of in later.items() if of}
    if not changed:
        return graph
    read = [name for step in changed.values() for name in step.reads.items()]
    for owner in {owner: None for name, owner in read if name == metrics_of(owner)}:
        step = changed.get(owner, steps[owner])
        changed[owner] = replace(step, writes=tuple(dict.fromkeys((*step.writes, metrics_of(owner)))))
    kept = {name: steps[name] for name in changed}
    made = replace(graph, steps=with_demanded((steps | changed).values()), as_written=kept)
    order(made)
    return made


def with_defaults(graph: _G, declared: Sequence[Parameter]) -> _G:
    """Return the graph with what the defaults of parameters refer to; as it was written if that is wrong."""
    try:
        later = later_values(declared, {})
        read = {step.name: [name for name in later if name in step.parameters] for step in graph.steps}
        texts = {name: said.text for name, said in later.items()}
        drawn = replace(graph, steps=with_demanded(with_option_edges(graph.steps, texts))) if later else graph
        order(drawn)
        return with_references(drawn, {step: {name: later[name] for name in of} for step, of in read.items()})
    except PipesError:
        # Whoever plans or runs it is told.
        return graph


def as_written(graph: _G) -> _G:
    """Return the graph without what `with_references` added, to bind other values."""
    if not graph.as_written:
        return graph
    steps = (replace(graph.as_written.get(step.name, step), options=step.options) for step in graph.steps)
    return replace(graph, steps=with_demanded(steps), as_written={})


def _reading(
    step: Step, later: Mapping[str, Later], steps: Mapping[str, Step], parameters: Sequence[str]
) -> Step:
    reads = {name: owner for name, owner in step.reads.items() if name not in later}
    pieces: list[CodePiece] = []
    for name, said in later.items():
        found = list(references(said.text))
        for reference in found:
            if problem := _problem(step, reference, steps, parameters, reads):
                raise _refused(step, name, said, f"{reference}: {problem}")
            reads[read_as(reference, steps)] = reference.owner
        pieces.append(_piece(name, said, [read_as(reference, steps) for reference in found]))
        _check_setup(step, name, said)
    prelude = (*pieces, *_behind(step.prelude, set(later)))
    element = step.element and _element(step.element, pieces)
    return replace(step, reads=reads, prelude=prelude, element=element)


def _piece(name: str, said: Later, read: Iterable[str]) -> CodePiece:
    """Return the code that gives a parameter its value, from what is read under these names."""
    outputs = tuple(dict.fromkeys(read))
    given = "".join(f", {each}={each}" for each in outputs if each.isidentifier())
    # What has no variable's name is in the namespace all the same.
    others = ", ".join(f"{each!r}: globals()[{each!r}]" for each in outputs if not each.isidentifier())
    given += f", **{{{others}}}" if others else ""
    source = f"{name} = {_VALUE}({name!r}, {said.text!r}, {said.kind!r}{given})"
    return CodePiece(
        label_of(name),
        1,
        source,
        (name,),
        is_late=True,
        uses=outputs,
        uses_at_once=outputs,
        is_definition=False,
    )


def _behind(prelude: Sequence[CodePiece], bound: set[str]) -> Iterator[CodePiece]:
    """Yield the pieces, those late that look at these names when they run, directly or through others."""
    uses = {name: piece.uses for piece in prelude for name in piece.names}
    for piece in prelude:
        looked_at = piece.uses_at_once if piece.is_definition else reached(list(piece.uses), uses)
        is_late = piece.is_late or not bound.isdisjoint(looked_at)
        if is_late:
            bound.update(piece.names)
        yield replace(piece, is_late=is_late)


def _element(needs: ElementNeeds, pieces: Sequence[CodePiece]) -> ElementNeeds:
    """Return what an element needs, with those pieces in front of the prelude whose names it reads."""
    own = {place: piece for place, piece in enumerate(pieces) if set(piece.names) & set(needs.reads)}
    bound = {name for piece in own.values() for name in piece.names}
    reads = dict.fromkeys((*needs.reads, *(name for piece in own.values() for name in piece.uses)))
    places = (*own, *(place + len(pieces) for place in needs.prelude))
    return replace(needs, reads=tuple(name for name in reads if name not in bound), prelude=places)


def _refused(step: Step, parameter: str, said: Later, why: str) -> ParameterError:
    place = f"cell {said.cell}, line {said.line}: " if said.cell else ""
    return ParameterError(f"{place}parameter {parameter}: {why}", step=step.name, line=said.line)


def _problem(
    step: Step,
    reference: Reference,
    steps: Mapping[str, Step],
    parameters: Sequence[str],
    reads: Mapping[str, str],
) -> str:
    if problem := problem_of(reference, steps, parameters):
        return problem
    owner, name = reference.owner, read_as(reference, steps)
    if owner == step.name:
        return f"{owner} cannot wait for itself; say it for the steps that are to have it: -p STEP.NAME=VALUE"
    other = reads.get(name, owner)
    bound = any(name in piece.names for piece in step.pieces)
    if other != owner or bound:
        whose = "another cell" if bound else other
        return f"step {step.name} reads the {name} of {whose} as well; give one of them another name"
    return ""


def _check_setup(step: Step, parameter: str, said: Later) -> None:
    for piece in step.setup:
        if parameter in analyze(piece.source).reads:
            why = f"%%setup ({piece.label}) reads it, and runs before {said.text} is known: read it in a step"
            raise _refused(step, parameter, said, why)
