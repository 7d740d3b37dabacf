"""Steps -> components: how each is decorated, and what its function does besides."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from jupyter_pipes.analysis.cell.names import analyze
from jupyter_pipes.export.clearml.engine import CLEARML

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jupyter_pipes.export.plain.program import Function
    from jupyter_pipes.model.steps import StepOptions

_MONITORED = {"metric": "monitor_metrics", "artifact": "monitor_artifacts", "model": "monitor_models"}


def component(function: Function, helpers: Sequence[str], own: Mapping[str, str]) -> str:
    """Return what stands above a step's function.

    Args:
        function: the step's function.
        helpers: the functions that it needs, so that its task has them.
        own: what the export calls the names that it needs for itself.
    """
    step, options, name = function.step, function.step.options, _node_name(function.step.name)
    said = {
        **({"return_values": repr([*function.outputs])} if function.outputs else {}),
        **({"name": repr(name)} if name != function.name else {}),
        "cache": str(not (options.always or options.never_cache)),
        **({"parents": repr([*map(_node_name, step.only_after)])} if step.only_after else {}),
        **({"helper_functions": f"[{', '.join(helpers)}]"} if helpers else {}),
        **_said(options),
        **_monitored(options.monitor),
    }
    words = ", ".join(f"{word}={value}" for word, value in said.items())
    gate = f"# A draft: it waits until somebody enqueues it. {options.gate}" if options.gate else ""
    lines = [gate, CLEARML.note(options), f"@{own['PipelineDecorator']}.component({words},)"]
    return "\n".join(line for line in lines if line)


def _node_name(step: str) -> str:
    # ClearML has this one for itself.
    return "pipeline_step" if step == "pipeline" else step


def _said(options: StepOptions) -> dict[str, str]:
    url, _, revision = options.repository.rpartition("@")
    values = {
        "execution_queue": options.queue if options.queue != "local" else "",
        "packages": [*options.packages],
        "docker": options.container,
        "repo": url,
        "repo_commit": revision,
        "retry_on_failure": options.retries,
        "tags": [*options.tags],
        "stage": options.stage,
        "draft": bool(options.gate),
    }
    return {word: repr(value) for word, value in values.items() if value}


def _monitored(monitored: Sequence[str]) -> dict[str, str]:
    found: dict[str, list[object]] = {}
    for word in monitored:
        kind, _, name = word.partition(":")
        found.setdefault(_MONITORED[kind], []).append((name, name) if kind == "metric" else name)
    return {word: repr(names) for word, names in found.items()}


def component_text(function: Function, kinds: Mapping[str, str], imports: Sequence[str], copy: str) -> str:
    """Return the step's function as ClearML needs it.

    A parameter's type is plain, as ClearML makes a value of its text by it; what the function changes in
    place is copied, as steps share their values when they are run for debugging.

    Args:
        function: the step's function.
        kinds: parameter -> its plain type.
        imports: what it has to import itself, as its task's script has those names for something else.
        copy: what the module `copy` is called.
    """
    given = [*function.inputs, *(f"{name}: {kinds[name]}" for name in function.parameters)]
    _, _, body = function.text.partition("\n")
    return "\n".join(
        [f"def {function.name}({', '.join(given)}):", *_prepared(function, body.split("\n"), imports, copy)]
    )


def _prepared(function: Function, body: list[str], imports: Sequence[str], copy: str) -> list[str]:
    first = [f"    {line}" for line in (*imports, *_copies(function, copy))]
    (definition,) = ast.parse(function.text).body
    assert isinstance(definition, ast.FunctionDef), "components are plain functions"
    is_documented = ast.get_docstring(definition) is not None
    # The signature is the first line.
    place = (definition.body[0].end_lineno or 2) - 1 if is_documented else 0
    return [*body[:place], *first, *body[place:]]


def _copies(function: Function, copy: str) -> list[str]:
    names = analyze(function.step.body)
    changed = (names.mutates | names.maybe_mutates) & {*function.step.writes}
    copied = [name for name in (*function.inputs, *function.parameters) if name in changed]
    words = ", ".join(copied)
    return [f"{words} = {copy}.deepcopy({words if len(copied) == 1 else f'({words})'})"] if copied else []
