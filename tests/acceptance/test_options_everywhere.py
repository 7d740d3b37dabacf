"""Each option of `%%step` means the same from a cell, Python, an exported module and the command line."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from jupyter_pipes.cli.main import main
from jupyter_pipes.export.write import write
from jupyter_pipes.model.errors import UsageError
from jupyter_pipes.model.steps import Step
from jupyter_pipes.pipelines.functions import step
from jupyter_pipes.pipelines.made.options import answer, told
from jupyter_pipes.pipelines.options.table import Option
from jupyter_pipes.pipelines.referring.values import resolved
from jupyter_pipes.pipelines.step_options import as_keywords, from_keywords, parse_step
from jupyter_pipes.planning.settling.options import settled
from jupyter_pipes.runs.pipeline import Pipeline
from tests.options import CALLBACKS, EXAMPLES, OF_THE_STEP

BESIDE = {"-p": " --pipeline other.ipynb"}
"""What an option cannot be said without."""

IN_PYTHON_ONLY_BY_HAND = {"--bash": "a function calls subprocess.run"}
"""Options that `@step` has not, and the words in which it says so."""

OF_OTHERS = "%%params\nlevel: int = 1", CALLBACKS, "%%step first --out-file data.csv\nx = 1"


def said(option: Option) -> str:
    return f"{option.flag} {EXAMPLES[option.flag]}{BESIDE.get(option.flag, '')}".strip()


def cell(option: Option) -> str:
    is_pipeline = option.flag in ("--pipeline", "-p")
    body = "" if is_pipeline else ":" if option.flag == "--bash" else "y = x"
    return f"%%step all {said(option)}\n{body}"


@pytest.mark.parametrize("option", OF_THE_STEP, ids=lambda option: option.flag)
def test_an_option_means_the_same_wherever_it_is_said(
    option: Option,
    pipeline_of: Callable[..., Pipeline],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    pipeline_of("%%params\nrows: int = 1", "%%step load\nz = rows", name="other")
    expected = parse_step(f"all {said(option)}").options
    made = pipeline_of(*OF_OTHERS, cell(option))
    assert made.graph.step("all").options == expected, "in a cell"

    if why := IN_PYTHON_ONLY_BY_HAND.get(option.flag):
        with pytest.raises(UsageError, match=why.replace(".", r"\.").split("(")[0]):
            step(**as_keywords(expected))(lambda: None)
    else:

        @step(**as_keywords(expected))
        def every() -> None: ...

        assert every.options == expected, "in Python"

    write(made, tmp_path / "module.py", "python", None)
    exported = Pipeline.load(tmp_path / "module.py").graph.step("all").options
    by_function = replace(expected, inputs=None, outputs=None, bash=False)
    assert replace(exported, inputs=None, outputs=None) == by_function, "in an exported module"

    words = {name: _told(tmp_path / name, capsys) for name in ("made.ipynb", "module.py")}
    assert words["made.ipynb"] == words["module.py"], "on the command line"


def _told(path: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, list[str]]:
    """Return the exit code of `plan`, and what it decides of each step or finds wrong with it."""
    code = main(["plan", str(path)])
    told = capsys.readouterr()
    lines = (told.out + told.err).splitlines()
    return code, [" ".join(line.split()[:2]) for line in lines if line.strip()]


@pytest.mark.parametrize("option", OF_THE_STEP, ids=lambda option: option.flag)
def test_an_option_may_refer_to_what_a_step_made_or_says_why_not(option: Option) -> None:
    """What it comes to is as if it had been written so; in which mode, it does not matter here."""
    words = shlex.split(EXAMPLES[option.flag])
    value = words if option.many else words[0] if words else ""
    beside = {"--at-most": " --repeat-while 'y < 3'", **BESIDE}.get(option.flag, "")
    if why := option.before_all or option.before_run:
        with pytest.raises(UsageError, match=re.escape(why)):
            from_keywords(**{option.keyword: "${load.said}"})
        return
    opened = resolved(parse_step(f"all {option.flag} '${{load.said}}'{beside}").options, {}, "all")
    answered = told(answer("all", opened.made, {"load.said": value}))
    expected = replace(parse_step(f"all {said(option)}").options, referring=opened.referring)
    assert settled(Step("all", 0, "", "", options=opened), answered, {}).options == expected
