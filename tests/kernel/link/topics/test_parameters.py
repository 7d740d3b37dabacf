"""The form of parameters: a field means what `-p NAME=TEXT` means, and says at itself what does not fit."""

from __future__ import annotations

from typing import Any

import pytest

from tests.kernel.link.conftest import AskedKernel

pytestmark = pytest.mark.slow

DECLARATIONS = """%%params
n: int = 3  # how many
share: float = 0.5
deep: bool = True
model: Literal["ridge", "lasso"] = "ridge"
rate: Annotated[float, Range(0, 1)] = 0.1
title = "a b"
day: date = date(2026, 1, 31)
xs: list[int] = [1, 2]
twice: int = n * 2
maybe: int | None = None
"""


def fields(kernel: AskedKernel) -> dict[str, dict[str, Any]]:
    return {field["name"]: field for field in kernel.answer("parameters")["fields"]}


@pytest.fixture
def form(kernel: AskedKernel) -> dict[str, dict[str, Any]]:
    kernel.show(params=DECLARATIONS, a="%%step a\nx = n")
    return fields(kernel)


@pytest.mark.parametrize(
    ("name", "kind", "default"),
    [
        ("n", "whole", "3"),
        ("share", "number", "0.5"),
        ("deep", "switch", "true"),
        ("model", "choice", "ridge"),
        ("rate", "number", "0.1"),
        ("title", "text", "a b"),
        ("day", "text", "2026-01-31"),
        ("xs", "text", "[1, 2]"),
        ("twice", "whole", None),
        ("maybe", "text", "None"),
    ],
)
def test_each_type_has_its_field_with_a_default_that_can_be_typed(
    form: dict[str, dict[str, Any]], name: str, kind: str, default: str | None
) -> None:
    assert (form[name]["kind"], form[name]["default"]) == (kind, default)


def test_the_comment_the_type_and_what_is_allowed_are_told(form: dict[str, dict[str, Any]]) -> None:
    assert (form["n"]["help"], form["n"]["annotation"], form["n"]["allowed"]) == (
        "how many",
        "int",
        "a whole number",
    )
    assert form["model"]["choices"] == ("ridge", "lasso")
    assert form["rate"]["allowed"] == "a number from 0 to 1"


@pytest.mark.usefixtures("form")
def test_what_does_not_fit_is_said_at_its_field_and_the_others_are_not_blamed(kernel: AskedKernel) -> None:
    checked = kernel.answer("check parameters", texts={"n": "many", "share": "1", "gone": "1", "rate": "2"})
    assert checked == {
        "misfits": {
            "n": "'many' does not fit; use a whole number",
            "gone": "the notebook declares no parameter gone any more",
            "rate": "'2' does not fit; use a number from 0 to 1",
        },
        "values": {},
    }


@pytest.mark.usefixtures("form")
def test_computed_parameters_follow_what_is_typed(kernel: AskedKernel) -> None:
    checked = kernel.answer("check parameters", texts={"n": "5"})
    assert (checked["misfits"], checked["values"]["twice"]) == ({}, "10")


def test_the_form_knows_what_the_last_run_was_given(kernel: AskedKernel) -> None:
    kernel.show(params=DECLARATIONS, a="%%step a\nx = n")
    kernel.run(params={"n": "5", "deep": "false"})
    used = {name: field["used"] for name, field in fields(kernel).items()}
    assert {name: text for name, text in used.items() if text is not None} == {"n": "5", "deep": "false"}
    assert kernel.session.run is not None
    assert kernel.session.run["x"] == 5


def test_a_field_may_refer_to_what_a_step_makes_and_that_is_checked(kernel: AskedKernel) -> None:
    kernel.show(
        p="%%params\nrows: int = 3", load="%%step load\ndf = [1, 2]", fit="%%step fit\ny = rows + len(df)"
    )
    told = kernel.answer("check parameters", texts={"rows": "${load.df[0]}"})
    assert told == {"misfits": {}, "values": {"rows": "${load.df[0]}"}}
    told = kernel.answer("check parameters", texts={"rows": "${load.dg}"})
    assert "dg" in told["misfits"]["rows"]
    kernel.show(fit="%%step fit --retries ${params.rows}\ny = len(df)")
    told = kernel.answer("check parameters", texts={"rows": "${laod.df}"})
    assert "did you mean load?" in told["misfits"]["rows"]
