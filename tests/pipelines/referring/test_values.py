"""Rules of what options with references come to, of which a part is known before a run."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from jupyter_pipes.model.errors import UsageError
from jupyter_pipes.pipelines.made.options import answer, told
from jupyter_pipes.pipelines.references import fill
from jupyter_pipes.pipelines.referring.values import resolved
from jupyter_pipes.pipelines.step_options import as_keywords, from_keywords, parse_step

VALUES: dict[str, Any] = {"n": 3, "odd": "${load.df} $${x}", "names": ["a", "${b.c}"], "made": None}
MADE = {"made": "${load.config}", "text": "of-${load.df.rows}"}


@pytest.mark.parametrize(
    ("said", "opened"),
    [
        ("--version ${load.df.rows}", ("${load.df.rows}",)),
        ("--version ${params.n}-${load.df.rows}", ("3-${load.df.rows}",)),
        ("--version '${params.odd} ${load.df}'", ("$${load.df} $$${x} ${load.df}",)),
        ("--tags '${params.names}' ${load.df}", ("a", "$${b.c}", "${load.df}")),
        ("--version ${params.made}", ("${load.config}",)),
        ("--version ${params.made.limit}", ("${load.config.limit}",)),
        ("--version \"${params.made['a-b'][0]}\"", ("${load.config['a-b'][0]}",)),
        ("--version v-${params.text}", ("v-of-${load.df.rows}",)),
        ("--version $${x}-${load.df}", ("$${x}-${load.df}",)),
    ],
)
def test_what_is_known_before_a_run_is_filled_in_and_stays_what_it_is(
    said: str, opened: tuple[str, ...]
) -> None:
    options = parse_step(f"a {said}").options
    (texts,) = resolved(options, VALUES | {"text": None}, "a", MADE).made.values()
    assert texts == opened


def test_a_value_that_looks_like_a_reference_is_none() -> None:
    options = resolved(parse_step("a --version '${params.odd}|${load.df}'").options, VALUES, "a")
    (text,) = options.made["version"]
    assert fill(text, lambda reference: "frame") == "${load.df} $${x}|frame"


def test_an_item_of_a_text_that_steps_make_is_refused() -> None:
    with pytest.raises(UsageError, match=r"text is a text: of-\$\{load\.df\.rows\}"):
        resolved(parse_step("a --version ${params.text.x}").options, VALUES | {"text": None}, "a", MADE)


def test_a_parameter_that_steps_make_is_refused_where_they_are() -> None:
    words = r"\$\{params\.made\} is known only when a step has ended, and the graph is drawn by it"
    with pytest.raises(UsageError, match=words) as caught:
        resolved(parse_step("a --stage ${params.made}").options, VALUES, "a", MADE)
    assert (caught.value.step, caught.value.line) == ("a", 1)


def test_what_is_open_is_no_part_of_what_was_said() -> None:
    options = resolved(parse_step("a --retries ${load.n}").options, {}, "a")
    assert as_keywords(options) == {"retries": "${load.n}"}
    assert from_keywords(**as_keywords(options)).made == {}


@pytest.mark.parametrize(
    ("option", "value", "expected"),
    [
        ("retries", np.int64(2), 2),
        ("timeout", 600, 600.0),
        ("timeout", "10m", 600.0),
        ("timeout", np.float32(0.5), 0.5),
        ("variables", {"A": 1, "B": "x"}, ("A=1", "B=x")),
        ("tags", ("a", "b"), ("a", "b")),
        ("version", 7, "7"),
    ],
)
def test_a_reference_alone_keeps_its_type_and_the_option_reads_it(
    option: str, value: object, expected: object
) -> None:
    content = answer("a", {option: ("${load.said}",)}, {"load.said": value})
    assert getattr(told(content), option) == expected


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("retries", -1, "--retries ${load.said}: use a whole number of at least 0"),
        ("timeout", [1, 2], "--timeout ${load.said}: use a duration"),
        ("gate", None, "--gate ${load.said}: use a word or two"),
        ("cpus", 1.5, "--cpus ${load.said}: use a whole number"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_option(option: str, value: object, words: str) -> None:
    with pytest.raises(UsageError) as caught:
        answer("a", {option: ("${load.said}",)}, {"load.said": value})
    assert words in str(caught.value)
