"""Names that code gives to parts of a module's state are spelled out, where it is sure what they are."""

from __future__ import annotations

import pytest

from jupyter_pipes.analysis.settings.shared_parts import spelled_out

MAKE = 'log = logging.getLogger("ä")'


@pytest.mark.parametrize(
    ("source", "spelled"),
    [
        ("{make}\nlog.setLevel(1)", '{make}\nlogging.getLogger("ä").setLevel(1)'),
        ("{make}\nf('é', log, log)", '{make}\nf(\'é\', logging.getLogger("ä"), logging.getLogger("ä"))'),
        ("x = 1\r\n{make}\r\nlog.a", 'x = 1\r\n{make}\r\nlogging.getLogger("ä").a'),
    ],
)
def test_a_name_that_is_bound_once_is_spelled_out(source: str, spelled: str) -> None:
    assert spelled_out(source.format(make=MAKE)) == spelled.format(make=MAKE)


@pytest.mark.parametrize(
    "source",
    [
        "log.setLevel(1)",
        "log = make()\nlog.setLevel(1)",
        MAKE + "\nlog = None\nlog.setLevel(1)",
        MAKE + "\nfor log in logs:\n    log.setLevel(1)",
        'log = logging.getLogger(\n    "x"\n)\nlog.setLevel(1)',
        "%matplotlib inline\n!ls\n" + MAKE + "\nprint(",
    ],
)
def test_any_other_stays_as_it_is(source: str) -> None:
    assert spelled_out(source) == source
