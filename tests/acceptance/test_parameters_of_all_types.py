"""Parameters of the types that notebooks have, with defaults and types from earlier cells."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest

from jupyter_pipes.model.errors import ParameterError
from tests.acceptance.conftest import NewProject


@pytest.mark.parametrize(
    ("declaration", "text", "default", "value"),
    [
        ("p: dt.date = dt.date(2024, 1, 1)", "2024-02-03", dt.date(2024, 1, 1), dt.date(2024, 2, 3)),
        ("p: dt.datetime = START", "2024-02-03", dt.datetime(2024, 1, 1, 12), dt.datetime(2024, 2, 3)),
        ("p: dt.time = dt.time(12, 30)", "10:00", dt.time(12, 30), dt.time(10)),
        ("p: dt.timedelta = dt.timedelta(hours=N)", "2h", dt.timedelta(hours=3), dt.timedelta(hours=2)),
        ("p: Decimal = Decimal('0.10')", "1.50", Decimal("0.10"), Decimal("1.50")),
        ("p: Path = Path('x') / 'y'", "z", Path("x/y"), Path("z")),
        ("p: Optional[dt.date] = None", "2024-02-03", None, dt.date(2024, 2, 3)),
        ("p: list[dt.date] = [START.date()]", "2024-02-03,2024-02-04", [dt.date(2024, 1, 1)], None),
        (
            "p: dict[str, Decimal] = {'a': Decimal(1)}",
            '{"b": "2.5"}',
            {"a": Decimal(1)},
            {"b": Decimal("2.5")},
        ),
        ("p: tuple[int, Path] = (N, Path('x'))", "(2, 'y')", (3, Path("x")), (2, Path("y"))),
        ("p: Literal['a', 'b'] = 'a'", "b", "a", "b"),
        ("p: int = twice(N)", "7", 6, 7),
        ("p: Color = Color.RED", "BLUE", "RED", "BLUE"),
    ],
)
def test_a_parameter_has_its_type_its_default_and_its_text(
    project: NewProject, declaration: str, text: str, default: object, value: object
) -> None:
    study = project(
        "import datetime as dt\nfrom decimal import Decimal\nfrom enum import Enum\nfrom pathlib import Path",
        "from typing import Literal, Optional\nN = 3\nSTART = dt.datetime(2024, 1, 1, 12)",
        "def twice(x): return 2 * x\nclass Color(Enum):\n    RED = 1\n    BLUE = 2",
        f"%%params\n{declaration}",
        "%%step a\nr = p.name if type(p).__name__ == 'Color' else p",
    )
    assert study.run()["r"] == default
    changed = study.run(params={"p": text})
    assert changed["r"] == ([dt.date(2024, 2, 3), dt.date(2024, 2, 4)] if value is None else value)
    assert type(changed["r"]) is type(default) or default is None
    assert study.run(params={"p": text}).steps["a"].status == "cached"


def test_members_of_the_notebooks_enumerations_are_those_of_the_step(project: NewProject) -> None:
    study = project(
        "from enum import Enum\nclass Color(Enum):\n    RED = 1\n    BLUE = 2",
        "%%params\ncolor: Color = Color.RED",
        "%%step a\nr = color is Color.RED",
        "%%step b\ns = color.value",
    )
    run = study.run()
    assert (run["r"], run["s"]) == (True, 1)


def test_the_module_datetime_is_the_notebooks(project: NewProject) -> None:
    study = project(
        "import datetime",
        "%%params\nday: datetime.date = datetime.date(2024, 1, 1)",
        "%%step a\nr = day.isoformat()",
    )
    assert study.run(params={"day": "2024-02-03"})["r"] == "2024-02-03"
    document = study.jupyter_pipes("run", "study.ipynb", "-p", "day=2024-02-03", "--json").document
    assert document["params"] == {"day": "2024-02-03"}


def test_what_a_default_uses_and_cannot_be_had_is_named(project: NewProject) -> None:
    study = project("import nothing_there", "%%params\nn: int = nothing_there.x", "%%step a\nr = n")
    assert study.pipeline().graph.errors == ()
    with pytest.raises(ParameterError, match="import nothing_there"):
        study.run()
