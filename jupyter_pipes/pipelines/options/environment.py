"""The options that name a step's own environment: what each may be, and which exclude each other."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

from jupyter_pipes.model.steps import Diagnostic, Step, StepOptions
from jupyter_pipes.model.version import OLDEST_PYTHON, RUNNING
from jupyter_pipes.pipelines.arguments import items
from jupyter_pipes.storage.locks import divided
from jupyter_pipes.system.patterns import pattern

_VARIABLE = pattern(r"[A-Za-z_]\w*", re.ASCII)
_OURS = "JUPYTER_PIPES_"
WHOLE = ("packages", "python", "environment", "container")
"""Fields that say what a step's Python is: a step that has one has none of its queue's."""

ENVIRONMENT = (*WHOLE, "variables", "repository")
"""All fields that say what a step runs in."""

_FLAGS = {"packages": "--packages", "python": "--python", "environment": "--env", "container": "--container"}

_ALONE = ("environment", "container")
"""Those that say all of it."""


def requirements(value: object) -> tuple[str, ...]:
    """Return packages as `pip` names them, each once, sorted: `"numpy==1.26 torch"`, or a list.

    Raises:
        ValueError: one is no requirement.
    """
    return tuple(sorted({text for item in items(value) for text in _requirements(item)}, key=str.lower))


def _requirements(item: object) -> Iterator[str]:
    from packaging.requirements import InvalidRequirement, Requirement

    if not isinstance(item, str):
        raise ValueError("use requirements such as numpy==2.0")
    try:
        # A whole one may have spaces: `numpy >= 2`, `x @ https://…`, `y; sys_platform == "linux"`.
        yield str(Requirement(item))
    except InvalidRequirement:
        for word in item.split():
            try:
                yield str(Requirement(word))
            except InvalidRequirement:
                raise ValueError(f"{word!r} is no requirement such as numpy==2.0") from None


def python_version(value: object) -> str:
    """Return a version of Python, `3.12` or `3.12.4`; ValueError if no step could run in it."""
    text = str(value).strip()
    if not re.fullmatch(r"3\.\d{1,3}(\.\d{1,3})?", text):
        raise ValueError("use a version such as 3.12")
    if int(text.split(".")[1]) < OLDEST_PYTHON[1]:
        oldest = ".".join(map(str, OLDEST_PYTHON))
        raise ValueError(f"a step's process needs Python {oldest} or newer")
    return text


def folder(value: object) -> str:
    """Return the path of a virtual environment."""
    try:
        path = os.fsdecode(cast("Any", value))
    except TypeError:
        path = ""
    if not path.strip():
        raise ValueError("use the folder of a virtual environment, such as .venv")
    return path


def variables(value: object) -> tuple[str, ...]:
    """Return environment variables: `K=V`, or `K` for one that the environment has and nobody writes down.

    Raises:
        ValueError: one has no name that a variable may have, or is said twice.
    """
    if isinstance(value, Mapping):
        texts = [f"{name}={text}" for name, text in cast("Mapping[object, object]", value).items()]
    else:
        texts = list(map(str, items(value)))
    names = [text.partition("=")[0] for text in texts]
    for name in names:
        if not _VARIABLE.fullmatch(name) or name.startswith(_OURS):
            raise ValueError(f"{name!r} is no variable that can be set: use NAME=VALUE, or NAME for a secret")
        if names.count(name) > 1:
            raise ValueError(f"{name} is said twice")
    return tuple(texts)


def repository(value: object) -> str:
    """Return a repository of git with a revision, `URL@REV`; ValueError if it is none."""
    text = str(value).strip()
    url, revision = divided(text)
    if not revision or url.startswith("-") or revision.startswith("-") or len(text.split()) != 1:
        raise ValueError("use URL@REV, such as https://github.com/team/models@v1.2")
    if re.match(r"\w+://[^/@]*:[^/@]*@", url):
        raise ValueError("leave the password out: it would be kept; git asks its credential helper for it")
    return text


def image(value: object) -> str:
    """Return the name of a container's image; ValueError if it cannot be one."""
    text = str(value).strip()
    if not re.fullmatch(r"\w\S*", text):
        raise ValueError("use the name of an image, such as docker.io/library/python:3.12")
    return text


def environment_problems(steps: Iterable[Step]) -> Iterator[Diagnostic]:
    """Yield what is wrong, and what is worth saying, of the environments that steps name."""
    for step in steps:
        if words := contradiction(step.options):
            yield Diagnostic("JP036", words, step.name, 1, step.cell)
        python = ".".join(step.options.python.split(".")[:2])
        if python and python != RUNNING:
            message = (
                f"--python {step.options.python}: steps around it run in Python {RUNNING}; functions, and "
                "objects of classes, that the notebook defines cannot be handed from one to the other"
            )
            yield Diagnostic("JP035", message, step.name, 1, step.cell, severity="warning")


def contradiction(options: StepOptions) -> str:
    """Return in words which options say two things of one; "" if none do."""
    said = [field for field in WHOLE if getattr(options, field)]
    alone = next((field for field in _ALONE if field in said and len(said) > 1), None)
    if alone is None:
        return ""
    others = " and ".join(_FLAGS[field] for field in said if field != alone)
    return f"{_FLAGS[alone]} says the whole environment: leave out {others}"
