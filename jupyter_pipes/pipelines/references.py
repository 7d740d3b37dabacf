"""`${params.n}`, `${run.id}`: texts that stand for a value; what they name, and filling it in."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, cast

from msgspec import Struct

from jupyter_pipes.analysis.constants.unknown import UNKNOWN
from jupyter_pipes.analysis.spelling import nearest
from jupyter_pipes.analysis.syntax import expression_alone
from jupyter_pipes.model.steps import PARAMS_OWNER
from jupyter_pipes.pipelines.arguments import shown
from jupyter_pipes.system.patterns import pattern

_REFERENCE = pattern(r"\$(?P<escaped>\$)?\{(?P<text>[^{}]*)\}")

_RUN = "run"

RUN_ID = f"{_RUN}.id"
"""What stands for the id of the run."""


class Reference(Struct, frozen=True):
    """What stands in `${…}`.

    Attributes:
        text: the same as written, without the braces.
        owner: its first name: `params`, `run`, or a step.
        name: the second: a parameter.
        path: the attributes and items behind it.
    """

    text: str
    owner: str
    name: str
    path: tuple[str | int, ...] = ()

    @property
    def parameter(self) -> str | None:
        """The parameter that it means, if it means one."""
        return self.name if self.owner == PARAMS_OWNER else None

    @property
    def is_of_step(self) -> bool:
        """Whether it means what a step makes."""
        return self.owner not in (PARAMS_OWNER, _RUN)

    def __str__(self) -> str:
        return f"${{{self.text}}}"


METRICS = "metrics"
"""What stands behind a step's name for the last values of its metrics, unless an output is called so."""

Lookup = Callable[[Reference], Any]
"""From a reference to its value, `UNKNOWN` while that is not known; raises ValueError if there is none."""


def references(value: object) -> Iterator[Reference]:
    """Yield the references in a text, or in the texts that a collection holds.

    Raises:
        ValueError: a `${…}` is none.
    """
    return (_read(match["text"]) for match in _matches(value) if not match["escaped"])


def refers(value: object) -> bool:
    """Whether a value has references in it, or `$${…}` for a text that only looks like one."""
    return next(_matches(value), None) is not None


def fill(value: Any, lookup: Lookup) -> Any:
    """Return a value with what its references stand for; a text that is one, and no more, becomes that.

    It is `UNKNOWN` if one of them is.

    Raises:
        ValueError: a `${…}` is none, or stands for nothing.
    """
    if isinstance(value, str):
        return _filled_text(value, lookup)
    if isinstance(value, Mapping):
        pairs = cast("Mapping[Any, Any]", value).items()
        filled = {key: fill(held, lookup) for key, held in pairs}
        return UNKNOWN if any(held is UNKNOWN for held in filled.values()) else filled
    if isinstance(value, (list, tuple, set, frozenset)):
        items = [fill(item, lookup) for item in cast("Iterable[Any]", value)]
        kind = cast("Callable[[list[Any]], Any]", type(cast("object", value)))
        return UNKNOWN if any(item is UNKNOWN for item in items) else kind(items)
    return value


def rewritten(text: str, rewrite: Callable[[Reference], Any]) -> Any:
    """Return a text in which each reference is what `rewrite` gives for it; one alone becomes just that.

    Raises:
        ValueError: a `${…}` is no reference.
    """
    if is_whole(text):
        return rewrite(_read(text[2:-1]))
    return _REFERENCE.sub(
        lambda match: match[0] if match["escaped"] else str(rewrite(_read(match["text"]))), text
    )


def escaped(text: str) -> str:
    """Return a text in which nothing is a reference any more, and that is filled to what it is now."""
    return _REFERENCE.sub(lambda match: f"${match[0]}", text)


def is_whole(value: object) -> bool:
    """Whether a value is a text that is one reference and no more: it stands for a value of any type."""
    match = _REFERENCE.fullmatch(value) if isinstance(value, str) else None
    return match is not None and not match["escaped"]


def item_of(reference: Reference, value: Any) -> Any:
    """Return the item that a reference means in the value of what it names; only of plain data.

    Raises:
        ValueError: there is no such item.
    """
    for key in reference.path:
        if value is UNKNOWN:
            return UNKNOWN
        held = cast("object", value)
        try:
            # Of anything else it would be code of its class that gives the item.
            value = cast("Any", held if isinstance(held, (dict, list, tuple)) else {})[key]
        except (LookupError, TypeError):
            message = f"{reference}: there is no {key} in {shown(cast('object', value))}"
            raise ValueError(message) from None
    return value


def known_references(
    parameters: Iterable[str], outputs: Iterable[str] = (), *, of_option: bool = False
) -> list[str]:
    """Return what references may name, without the braces.

    Args:
        parameters: the parameters that there are.
        outputs: what steps make, as `STEP.NAME`.
        of_option: whether an option refers so: options are settled before a run has its id.
    """
    others = () if of_option else (RUN_ID,)
    return [*(f"{PARAMS_OWNER}.{name}" for name in parameters), *outputs, *others]


def unknown(reference: Reference, parameters: Iterable[str], *, of_option: bool = False) -> ValueError:
    """Return the error of a reference that stands for nothing there, with the nearest that does."""
    names = known_references(parameters, of_option=of_option)
    near = nearest(reference.text, names)
    listed = ", ".join(f"${{{name}}}" for name in names) or "no parameters"
    hint = f"did you mean ${{{near}}}?" if near else f"there are {listed}."
    return ValueError(f"{reference} stands for nothing; {hint} Write $${{…}} for the text itself.")


def _matches(value: object) -> Iterator[re.Match[str]]:
    if isinstance(value, str):
        yield from _REFERENCE.finditer(value)
    elif isinstance(value, Mapping):
        for held in cast("Mapping[object, object]", value).values():
            yield from _matches(held)
    elif isinstance(value, (list, tuple, set, frozenset)):
        for item in cast("Iterable[object]", value):
            yield from _matches(item)


def _read(text: str) -> Reference:
    """Return what stands between the braces: names and items (`params.sizes[0]`), no other code."""
    try:
        first, *others = _keys(expression_alone(text.strip()).body)
        return Reference(text.strip(), str(first), str(others[0]), tuple(others[1:]))
    except (SyntaxError, ValueError, IndexError):
        raise ValueError(f"${{{text}}} is no reference such as ${{params.n}}") from None


def _keys(node: ast.expr) -> list[str | int]:
    match node:
        case ast.Name(name):
            return [name]
        case ast.Attribute(value, name):
            return [*_keys(value), name]
        case ast.Subscript(value, ast.Constant(str() | int() as key)):
            return [*_keys(value), key]
        case _:
            raise ValueError("something else than names and items")


def _filled_text(text: str, lookup: Lookup) -> Any:
    if is_whole(text):
        return lookup(_read(text[2:-1]))
    values = [lookup(reference) for reference in references(text)]
    if any(value is UNKNOWN for value in values):
        return UNKNOWN
    texts = iter(map(str, values))
    return _REFERENCE.sub(lambda match: match[0][1:] if match["escaped"] else next(texts), text)
