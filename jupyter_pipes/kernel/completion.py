"""Tab completion of verbs, options, steps, parameters and runs behind `%pipeline` and `%%step`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, cast

from IPython.core import completer

from jupyter_pipes.cli import verbs
from jupyter_pipes.model.errors import PipesError
from jupyter_pipes.pipelines import step_options as options

if TYPE_CHECKING:
    from jupyter_pipes.kernel.session import Session

_STEP_ARGUMENTS = ("run", "plan", "why", "cancel", "logs", "debug")
_RUN_ARGUMENTS = {"resume": 1, "compare": 2, "tag": 1, "rename": 1, "archive": 1}
"""How many runs a verb names before anything else."""

_RUN_OPTIONS = ("--run", "--of")
_MOST_RUNS = 20


def matcher(session: Callable[[], Session]) -> Any:
    """Return an IPython matcher over the session's names."""

    def match(context: Any) -> Any:
        return _fitting(context, session)

    return cast("Any", completer).context_matcher()(match)


def _fitting(context: Any, session: Callable[[], Session]) -> Any:
    line = context.full_text.splitlines()[context.cursor_line] if context.full_text else ""
    words = candidates(line[: context.cursor_position], session)
    fitting = [
        completer.SimpleCompletion(word, type="magic") for word in words if word.startswith(context.token)
    ]
    return {"completions": fitting, "suppress": bool(fitting)}


def candidates(text: str, session: Callable[[], Session]) -> Iterable[str]:
    """Return all words that may stand where `text`, a line up to the cursor, ends."""
    words = text.split(" ")
    if words[0] == "%%step":
        previous = words[-2] if len(words) > 2 else ""
        return (
            _steps(session()) if previous == "--after" else [option.flag for option in options.STEP_OPTIONS]
        )
    if words[0] != "%pipeline" or len(words) < 2:
        return ()
    if len(words) == 2:
        return verbs.MAGIC_VERBS
    return [*_arguments(words[1], words[2:-1], session())] if words[1] in verbs.MAGIC_VERBS else ()


def _arguments(verb: str, before: Sequence[str], session: Session) -> Iterable[str]:
    previous = before[-1] if before else ""
    if previous in _RUN_OPTIONS:
        yield from _runs(session)
        return
    if previous == "-p" or "=" in previous:
        yield from (f"{parameter.name}=" for parameter in session.pipeline.parameters)
    if previous == "-p":
        return
    yield from verbs.options_of(verb)
    if len(before) < _RUN_ARGUMENTS.get(verb, 0):
        yield from _runs(session)
    if previous == "--force":
        yield "all"
    if verb in _STEP_ARGUMENTS:
        yield from _steps(session)
    if verb == "get":
        yield from (name for step in session.pipeline.graph.steps for name in step.writes)


def _runs(session: Session) -> list[str]:
    workspace = session.pipeline.workspace
    found = workspace.history.runs() if workspace.has_history else []
    return ["last", *(summary.run for summary in found[:_MOST_RUNS])]


def _steps(session: Session) -> list[str]:
    try:
        return [step.name for step in session.pipeline.graph.steps]
    except PipesError:
        # While a cell is being written it may not fit; completion has nothing to say then.
        return []
