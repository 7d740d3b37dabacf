"""The parts of a step's signature: its code, what it reads, what it runs in, what was said of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from jupyter_pipes.model.digests import digest, digest_of
from jupyter_pipes.model.parts import Part, PartKind
from jupyter_pipes.model.results import ArtifactRef
from jupyter_pipes.model.steps import CodePiece, Step
from jupyter_pipes.pipelines.arguments import written
from jupyter_pipes.pipelines.made.value import text_made_of
from jupyter_pipes.pipelines.parameter_types import is_notebooks
from jupyter_pipes.planning import fingerprints, result_files
from jupyter_pipes.planning.catalog.inputs import content_parts
from jupyter_pipes.planning.newest_results import Newest
from jupyter_pipes.planning.signing.code_digests import code_digest
from jupyter_pipes.planning.signing.earlier_signatures import EFFECT
from jupyter_pipes.planning.signing.signature import code_part
from jupyter_pipes.system.patterns import pattern

if TYPE_CHECKING:
    from jupyter_pipes.history.workspace import Workspace

Inputs = Mapping[str, ArtifactRef | None]
"""Name, or path of a file that a step makes, -> what is read; None where an ignored failure left nothing."""

_CALLED_OR_SET = pattern(r"%?[\w.]+(?=\s*[(\[=])|%\w+")


class Surroundings(Struct, frozen=True):
    """Where a step stands.

    Attributes:
        workspace: where its results are kept.
        python_path: the folders that local modules are in.
        newest: gives the newest result of each step of the pipeline.
    """

    workspace: Workspace
    python_path: tuple[Path, ...]
    newest: Newest


def step_parts(
    step: Step, parameters: Mapping[str, Any], inputs: Inputs, surroundings: Surroundings
) -> tuple[tuple[Part, ...], list[str]]:
    """Return the parts of a step, and in words what has no stable digest among them.

    Args:
        step: the step.
        parameters: the values of those that it reads, as far as they are known.
        inputs: what it reads of other steps.
        surroundings: where it stands.
    """
    unstable = [
        f"input {name} of {step.inputs[name]} ({ref.type}) has no stable digest: always runs"
        for name, ref in inputs.items()
        if ref is not None and not ref.stable
    ]
    counted = (name for name in _counted(step) if name in parameters)
    valued = [_parameter_part(name, parameters[name], surroundings.python_path) for name in counted]
    unstable += [f"parameter {part.name} has no stable digest: always runs" for part, ok in valued if not ok]
    workspace, directory = surroundings.workspace, surroundings.workspace.settings.directory
    own = workspace.locks.settled(step.options)
    unstable += [f"it is not known yet {own.yet_to_find}"] if own.yet_to_find else []
    version, when, mapped = step.options.version, step.options.when, "; ".join(step.options.map)
    again = step.options.repeat_while
    loop = f"{again} --at-most {step.options.at_most}" if again else ""
    leaves_nothing = not (step.writes_by_code or step.options.out_files)
    parts = (
        code_part("code", "", step.body),
        *_piece_parts("setup", step.setup),
        *_piece_parts("helper", step.prelude),
        *(part for part, _ in valued),
        *([Part("version", "", digest(version), version)] if version else ()),
        *([Part("condition", "", digest(when), when)] if when else ()),
        *([Part("map", "", digest(mapped), mapped)] if mapped else ()),
        *([Part("loop", "", digest(loop), loop)] if loop else ()),
        # All other steps do the same under another name.
        *([Part("name", "", digest(step.name), step.name)] if asks_for_its_name(step) else ()),
        # What it does is all that it is for, and that another one did the same does not do it.
        *([Part("name", EFFECT, digest(step.name), step.name)] if leaves_nothing else ()),
        *fingerprints.file_parts(step, directory),
        *(content_parts(step, workspace.catalog, parameters) if step.loads else ()),
        *result_files.named_parts(step, surroundings.newest, directory),
        *fingerprints.import_parts(step, surroundings.python_path, workspace.settings.folder, own),
        *_input_parts(step, inputs, surroundings.python_path),
    )
    return parts, unstable


def asks_for_its_name(step: Step) -> bool:
    """Return whether the step's code may ask what it is called."""
    return any("current.step" in source for source in step.sources)


def awaited(step: Step, parameters: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the parameters that count and whose values are not known."""
    return tuple(name for name in _counted(step) if name not in parameters)


def _piece_parts(kind: PartKind, pieces: Sequence[CodePiece]) -> Iterator[Part]:
    """Yield a part for each piece, named for what it binds: where it stands does not count."""
    seen: dict[str, int] = {}
    for piece in pieces:
        if piece.for_effect:
            # What it does counts with the module that does it.
            continue
        if said := text_made_of(piece):
            yield Part("parameter", piece.names[0], digest(piece.source), said)
            continue
        name = ", ".join(piece.names) or (_setting_name(piece) if kind == "helper" else "")
        seen[name] = seen.get(name, 0) + 1
        again = f"#{seen[name]}" if seen[name] > 1 or not name else ""
        yield code_part(kind, " ".join(filter(None, (name, again))), piece.source)


def _setting_name(piece: CodePiece) -> str:
    """Return what code that binds no name is called: `pd.set_option`; "" for imports."""
    match = _CALLED_OR_SET.match(piece.source)
    return match[0] if match else ""


def input_part(
    name: str, content: str, imports: Iterable[str], python_path: Iterable[Path], origin: str = ""
) -> Part:
    """Return the part of a value from elsewhere; the code of its classes counts, as the value has it.

    Args:
        name: its name in the step.
        content: digest of the value.
        imports: what loading it imports of local modules.
        python_path: the folders that those are in.
        origin: the step that made it.
    """
    code = fingerprints.code_behind(imports, python_path) if imports else ""
    return Part("input", name, f"{content} {code_digest(code)}" if code else content, code, origin)


def _input_parts(step: Step, inputs: Inputs, python_path: tuple[Path, ...]) -> list[Part]:
    parts: list[Part] = []
    joined = {name for group in step.joined for name in group}
    for name, artifact in inputs.items():
        if name in step.files_from:
            parts.append(Part("file", name, artifact.digest if artifact else ""))
        else:
            content = _content(artifact, alone=name not in joined)
            imports = artifact.imports if artifact else ()
            parts.append(input_part(name, content, imports, python_path, step.reads[name]))
    return parts


def _content(artifact: ArtifactRef | None, *, alone: bool) -> str:
    """Return what an input holds; where it shares objects with others that are read, that counts as well."""
    if artifact is None:
        return digest("None")
    if artifact.content and alone:
        return artifact.content
    # The same bytes are another value to another serializer.
    return f"{artifact.serializer}:{artifact.digest}"


def _parameter_part(name: str, value: Any, python_path: Iterable[Path]) -> tuple[Part, bool]:
    """Return the part, and whether equal values always give its digest."""
    # Loads what keeps values of all kinds: most steps read no parameter.
    from jupyter_pipes.storage.serializers import serialize

    serializer, whole = serialize(name, value.name if is_notebooks(value) else value)
    kind = f"{type(value).__module__}.{type(value).__qualname__} {serializer}"
    content = digest_of([kind.encode(), b"\0", *whole.buffers])
    valued = input_part(name, content, whole.imports, python_path)
    return Part("parameter", name, valued.digest, written(value)[:500]), whole.stable


def _counted(step: Step) -> list[str]:
    """Return the parameters that count for a step's signature."""
    return [name for name in step.parameters if name not in step.options.ignored_parameters]
