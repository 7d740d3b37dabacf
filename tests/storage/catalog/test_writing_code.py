"""The code that writes an entry is what a cell would have for it; what has none is refused in words."""

from __future__ import annotations

import ast

import pytest

from jupyter_pipes.storage.catalog.entries import Entry
from jupyter_pipes.storage.catalog.writing_code import code_to_write


def line(entry: Entry) -> str:
    """The statement that writes, in one line."""
    return ast.unparse(ast.parse(code_to_write(entry)).body[-1]).replace("\n    ", " ")


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (
            Entry("x", "csv", "a.csv"),
            "x.to_csv('a.csv', index=not x.index.identical(pandas.RangeIndex(len(x))))",
        ),
        (Entry("x", "csv", "a.csv", save={"index": True}), "x.to_csv('a.csv', index=True)"),
        (Entry("x", "csv", "a.csv", library="polars"), "x.write_csv('a.csv')"),
        (Entry("x", "parquet", "s3://b/x"), "x.to_parquet('s3://b/x')"),
        (Entry("x", "feather", "a", library="pyarrow"), "pyarrow.feather.write_feather(x, 'a')"),
        (
            Entry("x", "json", "{params.n}/a.json", save={"indent": 2}),
            "with pathlib.Path(f'{n}/a.json').open('w', encoding='utf-8') as file: "
            "json.dump(x, file, ensure_ascii=False, indent=2)",
        ),
        (
            Entry("x", "text", "a", save={"encoding": "latin-1"}),
            "with pathlib.Path('a').open('w', encoding='latin-1') as file: file.write(x)",
        ),
        (
            Entry("x", "npy", "a"),
            "with pathlib.Path('a').open('wb') as file: "
            "numpy.save(file, numpy.asarray(x), allow_pickle=False)",
        ),
        (
            Entry("x", "png", "a", save={"dpi": 80}),
            "with pathlib.Path('a').open('wb') as file: x.savefig(file, format='png', dpi=80)",
        ),
        (
            Entry("x", "sql", "sqlite:///d/x.db", "t", save={"index": False}),
            "x.to_sql('t', 'sqlite:///d/x.db', if_exists='replace', index=False)",
        ),
    ],
    ids=lambda value: value.format if isinstance(value, Entry) else "",
)
def test_code_writes_as_the_library_of_the_entry_does(entry: Entry, expected: str) -> None:
    assert line(entry) == expected


def test_the_folder_of_a_file_of_this_machine_is_made() -> None:
    assert 'pathlib.Path("d/x.db")' in code_to_write(Entry("x", "sql", "sqlite:///d/x.db", "t")).replace(
        "'", '"'
    )
    assert "mkdir" not in code_to_write(Entry("x", "csv", "s3://b/x.csv"))


def test_variables_of_the_environment_are_looked_up_where_it_is_written() -> None:
    assert "os.environ['PLACE']" in code_to_write(Entry("x", "csv", "{env.PLACE}/x.csv"))


@pytest.mark.parametrize(
    ("entry", "taken", "reason"),
    [
        (Entry("x", "csv", "{run}.csv"), (), "named after a run"),
        (Entry("x", "csv", "a", versioned=True), (), "it has versions"),
        (Entry("x", "npy", "s3://b/x"), (), "no library writes npy there"),
        (Entry("x", "json", "a"), ("json",), "the module json, which writes it, is called like a name"),
    ],
)
def test_what_no_code_can_write_says_why(entry: Entry, taken: tuple[str, ...], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        code_to_write(entry, taken)


def test_the_open_file_has_a_name_of_its_own() -> None:
    assert "as file_:" in code_to_write(Entry("x", "json", "a"), {"file"})
