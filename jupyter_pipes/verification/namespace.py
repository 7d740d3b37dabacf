"""The end of a plain run: its names are held against kept values, in its own process."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import msgspec
from msgspec import Struct

from jupyter_pipes.model.errors import PipesError
from jupyter_pipes.model.results import ArtifactRef
from jupyter_pipes.storage.artifacts import ArtifactStore
from jupyter_pipes.storage.serializers.holdings import hold
from jupyter_pipes.storage.serializers.restoring import made_classes
from jupyter_pipes.verification.current_step import kept
from jupyter_pipes.verification.equality.walk import Incomparable, difference, short, type_name
from jupyter_pipes.verification.findings import NameFinding, Value
from jupyter_pipes.verification.in_kernel import without_stand_ins


class Kept(Struct, frozen=True):
    """A kept value, and the step that wrote it."""

    step: str
    artifact: ArtifactRef


class Question(Struct, frozen=True):
    """What a namespace is asked.

    Attributes:
        store: URL of the artifact store.
        kept: name -> the value that the pipeline has for it.
        states: definition -> what the pipeline's steps left in it.
        unkept: name -> why the pipeline kept nothing under it, though a step writes it.
        plain: names that cells outside of steps bind; None if they cannot be told.
    """

    store: str
    kept: dict[str, Kept]
    states: dict[str, ArtifactRef] = {}
    unkept: dict[str, str] = {}
    plain: tuple[str, ...] | None = None


def answer(namespace: Mapping[str, Any], hidden: Collection[str], question: str, place: str) -> None:
    """Answer the question in a file, in another: called in the kernel, at the notebook's end.

    Args:
        namespace: the notebook's names.
        hidden: names that IPython put there.
        question, place: paths of the two files.
    """
    asked = msgspec.json.decode(Path(question).read_bytes(), type=Question)
    names = without_stand_ins(namespace)
    values = {**kept(), **{name: value for name, value in names.items() if name not in hidden}}
    Path(place).write_bytes(msgspec.json.encode(findings(values, asked)))


def findings(values: Mapping[str, Any], question: Question) -> list[NameFinding]:
    """Return how each name compares."""
    store = ArtifactStore(question.store)
    states = {name: store.get(artifact) for name, artifact in question.states.items()}
    compared = [_compared(name, values, kept, store, states) for name, kept in question.kept.items()]
    return [*compared, *_only_here(values, question)]


def _compared(
    name: str, values: Mapping[str, Any], kept: Kept, store: ArtifactStore, states: Mapping[str, Any]
) -> NameFinding:
    if name not in values:
        return NameFinding(name, "only in the pipeline", kept.step, reason="deleted in the notebook")
    try:
        value, other = values[name], store.get(kept.artifact)
        # It was kept with its class as that was then: in the kernel, the class has changed since.
        for definition, made in made_classes():
            hold(made, states.get(definition, {}))
        differing = difference(value, other)
    except (PipesError, Incomparable) as error:
        return NameFinding(name, "not comparable", kept.step, reason=str(error))
    except Exception as error:  # a value's own methods may raise anything
        reason = f"{type(error).__name__}: {error}"
        return NameFinding(name, "not comparable", kept.step, reason=reason)
    if differing is None:
        return NameFinding(name, "equal", kept.step)
    here, there = Value(type_name(value), differing.a), Value(type_name(other), differing.b)
    again = _keep(store, name, value)
    return NameFinding(name, "differs", kept.step, differing.where, here, there, kept=again)


def _keep(store: ArtifactStore, name: str, value: Any) -> ArtifactRef | None:
    try:
        return store.put(name, value)
    except PipesError:
        # It is not known then whether it varies by itself.
        return None


def _only_here(values: Mapping[str, Any], question: Question) -> Iterator[NameFinding]:
    for name, value in values.items():
        if name in question.kept or name.startswith("_") or _is_definition(name, value):
            continue
        here = Value(type_name(value), short(value))
        if name in question.unkept:
            yield NameFinding(name, "not comparable", notebook=here, reason=question.unkept[name])
        elif question.plain is not None and name not in question.plain:
            reason = "no step keeps it"
            yield NameFinding(name, "only in the notebook", notebook=here, reason=reason)


def _is_definition(name: str, value: Any) -> bool:
    """Return whether each process has it from its code: modules, classes and functions, imported or not."""
    if isinstance(value, ModuleType | type):
        return True
    module = sys.modules.get(getattr(value, "__module__", None) or "")
    is_imported = module is not None and getattr(module, name, None) is value
    return is_imported or (isinstance(value, FunctionType) and value.__name__ == name)
