"""Rules of the `%%step` line and of `@step(…)`."""

from __future__ import annotations

import contextlib
import re
import unicodedata
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_pipes.model.errors import UsageError
from jupyter_pipes.model.steps import StepOptions
from jupyter_pipes.pipelines.options.table import STEP_OPTIONS
from jupyter_pipes.pipelines.step_options import (
    StepLine,
    as_keywords,
    from_keywords,
    parse_step,
    step_help,
)
from tests.options import EVERY_OPTION, OF_THE_STEP


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("", StepOptions()),
        ("--after A B", StepOptions(after=("A", "B"))),
        ("--after A --after B,A", StepOptions(after=("A", "B"))),
        ("--in x y --out z", StepOptions(inputs=("x", "y"), outputs=("z",))),
        ("--in", StepOptions(inputs=())),
        ("--file 'a b.csv' *.csv", StepOptions(files=("a b.csv", "*.csv"))),
        ("--retries 2 --retry-delay 10s", StepOptions(retries=2, retry_delay=10.0)),
        ("--retry-on ValueError requests.Timeout", StepOptions(retry_on=("ValueError", "requests.Timeout"))),
        ("--timeout 30m --on-fail ignore", StepOptions(timeout=1800.0, on_fail="ignore")),
        ("--cpus 4 --memory 4G", StepOptions(cpus=4, memory=4_000_000_000)),
        ("--stage 'load data' --tags a,b c", StepOptions(stage="load data", tags=("a", "b", "c"))),
        ("--timeout=1.5h --queue gpu", StepOptions(timeout=5400.0, queue="gpu")),
    ],
)
def test_every_option_becomes_a_field(line: str, expected: StepOptions) -> None:
    assert parse_step(f"load {line}") == StepLine("load", expected)


def test_switches_say_what_to_do_with_the_cell() -> None:
    assert parse_step("load --run --append") == StepLine("load", append=True, run=True)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("", "needs a name first"),
        ("--run load", "needs a name first"),
        ("my step", "without spaces"),
        ("'my step'", "' '"),
        ("<script>", "'<'"),
        ("a/b", "'/'"),
        ("''", "no name"),
        (".", "no name"),
        ("..", "no name"),
        ("a" * 101, "101 characters"),
        ("params", "reserved"),
        ("load --after params", "reserved"),
        ("load --retrys 2", "did you mean --retries?"),
        ("load --ret 2", "no option --ret;"),
        ("load --quux", "no option --quux"),
        ("load --retries -1", "at least 0"),
        ("load --retries 1.5", "whole number"),
        ("load --retries", "--retries: expected one argument"),
        ("load --cpus 0", "at least 1"),
        ("load --repeat-while x", "--repeat-while needs --at-most N"),
        ("load --at-most 3", "--at-most N says how often --repeat-while"),
        ("load --repeat-while x --at-most 0", "at least 1"),
        ("load --repeat-while 'x <' --at-most 2", "use an expression of Python"),
        ("load --timeout 0", "above zero"),
        ("load --timeout soon", "10s, 30m"),
        ("load --memory 4X", "500M"),
        ("load --memory 0", "at least one byte"),
        ("load --on-fail retry", "skip, stop or ignore"),
        ("load --in 3a", "'3a' is not the name of a variable"),
        ("load --after a/b", "'/'"),
        ("load --retry-on 3", "'3' is not the name of an exception"),
        ("load 'a", "quotation"),
        ("load --stage ' '", "--stage"),
    ],
)
def test_what_does_not_fit_is_refused_with_what_is_allowed(line: str, words: str) -> None:
    with pytest.raises(UsageError, match=re.escape(words)) as caught:
        parse_step(line)
    assert caught.value.line == 1


@pytest.mark.parametrize("name", ["größe", "данные", "数据", "हिन्दी", "a.b-c_2", "2nd"])
def test_names_may_be_in_any_script(name: str) -> None:
    assert parse_step(name).name == name


def test_names_that_look_alike_are_one_name() -> None:
    """A name typed with combining characters is the name typed without."""
    assert parse_step(unicodedata.normalize("NFD", "größe")).name == "größe"


@given(st.text(max_size=40))
def test_any_line_is_understood_or_refused(line: str) -> None:
    """Nothing but `UsageError` comes out, whatever is typed."""
    with contextlib.suppress(UsageError):
        assert parse_step(line).name


def test_keywords_are_the_options_of_the_magic() -> None:
    def load() -> None: ...

    made = from_keywords(
        in_="x y",
        out=["z"],
        file=Path("a,b.csv"),
        retries=2,
        retry_on=(ValueError, OSError),
        timeout=timedelta(minutes=30),
        after=load,
        tags={"b", "a"},
        memory=None,
    )
    assert made == StepOptions(
        inputs=("x", "y"),
        outputs=("z",),
        files=("a,b.csv",),
        retries=2,
        retry_on=("ValueError", "OSError"),
        timeout=1800.0,
        after=("load",),
        tags=("a", "b"),
    )
    assert from_keywords(inputs="x", outputs="y", files="z") == StepOptions(
        inputs=("x",), outputs=("y",), files=("z",)
    )


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"retrys": 2}, "did you mean retries?"),
        ({"run": True}, "no option run"),
        ({"retries": True}, "--retries True"),
        ({"retries": 1.5}, "whole number"),
        ({"after": [3]}, "use names"),
        ({"file": 3}, "paths"),
        ({"stage": 3}, "--stage"),
    ],
)
def test_keywords_that_do_not_fit_are_refused(options: dict[str, object], words: str) -> None:
    with pytest.raises(UsageError, match=re.escape(words)):
        from_keywords(**options)


def test_the_help_names_every_option() -> None:
    assert all(option.flag in step_help() and option.help in step_help() for option in STEP_OPTIONS)


def test_the_table_has_a_row_for_every_field_and_every_row_is_tried() -> None:
    rows = [option.field for option in OF_THE_STEP]
    assert sorted([*rows, "made", "referring"]) == sorted(StepOptions.__struct_fields__)
    assert sorted(as_keywords(EVERY_OPTION)) == sorted(rows), "an option without an example of its own"


@pytest.mark.parametrize("text", ["", "x >", "x = 1", "import x", "x; y", "x)(y"])
def test_a_condition_is_an_expression(text: str) -> None:
    with pytest.raises(UsageError, match="use an expression of Python"):
        from_keywords(when=text)


DURATIONS = st.floats(1e-3, 1e9) | st.integers(1, 10**6).map(lambda minutes: minutes * 60.0)


@given(DURATIONS, DURATIONS, st.integers(1, 10**15), st.integers(1, 10**6))
def test_what_was_said_is_written_so_that_it_is_read_back_the_same(
    timeout: float, delay: float, memory: int, mebibytes: int
) -> None:
    for size in (memory, mebibytes * 2**20):
        options = StepOptions(timeout=timeout, retry_delay=delay, memory=size, tags=("a", "b"))
        assert from_keywords(**as_keywords(options)) == options
