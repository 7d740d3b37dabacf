"""The documents: links, names and files in them lead somewhere, and what they list is what there is."""

from __future__ import annotations

import ast
import re
import runpy
from pathlib import Path
from pkgutil import resolve_name

import pytest

from jupyter_pipes.cli.verbs import COMMANDS, MAGICS, VERBS, command_parser, magic_parser
from jupyter_pipes.pipelines.options.table import STEP_OPTIONS

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "jupyter_pipes"
DOCS = ROOT / "docs"
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)#\s]*)(?:#([^)\s]*))?\)")
FOR_BUILDERS = [DOCS / "architecture.md", ROOT / "CONTRIBUTING.md"]
ENTRY_POINT_GROUPS = {"jupyter_pipes.formats", "jupyter_pipes.serializers"}


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_links_between_documents_lead_somewhere(path: Path) -> None:
    links = [link for link in LINK.findall(path.read_text("utf-8")) if "://" not in link[0]]
    assert [(target, anchor) for target, anchor in links if not _is_there(path, target, anchor)] == []


def _is_there(path: Path, target: str, anchor: str) -> bool:
    there = path.parent / target if target else path
    return there.exists() and (not anchor or anchor in _anchors(there))


def _anchors(path: Path) -> set[str]:
    """Return what can stand behind `#` in a link to a document: its headings, as GitHub spells them."""
    headings = re.findall(r"^#+ (.+)$", path.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_decisions_are_numbered_one_after_the_other() -> None:
    decisions = sorted((ROOT / "docs" / "adr").glob("*.md"))
    numbers = [int(path.name.partition("-")[0]) for path in decisions]
    assert numbers == list(range(1, len(decisions) + 1))
    assert [int(path.read_text("utf-8")[2:].partition(".")[0]) for path in decisions] == numbers


@pytest.mark.parametrize(
    "path", [path for path in DOCUMENTS if path.parent.name != "adr"], ids=lambda path: path.name
)
def test_names_in_documents_can_be_imported(path: Path) -> None:
    """Decisions tell of how it was when they were made."""
    for name in set(re.findall(r"\bjupyter_pipes(?:\.\w+)+", path.read_text("utf-8"))) - ENTRY_POINT_GROUPS:
        resolve_name(name)


@pytest.mark.parametrize("path", FOR_BUILDERS, ids=name_of)
def test_files_and_folders_that_builders_are_sent_to_are_there(path: Path) -> None:
    named = set(re.findall(r"`([\w.-]+(?:/[\w.-]+)*(?:\.py|\.md|/))`", path.read_text("utf-8")))
    assert len(named) > 10
    assert [name for name in sorted(named) if not any((at / name).exists() for at in (PACKAGE, ROOT))] == []


def test_the_picture_shows_folders_and_files_that_are_there() -> None:
    picture = (DOCS / "images" / "architecture-light.svg").read_text("utf-8")
    named = set(re.findall(r"(?:\w+/)+\w*", " ".join(re.findall(r"<text.*?>(.*?)</text>", picture))))
    assert {"kernel/", "execution/scheduling/", "execution/controller", "history/"} <= named
    assert [name for name in sorted(named) if not _is_part(name)] == []


def test_the_drawings_are_what_their_script_makes() -> None:
    """`python docs/site/drawings.py docs/images` makes them."""
    made = dict(runpy.run_path(str(DOCS / "site" / "drawings.py"))["files"]())
    assert {path.name: path.read_text("utf-8") for path in (DOCS / "images").glob("*.svg")} == made


def _is_part(name: str) -> bool:
    return (PACKAGE / name).is_dir() if name.endswith("/") else (PACKAGE / f"{name}.py").exists()


def test_what_a_recipe_names_stands_in_the_file_that_it_names() -> None:
    recipes = re.findall(
        r"^\d\. `([\w/]+\.py)`(.+)$", (ROOT / "CONTRIBUTING.md").read_text("utf-8"), re.MULTILINE
    )
    assert len(recipes) > 10
    for file, text in recipes:
        place = next(at for at in (PACKAGE, ROOT) if (at / file).exists())
        words = set(re.findall(r"\w+", (place / file).read_text("utf-8")))
        assert set(re.findall(r"`(\w+)`", text)) <= words, file


def test_every_stop_on_the_way_of_a_cell_is_there() -> None:
    rows = re.findall(r"^\| (\d+) \| `(.+?)` \| (.+?) \|", FOR_BUILDERS[0].read_text("utf-8"), re.MULTILINE)
    assert [int(number) for number, *_ in rows] == list(range(1, len(rows) + 1))
    assert len(rows) > 10
    for _, file, functions in rows:
        defined = set(_definitions(ast.parse((PACKAGE / file).read_text("utf-8"))))
        assert set(functions.replace("`", "").split(", ")) <= defined, file


def _definitions(node: ast.Module | ast.ClassDef, prefix: str = "") -> list[str]:
    names: list[str] = []
    for child in node.body:
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            names.append(f"{prefix}{child.name}")
        elif isinstance(child, ast.ClassDef):
            names += _definitions(child, f"{prefix}{child.name}.")
    return names


def test_every_diagnostic_is_explained() -> None:
    sources = "".join(path.read_text("utf-8") for path in PACKAGE.rglob("*.py"))
    given = set(re.findall(r"\"(JP\d{3})\"", sources))
    explained = re.findall(r"^\| (JP\d{3}) \|", (DOCS / "diagnostics.md").read_text("utf-8"), re.MULTILINE)
    assert explained == sorted(given)


def test_every_option_of_a_step_is_explained() -> None:
    text = (DOCS / "steps.md").read_text("utf-8")
    assert [option.flag for option in STEP_OPTIONS if f"`{option.flag}" not in text] == []


def test_every_verb_says_which_values_it_loads_in_its_help_and_in_the_docs() -> None:
    """And who loads values of the store in a process of its own can be told to trust them, nobody else."""
    rows = re.findall(
        r"^\| ([^|]+) \| ([^|]+) \| (?:yes|no|with `--of`) \|$", (DOCS / "cli.md").read_text("utf-8"), re.M
    )
    explained = {
        verb: loads for verbs, loads in rows for verb in re.findall(r"`(?:%pipeline )?(\w+)`", verbs)
    }
    assert explained == {name: verb.loads for name, verb in VERBS.items()}
    for parsers, parser_of in ((MAGICS, magic_parser), (COMMANDS, command_parser)):
        for name in parsers:
            text = " ".join(parser_of(name).format_help().split())
            assert f"(unpickles): {VERBS[name].loads}." in text
            assert ("--trust" in text) == ("in its own process" in text or "in the kernel" in text)


def test_every_verb_is_explained() -> None:
    magics = (ROOT / "README.md").read_text("utf-8").partition("## Magics")[2].partition("\n## ")[0]
    assert [verb for verb in MAGICS if not re.search(rf"(`|%pipeline ){verb}\b", magics)] == []
    commands = (DOCS / "cli.md").read_text("utf-8")
    assert [verb for verb in COMMANDS if not re.search(rf"(`|· `){verb}\b", commands)] == []
