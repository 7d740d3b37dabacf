"""Two runs are told apart by what differs and nothing else, in words, as a table and as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from jupyter_pipes.cli import documents
from jupyter_pipes.display.tables import Comparison
from jupyter_pipes.display.text import comparison_text
from jupyter_pipes.history.surroundings.environment import Environment
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.digests import digest
from jupyter_pipes.model.fold import fold
from jupyter_pipes.model.parts import Part
from jupyter_pipes.model.results import ArtifactRef, Usage
from jupyter_pipes.model.steps import Status, StepOptions
from jupyter_pipes.model.views import RunView
from jupyter_pipes.planning.signing.signature import code_part
from jupyter_pipes.runs.comparing.comparison import LOADED, Difference, Side, differences

LOAD = ev.PlannedStep("load", writes=("df",))
TRAIN = ev.PlannedStep("train", ("load",), reads={"df": "load"}, writes=("model",))


def run(
    *happened: ev.AnyEvent,
    name: str = "r1",
    steps: tuple[ev.PlannedStep, ...] = (LOAD,),
    version: str = "1.0.0",
    **params: Any,
) -> RunView:
    """Return a run that had these events, one second apart."""
    events = (ev.RunStarted("study", version, steps, params), *happened)
    return fold(name, [ev.Record(name, seq, 100.0 + seq, event) for seq, event in enumerate(events)])


def ran(
    step: str = "load",
    *reported: ev.AnyEvent,
    seconds: float = 1.0,
    status: Status = Status.COMPLETED,
    reason: str = "",
    why: tuple[str, ...] = (),
) -> tuple[ev.AnyEvent, ...]:
    """Return the events of a step that ran."""
    outcome = "completed" if status is Status.COMPLETED else "failed"
    return (
        ev.StepDecided(step, "run", why, "sig"),
        ev.AttemptStarted(step, 1, 7, "host"),
        *reported,
        ev.AttemptEnded(step, 1, outcome, reason, usage=Usage(seconds)),
        ev.StepEnded(step, status, reason),
    )


def cached(step: str = "load", *kept: ArtifactRef, source: str = "r0") -> tuple[ev.AnyEvent, ...]:
    """Return the events of a step whose earlier result was reused."""
    decided = ev.StepDecided(step, "cached", ("nothing changed",), "sig", kept, source)
    return (decided, ev.StepEnded(step, Status.CACHED, f"nothing changed since run {source}"))


def side(
    view: RunView,
    parts: Mapping[str, tuple[Part, ...]] | None = None,
    values: Mapping[str, Any] | None = None,
    environment: Environment | None = None,
) -> Side:
    held = values or {}
    return Side(view, parts or {}, lambda artifact: held[artifact.digest], environment)


def told(a: Side, b: Side) -> list[tuple[str | None, str, str, Any, Any]]:
    return [(one.step, one.what, one.name, one.a, one.b) for one in differences(a, b)]


def metric(name: str, value: Any, at: float | None = None) -> ev.MetricReported:
    return ev.MetricReported("load", 1, name, value, at)


def artifact(name: str, content: str, kind: str = "dict", size: int = 10, **more: Any) -> ArtifactRef:
    return ArtifactRef(name, content, kind, size, "pickle", **more)


def stored(ref: ArtifactRef) -> ev.ArtifactStored:
    return ev.ArtifactStored("load", 1, ref)


# --- runs --------------------------------------------------------------------------------------------------


def test_two_runs_of_the_same_do_not_differ() -> None:
    parts = {"load": (code_part("code", "", "df = 1"),)}
    environment = Environment("3.11.2", packages={"pandas": "3.0.1"}, diff="+x")
    happened = ran("load", metric("auc", 0.5), stored(artifact("df", "aa")))
    one, other = (
        side(run(*happened, name=name, rows=10), parts, environment=environment) for name in ("r1", "r2")
    )
    assert differences(one, other) == []


def test_pipeline_version_status_and_reason_of_the_runs() -> None:
    one = run(*ran(), ev.RunEnded(Status.COMPLETED))
    other = run(*ran(), ev.RunEnded(Status.FAILED, "load failed"), version="1.0.1")
    assert told(side(one), side(other)) == [
        (None, "version", "", "1.0.0", "1.0.1"),
        (None, "status", "", "completed", "failed"),
        (None, "reason", "", "", "load failed"),
    ]


@pytest.mark.parametrize(
    ("old", "new"), [(0.1, 0.2), (1, 1.0), (1, True), (1, "1"), (None, 0), ([1, 2], [2, 1]), ("NaN", None)]
)
def test_parameters_differ_by_value_and_type(old: Any, new: Any) -> None:
    found = told(side(run(lr=old, same=1)), side(run(lr=new, same=1)))
    assert found == [(None, "parameter", "lr", old, new)]
    assert type(found[0][3]) is type(old)


def test_a_parameter_that_one_run_lacks_is_not_the_same_as_none() -> None:
    (found,) = differences(side(run(lr=None)), side(run(name="r2")))
    assert found == Difference(None, "parameter", "lr", None, None, "only in run r1")


@pytest.mark.parametrize(
    ("old", "new", "matters"),
    [(1.2, 3.4, True), (3.4, 1.2, True), (1.0, 1.15, False), (1.0, 1.25, True), (0.01, 0.09, False)],
)
def test_durations_count_when_they_differ_by_a_fifth_and_a_tenth_of_a_second(
    old: float, new: float, matters: bool
) -> None:
    found = told(side(run(*ran(seconds=old))), side(run(*ran(seconds=new))))
    assert found == ([("load", "seconds", "", old, new)] if matters else [])


def test_a_step_that_only_one_run_has_is_told_and_nothing_more_of_it() -> None:
    one = run(*ran())
    other = run(*ran(), *ran("train"), steps=(LOAD, TRAIN))
    parts = {"train": (code_part("code", "", "fit"),)}
    assert told(side(one), side(other, parts)) == [("train", "step", "", None, "completed")]
    assert told(side(other, parts), side(one)) == [("train", "step", "", "completed", None)]


def test_edges_are_told_by_what_leads_to_the_step() -> None:
    clean = ev.PlannedStep("clean")
    reads, options = {"df": "clean", "lr": "params"}, StepOptions(after=("load", "clean"))
    moved = ev.PlannedStep("train", ("clean",), reads=reads, options=options)
    one, other = run(steps=(LOAD, clean, TRAIN)), run(steps=(LOAD, clean, moved))
    assert [found for found in told(side(one), side(other)) if found[1] == "edge"] == [
        ("train", "edge", "df", "load", "clean"),
        ("train", "edge", "--after", None, "clean, load"),
    ]


# --- parts -------------------------------------------------------------------------------------------------


def test_changed_code_comes_with_a_diff() -> None:
    old, new = "df = read()\ndf = df.dropna()\n", "df = read()\n"
    one, other = ({"load": (code_part("code", "", source),)} for source in (old, new))
    (found,) = differences(side(run(), one), side(run(), other))
    assert (found.step, found.what, found.a, found.b) == ("load", "code", old, new)
    assert found.diff.splitlines()[3:] == [" df = read()", "-df = df.dropna()"]


def test_what_does_not_count_for_the_signature_is_no_difference() -> None:
    one, other = ({"load": (code_part("code", "", source),)} for source in ("x=1", "x = 1  # more"))
    assert differences(side(run(), one), side(run(), other)) == []


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (Part("helper", "f", "1", "def f(): 1"), None, ("helper", "f", "def f(): 1", None)),
        (None, Part("setup", "#1", "1", "import os"), ("setup", "#1", None, "import os")),
        (
            Part("input", "df", f"pickle:{digest('a')}", origin="load"),
            Part("input", "df", f"pickle:{digest('b')}", origin="load"),
            ("input", "df", digest("a")[-12:], digest("b")[-12:]),
        ),
        (Part("file", "d.csv", digest("a")), None, ("file", "d.csv", digest("a")[-12:], None)),
        (
            Part("python", "", "3.11", "3.11"),
            Part("python", "", "3.12", "3.12"),
            ("python", "", "3.11", "3.12"),
        ),
        (
            Part("parameter", "n", "1", "1"),
            Part("parameter", "n", "2", "1.0"),
            ("parameter", "n", "1", "1.0"),
        ),
    ],
)
def test_every_kind_of_part(old: Part | None, new: Part | None, expected: tuple[Any, ...]) -> None:
    one, other = ({"load": (part,) if part else ()} for part in (old, new))
    assert told(side(run(), one), side(run(), other)) == [("load", *expected)]


def test_a_step_that_was_never_decided_has_no_parts_to_compare() -> None:
    parts = {"load": (code_part("code", "", "x = 1"),)}
    assert differences(side(run(), parts), side(run())) == []


def test_what_holds_for_the_whole_run_is_not_told_again_for_every_step() -> None:
    def one(version: str, lr: str, python: str) -> Side:
        parts = (
            Part("parameter", "lr", lr, lr),
            Part("package", "sklearn", version, f"scikit-learn {version}"),
            Part("python", "", python, python),
        )
        environment = Environment(f"{python}.1", packages={"scikit-learn": version})
        return side(run(lr=lr), {"load": parts}, environment=environment)

    assert told(one("1.5", "1", "3.11"), one("1.6", "2", "3.12")) == [
        (None, "parameter", "lr", "1", "2"),
        (None, "python", "", "3.11.1", "3.12.1"),
        (None, "package", "scikit-learn", "1.5", "1.6"),
    ]


# --- environment -------------------------------------------------------------------------------------------


def test_environments_are_compared_fact_by_fact() -> None:
    one = Environment("3.11.2", host="a", packages={"pandas": "3.0.1", "old": "1"}, memory=2**30, diff="+x\n")
    other = Environment("3.11.2", host="b", packages={"pandas": "3.1.1", "new": "2"}, memory=2**31)
    a, b = side(run(), environment=one), side(run(), environment=other)
    assert told(a, b) == [
        (None, "package", "pandas", "3.0.1", "3.1.1"),
        (None, "package", "old", "1", None),
        (None, "package", "new", None, "2"),
        (None, "environment", "host", "a", "b"),
        (None, "environment", "memory", "1.0 GiB", "2.0 GiB"),
        (None, "environment", "uncommitted changes", "1 line", "0 lines"),
    ]
    assert differences(a, b)[-1].diff.endswith("-+x")
    assert differences(a, side(run())) == []


def test_very_long_uncommitted_changes_are_not_held_against_each_other() -> None:
    one, other = (side(run(), environment=Environment(diff="+x\n" * length)) for length in (6_000, 6_001))
    assert differences(one, other)[0].diff == "too long to be compared: 6,001 lines"


# --- outcomes ----------------------------------------------------------------------------------------------


def test_a_cache_hit_is_told_by_its_decision_not_by_status_and_time() -> None:
    one, other = run(*ran(seconds=60, why=("code changed",))), run(*cached())
    assert differences(side(one), side(other)) == [
        Difference("load", "decision", "", "run", "cached", "code changed")
    ]
    assert told(side(other), side(one)) == [("load", "decision", "", "cached", "run")]


def test_two_cache_hits_of_different_runs_do_not_differ() -> None:
    assert differences(side(run(*cached(source="r0"))), side(run(*cached(source="r9")))) == []


def test_failures_are_told_with_their_reasons() -> None:
    failed = run(*ran(status=Status.FAILED, reason="ValueError: no"))
    worse = run(*ran(status=Status.FAILED, reason="KeyError: 'x'"))
    assert told(side(run(*ran())), side(failed)) == [
        ("load", "status", "", "completed", "failed"),
        ("load", "reason", "", "", "ValueError: no"),
    ]
    assert told(side(failed), side(worse)) == [("load", "reason", "", "ValueError: no", "KeyError: 'x'")]


def test_metrics_differ_in_their_last_value_or_the_number_of_points() -> None:
    one = run(
        *ran("load", metric("auc", 0.8), metric("loss", 1.0, 1), metric("loss", 0.5, 2), metric("a", 1))
    )
    other = run(*ran("load", metric("auc", 0.9), metric("loss", 0.5, 1), metric("b", float("nan"))))
    assert differences(side(one), side(other)) == [
        Difference("load", "metric", "auc", 0.8, 0.9),
        Difference("load", "metric", "loss", 0.5, 0.5, "2 → 1 points"),
        Difference("load", "metric", "a", 1, None),
        Difference("load", "metric", "b", None, "NaN"),
    ]


def test_what_is_on_the_runs_is_compared_as_theirs_by_step_and_name() -> None:
    """Metrics and artifacts that `--monitor` names; not those of a step that one run did not reach."""
    load = ev.PlannedStep("load", options=StepOptions(monitor=("metric:auc", "artifact:report")))
    late = ev.PlannedStep("late", options=StepOptions(monitor=("metric:*",)))
    late_ran = ran("late", ev.MetricReported("late", 1, "n", 1.0))

    def one(auc: float, report: str, *more: ev.AnyEvent) -> Side:
        reported = (metric("auc", auc), metric("loss", auc), stored(artifact("report", report)))
        return side(run(*ran("load", *reported), *more, steps=(load, late)), values={"x": 1, "y": 2})

    differing = told(one(0.5, "x"), one(0.7, "y", *late_ran))
    assert [each[1:] for each in differing if each[0] is None] == [
        ("metric", "load/auc", 0.5, 0.7),
        ("artifact", "load/report", "dict", "dict"),
    ]
    assert told(one(0.5, "x"), one(0.5, "x")) == []


def test_a_cached_step_has_the_metrics_of_what_it_reuses() -> None:
    decided = ev.StepDecided("load", "cached", (), "sig", (), "r0", metrics={"auc": 0.7})
    one, other = run(*ran("load", metric("auc", 0.8))), run(decided, ev.StepEnded("load", Status.CACHED))
    assert told(side(one), side(other))[1:] == [("load", "metric", "auc", 0.8, 0.7)]


def test_a_step_that_was_not_reached_has_no_metrics_to_compare() -> None:
    one, other = run(*ran("load", metric("auc", 0.8))), run(ev.StepEnded("load", Status.SKIPPED, "no"))
    assert [what for _, what, *_ in told(side(one), side(other))] == ["status", "reason"]


# --- artifacts ---------------------------------------------------------------------------------------------


def of_artifacts(
    old: ArtifactRef | None, new: ArtifactRef | None, values: Mapping[str, Any] | None = None
) -> list[Difference]:
    one, other = (run(*ran("load", *([stored(ref)] if ref else []))) for ref in (old, new))
    return differences(side(one, values=values), side(other, values=values))


def test_a_changed_artifact_is_told_by_type_shape_and_changed_values() -> None:
    old = artifact("params", "a", shape=(2,))
    new = artifact("params", "b", shape=(3,))
    values = {"a": {"lr": 0.1, "n": 1}, "b": {"lr": 0.2, "n": 1, "m": 2}}
    assert of_artifacts(old, new, values) == [
        Difference(
            "load",
            "artifact",
            "params",
            "dict, 2",
            "dict, 3",
            'params["lr"]: 0.1 → 0.2\nparams["m"]: 2 added',
        )
    ]


def test_an_artifact_of_one_run_only() -> None:
    ref = artifact("df", "a", "pandas.DataFrame", shape=(1000, 2))
    assert of_artifacts(ref, None) == [
        Difference("load", "artifact", "df", "pandas.DataFrame, 1,000 \N{MULTIPLICATION SIGN} 2", None)
    ]


@pytest.mark.parametrize(
    ("old", "new", "how"),
    [
        (artifact("m", "a", "sklearn.Ridge"), artifact("m", "b", "sklearn.Ridge"), "other content"),
        (artifact("m", "a", "int"), artifact("m", "b", "float"), "other content"),
        (artifact("m", "a"), artifact("m", "b", size=LOADED + 1), "not compared: larger than 50 MB"),
        (artifact("m", "a"), artifact("m", "gone"), "not compared: KeyError: 'gone'"),
        (artifact("m", "a"), artifact("m", "same"), "other content"),
    ],
)
def test_what_is_not_looked_into_is_said(old: ArtifactRef, new: ArtifactRef, how: str) -> None:
    """Only plain data and tables are loaded: anything else may run code or be slow to load."""
    found = of_artifacts(old, new, {"a": {}, "same": {}} if old.type == "dict" else None)
    assert [one.diff for one in found] == [how]


def test_a_cached_artifact_is_compared_and_one_that_a_skipped_step_never_made_is_not() -> None:
    ref = artifact("n", "a", "int", preview="1")
    one = run(*ran("load", stored(ref)))
    again = run(*cached("load", artifact("n", "b", "int", preview="2")))
    values = {"a": 1, "b": 2}
    assert [
        (d.what, d.a, d.b, d.diff) for d in differences(side(one, values=values), side(again, values=values))
    ][1:] == [("artifact", "int 1", "int 2", "n: 1 → 2")]
    skipped = run(ev.StepEnded("load", Status.SKIPPED, "not needed"))
    assert [what for _, what, *_ in told(side(one), side(skipped))] == ["status", "reason"]


# --- shown -------------------------------------------------------------------------------------------------

DIFF = "--- before\n+++ now\n@@ -1 +1,2 @@\n-x = 1\n+x = 2\n+y = 3"
FOUND = (
    Difference(None, "parameter", "lr", 0.1, 0.2),
    Difference("load", "code", "", "x = 1\n", "x = 2\ny = 3\n", DIFF),
    Difference("load", "seconds", "", 1.2, 300.0),
    Difference("load", "artifact", "df", None, "pandas.DataFrame, 3", ""),
    Difference("load", "decision", "", "run", "cached", "code changed"),
)
NASTY = Difference(
    "<b>s</b>", "artifact", "<i>n</i>", "<script>a</script>", "\x1b[31mred", "<u>1</u>\n+<u>2</u>\x1b[2J"
)


def test_as_text_it_is_a_table_with_the_diffs_below() -> None:
    text = comparison_text(("r1", "r2"), FOUND, colour=False)
    table, below = text.split("\n\n")
    assert [" ".join(line.split()) for line in table.splitlines()] == [
        "step what name r1 r2 how",
        "parameter lr 0.1 0.2",
        "load code 1 line 2 lines",
        "load seconds 1.2 s 5 min 00 s",
        "load artifact df — pandas.DataFrame, 3",
        "load decision run cached code changed",
    ]
    assert below.splitlines() == [
        "load · code",
        *(f"    {line}" for line in FOUND[1].diff.splitlines()),
    ]


def test_a_terminal_gets_colours_and_none_of_those_that_values_bring() -> None:
    text = comparison_text(("r1", "r2"), (*FOUND, NASTY), colour=True)
    assert "\x1b[32m    +y = 3" in text
    assert "\x1b[31m    -x = 1" in text
    assert "\x1b[31mred" not in text
    assert "\x1b[2J" not in text


def test_in_a_notebook_it_is_a_table_with_coloured_diffs() -> None:
    html = Comparison(("r1", "r2"), FOUND)._repr_html_()
    assert '<span class="added">+y = 3</span>' in html
    assert '<span class="removed">-x = 1</span>' in html
    assert html.count("<b>load</b>") == 1
    assert "5 min 00 s" in html


def test_names_values_and_diffs_are_shown_as_text() -> None:
    html = Comparison(("<r1>", "r2"), (NASTY,))._repr_html_()
    for tag in ("<script", "<i>n", "<b>s", "<u>", "<r1>"):
        assert tag not in html.partition("</style>")[2].replace("<b>&lt;b", "")


def test_runs_that_do_not_differ_are_said_to() -> None:
    assert differences(side(run(name="r1")), side(run(name="r2"))) == []
    same = Comparison(("r1", "r2"), ())
    assert repr(same) == "runs r1 and r2: nothing differs"
    assert "nothing differs" in same._repr_html_()


def test_the_json_document_has_the_fields_of_the_contract() -> None:
    document = documents.of_comparison("r1", "r2", FOUND[:1])
    assert json.loads(document.json()) == {
        "runs": ["r1", "r2"],
        "differences": [{"step": None, "what": "parameter", "name": "lr", "a": 0.1, "b": 0.2, "diff": ""}],
    }
    assert len(json.loads(documents.of_comparison("r1", "r2", FOUND).json())["differences"]) == len(FOUND)
