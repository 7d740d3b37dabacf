"""Rules of what statements bind whatever path they take."""

from __future__ import annotations

import ast

import pytest

from jupyter_pipes.export.plain.binding import surely_bound, with_nonlocal


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("x = y = 1; a, *b = 1, 2; x.c = 3", "x y a b"),
        ("x: int; y: int = 1", "y"),
        ("x = 1\ndel x", ""),
        ("if c: x = y = 1\nelse: x = 2", "x"),
        ("if c: x = 1", ""),
        ("if (x := c): pass", "x"),
        ("c and (x := 1)", ""),
        ("(x := 1) and c", "x"),
        ("[x := i for i in c]", ""),
        ("for i in c: x = 1", ""),
        ("for i in (1, 2): x = i", "i x"),
        ("for i in range(3): x = i", "i x"),
        ("for i in range(n): x = i", ""),
        ("while c: x = 1", ""),
        ("with c as (x, y): z = 1", "x y z"),
        ("try: x = 1\nexcept E as e: x = 2\nfinally: y = 1", "x y"),
        ("try: x = 1\nexcept E: raise", "x"),
        ("try: x = 1\nexcept E: pass", ""),
        ("match c:\n  case 1: x = 1\n  case _: x = 2", "x"),
        ("match c:\n  case 1: x = 1", ""),
        ("import a.b, c as d\nfrom e import f\ndef g(): h = 1\nclass i: j = 1", "a d f g i"),
    ],
)
def test_only_what_every_path_binds_is_sure(source: str, names: str) -> None:
    assert surely_bound(ast.parse(source).body) == set(names.split())


def test_globals_that_are_the_functions_own_become_nonlocal() -> None:
    code = "def f():\n    global a, b\n    a = b = 1"
    assert with_nonlocal(code, {"a"}) == "def f():\n    nonlocal a; global b\n    a = b = 1"
    assert with_nonlocal(code, set()) == code
