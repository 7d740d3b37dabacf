"""Tab completion of what may stand behind `%pipeline` and `%%step`, and of the catalog's names in code."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, cast

from IPython.core import completer

from jupyter_pipes.cli import verbs
from jupyter_pipes.model.errors import PipesError
from jupyter_pipes.pipelines.options.table import STEP_OPTIONS
from jupyter_pipes.pipelines.references import METRICS, known_references
from jupyter_pipes.storage.settings import load

if TYPE_CHECKING:
    from jupyter_pipes.kernel.session import Session
    from jupyter_pipes.kernel.sessions import Sessions

_MOST_RUNS = 20
_BEGUN = re.compile(r"(?<![\w.])[^\W\d]\w*$")
"""A name that is begun, and is no attribute."""

_REPORTS = "current.metric("
"""What stands in the code of a step that reports metrics."""


def matcher(sessions: Callable[[], Sessions]) -> Any:
    """Return an IPython matcher over the names of a kernel's pipelines."""

    def match(context: Any) -> Any:
        return _fitting(context, sessions)

    return cast("Any", completer).context_matcher()(match)


def _fitting(context: Any, sessions: Callable[[], Sessions]) -> Any:
    line = context.full_text.splitlines()[context.cursor_line] if context.full_text else ""
    before = line[: context.cursor_position]
    is_magic = before.startswith("%")
    fitting = [
        completer.SimpleCompletion(word, type="magic" if is_magic else "instance")
        for word in candidates(before, sessions)
        if word.startswith(context.token)
    ]
    # What code reads is offered beside what the kernel has.
    return {"completions": fitting, "suppress": bool(fitting) and is_magic}


def candidates(text: str, sessions: Callable[[], Sessions]) -> Iterable[str]:
    """Return all words that may stand where `text`, a line up to the cursor, ends."""

    def session() -> Session:
        return sessions().in_use

    if not text.startswith("%"):
        return _of_catalog(session()) if _BEGUN.search(text) else ()
    words = text.split(" ")
    if words[0] in ("%%step", "%pipeline") and "${" in words[-1]:
        begun = words[-1].rpartition("${")[0]
        known = _of_option(words[:-1], session()) if words[0] == "%%step" else _references(session())
        return [f"{begun}${{{name}}}" for name in known]
    if words[0] == "%%step":
        previous = words[-2] if len(words) > 2 else ""
        flags = [option.flag for option in STEP_OPTIONS]
        return _steps(session()) if previous == "--after" else flags
    if words[0] != "%pipeline" or len(words) < 2:
        return ()
    if len(words) == 2:
        return tuple(verbs.MAGICS)
    if words[1] == "use":
        return [shlex.quote(sessions().called(each)) for each in sessions().all]
    return [*_arguments(words[1], words[2:-1], session())] if words[1] in verbs.MAGICS else ()


def _arguments(verb: str, before: Sequence[str], session: Session) -> Iterable[str]:
    """Yield what may stand behind these words: options, and what the arguments' names say."""
    parser = verbs.magic_parser(verb)
    previous = before[-1] if before else ""
    options = {flag: argument for argument in parser.arguments for flag in argument.option_strings}
    if previous in options and options[previous].nargs != 0:
        yield from _named(str(options[previous].metavar), session)
        if previous == "--force":
            yield "all"
        return
    if "=" in previous:
        yield from _named("NAME=VALUE", session)
    yield from sorted(options)
    positional = [argument for argument in parser.arguments if not argument.option_strings]
    place = sum(not word.startswith("-") for word in before)
    if positional:
        yield from _named(str(positional[min(place, len(positional) - 1)].metavar), session)


def _named(metavar: str, session: Session) -> Iterable[str]:
    """Return the words that an argument may be, by what its help calls it."""
    if metavar == "RUN":
        return _runs(session)
    if metavar == "STEP":
        return _steps(session)
    if metavar == "NAME=VALUE":
        return [f"{parameter.name}=" for parameter in session.pipeline().parameters]
    if metavar == "NAME":
        steps = session.pipeline().graph.steps
        return list(dict.fromkeys([*(name for step in steps for name in step.writes), *_of_catalog(session)]))
    return ()


def _of_catalog(session: Session) -> list[str]:
    try:
        entries = load(session.directory).catalog.entries
    except PipesError:
        # What is wrong with the settings is told where something runs.
        return []
    return [entry.name for entry in entries if not entry.is_pattern]


def _runs(session: Session) -> list[str]:
    workspace = session.pipeline().workspace
    runs = workspace.history.runs() if workspace.has_history else []
    return ["last", *(summary.run for summary in runs[:_MOST_RUNS])]


def _of_option(words: Sequence[str], session: Session) -> list[str]:
    """Return what may be referred to in the option that stands last among these words of a line."""
    flag = next((word for word in reversed(words) if word.startswith("-")), "")
    option = next((option for option in STEP_OPTIONS if option.flag == flag), None)
    if option is None or option.before_all:
        return []
    # The first word is the magic, the second one the step itself.
    own = words[1] if len(words) > 1 else ""
    return _references(session, of_option=True, own=own, are_made=not option.before_run)


def _references(
    session: Session, *, of_option: bool = False, own: str = "", are_made: bool = True
) -> list[str]:
    pipeline = session.pipeline()
    steps = [step for step in pipeline.graph.steps if are_made and step.name != own]
    outputs = [f"{step.name}.{name}" for step in steps for name in step.writes if name.isidentifier()]
    outputs += [f"{step.name}.{METRICS}" for step in steps if _REPORTS in step.body]
    return known_references([each.name for each in pipeline.parameters], outputs, of_option=of_option)


def _steps(session: Session) -> list[str]:
    try:
        return [step.name for step in session.pipeline().graph.steps]
    except PipesError:
        # While a cell is being written it may not fit; completion has nothing to say then.
        return []
