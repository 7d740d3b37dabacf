"""Which function answers which request, and with what; a request of a new topic has its row here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from msgspec import Struct

from jupyter_pipes.display.timeline import Timeline
from jupyter_pipes.kernel.link.asking import Done, Request, RunStarted
from jupyter_pipes.kernel.link.topics import (
    artifacts,
    exports,
    gates,
    kept_runs,
    logs,
    parameters,
    plans,
    runs_again,
    stacks,
    sweeps,
    timelines,
)
from jupyter_pipes.kernel.link.topics.looks import ValueShown
from jupyter_pipes.kernel.session import Session

TopicRequest = (
    exports.ExportPipeline
    | parameters.ShowParameters
    | parameters.CheckParameters
    | plans.ForeseeRun
    | kept_runs.KeptRequest
    | runs_again.RepeatRun
    | runs_again.ResumeRun
    | logs.FollowLog
    | artifacts.ListArtifacts
    | artifacts.LookInside
    | artifacts.LoadArtifact
    | artifacts.TrustValues
    | timelines.ShowTimeline
    | stacks.AskWhere
    | timelines.ListElements
    | gates.AnswerStep
    | sweeps.CheckSweep
    | sweeps.StartSweep
    | sweeps.ShowSweep
)


class Answered(NamedTuple):
    """What a request is answered with, and by whom; whether it waits for others, and they for it."""

    answer: type[Struct]
    by: Callable[[Session, Any], Struct]
    waits: bool = True


def _of_kept(answer: type[Struct], give: Callable[[kept_runs.KeptRuns, Any], Struct]) -> Answered:
    def by(session: Session, request: Any) -> Struct:
        return give(kept_runs.KeptRuns(session.upcoming().workspace, session.name), request)

    return Answered(answer, by, waits=False)


TOPICS: dict[type[Request], Answered] = {
    exports.ExportPipeline: Answered(exports.Exported, exports.export_shown),
    parameters.ShowParameters: Answered(parameters.ParameterForm, parameters.show_parameters),
    parameters.CheckParameters: Answered(parameters.ParametersChecked, parameters.check_parameters),
    plans.ForeseeRun: Answered(plans.RunForeseen, plans.foresee_run),
    **{request: _of_kept(*answered) for request, answered in kept_runs.KEPT.items()},
    runs_again.RepeatRun: Answered(RunStarted, runs_again.repeat_run),
    runs_again.ResumeRun: Answered(RunStarted, runs_again.resume_run),
    logs.FollowLog: Answered(logs.LogFollowed, logs.follow_log),
    artifacts.ListArtifacts: Answered(artifacts.ArtifactList, artifacts.list_artifacts),
    artifacts.LookInside: Answered(ValueShown, artifacts.look, waits=False),
    artifacts.LoadArtifact: Answered(artifacts.ArtifactLoaded, artifacts.load),
    artifacts.TrustValues: Answered(artifacts.Trusted, artifacts.trust),
    timelines.ShowTimeline: Answered(Timeline, timelines.show_timeline),
    stacks.AskWhere: Answered(stacks.StackSeen, stacks.ask_where, waits=False),
    timelines.ListElements: Answered(timelines.ElementList, timelines.list_elements, waits=False),
    gates.AnswerStep: Answered(Done, gates.answer_gate),
    sweeps.CheckSweep: Answered(sweeps.SweepChecked, sweeps.check_sweep),
    sweeps.StartSweep: Answered(sweeps.SweepStarted, sweeps.start_sweep),
    sweeps.ShowSweep: Answered(sweeps.SweepShown, sweeps.show_sweep, waits=False),
}
