"""A pattern that is compiled late is as one that is compiled at once."""

from __future__ import annotations

import re

import pytest

from jupyter_pipes.system.patterns import pattern


def test_it_has_the_methods_of_a_compiled_one() -> None:
    late, at_once = pattern(r"(?P<word>\w+)", re.ASCII), re.compile(r"(?P<word>\w+)", re.ASCII)
    assert late.findall("ä b1 c") == at_once.findall("ä b1 c")
    assert late.sub("x", "b c") == "x x"
    assert (late.pattern, late.flags, late.groupindex) == (at_once.pattern, at_once.flags, at_once.groupindex)


def test_nothing_is_compiled_before_it_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    compiled = re.compile
    monkeypatch.setattr(re, "compile", lambda text, flags: [asked.append(text), compiled(text, flags)][1])
    late = pattern("a+")
    assert not asked
    assert late.fullmatch("aa")
    assert late.fullmatch("aa")
    assert asked == ["a+"]
