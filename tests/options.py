"""Every option of `%%step`, said once: for tests that follow options through all that carries them."""

from __future__ import annotations

from jupyter_pipes.model.steps import StepOptions
from jupyter_pipes.pipelines.options.table import STEP_OPTIONS
from jupyter_pipes.pipelines.step_options import parse_step

EXAMPLES = {
    "--after": "first",
    "--in": "x",
    "--out": "y",
    "--file": "data.csv",
    "--out-file": "made.txt",
    "--when": "x",
    "--gate": "'Look at the report'",
    "--before": "look",
    "--after-done": "tell",
    "--on-status": "log",
    "--monitor": "metric:loss 'model:*'",
    "--map": "'each in range(2)'",
    "--repeat-while": "'y < 3' --at-most 5",
    "--at-most": "5 --repeat-while 'y < 3'",
    "--bash": "",
    "--pipeline": "other.ipynb",
    "-p": "rows=10",
    "--always": "",
    "--never-cache": "",
    "--version": "v2",
    "--ignore-param": "level",
    "--retries": "2",
    "--retry-delay": "1.5s",
    "--retry-on": "ValueError again",
    "--timeout": "10m",
    "--on-fail": "ignore",
    "--cpus": "2",
    "--memory": "1.5G",
    "--queue": "gpu",
    "--packages": "numpy<3 'tiny==1'",
    "--python": "3.12",
    "--env": ".venv",
    "--env-var": "'LEVEL=very high' TOKEN",
    "--repo": f"https://example.org/models@{40 * '0'}",
    "--container": "docker.io/library/python:3.12",
    "--stage": "work",
    "--tags": "a,b",
}
"""Flag -> a value that is not what holds when nothing is said, for each option that is about a step."""

CALLBACKS = (
    "def look(step, params): ...\ndef tell(step): ...\ndef log(step, old, new): ...\n"
    "def again(error, attempt): ..."
)
"""What the examples name, as code of a cell."""

OF_THE_CELL = ("--run", "--append")
OF_THE_STEP = tuple(option for option in STEP_OPTIONS if option.flag not in OF_THE_CELL)
SAID = " ".join(f"{option.flag} {EXAMPLES.get(option.flag, '')}" for option in OF_THE_STEP)
EVERY_OPTION: StepOptions = parse_step(f"all {SAID}").options

_ALONE = ("--env", "--container", "--bash", "--pipeline", "-p")
TOGETHER = " ".join(
    f"{each.flag} {EXAMPLES.get(each.flag, '')}" for each in OF_THE_STEP if each.flag not in _ALONE
)
"""All that one step of Python may say: what says a whole environment excludes what says parts of one."""

ALL_TOGETHER: StepOptions = parse_step(f"all {TOGETHER}").options
