"""Rules of a `--bash` step's script: what it has of the notebook, and how it says what failed."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_pipes.analysis.cell.magic_effects import script_names
from jupyter_pipes.execution.worker.scripts.script import ScriptFailed, run_script
from jupyter_pipes.model.errors import PipesError


@pytest.mark.parametrize(
    ("script", "names"),
    [
        ("echo $a ${b} ${c:-1} ${#d}", ("a", "b", "c", "d")),
        ("echo \\$a $1 $$ $? $(ls)", ()),
        ("x=1; echo $x", ()),
        ("x=${x:-3}\necho $x", ("x",)),
        ('x="$y z"\necho $x', ("y",)),
        ("echo $x\nx=1", ("x",)),
        ("for f in $files; do echo $f; done", ("files",)),
        ("while read -r line; do echo $line; done", ()),
        ("export x=1; echo $x", ()),
        ("curl --data=$x --x=1 http://y/?x=$x", ("x",)),
    ],
)
def test_a_script_reads_variables_that_it_does_not_set_before(script: str, names: tuple[str, ...]) -> None:
    assert script_names(script) == names


def body(script: str) -> str:
    return f"%%step --bash\n{script}"


@pytest.mark.slow
def test_a_script_runs_with_values_as_variables_and_shows_its_output(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """And with the process's environment, in its folder, without a hand on its input."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NAMED_OUTSIDE", "o")
    values = {"text": "a  $b", "n": 3, "rate": 0.5, "place": tmp_path / "made", "unused": object()}
    run_script(body('echo "$text|$n|$rate|$NAMED_OUTSIDE|$nowhere"\ntouch "$place"\ncat\nls >&2'), values)
    assert capfd.readouterr().out == "a  $b|3|0.5|o|\nmade\n"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("script", "line", "words"),
    [
        ("echo ok\n\nls /nowhere >/dev/null 2>&1\ntouch never", 4, r"exit status [12]: ls /nowhere"),
        ("false | cat\ntouch never", 2, "exit status 1: "),
        ("f() {\n  (exit 7)\n}\nf\ntouch never", 3, "exit status 7: "),
        ("exit 5", None, "exit status 5"),
        ("kill -9 $$", None, "SIGKILL"),
        ("if\n", None, "exit status 2"),
        ("sleep 60 &\nfalse", 3, "exit status 1: false"),
    ],
)
def test_a_command_that_fails_ends_the_script_and_is_named(
    script: str, line: int | None, words: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ScriptFailed, match=words) as caught:
        run_script(body(script.replace("sleep 60 &", "sleep 60 >/dev/null 2>&1 &")), {})
    assert caught.value.line == line
    assert not Path("never").exists()


def test_a_value_that_no_variable_can_be_is_refused_by_name() -> None:
    with pytest.raises(PipesError, match=r"\$df is a list: variables of a script are texts"):
        run_script(body("echo $df"), {"df": [1]})
