"""What the steps kept: a list of artifacts, a look inside one, and its way into the notebook."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from jupyter_pipes.analysis.states import values_among
from jupyter_pipes.history.workspace import Workspace
from jupyter_pipes.kernel.idle import idle_view
from jupyter_pipes.kernel.link.asking import Request
from jupyter_pipes.kernel.link.topics.looks import ValueShown, look_inside, withdraw
from jupyter_pipes.kernel.session import Session
from jupyter_pipes.model.errors import ArtifactMissing
from jupyter_pipes.model.results import ArtifactRef
from jupyter_pipes.model.views import StepView


class ListArtifacts(Request, frozen=True, tag="artifacts"):
    """List what the steps kept, as they stand now."""


class LookInside(Request, frozen=True, tag="look inside"):
    """Show an artifact; of a table the rows from `start` on."""

    step: str
    name: str
    start: int = 0


class LoadArtifact(Request, frozen=True, tag="load artifact"):
    """Make an artifact a variable of the notebook, of its own name as far as Python takes it."""

    step: str
    name: str


class TrustValues(Request, frozen=True, tag="trust values"):
    """Load values of this project from now on that somebody else could have written."""


class ArtifactShown(Struct, frozen=True):
    """An artifact without its value.

    Attributes:
        type: its type; of a model, also what that says of itself.
        bytes: stored size.
        shape: rows and columns and the like; empty if it has none.
        preview: a short text form.
        title: of a figure that the step displayed; "" if it has none, and for all else.
        line: the line that makes it a variable.
    """

    step: str
    name: str
    type: str
    bytes: int
    shape: tuple[int, ...]
    preview: str
    title: str
    line: str


class ArtifactList(Struct, frozen=True):
    """What the steps kept, in their order; `distrust` says why values are not loaded, "" if they are."""

    artifacts: tuple[ArtifactShown, ...]
    distrust: str


class ArtifactLoaded(Struct, frozen=True):
    """The variable that has the value now."""

    variable: str


class Trusted(Struct, frozen=True):
    """Values are loaded from now on."""


def list_artifacts(session: Session, request: ListArtifacts) -> ArtifactList:
    """Return what the steps kept."""
    kept = list(_kept(session))
    last = {artifact.name: step for step, artifact in kept}
    artifacts = tuple(
        ArtifactShown(
            step=step,
            name=artifact.name,
            type=" · ".join((artifact.type, artifact.model.words)) if artifact.model else artifact.type,
            bytes=artifact.bytes,
            shape=artifact.shape,
            preview=artifact.preview,
            title=artifact.title,
            line=f"%pipeline get {shlex.quote(_short(step, artifact.name, last))}",
        )
        for step, artifact in kept
    )
    return ArtifactList(artifacts, session.upcoming().workspace.distrust if kept else "")


def look(session: Session, request: LookInside) -> ValueShown:
    """Return a look inside an artifact.

    Raises:
        ArtifactMissing: the step kept nothing under that name.
        UntrustedStore: another user could have written it.
        StoreError, SerializationError: it cannot be read.
    """
    artifact, workspace = _find(session, request.step, request.name), session.upcoming().workspace
    workspace.check_values(trust=False)
    return look_inside(_loaded(workspace, artifact), artifact, request.start)


def load(session: Session, request: LoadArtifact) -> ArtifactLoaded:
    """Make an artifact a variable.

    Raises:
        as for `look`.
    """
    artifact, workspace = _find(session, request.step, request.name), session.upcoming().workspace
    workspace.check_values(trust=False)
    session.namespace[artifact.variable] = _loaded(workspace, artifact)
    return ArtifactLoaded(artifact.variable)


def trust(session: Session, request: TrustValues) -> Trusted:
    """Have values loaded, as the user said."""
    session.upcoming().workspace.check_values(trust=True)
    return Trusted()


def _loaded(workspace: Workspace, artifact: ArtifactRef) -> Any:
    value = workspace.store.get_whole(artifact)
    withdraw(value)
    return value


def _short(step: str, name: str, last: dict[str, str]) -> str:
    return name if last[name] == step else f"{step}.{name}"


def _find(session: Session, step: str, name: str) -> ArtifactRef:
    for owner, artifact in _kept(session):
        if (owner, artifact.name) == (step, name):
            return artifact
    raise ArtifactMissing(f"step {step} has kept nothing under {name!r}: run it")


def _kept(session: Session) -> Iterator[tuple[str, ArtifactRef]]:
    for step in _steps(session).values():
        yield from ((step.name, each) for each in values_among(step.artifacts))


def _steps(session: Session) -> dict[str, StepView]:
    """Return the steps as they are shown: of the run where they are in it, else as they are kept."""
    idle = idle_view(session.upcoming()).steps
    run: Mapping[str, StepView] = session.run.steps if session.run is not None else {}
    return {name: _latest(run[name], step) if name in run else step for name, step in idle.items()}


def _latest(of_run: StepView, idle: StepView) -> StepView:
    """Return the step with what it kept before, as long as the run has nothing of it."""
    return of_run if of_run.artifacts else msgspec.structs.replace(of_run, kept=idle.kept)
