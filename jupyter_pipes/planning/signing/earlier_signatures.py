"""Signatures as version 0.2.0 combined them: what that version kept is found by them."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from jupyter_pipes.model.parts import Part
from jupyter_pipes.planning.signing.code_digests import earlier_code_digest
from jupyter_pipes.planning.signing.signature import CODE_KINDS, combine

EFFECT = "of a step that leaves nothing"
"""Name of the part that keeps a step without outputs apart from others with the same code."""


def earlier_signature(parts: Iterable[Part]) -> str:
    """Return the signature that version 0.2.0 gave to these parts.

    Files that the code names were part of it, and steps without outputs shared their results.
    """
    return combine(_as_it_was(part) for part in parts if part.name != EFFECT)


def is_earlier(parts: Iterable[Part]) -> bool:
    """Whether the parts of a kept result may be of that version: by its rules they come to what they are."""
    return all(_as_it_was(part) == part for part in parts)


def _as_it_was(part: Part) -> Part:
    code = earlier_code_digest(part.text) if part.kind in CODE_KINDS else part.digest
    return replace(part, digest=code, observed=False)
