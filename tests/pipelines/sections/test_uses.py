"""Which pipeline a cell's text chooses for the cells below it."""

from __future__ import annotations

import pytest

from jupyter_pipes.pipelines.sections.uses import is_wrong_use, use_of

USES = {
    "a line of its own": ("%pipeline use train", "train", 1),
    "among other lines, with a comment": (
        "import math\n%pipeline  use\ttrain  # the big one\nx = 1",
        "train",
        2,
    ),
    "the last one counts": ("%pipeline use a\n%pipeline use b", "b", 2),
    "a name with spaces": ("%pipeline use 'my study (1)'", "my study (1)", 1),
    "letters of any script": ("%pipeline use größe.v2-数", "größe.v2-数", 1),
}
NONE = {
    "it lists": "%pipeline use",
    "it asks for help": "%pipeline use --help",
    "another verb": "%pipeline run use",
    "another magic's cell": "%%time\n%pipeline use train",
    "in a step": "%%step a\n%pipeline use train",
    "known only when it is done": "if big:\n    %pipeline use train",
    "a comment": "# %pipeline use train",
}
WRONG = {
    "two names": ("%pipeline use a b", "name one pipeline"),
    "a variable's value": ("x = 1\n%pipeline use {name}", "write a name itself"),
    "the same, as a shell has it": ("%pipeline use $name", "write a name itself"),
    "an open quote": ("%pipeline use 'train", "close the quotes"),
    "no name at all": ("%pipeline use ' '", "write a name itself"),
    "too long": (f"%pipeline use {'a' * 101}", "at most 100 characters"),
}


@pytest.mark.parametrize(("source", "name", "line"), USES.values(), ids=USES)
def test_the_last_use_at_the_left_margin_of_plain_code_counts(source: str, name: str, line: int) -> None:
    use = use_of(source)
    assert use is not None
    assert (use.name, use.line, use.problem) == (name, line, "")


@pytest.mark.parametrize("source", NONE.values(), ids=NONE)
def test_all_else_says_nothing_of_the_cells_below(source: str) -> None:
    assert use_of(source) is None


@pytest.mark.parametrize(("source", "words"), WRONG.values(), ids=WRONG)
def test_what_the_text_does_not_tell_is_a_problem_of_its_line(source: str, words: str) -> None:
    use = use_of(source)
    assert use is not None
    assert words in use.problem
    assert is_wrong_use(source)
    assert use.line == source.count("\n") + 1
