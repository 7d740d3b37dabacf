"""The backward search alone: hand-made timelines -> code, values and problems."""

from __future__ import annotations

from jupyter_pipes.analysis.notebook.prelude import Reach, Strength, reach
from jupyter_pipes.analysis.notebook.statements import statements
from jupyter_pipes.analysis.notebook.timeline import Binding, Timeline, piece
from jupyter_pipes.model.steps import PARAMS_OWNER, CodePiece

END = (99, -1)


def timeline(*entries: str | tuple[str, str]) -> Timeline:
    """Make one cell of each entry: code, or a name and who has it."""
    made = Timeline()
    for index, entry in enumerate(entries):
        if isinstance(entry, tuple):
            made.add_all([entry[0]], Binding((index, -1), index + 1, entry[1]))
            continue
        for place, statement in enumerate(statements(entry)):
            made.add_all(statement.binds, Binding((index, place), index + 1, "", statement))
    return made


def look(
    made: Timeline, name: str, strength: Strength = Strength.NEEDED, own: frozenset[str] = frozenset()
) -> Reach:
    return reach(made, {name: strength}, END, reader="me", writes=own)


def code(found: Reach) -> list[str]:
    return [piece(binding).source for binding in found.code]


def problems(found: Reach) -> list[tuple[str, str, Strength]]:
    return [(problem.kind, problem.name, problem.strength) for problem in found.problems]


def test_pieces_name_their_cell_line_and_names_and_what_they_use() -> None:
    found = look(timeline("a = 1", "\nb = a"), "b")
    assert [piece(binding) for binding in found.code] == [
        CodePiece("cell 1", 1, "a = 1", ("a",), cell=1, is_definition=False),
        CodePiece(
            "cell 2", 2, "b = a", ("b",), cell=2, is_definition=False, uses=("a",), uses_at_once=("a",)
        ),
    ]
    assert found.names == {"a", "b"}


def test_a_function_sees_globals_of_where_it_is_called() -> None:
    made = timeline("k = 1\ndef f():\n    return k", "y = f()", "k = 2", "k = 3")
    assert code(look(made, "y")) == ["k = 1", "def f():\n    return k", "y = f()", "k = 3"]
    assert code(look(made, "f")) == ["def f():\n    return k", "k = 3"]


def test_a_function_reads_a_steps_value_only_where_the_step_stands() -> None:
    made = timeline(("df", "load"), "def f():\n    return df", "g = f", "h = f()")
    assert (look(made, "g").values, problems(look(made, "g"))) == ({"df": "load"}, [])
    assert problems(look(made, "h")) == [("needs output", "df", Strength.NEEDED)]


def test_a_step_does_not_read_from_itself() -> None:
    assert look(timeline("x = 1", ("x", "me")), "x").values == {}


def test_early_code_needs_the_parameter_while_the_step_gets_it_from_a_step() -> None:
    made = timeline(("n", PARAMS_OWNER), "half = n // 2\ndef f():\n    return half + n", ("n", "other"))
    assert problems(look(made, "f")) == [("needs output", "n", Strength.NEEDED)]


def test_what_is_missing_is_as_bad_as_it_is_needed() -> None:
    made = timeline("def f():\n    return gone", "class C:\n    def m(self):\n        return gone")
    assert problems(look(made, "gone")) == [("undefined", "gone", Strength.NEEDED)]
    assert problems(look(made, "gone", Strength.OPTIONAL)) == []
    assert problems(look(made, "f", Strength.CALLED)) == [("undefined", "gone", Strength.NEEDED)]
    assert problems(look(made, "f")) == [("undefined", "gone", Strength.DEFERRED)]
    assert problems(look(made, "C", Strength.CALLED)) == [("undefined", "gone", Strength.DEFERRED)]
    assert problems(look(made, "f", Strength.CALLED, frozenset({"gone"}))) == []


def test_functions_that_call_each_other_end() -> None:
    made = timeline("def f():\n    return g()", "def g():\n    return f()")
    assert len(look(made, "f", Strength.CALLED).code) == 2


def test_imports_are_those_of_the_code_reached() -> None:
    made = timeline("import numpy as np\nimport json", "x = np.zeros(3)")
    assert look(made, "x").imports == {"numpy"}
