"""Verbs that start runs, take them up again, or follow those that go on; the same in both faces."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from jupyter_pipes.cli.answers import Answer, Face, run_named
from jupyter_pipes.cli.parsers import (
    check_repetition,
    check_sweep,
    controller_queue,
    overrides,
    run_options,
)
from jupyter_pipes.storage.queues import LOCAL

if TYPE_CHECKING:
    from jupyter_pipes.runs.run import Run
    from jupyter_pipes.runs.sweeping.sweep import Sweep


def run(face: Face, arguments: Namespace) -> Answer:
    """Run the pipeline, or a kept run once more."""
    check_sweep(arguments)
    if arguments.sweep:
        return face.sweep(_sweep(face, arguments), arguments)
    queue = controller_queue(arguments)
    drive = face.hand_over if arguments.detach else face.drive
    if arguments.of is not None:
        from jupyter_pipes.runs.repeat import repeat

        check_repetition(arguments)
        earlier = run_named(face, arguments.of)
        # Its parameters are kept as pickles.
        earlier.workspace.check_values(trust=arguments.trust)
        place = "" if arguments.queue == LOCAL else arguments.queue
        return drive(lambda: repeat(earlier, overrides(arguments), place, detached_to=queue), arguments)
    steps, options = arguments.steps, run_options(arguments)
    if arguments.debug:
        return face.drive_debugging(
            lambda prepared: face.pipeline().start_debugging(*steps, **options, prepared=prepared), arguments
        )
    detach = arguments.detach
    return drive(lambda: face.pipeline().start(*steps, detach=detach, **options), arguments)


def _sweep(face: Face, arguments: Namespace) -> Sweep:
    from jupyter_pipes.runs.sweeping.sweep import Sweep
    from jupyter_pipes.runs.sweeping.values import parsed

    over, options = parsed(arguments.sweep), run_options(arguments)
    metric, at_most = arguments.metric, arguments.at_most
    return Sweep(face.pipeline(), over, steps=arguments.steps, metric=metric, at_most=at_most, **options)


def resume(face: Face, arguments: Namespace) -> Answer:
    """Take up a run again that did not complete; the newest such, if none is named."""
    from jupyter_pipes.runs import repeat
    from jupyter_pipes.runs.kept import find_resumable

    if arguments.run is None:
        run = find_resumable(face.workspace(), face.pipeline_name())
    else:
        run = run_named(face, arguments.run)
    # Its parameters are kept as pickles.
    run.workspace.check_values(trust=arguments.trust)
    drive = face.hand_over if arguments.detach else face.drive
    queue = (run.view.queue or LOCAL) if arguments.detach else ""
    return drive(lambda: repeat.resume(run, force=arguments.force, detached_to=queue), arguments)


def attach(face: Face, arguments: Namespace) -> Answer:
    """Follow a run that goes on, in whichever process; the newest such, if none is named."""
    from jupyter_pipes.runs.elsewhere.following import attach

    run = running(face, arguments.run)
    return face.drive(lambda: attach(run), arguments)


def answer(run: Run, arguments: Namespace) -> None:
    """Let the step of a run that waits at its gate begin, or refuse it.

    Raises:
        UsageError: it does not wait, none or several do, or its controller did not look in time.
    """
    if arguments.refuse is None:
        run.approve(arguments.step)
    else:
        run.refuse(arguments.step, arguments.refuse)


def running(face: Face, name: str | None) -> Run:
    """Return the run of that name; without one, the newest that goes on, in whichever process.

    Raises:
        RunNotFound: there is none, or there are several.
    """
    from jupyter_pipes.runs.kept import find_running

    return find_running(face.workspace(), face.pipeline_name()) if name is None else run_named(face, name)
