"""Tasks of Luigi as steps: taken in is what Luigi would run, and what cannot be is refused by name."""

from __future__ import annotations

from types import ModuleType

import pytest

from jupyter_pipes.model.errors import ParameterError, UsageError
from jupyter_pipes.model.steps import Step
from jupyter_pipes.runs.modules import import_module
from jupyter_pipes.runs.pipeline import Pipeline

TASKS = '''
from datetime import date

import luigi
from luigi.mock import MockTarget
from luigi.parameter import ParameterVisibility
from luigi.tools.range import RangeDaily


class Row(luigi.Target):
    def exists(self):
        return False


class Raw(luigi.ExternalTask):
    def output(self):
        return luigi.LocalTarget("raw[1].txt")


class Load(luigi.Task):
    """Loads rows."""

    task_namespace = "shop"
    rows = luigi.IntParameter(default=3)
    level = luigi.Parameter(default="info", significant=False)
    key = luigi.Parameter(default="", visibility=ParameterVisibility.PRIVATE)
    retry_count, worker_timeout, resources = 3, 60, {"cpus": 2, "memory_mb": 10, "licences": 1}

    def requires(self):
        return Raw()

    def output(self):
        return luigi.LocalTarget(f"load-{self.rows}.txt")


class Put(luigi.Task):
    rows = luigi.IntParameter(default=3)

    def requires(self):
        return Load(rows=self.rows)

    def output(self):
        return {"row": Row(), "folder": luigi.LocalTarget("pages/")}


class Fit(luigi.Task):
    rows = luigi.IntParameter(default=3)
    alpha = luigi.FloatParameter()

    def requires(self):
        return [Load(rows=self.rows), Put(rows=self.rows)]

    def output(self):
        return luigi.LocalTarget(f"fit-{self.alpha}.txt")


class Of(luigi.Task):
    of = luigi.TaskParameter()
    note = luigi.IntParameter(default=None)

    def requires(self):
        return self.of()


class All(luigi.WrapperTask):
    def requires(self):
        return [Fit(alpha=0.5), Fit(alpha=2.0)]


class Mail(luigi.Task):
    def requires(self):
        return All()


class Yields(luigi.Task):
    def run(self):
        yield Load()


class Mock(luigi.Task):
    def output(self):
        return MockTarget("x")


class Broken(luigi.Task):
    def requires(self):
        return 1 / 0


class Round(luigi.Task):
    def requires(self):
        return Again()


class Again(luigi.Task):
    def requires(self):
        return Round()


def inner():
    class Inner(luigi.Task):
        pass

    return Inner()
'''


@pytest.fixture(scope="module")
def tasks(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    """The module that has the tasks."""
    path = tmp_path_factory.mktemp("tasks") / "shop_tasks.py"
    path.write_text(TASKS)
    return import_module(path)


@pytest.fixture(scope="module")
def steps(tasks: ModuleType) -> dict[str, Step]:
    """The steps of all that `Mail` requires."""
    return {step.name: step for step in Pipeline.from_luigi(tasks.Mail()).graph.steps}


def test_each_task_is_one_step_behind_what_it_requires(steps: dict[str, Step]) -> None:
    """One of several of a family has its values in its name; what is external is none."""
    assert list(steps) == ["shop.Load", "Put", "Fit_0_5_3", "Fit_2_0_3", "All", "Mail"]
    assert steps["Fit_0_5_3"].options.after == ("shop.Load", "Put")
    assert steps["Mail"].options.after == ("All",)


def test_a_file_is_an_output_there_and_an_input_where_it_is_required(steps: dict[str, Step]) -> None:
    """Tasks without targets are looked through, as Luigi's own `flatten_output` does."""
    assert steps["shop.Load"].options.out_files == ("load-3.txt",)
    assert steps["shop.Load"].options.files == ("raw[[]1].txt",)
    assert steps["Fit_0_5_3"].files_from == {"load-3.txt": "shop.Load"}
    assert set(steps["Mail"].files_from) == {"fit-0.5.txt", "fit-2.0.txt"}


def test_what_is_no_file_counts_by_what_the_task_returned_and_is_asked_of_luigi(
    steps: dict[str, Step],
) -> None:
    assert steps["Put"].options.out_files == ()
    assert steps["Put"].options.always
    assert steps["Fit_2_0_3"].reads["Put_output"] == "Put"


@pytest.mark.parametrize(("step", "always"), [("All", False), ("Mail", True), ("shop.Load", False)])
def test_a_task_that_luigi_never_holds_for_complete_always_runs(
    steps: dict[str, Step], step: str, always: bool
) -> None:
    assert steps[step].options.always is always


def test_parameters_are_shared_where_their_values_are_the_same(tasks: ModuleType) -> None:
    """They are the texts of Luigi, which no run can override: the graph hangs on them. Private ones stay."""
    pipeline = Pipeline.from_luigi(tasks.Mail())
    assert {each.name: each.default for each in pipeline.parameters} == {
        "rows": "3",
        "level": "info",
        "Fit_0_5_3_alpha": "0.5",
        "Fit_2_0_3_alpha": "2.0",
    }
    with pytest.raises(ParameterError, match="parameter rows: '5' does not fit"):
        pipeline.values({"rows": "5"})
    assert pipeline.graph.step("shop.Load").options.ignored_parameters == ("level",)


def test_options_of_a_task_are_those_of_its_step(steps: dict[str, Step]) -> None:
    options = steps["shop.Load"].options
    assert (options.retries, options.timeout, options.cpus, options.memory) == (2, 60.0, 2, 10 * 2**20)
    assert (options.stage, steps["shop.Load"].doc) == ("shop", "Loads rows.")


def test_a_step_imports_the_classes_that_parameters_of_its_task_may_name(tasks: ModuleType) -> None:
    *_, step = Pipeline.from_luigi(tasks.Of(of=tasks.Mail)).graph.steps
    assert [piece.names for piece in step.prelude] == [("Mail",), ("Of",), ("run_task",)]


def test_a_default_that_luigi_cannot_write_comes_from_the_class(tasks: ModuleType) -> None:
    step = Pipeline.from_luigi(tasks.Of(of=tasks.Mail)).graph.step("Of")
    assert step.parameters == ("of",)


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        ("Yields()", "task Yields() cannot be taken in: it yields tasks in run()"),
        ("Mock()", "task Mock() cannot be taken in: it has a MockTarget"),
        ("Broken()", "task Broken(): its requires() raises ZeroDivisionError"),
        ("Load(key='mine')", "it has a value of key that is private, or another one when read from its text"),
        ("inner()", "it is no class at the top of shop_tasks"),
        ("Round()", "tasks require each other: "),
        ("RangeDaily(of=Load, start=date(2026, 1, 1))", "requires what is missing at the moment"),
        ("Raw()", "task Raw() is external: there is nothing to run"),
        ("Load", "from_luigi takes a task with its parameters, such as Train(rows=10), not <class"),
        ("3", "from_luigi takes a task with its parameters, such as Train(rows=10), not 3"),
    ],
)
def test_what_cannot_be_a_step_is_refused(tasks: ModuleType, made: str, reason: str) -> None:
    with pytest.raises(UsageError) as raised:
        Pipeline.from_luigi(eval(made, vars(tasks)))
    assert reason in str(raised.value)
