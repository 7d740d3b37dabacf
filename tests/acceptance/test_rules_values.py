"""Rerun rules of values: which parameters and inputs count as the same, and how parameters flow."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.project import Project
from tests.acceptance.study import planned, ran

VALUES = [
    "1",
    "1.0",
    "True",
    "'1'",
    "b'1'",
    "0",
    "0.0",
    "-0.0",
    "False",
    "None",
    "''",
    "(1,)",
    "[1]",
    "{1: 1}",
]


class Chain:
    """A notebook that is run by the command line, here or, as `apart`, in processes of their own."""

    def __init__(self, folder: Path, *cells: str, apart: bool = False) -> None:
        self.project = Project(folder, *cells)
        self._ask = self.project.jupyter_pipes if apart else self.project.jupyter_pipes_here

    def run(self, *words: str) -> dict[str, str]:
        """Return the steps that ran, with their reasons."""
        answer = self._ask("run", "study.ipynb", "--json", *words)
        assert answer.code == 0, answer.out + answer.err
        return ran(answer.document["steps"])

    def plan(self, *words: str) -> dict[str, tuple[str, str]]:
        """Return decisions and reasons."""
        return planned(self._ask("plan", "study.ipynb", "--json", *words).document["steps"])

    def get(self, name: str, *words: str) -> Any:
        """Return a value of plain data by `get --json`."""
        answer = self._ask("get", "study.ipynb", name, "--json", *words)
        assert answer.code == 0, answer.out + answer.err
        return ast.literal_eval(answer.document["values"][name]["repr"])


def test_values_of_a_parameter_that_differ_in_type_or_sign_differ(tmp_path: Path) -> None:
    def cells(value: str) -> list[str]:
        return [f"%%params\nv = {value}", "%%step S\nseen = repr(v)"]

    chain = Chain(tmp_path, *cells(VALUES[0]))
    for value in VALUES:
        chain.project.write(*cells(value))
        assert list(chain.run()) == ["S"], value
    for value in VALUES:
        chain.project.write(*cells(value))
        assert chain.run() == {}, value
        assert chain.get("seen") == value


FRAME = "pd.DataFrame({'x': [1, 2], 'y': [3.0, 4.0]})"
OTHER_INPUTS = {
    "column name": (FRAME, FRAME.replace("'x'", "'z'")),
    "column order": (FRAME, FRAME + "[['y', 'x']]"),
    "dtype": (FRAME, FRAME + ".astype({'x': 'int32'})"),
    "dtype of equal numbers": ("np.arange(3)", "np.arange(3.0)"),
    "index": (FRAME, FRAME + ".set_index(pd.Index([7, 8]))"),
    "name of the index": (FRAME, FRAME + ".rename_axis('i')"),
    "row order": (FRAME, FRAME + ".iloc[::-1]"),
    "shape": ("np.zeros((2, 3))", "np.zeros((3, 2))"),
    "missing value": ("pd.Series([1.0, None])", "pd.Series([1.0, 0.0])"),
    "dict order": ("{'a': 1, 'b': 2}", "{'b': 2, 'a': 1}"),
    "list order": ("[1, 2]", "[2, 1]"),
    "type of a number": ("1", "1.0"),
    "sign of zero": ("0.0", "-0.0"),
    "kind of sequence": ("(1, 2)", "[1, 2]"),
    "kind of set": ("{1}", "frozenset({1})"),
    "category": ("pd.Series(['a'])", "pd.Series(['a'], dtype='category')"),
    "one list twice": ("[[1], [1]]", "[[1]] * 2"),
    "time zone": ("pd.Timestamp('2020')", "pd.Timestamp('2020', tz='UTC')"),
}
SAME_INPUTS = {
    "set order": ("{1, 9, 17}", "{17, 9, 1}"),
    "frame made in another way": (FRAME, "pd.DataFrame([[1, 3.0], [2, 4.0]], columns=['x', 'y'])"),
    "frame cut out of a larger one": (FRAME, f"pd.concat([{FRAME}] * 2, ignore_index=True).iloc[:2]"),
    "text put together": ("'ab'", "''.join(['a', 'b'])"),
}


@pytest.fixture(scope="module")
def second_runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return what ran when each input got its second value: every pair has a reader in one notebook."""
    pairs = list({**OTHER_INPUTS, **SAME_INPUTS}.values())

    def cells(which: int) -> list[str]:
        made = "\n".join(f"v{number} = {pair[which]}" for number, pair in enumerate(pairs))
        readers = [f"%%step B{number}\nv{number}; r = 0" for number in range(len(pairs))]
        return ["import numpy as np\nimport pandas as pd", f"%%step A\n{made}", *readers]

    chain = Chain(tmp_path_factory.mktemp("inputs"), *cells(0))
    chain.run()
    chain.project.write(*cells(1))
    return chain.run()


