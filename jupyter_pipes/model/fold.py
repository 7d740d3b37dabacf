"""`apply(record, view)`: the one fold that turns a run's journal into what every display shows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from msgspec.structs import replace

from jupyter_pipes.model import events as ev
from jupyter_pipes.model.graph.observed import matters, observed
from jupyter_pipes.model.mapping.children import child_name, is_child, planned_child, step_of
from jupyter_pipes.model.planned import with_options
from jupyter_pipes.model.results import Observation, Usage
from jupyter_pipes.model.shown.series import Series
from jupyter_pipes.model.steps import Status
from jupyter_pipes.model.views import CellView, Gate, LogPiece, Progress, RunView, StepView

_OUTCOME_STATUS: dict[str, Status] = {
    "completed": Status.COMPLETED,
    "failed": Status.FAILED,
    "timed out": Status.FAILED,
    "cancelled": Status.CANCELLED,
    "lost": Status.FAILED,
    "skipped": Status.SKIPPED,
}


def fold(run: str, records: Iterable[ev.Record]) -> RunView:
    """Return the view of a run from its journal, in order."""
    view, journal = RunView(run), list(records)
    # Nobody sees what comes between: in a run that went to its end at once, all its edges are connected once.
    view.connects = not _went_to_its_end(journal)
    for record in journal:
        apply(record, view)
    if not view.connects:
        view.connects = True
        _connect(view)
    return view


def _went_to_its_end(journal: Sequence[ev.Record]) -> bool:
    kinds = [type(record.event) for record in journal]
    return ev.RunStarted in kinds and ev.RunEnded in kinds and ev.RunResumed not in kinds


def apply(record: ev.Record, view: RunView) -> None:
    """Bring `view` up to date with one more record; a record already applied changes nothing."""
    if record.seq <= view.seq:
        return
    view.seq = record.seq
    change = FOLD.get(type(record.event))
    if change is not None:
        change(record.event, view, record.time)


def _begin_run(event: ev.RunStarted, view: RunView, time: float) -> None:
    view.pipeline, view.version = event.pipeline, event.version
    view.parameters, view.diagnostics = event.parameters, event.diagnostics
    view.host, view.pid = event.host, event.pid
    view.started = time
    view.origin, view.directory = event.origin, event.directory
    view.user, view.repeats, view.queue = event.user, event.repeats, event.queue
    view.part_of, view.sweep = event.part_of, event.sweep
    view.tags = (event.sweep.sweep,) if event.sweep else ()
    view.state, view.definition, view.arguments = event.state, event.definition, event.arguments
    view.steps = {step.name: StepView(step.name, step) for step in event.steps}
    view.by_code, view.observed = event.steps, dict(event.observed)
    _connect(view)
    for step in view.steps.values():
        step.reason = _waiting_for(step, view)


def _connect(view: RunView) -> None:
    """Give each step its reads and writes, with what was observed in them."""
    view.readers = {name: [] for name in view.steps}
    for name, planned in observed(view.by_code, view.observed).items():
        view.steps[name].planned = planned
        for upstream in planned.upstream:
            view.readers.setdefault(upstream, []).append(name)


def _observe(view: RunView, step: str, shown: Observation) -> None:
    before = view.observed.get(step, Observation())
    after = before.united(shown)
    if after != before:
        view.observed[step] = after
        if view.connects and matters(step, shown, view.by_code, view.observed):
            _connect(view)


def _reopen_run(event: ev.RunResumed, view: RunView, time: float) -> None:
    view.status, view.reason, view.ended, view.held_up = Status.RUNNING, "", None, ""
    view.host, view.pid = event.host, event.pid
    view.gates.clear()
    reopened = [step for step in view.steps.values() if not step.status.is_done]
    for step in reopened:
        step.status, step.undecided = Status.PENDING, None
        for reader in (view.steps[name] for name in view.readers[step.name] if name in view.steps):
            # Behind a failure that was ignored, it was completed with nothing in place of its outputs.
            if reader.status.is_done:
                reader.status = Status.PENDING
                reopened.append(reader)
    for step in reopened:
        step.reason = _waiting_for(step, view)


def _hold_up_run(event: ev.RunHeldUp, view: RunView, time: float) -> None:
    view.held_up = event.reason


def _set_environment(event: ev.EnvironmentCaptured, view: RunView, time: float) -> None:
    view.environment = event.document


def _set_tags(event: ev.RunTagged, view: RunView, time: float) -> None:
    view.tags = event.tags


def _set_title(event: ev.RunRenamed, view: RunView, time: float) -> None:
    view.title = event.title


def _set_archived(event: ev.RunArchived, view: RunView, time: float) -> None:
    view.archived = event.archived


def _defer_step(event: ev.StepDeferred, view: RunView, time: float) -> None:
    view.step(event.step).reason = event.reason


def _decide_step(event: ev.StepDecided, view: RunView, time: float) -> None:
    step = view.step(event.step)
    step.decision_reasons, step.signature = event.reasons, event.signature
    step.parts, step.compared = event.parts, event.compared
    step.source_run, step.kept = event.source_run, event.artifacts
    step.kept_metrics, step.kept_notes = event.metrics, event.notes
    step.source_step = event.source_step or (event.step if event.source_run else "")
    step.kept_observed, step.kept_children = event.observed, event.children
    if not (step.status.is_final or is_child(event.step)):
        _observe(view, event.step, event.observed.of_values)


def _settle_options(event: ev.OptionsSettled, view: RunView, time: float) -> None:
    view.by_code = with_options(view.by_code, event.step, event.options)
    step = view.steps[event.step]
    step.planned, step.told = replace(step.planned, options=event.options), event.told


def _queue_attempt(event: ev.AttemptQueued, view: RunView, time: float) -> None:
    attempt = view.attempt_of(event)
    attempt.reason = event.reason
    _set_status(view, event.step, Status.QUEUED, event.reason or f"waits for queue {event.queue}")


def _start_attempt(event: ev.AttemptStarted, view: RunView, time: float) -> None:
    attempt = view.attempt_of(event)
    attempt.status, attempt.started, attempt.reason = Status.RUNNING, time, ""
    attempt.pid, attempt.host = event.pid, event.host
    _set_status(view, event.step, Status.RUNNING, "")


def _set_progress(event: ev.ProgressReported, view: RunView, time: float) -> None:
    view.attempt_of(event).progress = Progress(event.done, event.total, event.text)


def _add_metrics(event: ev.MetricsReported, view: RunView, time: float) -> None:
    metrics = view.attempt_of(event).metrics
    for name, points in event.points.items():
        metrics.setdefault(name, Series()).extend(points.values, points.at)


def _add_metric(event: ev.MetricReported, view: RunView, time: float) -> None:
    series = view.attempt_of(event).metrics.setdefault(event.name, Series())
    series.extend((event.value,), (event.at,))


def _add_artifact(event: ev.ArtifactStored, view: RunView, time: float) -> None:
    artifacts, kept = view.attempt_of(event).artifacts, event.artifact
    before = next((each for each in artifacts if each.name == kept.name), None)
    if before is not None:
        artifacts.remove(before)
        # A step that keeps a model under its variable's name ends by keeping that variable.
        if kept.model is None and kept.type == before.type:
            kept = replace(kept, model=before.model)
    artifacts.append(kept)


def _add_elements(event: ev.StepsAdded, view: RunView, time: float) -> None:
    step = view.steps[event.step]
    view.attempt_of(event).finds_elements = True
    if event.first == 0:
        step.found_before, step.children = step.children, {}
        step.endings.clear()
    for number, values in enumerate(event.values, event.first):
        name = child_name(event.step, number)
        before = step.found_before.get(name)
        attempts = before.attempts if before is not None else []
        step.children[name] = StepView(
            name, planned_child(step.planned, name), attempts=attempts, values=values
        )
    step.endings[Status.PENDING] += len(event.values)


def _begin_pipeline(event: ev.PipelineStarted, view: RunView, time: float) -> None:
    step = view.steps[event.step]
    names = {child_name(event.step, name): name for name in event.steps}
    step.children = {
        child: StepView(child, planned_child(step.planned, child), source_run=event.run, source_step=name)
        for child, name in names.items()
    }
    step.endings.clear()
    step.endings[Status.PENDING] = len(names)


def _change_pipeline_step(event: ev.PipelineStepChanged, view: RunView, time: float) -> None:
    name = child_name(event.step, event.name)
    _time_pipeline_step(view.step(name), event, time)
    _set_status(view, name, event.status, event.reason)


def _time_pipeline_step(step: StepView, event: ev.PipelineStepChanged, time: float) -> None:
    if event.status is Status.RUNNING:
        step.began = time if step.began is None else step.began
    elif event.seconds:
        step.used_by_elements, step.began = Usage(event.seconds), None
    elif step.began is not None:
        # A run of an earlier version does not say how long it took.
        step.used_by_elements = step.used_by_elements.plus(Usage(max(time - step.began, 0.0)))
        step.began = None


def _set_changed(event: ev.InputsChanged, view: RunView, time: float) -> None:
    view.attempt_of(event).changed = event.names
    if not is_child(event.step):
        _observe(view, event.step, Observation(changed=event.names))


def _add_joined(event: ev.NamesJoined, view: RunView, time: float) -> None:
    view.attempt_of(event).joined.append(event.names)
    if not is_child(event.step):
        _observe(view, event.step, Observation(joined=(event.names,)))


def _take_early_read(event: ev.FileReadEarly, view: RunView, time: float) -> None:
    _observe(view, event.writer, Observation(written=(event.path,)))
    _observe(view, event.step, Observation(files=(event.path,)))


def _add_output(event: ev.OutputShown, view: RunView, time: float) -> None:
    cells, output = view.attempt_of(event).cells, event.output
    for cell in cells:
        for place, shown in enumerate(cell.outputs):
            if output.display_id is not None and shown.display_id == output.display_id:
                cell.outputs[place] = replace(output, log_offset=shown.log_offset)
                return
    cells[-1].outputs.append(output)


def _clear_outputs(event: ev.OutputsCleared, view: RunView, time: float) -> None:
    cell = view.attempt_of(event).cells[-1]
    cell.outputs.clear()
    cell.start = max(cell.start, event.log_offset)


def _begin_cell(event: ev.CellBegun, view: RunView, time: float) -> None:
    cells = view.attempt_of(event).cells
    cells[-1].end, cells[-1].has_error = event.log_offset, False
    cells.append(CellView(start=event.log_offset))


def _add_note(event: ev.NoteAdded, view: RunView, time: float) -> None:
    view.attempt_of(event).notes.append(event.text)
    if is_child(event.step):
        view.steps[step_of(event.step)].notes_of_elements[event.text] += 1


def _end_attempt(event: ev.AttemptEnded, view: RunView, time: float) -> None:
    attempt = view.attempt_of(event)
    attempt.status, attempt.reason = _OUTCOME_STATUS[event.outcome], event.reason
    attempt.ended, attempt.usage = time, event.usage
    attempt.error, attempt.files = event.error, event.files
    attempt.written, attempt.listed = event.written, event.listed
    if is_child(event.step):
        step = view.steps[step_of(event.step)]
        step.used_by_elements = step.used_by_elements.plus(event.usage)


def _reach_gate(event: ev.GateReached, view: RunView, time: float) -> None:
    view.gates[event.step], view.steps[event.step].answer = Gate(event.text, time), ""
    _set_status(view, event.step, Status.PENDING, f"waits for approval: {event.text}")


def _answer_gate(event: ev.GateAnswered, view: RunView, time: float) -> None:
    view.gates.pop(event.step, None)
    view.steps[event.step].answer = event.words
    _set_status(view, event.step, Status.PENDING, event.words)


def _await_retry(event: ev.RetryScheduled, view: RunView, time: float) -> None:
    _set_status(view, event.step, Status.QUEUED, event.reason)


def _reopen_step(event: ev.StepReopened, view: RunView, time: float) -> None:
    step = view.step(event.step)
    _set_status(view, event.step, Status.PENDING, event.reason)
    step.undecided = None
    step.called.clear()
    step.reopened, step.answer = event.reason, ""
    view.gates.pop(event.step, None)
    step.source_run, step.source_step, step.kept = "", "", ()
    if step.latest is not None:
        step.latest.is_outdated = True


def _end_step(event: ev.StepEnded, view: RunView, time: float) -> None:
    _set_status(view, event.step, event.status, event.reason)
    view.step(event.step).undecided = event.error
    view.gates.pop(event.step, None)
    for name in view.readers.get(event.step, ()):
        if view.steps[name].status is Status.PENDING:
            view.steps[name].reason = _waiting_for(view.steps[name], view)


def _note_callback(event: ev.CallbackNoted, view: RunView, time: float) -> None:
    about = view.step(event.step) if event.step else view
    about.called.append(event)
    values = {f"{event.step}.{name}": value for name, value in event.parameters.items()}
    view.parameters = {**view.parameters, **values}


def _keep_folder(event: ev.FolderKept, view: RunView, time: float) -> None:
    view.folder.update(event.files)


def _keep_log(event: ev.LogKept, view: RunView, time: float) -> None:
    view.attempt_of(event).log.append(LogPiece(event.digest, event.size))


def _end_run(event: ev.RunEnded, view: RunView, time: float) -> None:
    view.status, view.reason, view.ended = event.status, event.reason, time
    view.held_up = ""


def _set_status(view: RunView, step: str, status: Status, reason: str) -> None:
    state = view.step(step)
    if is_child(step):
        endings = view.steps[step_of(step)].endings
        endings[state.status] -= 1
        endings[status] += 1
    state.status, state.reason = status, reason


def _waiting_for(step: StepView, view: RunView) -> str:
    open_steps = [
        name for name in step.planned.upstream if name in view.steps and not view.steps[name].status.is_final
    ]
    return f"waits for {', '.join(open_steps)}" if open_steps else ""


FOLD: Mapping[type[ev.Event], Callable[..., None]] = {
    ev.RunStarted: _begin_run,
    ev.RunResumed: _reopen_run,
    ev.EnvironmentCaptured: _set_environment,
    ev.RunTagged: _set_tags,
    ev.RunRenamed: _set_title,
    ev.RunArchived: _set_archived,
    ev.RunHeldUp: _hold_up_run,
    ev.StepDeferred: _defer_step,
    ev.StepDecided: _decide_step,
    ev.OptionsSettled: _settle_options,
    ev.AttemptQueued: _queue_attempt,
    ev.AttemptStarted: _start_attempt,
    ev.ProgressReported: _set_progress,
    ev.MetricsReported: _add_metrics,
    ev.MetricReported: _add_metric,
    ev.ArtifactStored: _add_artifact,
    ev.StepsAdded: _add_elements,
    ev.PipelineStarted: _begin_pipeline,
    ev.PipelineStepChanged: _change_pipeline_step,
    ev.InputsChanged: _set_changed,
    ev.NamesJoined: _add_joined,
    ev.FileReadEarly: _take_early_read,
    ev.CellBegun: _begin_cell,
    ev.OutputShown: _add_output,
    ev.OutputsCleared: _clear_outputs,
    ev.NoteAdded: _add_note,
    ev.AttemptEnded: _end_attempt,
    ev.GateReached: _reach_gate,
    ev.GateAnswered: _answer_gate,
    ev.RetryScheduled: _await_retry,
    ev.StepReopened: _reopen_step,
    ev.StepEnded: _end_step,
    ev.CallbackNoted: _note_callback,
    ev.FolderKept: _keep_folder,
    ev.LogKept: _keep_log,
    ev.RunEnded: _end_run,
}
"""What each event does to a view; all others change nothing in it."""
