"""Tab completion of verbs, options, step and parameter names behind `%pipeline` and `%%step`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, cast

from IPython.core import completer

from jupyter_pipes import options, verbs
from jupyter_pipes.errors import PipesError

if TYPE_CHECKING:
    from jupyter_pipes.session import Session

_STEP_ARGUMENTS = ("run", "plan", "cancel", "logs")


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
    return [*_arguments(words[1], words[-2], session())] if words[1] in verbs.MAGIC_VERBS else ()


def _arguments(verb: str, previous: str, session: Session) -> Iterable[str]:
    if previous == "-p":
        yield from (f"{parameter.name}=" for parameter in session.pipeline.parameters)
        return
    yield from verbs.options_of(verb)
    if verb in _STEP_ARGUMENTS:
        yield from _steps(session)
    if verb == "get":
        yield from (name for step in session.pipeline.graph.steps for name in step.writes)


def _steps(session: Session) -> list[str]:
    try:
        return [step.name for step in session.pipeline.graph.steps]
    except PipesError:
        # While a cell is being written it may not fit; completion has nothing to say then.
        return []
