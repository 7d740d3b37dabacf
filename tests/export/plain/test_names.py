"""Names of the engines and of exports, used by notebooks for something else: both mean what they meant."""

from __future__ import annotations

import inspect
import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from jupyter_pipes.export.clearml import export_clearml
from jupyter_pipes.export.kedro import export_kedro
from jupyter_pipes.export.luigi import export_luigi
from jupyter_pipes.export.plain import layout
from jupyter_pipes.export.plain.preparation import Exported
from jupyter_pipes.pipelines.declarations import cells as parameter_cells
from jupyter_pipes.pipelines.graph import build
from jupyter_pipes.pipelines.notebook import cell_from_source
from jupyter_pipes.storage.catalog.entries import NOTHING

NAMES = (
    *(
        "Any",
        "Counter",
        "Logger",
        "Nop",
        "Parameters",
        "Path",
        "Pipeline",
        "PipelineDecorator",
        "Step",
        "Task",
    ),
    *("after_load", "argspec", "cloudpickle", "clearml", "copy", "datetime", "deserialized", "flow", "yes"),
    *(
        "flow_shared",
        "get_basic_type",
        "inspect",
        "k",
        "kwargs",
        "load_runs",
        "log_metric",
        "logger",
        "logging",
    ),
    *("luigi", "main", "node", "nodes", "operator", "params", "pickle", "pipeline", "serialized", "steps"),
    *("study", "sys", "task", "value", "wait_for", "_unread"),
)
ROLES = {
    "helper": ("def {name}(x):\n    return x + 1\n", "{name}(1)"),
    "class": ("class {name}:\n    size = 2\n", "{name}.size"),
    "constant": ("{name} = 2", "{name}"),
    "import": ("from operator import pos as {name}", "{name}(2)"),
    "parameter": ("{name} = 2", "{name}"),
    "output": ("{name} = 2", "{name}"),
    "step": ("", "2"),
}
"""Role -> code that gives a name to something, and the expression that is 2 by it."""

HEADS = {"parameter": "%%params\n", "output": "%%step first\n"}
CURRENT = "from jupyter_pipes import current"


def files(export: Any, role: str, only: str = "", option: str = "") -> dict[str, str]:
    """Export a notebook in which all of the names, or only one, have a role, and a step reads them."""
    names = [only] if only else NAMES
    code, expression = ROLES[role]
    values = ", ".join(expression.format(name=name) for name in names)
    sources = [
        "%%params\nm = 1",
        *([HEADS.get(role, "") + "\n".join(code.format(name=name) for name in names)] if code else []),
        *([f"%%step {name}\nof_{name} = 2" for name in names] if not code else []),
        CURRENT,
        f"%%step load {option}\nresult = [{values}]\nunread = 1\ncurrent.metric('size', 1)",
        "%%step grow\nresult.append(1)",
        *(["%%step wait --after load\nother = 1"] if export is export_clearml else []),
    ]
    return exported(export, sources)


def exported(export: Any, sources: list[str]) -> dict[str, str]:
    cells = [cell_from_source(f"c{n}", n, source, "code")[0] for n, source in enumerate(sources, start=1)]
    parameters = parameter_cells.read(cells)[0]
    graph = build(cells, [parameter.spec for parameter in parameters])
    found: dict[str, str] = export(
        Exported(graph, cells, parameters, NOTHING, "study", "study.ipynb", "flow")
    )
    return found


@pytest.fixture(autouse=True)
def not_laid_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """What ruff does is told elsewhere."""
    monkeypatch.setattr(layout, "_ruff", lambda words, text: "[]" if "--exit-zero" in words else text)


class Decorator:
    """ClearML's components, called at once."""

    results: dict[str, Any]

    @classmethod
    def component(cls, *, return_values: list[str] | None = None, **_: Any) -> Any:
        def decorated(function: Any) -> Any:
            def call(**given: Any) -> Any:
                result = function(**given)
                cls.results[function.__name__] = result
                return result

            return call

        return decorated

    @classmethod
    def pipeline(cls, **said: Any) -> Any:
        assert said["artifact_deserialization_function"](said["artifact_serialization_function"](1)) == 1
        return lambda function: function

    @classmethod
    def debug_pipeline(cls) -> None:
        """All runs at once anyway."""


def clearml_modules() -> dict[str, ModuleType]:
    """Stand-ins for what the flow imports."""
    logger = SimpleNamespace(report_single_value=lambda *_: None)
    top = ModuleType("clearml")
    vars(top).update(
        Logger=SimpleNamespace(current_logger=lambda: logger),
        Task=SimpleNamespace(force_store_standalone_script=lambda: None),
    )
    controller = ModuleType("clearml.automation.controller")
    vars(controller).update(PipelineDecorator=Decorator)
    return {
        "clearml": top,
        "clearml.automation": ModuleType("clearml.automation"),
        "clearml.automation.controller": controller,
    }


def debugged(found: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Run a flow with `--debug`; return step -> what its component returned."""
    Decorator.results = {}
    for module, stand_in in clearml_modules().items():
        monkeypatch.setitem(sys.modules, module, stand_in)
    if "flow_shared.py" in found:
        shared = ModuleType("flow_shared")
        exec(compile(found["flow_shared.py"], "flow_shared.py", "exec"), vars(shared))
        monkeypatch.setitem(sys.modules, "flow_shared", shared)
    monkeypatch.setattr(sys, "argv", ["flow.py", "--debug"])
    exec(compile(found["flow.py"], "flow.py", "exec"), {"__name__": "__main__"})
    return Decorator.results


@pytest.mark.parametrize("role", ROLES)
def test_a_flow_of_clearml_runs_whatever_the_notebook_calls_by_its_names(
    role: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = files(export_clearml, role, option="--when 'm > 0'")
    assert debugged(found, monkeypatch)["grow"] == [*[2] * len(NAMES), 1]


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("name", ["Task", "clearml", "copy", "wait_for"])
def test_one_name_alone_leaves_the_others_as_they_are(
    name: str, role: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = files(export_clearml, role, name, option="--when 'm > 0'")
    assert debugged(found, monkeypatch)["grow"] == [2, 1]
    assert "@PipelineDecorator.component(" in found["flow.py"]


def test_the_same_import_is_nobodys_other_name() -> None:
    cells = [
        "import copy, inspect, sys",
        "%%step a\nx = copy.copy([len(sys.argv)])",
        "%%step b\nx.append(inspect)",
    ]
    found = exported(export_clearml, cells)
    assert "import sys\n" in found["flow.py"]
    assert "sys_" not in found["flow.py"]
    assert "    import inspect" not in found["flow.py"]


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(
    ("export", "file"),
    [(export_luigi, "flow_steps.py"), (export_kedro, "src/flow/pipelines/study/nodes.py")],
    ids=["luigi", "kedro"],
)
def test_functions_of_other_engines_mean_what_the_notebook_means(export: Any, file: str, role: str) -> None:
    module: dict[str, Any] = {"__name__": "study"}
    exec(compile(files(export, role)[file], file, "exec"), module)
    function = module["load"]
    given = inspect.signature(function).parameters
    assert function(**dict.fromkeys(given, 2)) == ([2] * len(NAMES), 1)
