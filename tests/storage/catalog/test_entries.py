"""Rules of entries: names before patterns, places that count from the notebook, mistakes in words."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from jupyter_pipes.model.errors import ConfigurationError
from jupyter_pipes.storage.catalog.entries import Catalog, catalog_of

PLACE = Path("/project/pipes.toml")


def catalog(text: str, directory: str = "/project") -> Catalog:
    return catalog_of(tomllib.loads(text), PLACE, PLACE.parent, Path(directory))


def test_a_names_own_entry_goes_before_patterns_and_a_pattern_gives_each_name_its_place() -> None:
    """`df_*` is what all names that fit have in common; the name stands in the path."""
    it = catalog(
        '"df_*" = { format = "parquet", path = "o/{name}.pq" }\ndf_raw = { format = "csv", path = "raw.csv" }'
    )
    raw, clean = it.entry("df_raw"), it.entry("df_clean")
    assert raw is not None
    assert clean is not None
    assert (raw.format, raw.path) == ("csv", "raw.csv")
    assert (clean.format, clean.path, clean.name) == ("parquet", "o/df_clean.pq", "df_clean")
    assert it.entry("other") is None


@pytest.mark.parametrize(
    ("said", "directory", "path"),
    [
        ('path = "a.csv"', "/project", "a.csv"),
        ('path = "data/a.csv"', "/project/notebooks", "../data/a.csv"),
        ('path = "/elsewhere/a.csv"', "/project", "/elsewhere/a.csv"),
        ('path = "file:///elsewhere/a.csv"', "/project", "/elsewhere/a.csv"),
        ('path = "s3://bucket/a.csv"', "/project/notebooks", "s3://bucket/a.csv"),
        ("", "/project", "catalog/x.csv"),
        ('path = "sqlite:///shop.db"', "/project/notebooks", "sqlite:///../shop.db"),
    ],
)
def test_paths_count_from_the_file_of_the_settings(said: str, directory: str, path: str) -> None:
    """What is returned counts from the notebook's folder, in which steps run."""
    fields = ", ".join(filter(None, ['format = "csv"' if "sqlite" not in said else 'format = "sql"', said]))
    entry = catalog(f"x = {{ {fields} }}", directory).entry("x")
    assert entry is not None
    assert entry.path == path


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x = 1", "entries of the catalog are tables"),
        ('x = { path = "a" }', "catalog entry x: it needs a format. There are parquet, csv, feather"),
        ('x = { format = "parqet" }', "catalog entry x: there is no format 'parqet'; did you mean parquet?"),
        ('x = { format = "csv", pth = "a" }', "catalog entry x: Object contains unknown field `pth`"),
        ('x = { format = "csv", path = 3 }', "catalog entry x: Expected `str`, got `int`"),
        ('"a-b" = { format = "csv" }', "catalog entry a-b: is no name of a variable"),
        (
            'x = { format = "csv", path = "{region}.csv" }',
            r"\{region\} is no placeholder: is \{params.region\} meant",
        ),
        ('x = { format = "csv", path = "{a-b}.csv" }', r"\{a-b\} is no placeholder. There are"),
        ('x = { format = "csv", path = "a{.csv" }', "a brace without its counterpart"),
        (
            'x = { format = "csv", library = "dask" }',
            "csv is read by pandas or polars or pyarrow, not by dask",
        ),
        ('x = { format = "sql" }', 'a table needs path = "DATABASE URL"'),
        ('x = { format = "csv", table = "t" }', 'table is for format = "sql"'),
        ('x = { format = "sql", path = "sqlite:///a.db", versioned = true }', "a table has no versions"),
        ('"x_*" = { format = "csv", path = "x.csv" }', r"put \{name\} into the path"),
        (
            'x = { format = "csv", path = "a.csv" }\ny = { format = "csv", path = "a.csv" }',
            "catalog entry y has the place of x: one would overwrite the other",
        ),
        (
            'x = { format = "csv", load = { parse_dates = 2020-01-01 } }',
            "the option parse_dates is a date: write it as a text",
        ),
        (
            'x = { format = "csv", load = { storage_options = { secret = "hush" } } }',
            "the option secret would be kept with the runs",
        ),
        ('x = { format = "sql", path = "postgresql://me:hush@host/db" }', "there is a password in its path"),
        ('x = { format = "sql", path = "mssql://host/db?PWD=hush" }', "there is a password in its path"),
    ],
)
def test_every_mistake_is_told_with_file_entry_and_what_to_do(text: str, words: str) -> None:
    """Nobody's password is told with it."""
    with pytest.raises(ConfigurationError, match=words) as raised:
        catalog(text)
    assert str(PLACE) in raised.value.message
    assert "hush" not in raised.value.message


def test_a_name_that_two_patterns_fit_needs_an_entry_of_its_own() -> None:
    """Which of them is meant is not guessed."""
    it = catalog('"df_*" = { format = "csv" }\n"*_raw" = { format = "csv", path = "r/{name}" }')
    with pytest.raises(ConfigurationError, match=r"df_raw fits df_\* and \*_raw: give it an entry"):
        it.entry("df_raw")


def test_a_password_that_a_variable_has_may_stand_for_one() -> None:
    """It is looked up where the table is read or written, and kept nowhere."""
    entry = catalog('x = { format = "sql", path = "postgresql://me:{env.PW}@host/db" }').entry("x")
    assert entry is not None
    assert entry.path == "postgresql://me:{env.PW}@host/db"
