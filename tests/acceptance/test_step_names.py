"""Names of steps: every one that is allowed works to the end, any other is refused before anything runs."""

from __future__ import annotations

import unicodedata

import pytest

from jupyter_pipes import step
from jupyter_pipes.model.errors import UsageError
from tests.acceptance.conftest import NewProject
from tests.kernels import run_cells

LETTERS = ["a", "é", "e\N{COMBINING ACUTE ACCENT}", "क", "日", "\N{CJK UNIFIED IDEOGRAPH-20000}"]
REFUSED = {"params": "reserved", "a" * 101: "101 characters", "日" * 300: "300 characters", "a/b": "'/'"}


def test_the_longest_names_of_any_script_run_and_keep_their_logs(project: NewProject) -> None:
    names = [letter * 99 + end for letter, end in zip(LETTERS, "uvwxyz", strict=True)]
    cells = [f"%%step {name}\nprint('printed', {n})\nx{n} = 1" for n, name in enumerate(names)]
    study = project(*cells)
    ran = study.jupyter_pipes_here("run", "study.ipynb", "--json")
    assert ran.code == 0, ran.err
    assert [each["name"] for each in ran.document["steps"]] == [
        unicodedata.normalize("NFC", n) for n in names
    ]
    # The second run reuses all, so what the first printed has to outlive it.
    assert study.jupyter_pipes_here("run", "study.ipynb").code == 0
    assert study.jupyter_pipes_here("gc", "--keep-runs", "1").code == 0
    for n, name in enumerate(names):
        log = study.jupyter_pipes_here("logs", "last", unicodedata.normalize("NFC", name))
        assert log.out == f"printed {n}\n"


def test_long_names_with_the_same_beginning_have_logs_of_their_own(project: NewProject) -> None:
    names = ["日" * 99 + end for end in "ab"]
    run = project(*(f"%%step {name}\nprint('{name[-1]}')" for name in names)).run()
    assert [run.logs(name) for name in names] == ["a\n", "b\n"]


@pytest.mark.parametrize(("name", "words"), REFUSED.items())
@pytest.mark.parametrize(
    "asked", [("run", "study.ipynb"), ("plan", "study.ipynb"), ("run", "study.ipynb", "b")]
)
def test_the_command_line_refuses_a_name(
    project: NewProject, name: str, words: str, asked: tuple[str, ...]
) -> None:
    study = project(f"%%step {name}\nx = 1", "%%step b\ny = x")
    refused = study.jupyter_pipes_here(*asked, "--json")
    assert refused.code == 2
    (problem,) = refused.document["error"]["diagnostics"]
    assert (problem["code"], problem["line"]) == ("JP030", 1)
    assert words in problem["message"]
    assert not (study.folder / ".jupyter_pipes").exists()


@pytest.mark.parametrize(("name", "words"), REFUSED.items())
def test_python_refuses_a_name(name: str, words: str) -> None:
    def work() -> None: ...

    with pytest.raises(UsageError, match=words):
        step(name=name)(work)
    work.__name__ = name
    with pytest.raises(UsageError, match=words):
        step(work)


def test_a_kernel_refuses_a_name_and_what_needs_the_step(project: NewProject) -> None:
    cells = ["%load_ext jupyter_pipes", *(f"%%step {name}\nx = 1" for name in REFUSED)]
    executed = run_cells(project().folder, [*cells, "%%step b\ny = x", "%pipeline run b"])
    for place, words in enumerate(REFUSED.values(), 1):
        kind, message = executed.error(place)
        assert (kind, words in message) == ("UsageError", True)
    assert executed.error(len(cells) + 1)[0] == "InvalidPipeline"
