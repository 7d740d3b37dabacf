"""The wire in TypeScript, and looks in CSS: `python -m jupyter_pipes.kernel.link.typescript labextension`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from jupyter_pipes.display.board.model import KEPT_BOARDS, KEPT_GRAPH, BoardChanged, BoardShown
from jupyter_pipes.display.looks import LOOKS, STALE
from jupyter_pipes.export.forms import FORMS
from jupyter_pipes.kernel.link import requests
from jupyter_pipes.kernel.link.asking import Request
from jupyter_pipes.kernel.link.targets import COMMANDS, EVENTS, READING
from jupyter_pipes.model.version import __version__
from jupyter_pipes.pipelines.options.table import STEP_OPTIONS, Option
from jupyter_pipes.pipelines.step_names import NAME_RULE

_HEAD = """\
/** What kernel and extension say to each other; made from Python's types, see CONTRIBUTING.md. */
/* eslint-disable */
"""

_STEP_OPTION = """\
/**
 * An option of `%%step`; `metavar` says what stands behind the flag, "" for a switch; `refersTo` what may be
 * referred to there (`${…}`).
 */
export interface StepOption {
  readonly flag: string;
  readonly metavar: string;
  readonly help: string;
  readonly takes: "nothing" | "one" | "many";
  readonly refersTo: "nothing" | "parameters" | "steps";
}
"""

_FORM = """\
/** A form that a pipeline can be exported in; `path` says what its path names. */
export interface Form {
  readonly name: string;
  readonly title: string;
  readonly about: string;
  readonly path: "module" | "notebook" | "folder";
  readonly is_engine: boolean;
}
"""

_TYPES = (BoardShown, BoardChanged, requests.Message, requests.Reply, *requests.ANSWERS.values())
Schema = Mapping[str, Any]


def wire_text() -> str:
    """Return the text of labextension/src/wire.ts."""
    _, definitions = msgspec.json.schema_components(_TYPES, ref_template="{name}")
    blocks = [_HEAD, *_constants(), *(_declaration(name, definitions[name]) for name in sorted(definitions))]
    return "\n".join([*blocks, _answers(), "export type BoardMessage = BoardShown | BoardChanged;\n"])


def _constants() -> Iterator[str]:
    yield f"export const EVENTS = {json.dumps(EVENTS)};"
    yield f"export const COMMANDS = {json.dumps(COMMANDS)};"
    yield f"export const PACKAGE = {json.dumps(__version__)};"
    yield f"export const KEPT_BOARDS = {json.dumps(KEPT_BOARDS)};"
    yield f"export const KEPT_GRAPH = {json.dumps(KEPT_GRAPH)};"
    yield f"export const READING = {json.dumps(READING)};\n"
    looks = {str(status): {"icon": look.icon, "word": look.word} for status, look in LOOKS.items()}
    yield f"export const LOOKS: Record<Status, Look> = {json.dumps(looks)};"
    yield f"export const STALE: Look = {json.dumps({'icon': STALE.icon, 'word': STALE.word})};\n"
    yield "export interface Look {\n  readonly icon: string;\n  readonly word: string;\n}\n"
    yield f"export const STEP_NAME_RULE = {json.dumps(NAME_RULE)};\n"
    options = [_option(option) for option in STEP_OPTIONS]
    yield f"export const STEP_OPTIONS: readonly StepOption[] = {json.dumps(options)};\n"
    yield _STEP_OPTION
    yield _FORM
    forms = [{"name": name, **msgspec.to_builtins(form)} for name, form in FORMS.items()]
    yield f"export const FORMS: readonly Form[] = {json.dumps(forms)};\n"


def _option(option: Option) -> Mapping[str, str]:
    takes = "many" if option.many else "one" if option.metavar else "nothing"
    refers = "nothing" if option.before_all else "parameters" if option.before_run else "steps"
    said = {"flag": option.flag, "metavar": option.metavar, "help": option.help}
    return {**said, "takes": takes, "refersTo": refers}


def _answers() -> str:
    """Return the type that has the answer of each request under the name that it is asked by."""
    pairs = ((_tag(request), answer.__name__) for request, answer in requests.ANSWERS.items())
    lines = (f"  {json.dumps(tag)}: {answer};" for tag, answer in pairs)
    return "\n".join(["/** Request -> its answer. */", "export interface Answers {", *lines, "}\n"])


def _tag(request: type[Request]) -> str:
    return str(request.__struct_config__.tag)


def _declaration(name: str, schema: Schema) -> str:
    doc = f"/** {' '.join(schema['description'].split())} */\n" if "description" in schema else ""
    if "properties" not in schema:
        return f"{doc}export type {name} = {_type(schema)};\n"
    required = set(schema.get("required", ()))
    fields = (
        f"  readonly {field}{'' if field in required else '?'}: {_type(held)};"
        for field, held in schema["properties"].items()
    )
    return "\n".join([f"{doc}export interface {name} {{", *fields, "}\n"])


def _type(schema: Schema) -> str:
    """Return the TypeScript type of a JSON schema: of those that msgspec writes for structs."""
    if "$ref" in schema:
        return str(schema["$ref"])
    if "enum" in schema:
        return " | ".join(json.dumps(value) for value in schema["enum"])
    if "anyOf" in schema:
        return " | ".join(map(_type, schema["anyOf"]))
    match schema.get("type"):
        case "array":
            return _array(schema)
        case "object":
            return f"Readonly<Record<string, {_type(schema.get('additionalProperties', {}))}>>"
        case "integer" | "number":
            return "number"
        case "string" | "boolean" | "null" as plain:
            return str(plain)
        case _:
            return "unknown"


def _array(schema: Schema) -> str:
    places: Sequence[Schema] = schema.get("prefixItems", ())
    if places:
        return f"readonly [{', '.join(map(_type, places))}]"
    return f"readonly ({_type(schema.get('items', {}))})[]"


def statuses_text() -> str:
    """Return the text of labextension/style/statuses.css: the colours of each status, by theme."""
    looks = {**{str(status): look for status, look in LOOKS.items()}, "stale": STALE}
    rules = (
        f"[data-jupyter-pipes-status='{name}'] {{\n"
        f"  --jupyter-pipes-ink: {look.ink};\n  --jupyter-pipes-fill: {look.fill};\n}}\n\n"
        f"[data-jp-theme-light='false'] [data-jupyter-pipes-status='{name}'] {{\n"
        f"  --jupyter-pipes-ink: {look.night};\n  --jupyter-pipes-fill: var(--jp-layout-color1);\n}}\n"
        for name, look in looks.items()
    )
    return "/* Made from Python's display/looks.py, see CONTRIBUTING.md. */\n\n" + "\n".join(rules)


FILES = {"src/wire.ts": wire_text, "style/statuses.css": statuses_text}
"""File in labextension/ -> what makes its text."""


if __name__ == "__main__":
    for name, text in FILES.items():
        (Path(sys.argv[1]) / name).write_text(text(), encoding="utf-8")
