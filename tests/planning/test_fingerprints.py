"""Files, local modules and packages: what of this machine counts for a step."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from jupyter_pipes.analysis.local_modules import imported, reach
from jupyter_pipes.model.digests import digest
from jupyter_pipes.model.errors import UsageError
from jupyter_pipes.model.job import StepEnvironment
from jupyter_pipes.model.results import FileSeen
from jupyter_pipes.model.steps import CodePiece, Step, StepOptions
from jupyter_pipes.planning.fingerprints import code_behind, file_parts, import_parts, named_files


def step(body: str = "", **fields: Any) -> Step:
    return replace(Step("s", 0, body, "cell 1"), **fields)


# Files --------------------------------------------------------------------------------------------------


def test_files_named_with_an_option_and_in_literals_count_by_content(tmp_path: Path) -> None:
    for name in ("a.csv", "b1.csv", "b2.csv", "c.txt"):
        (tmp_path / name).write_text(name)
    helper = CodePiece("cell 2", 1, "def load():\n    return open('c.txt')", ("load",))
    reader = step("x = read('a.csv') + 'none.csv'", options=StepOptions(files=("b*.csv",)), prelude=(helper,))
    assert [part.name for part in file_parts(reader, tmp_path)] == ["b1.csv", "b2.csv"]
    named = [FileSeen(name, digest(name)) for name in ("a.csv", "c.txt")]
    assert named_files(reader, tmp_path) == tuple(named)


def test_a_file_outside_of_the_folder_may_be_one_that_the_step_is_about_to_make(tmp_path: Path) -> None:
    (tmp_path / "notebooks").mkdir()
    writer = step("save('../new.csv'); save('new.csv'); save('../none/new.csv'); save('/x.csv')")
    (named,) = named_files(writer, tmp_path / "notebooks")
    assert named == FileSeen("../new.csv", "")


def test_a_folder_elsewhere_is_named_with_a_slash_behind_it(tmp_path: Path) -> None:
    (tmp_path / "notebooks" / "here").mkdir(parents=True)
    (tmp_path / "data").mkdir()
    reader = step(f"x = ['../data', '..', 'here', '.', '/', '/usr', {str(tmp_path / 'data')!r}]")
    named = [seen.path for seen in named_files(reader, tmp_path / "notebooks")]
    assert named == ["../data/", "../", f"{tmp_path / 'data'}/"]


def test_a_named_file_that_is_not_there_is_an_error_with_the_step_and_line(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"step s: --file \*\.csv") as caught:
        file_parts(step(options=StepOptions(files=("*.csv",))), tmp_path)
    assert (caught.value.step, caught.value.line) == ("s", 1)


@pytest.mark.parametrize("text", ["", "\x00", "a" * 5000, "//\udcff", "a\nb", "."])
def test_odd_texts_in_code_are_no_files(tmp_path: Path, text: str) -> None:
    assert named_files(step(f"x = {text!r}"), tmp_path) == ()


# Modules ------------------------------------------------------------------------------------------------


def test_local_modules_are_followed_through_their_imports(tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text("import two, json\nfrom pkg.deep import f")
    (tmp_path / "two.py").write_text("import one\nimport numpy.linalg")
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg" / "__init__.py").write_text("")
    (tmp_path / "pkg" / "deep.py").write_text("from . import other\nimport pandas as pd")
    found = reach(["one", "os"], [tmp_path])
    names = sorted(path.relative_to(tmp_path).as_posix() for path in found.local)
    assert names == ["one.py", "pkg/__init__.py", "pkg/deep.py", "two.py"]
    assert found.others == ("json", "numpy.linalg", "os", "pandas")


def test_the_first_place_that_has_a_module_is_the_one_that_counts(tmp_path: Path) -> None:
    for place in ("first", "second"):
        (tmp_path / place).mkdir()
        (tmp_path / place / "mod.py").write_text(f"name = {place!r}")
    found = reach(["mod"], [tmp_path / "first", tmp_path / "second"])
    assert list(found.local) == [tmp_path / "first" / "mod.py"]


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("import a, b.c as d", ("a", "b.c")),
        ("from a.b import c", ("a.b",)),
        ("from . import a", ()),
        ("def f():\n    import a", ("a",)),
        ("%load_ext x", ()),
        ("import a\nimport a", ("a",)),
    ],
)
def test_what_code_imports(source: str, names: tuple[str, ...]) -> None:
    assert imported(source) == names


def test_a_local_module_is_a_part_and_its_package_none(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("def f():\n    return 1")
    using = step("import mine\nx = mine.f()", imports=("mine", "numpy"))
    found = [(part.kind, part.name) for part in import_parts(using, [tmp_path], tmp_path)]
    assert found == [("module", "mine.py"), ("python", ""), ("package", "numpy")]


def test_the_standard_library_is_covered_by_python_s_version(tmp_path: Path) -> None:
    parts = import_parts(step(imports=("os", "json")), [tmp_path], tmp_path)
    assert [part.kind for part in parts] == ["python"]


def test_a_package_is_found_by_the_module_that_it_provides(tmp_path: Path) -> None:
    parts = import_parts(step(imports=("sklearn",)), [tmp_path], tmp_path)
    (part,) = (part for part in parts if part.kind == "package")
    assert "scikit-learn" in part.text


def own_parts(own: StepEnvironment, folder: Path, *imports: str) -> dict[tuple[str, str], str]:
    parts = import_parts(step("", imports=imports), [folder], folder, own)
    return {(part.kind, part.name): f"{part.text}{' (own)' if part.origin else ''}" for part in parts}


def test_a_lock_counts_whole_and_in_the_place_of_what_the_run_has(tmp_path: Path) -> None:
    plain = own_parts(StepEnvironment(), tmp_path, "numpy", "pandas")
    own = own_parts(StepEnvironment(("numpy",), {"numpy": "1.0", "tiny": "2"}), tmp_path, "numpy", "pandas")
    assert own["package", "numpy"] == "1.0 (own)"
    assert own["package", "tiny"] == "2 (own)"
    assert own["package", "pandas"] == plain["package", "pandas"], "what is not in the lock is the run's"


def test_an_environment_apart_has_nothing_of_the_run_s(tmp_path: Path) -> None:
    apart = StepEnvironment(("tiny",), {"tiny": "2"}, python="3.99")
    assert own_parts(apart, tmp_path, "numpy") == {("python", ""): "3.99", ("package", "tiny"): "2 (own)"}
    image = StepEnvironment(container="python:3.12")
    assert own_parts(image, tmp_path, "numpy") == {("container", ""): "python:3.12"}


def test_a_variable_counts_by_its_value_and_a_secret_not_at_all(tmp_path: Path) -> None:
    own = own_parts(StepEnvironment(variables={"LEVEL": "high"}, secrets=("TOKEN",)), tmp_path)
    assert own["variable", "LEVEL"] == "high"
    assert not any("TOKEN" in name for _, name in own)


def test_an_existing_environment_counts_by_its_packages_and_by_its_path_where_it_is_not_seen(
    tmp_path: Path,
) -> None:
    packages = tmp_path / "venv" / "lib" / "python3.99" / "site-packages"
    (packages / "tiny-2.dist-info").mkdir(parents=True)
    (packages / "tiny-2.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: tiny\nVersion: 2\n")
    seen = own_parts(StepEnvironment(folder=str(tmp_path / "venv"), python="3.99"), tmp_path, "numpy")
    assert seen == {("python", ""): "3.99", ("package", "tiny"): "2 (own)"}
    unseen = own_parts(StepEnvironment(folder="/elsewhere"), tmp_path)
    assert unseen == {("environment", ""): "/elsewhere"}


def test_a_checkout_counts_by_its_commit(tmp_path: Path) -> None:
    own = own_parts(StepEnvironment(repository="https://x.org/a", commit="0123456789abcdef"), tmp_path)
    assert own["repository", "https://x.org/a"] == "0123456789ab"


# Code behind values ---------------------------------------------------------------------------------------

BOXES = "def more(x):\n    return x\nclass Box:\n    grown = more\nclass Other:\n    pass\n"


@pytest.mark.parametrize(
    ("imports", "code"),
    [
        (("boxes:Box",), "def more(x):\n    return x\nclass Box:\n    grown = more"),
        (("boxes:Other", "boxes:more"), "def more(x):\n    return x\nclass Other:\n    pass"),
        (("boxes:",), BOXES),
        (("elsewhere:Box",), ""),
        ((), ""),
    ],
)
def test_of_local_modules_counts_what_a_value_is_of(
    tmp_path: Path, imports: tuple[str, ...], code: str
) -> None:
    (tmp_path / "boxes.py").write_text(BOXES)
    assert code_behind(imports, (tmp_path,)) == code
