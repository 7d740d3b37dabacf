"""`analyze` against the truth: random cells are run in a namespace that sees what is read from outside."""

from __future__ import annotations

import builtins
from collections.abc import Iterator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_pipes.analysis.cell.names import analyze

NAMES = ("a", "b", "c", "d")
FUNCTIONS = ("f", "g")
Lines = list[str]


class Anything:
    """A value that can be called, added, looped over, entered and changed."""

    def __call__(self, *_: object) -> Anything:
        return Anything()

    def __add__(self, _: object) -> Anything:
        return Anything()

    def __iter__(self) -> Iterator[Anything]:
        return iter([Anything(), Anything()])

    def __enter__(self) -> Anything:
        return Anything()

    def __exit__(self, *_: object) -> None: ...

    def __setitem__(self, *_: object) -> None: ...


class BoomError(Exception):
    """What `raise` statements of the cells raise."""


class OutsideNames(dict[str, Any]):
    """A module's namespace in which every missing name comes from outside, and is noted."""

    def __init__(self, answers: list[bool]) -> None:
        super().__init__()
        remaining = iter(answers)
        self.read: set[str] = set()
        known = {"BoomError": BoomError, "cond": lambda: next(remaining, False)}
        super().__setitem__("__builtins__", vars(builtins) | known)
        super().__setitem__("__name__", "cell")

    def __missing__(self, name: str) -> Any:
        if name not in NAMES + FUNCTIONS:
            raise KeyError(name)
        self.read.add(name)
        return Anything()

    def __delitem__(self, name: str) -> None:
        if name not in self:
            self.read.add(name)
        self.pop(name, None)


def indented(lines: Lines) -> Lines:
    return [f"    {line}" for line in lines]


names = st.sampled_from(NAMES)
functions = st.sampled_from(FUNCTIONS)
expressions = st.one_of(
    names,
    st.builds("{} + {}".format, names, names),
    st.builds("{}()".format, functions),
    functions,
    st.builds("({} := {})".format, names, names),
    st.builds("(cond() and {})".format, names),
    st.builds("(cond() or ({} := {}))".format, names, names),
    st.builds("({} if cond() else ({} := 1))".format, names, names),
    st.builds("[{} for {} in {} if {}]".format, names, names, names, names),
    st.builds("[({} := {}) for i in {}]".format, names, names, names),
    st.builds("(lambda {}: {} + {})".format, names, names, names),
    st.builds("f'{{{}}}'".format, names),
)
simple = st.one_of(
    st.builds("{} = {}".format, names, expressions),
    st.builds("{} = {}".format, names, expressions),
    st.builds("{}, {} = {}".format, names, names, names),
    st.builds("{} += {}".format, names, expressions),
    st.builds("{}: {} = {}".format, names, names, expressions),
    st.builds("{}[0] = {}".format, names, names),
    st.builds("del {}".format, names),
    st.builds("{} = lambda: {}".format, functions, expressions),
    st.just("if cond(): raise BoomError"),
    expressions,
).map(lambda line: [line])


@st.composite
def blocks(draw: st.DrawFn, depth: int, loop: bool, function: bool, least: int = 1) -> Lines:
    """Return a block of `least` to `least + 3` statements."""
    jumps = ["break", "continue"] * loop + ["return a"] * function
    inner = compounds(depth - 1, loop, function)
    kinds = [simple, inner, inner] if depth else [simple]
    if jumps:
        kinds.append(st.sampled_from(jumps).map(lambda jump: [f"if cond(): {jump}"]))
    statements = draw(st.lists(st.one_of(*kinds), min_size=least, max_size=least + 3))
    return [line for statement in statements for line in statement]


@st.composite
def compounds(draw: st.DrawFn, depth: int, loop: bool, function: bool) -> Lines:
    """Return a compound statement."""

    def block(*, loop: bool = loop, function: bool = function) -> Lines:
        return indented(draw(blocks(depth, loop, function)))

    def maybe(head: str) -> Lines:
        return [head, *block()] if draw(st.booleans()) else []

    name, other = draw(names), draw(names)
    match draw(st.sampled_from(["if", "for", "while", "while True", "def", "class", "try", "with", "match"])):
        case "if":
            return ["if cond():", *block(), *maybe("elif cond():"), *maybe("else:")]
        case "for":
            return [f"for {name} in {other}:", *block(loop=True), *maybe("else:")]
        case "while":
            return ["while cond():", *block(loop=True), *maybe("else:")]
        case "while True":
            return ["while True:", *block(loop=True), "    break"]
        case "def":
            head = draw(st.sampled_from(["def {}():", "def {}(a=b):", "@c\ndef {}():"])).format(
                draw(functions)
            )
            shared = draw(st.sampled_from(["pass", "global a", "global a, b"]))
            return [*head.split("\n"), f"    {shared}", *block(loop=False, function=True)]
        case "class":
            method = [f"    def m(self): return {name}"]
            return ["class K:", *block(loop=False, function=False), *method, "K().m()"]
        case "try":
            handler = draw(st.sampled_from(["except BoomError:", "except Exception as b:"]))
            return ["try:", *block(), handler, *block(), *maybe("else:"), *maybe("finally:")]
        case "with":
            return [f"with {name} as {other}:", *block()]
        case _:
            return [
                f"match {name}:",
                f"    case {other} if cond():",
                *indented(block()),
                "    case _:",
                *indented(block()),
            ]


def run(source: str, answers: list[bool]) -> tuple[set[str], set[str] | None]:
    """Return the names read from outside, and those bound at the end if the end is reached."""
    namespace = OutsideNames(answers)
    try:
        exec(compile(source, "<cell>", "exec"), namespace)
    except Exception:  # whatever a random program raises: it ends there
        return namespace.read, None
    return namespace.read, set(namespace) & set(NAMES + FUNCTIONS)


@settings(max_examples=150)
@given(
    blocks(3, loop=False, function=False, least=5),
    st.lists(st.lists(st.booleans(), max_size=12), min_size=3, max_size=3),
)
def test_what_is_really_read_and_bound_is_known(lines: Lines, runs: list[list[bool]]) -> None:
    """Reads from outside are reads or optional reads; names bound at the end are writes."""
    source = "\n".join(lines)
    try:
        compile(source, "<cell>", "exec")
    except SyntaxError:  # `a` used before `global a`
        return
    found = analyze(source)
    for answers in runs:
        read, bound = run(source, answers)
        assert read <= found.reads | found.optional_reads
        if bound is not None:
            assert bound <= found.writes
