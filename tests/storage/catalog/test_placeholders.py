"""Rules of placeholders: what they come to, and that what variables hold is never told."""

from __future__ import annotations

import pytest

from jupyter_pipes.model.errors import ConfigurationError
from jupyter_pipes.storage.catalog.placeholders import Filling, filled, masked, with_variables

FILLING = Filling("run-1", "0123456789abcdef0", "clean", "df", {"region": "north", "n": 1})


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("a/{params.region}/{params.n}.csv", "a/north/1.csv"),
        ("{run}/{step}/{name}-{signature}.csv", "run-1/clean/df-0123456789abcdef.csv"),
        ("{env.BUCKET}/a.csv", "{env.BUCKET}/a.csv"),
    ],
)
def test_placeholders_are_filled_but_for_the_environments(path: str, place: str) -> None:
    """Variables are looked up where the place is used."""
    assert filled(path, FILLING) == place


def test_what_is_not_known_is_said() -> None:
    """A step with `--never-cache` has no signature; a parameter may be another notebook's."""
    with pytest.raises(ConfigurationError, match="there is no parameter size; there are: region, n"):
        filled("{params.size}", FILLING)
    with pytest.raises(ConfigurationError, match=r"\{signature\} is not known of this value"):
        filled("{signature}", Filling(name="df"))


def test_variables_are_used_and_masked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Errors of libraries repeat the URLs that they were given."""
    monkeypatch.setenv("PW", "hush")
    path = "postgresql://me:{env.PW}@host/db"
    assert with_variables(path) == "postgresql://me:hush@host/db"
    assert masked("no connection to me:hush@host", path) == "no connection to me:***@host"
    monkeypatch.delenv("PW")
    with pytest.raises(ConfigurationError, match="the environment variable PW is not set"):
        with_variables(path)
