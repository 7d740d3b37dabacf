"""Names that code gives to parts of a module's state are spelled out, where it is sure what they are."""

from __future__ import annotations

import pytest

from jupyter_pipes.analysis.settings.shared_parts import SharedParts

MAKE = 'log = logging.getLogger("ä")'
MODULES = frozenset(("os", "pd"))


def spelled_out(source: str) -> str:
    return SharedParts().spelled_out(source, MODULES)


@pytest.mark.parametrize(
    ("source", "spelled"),
    [
        ("{make}\nlog.setLevel(1)", '{make}\nlogging.getLogger("ä").setLevel(1)'),
        ("{make}\nf('é', log, log)", '{make}\nf(\'é\', logging.getLogger("ä"), logging.getLogger("ä"))'),
        ("x = 1\r\n{make}\r\nlog.a", 'x = 1\r\n{make}\r\nlogging.getLogger("ä").a'),
        ("env = os.environ\nenv['a'] = 'b'", "env = os.environ\nos.environ['a'] = 'b'"),
        ("o = pd.options\no.display.width = 1", "o = pd.options\npd.options.display.width = 1"),
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
        "values = frame.columns\nvalues[0] = 1",
        "old = pd.DataFrame.scale\npd.DataFrame.scale = 3\npd.DataFrame.scale = old",
    ],
)
def test_any_other_stays_as_it_is(source: str) -> None:
    assert spelled_out(source) == source


@pytest.mark.parametrize(
    ("between", "spelled"),
    [
        ("x = env['a']", "os.environ['a'] = 'b'"),
        ("env = {}", "env['a'] = 'b'"),
        ("x = 1", "os.environ['a'] = 'b'"),
    ],
)
def test_what_an_earlier_cell_bound_is_known_until_a_cell_binds_it_anew(between: str, spelled: str) -> None:
    parts = SharedParts()
    parts.spelled_out("env = os.environ", MODULES)
    parts.read(between)
    assert parts.spelled_out("env['a'] = 'b'", MODULES) == spelled