@pytest.mark.parametrize(("number", "name"), [*enumerate(OTHER_INPUTS)])
def test_an_input_that_a_step_could_tell_apart_is_another(
    second_runs: dict[str, str], number: int, name: str
) -> None:
    assert second_runs.get(f"B{number}") == f"input v{number} of A: other content", name


@pytest.mark.parametrize(("number", "name"), [*enumerate(SAME_INPUTS, len(OTHER_INPUTS))])
def test_an_equal_input_is_the_same_however_it_was_made(
    second_runs: dict[str, str], number: int, name: str
) -> None:
    assert "A" in second_runs
    assert f"B{number}" not in second_runs, name


def test_the_order_of_sets_and_the_hash_seed_do_not_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = (
        "%%step A --always\ns = {'ab', 'cd', 'ef', 'gh'}\nf = [frozenset(s)]\nd = {'k': s}\norder = list(s)"
    )
    used = "%%step B\nsize = len(s) + len(f) + len(d)"
    chain = Chain(tmp_path, "%%params\nv = {'x', 'y', 'z'}", made, used, "%%step C\nt = v", apart=True)
    orders: list[list[str]] = []
    for seed in ("1", "2"):
        monkeypatch.setenv("PYTHONHASHSEED", seed)
        done = chain.run()
        orders.append(chain.get("order"))
    assert orders[0] != orders[1]
    assert done == {"A": "--always"}


def test_parameters_flow_to_the_steps_that_read_them_and_to_no_others(tmp_path: Path) -> None:
    chain = Chain(
        tmp_path,
        "%%params\nn: int = 0\nm: int = 0",
        "%%step A\ndf = [n]",
        "%%step B\nout = df[0] * 10 + m",
        "%%step D\nd = 'depends on nothing'",
    )
    first = "first run"
    assert chain.run("B", "-p", "n=1") == {"A": first, "B": first}
    assert chain.run("B", "-p", "n=1", "-p", "m=2") == {"B": "parameter m 0 → 2"}
    assert chain.run("-p", "n=1", "m=2") == {"D": first}
    changed = chain.run()
    assert changed == {"A": "parameter n 1 → 0", "B": "parameter m 2 → 0; input df of A: other content"}
    for given in (("-p", "n=1"), (), ("-p", "n=1", "m=2"), ("-p", "n=1"), ("-p", "n=0")):
        assert chain.run(*given) == {}, given
    assert chain.get("df", "-p", "n=1") == [1]
    assert chain.get("df") == [0]
    assert chain.get("out", "-p", "n=1", "-p", "m=2") == 12


def test_an_instance_of_a_class_made_inside_a_function_is_reused_like_any_other(tmp_path: Path) -> None:
    chain = Chain(
        tmp_path,
        "def make():\n    class Local:\n        w = 0\n    return Local()",
        "class Net:\n    w = 0\n    def fit(self): self.w += 1",
        "%%step A\na, net = make(), Net()",
        "%%step fit\na.w += 1; net.fit()",
        "%%step B\nb = type(a).__name__, a.w, net.w",
    )
    chain.run()
    assert (chain.run(), chain.get("b")) == ({}, ("Local", 1, 1))


DRAWS = {
    "np.random.rand()": True,
    "np.random.default_rng().random()": True,
    "random.random()": True,
    "np.random.default_rng(0).random()": False,
    "random.Random(1).random()": False,
    "1.0": False,
}


def test_a_step_that_draws_random_numbers_without_a_seed_is_noted_as_such(tmp_path: Path) -> None:
    steps = [f"%%step S{number}\nx{number} = {code}" for number, code in enumerate(DRAWS)]
    seeded = "%%step seeded\nnp.random.seed(0)\nrandom.seed(0)\ny = np.random.rand() + random.random()"
    project = Project(tmp_path, "import random\nimport numpy as np", *steps, seeded)
    for _ in range(2):  # also of a cached step
        document = project.jupyter_pipes_here("run", "study.ipynb", "--json").document
        noted = {
            step["name"]: any("random" in note and "seed" in note for note in step["notes"])
            for step in document["steps"]
        }
        assert noted == {f"S{n}": draws for n, draws in enumerate(DRAWS.values())} | {"seeded": False}
