"""The documentation site: this repository's Markdown and notebooks, the latter executed, as pages.

`sphinx-build -W -c docs/site . site` makes it. The whole repository is the source folder, so that a link
means the same on a page and where the files are read as they lie.
"""

from __future__ import annotations

import inspect
import json
import re
import shutil
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from pygments.lexer import bygroups, inherit
from pygments.lexers.python import PythonLexer
from pygments.token import Keyword, Text
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from jupyter_pipes import __version__

ROOT = Path(__file__).parents[2]
LINK = re.compile(r"(?<!!)\[([^\]]*)\]\((?!\w+:|#)([^)#\s]+)[^)]*\)")
PAGES = {".md", ".ipynb", ".json"}
QUESTIONS = "docs/how-to/index"

project = "jupyter_pipes"
author = "The jupyter_pipes developers"
version = release = __version__

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_copybutton"]
include_patterns = ["CHANGELOG.md", "CONTRIBUTING.md", "docs/**.md", "notebooks/**.ipynb"]
# Who reads the files begins there; here it is docs/site/index.md.
exclude_patterns = ["docs/index.md"]
root_doc = "docs/site/index"

# Headings are linked to as GitHub spells them.
myst_heading_anchors = 4
nb_execution_mode = "force"
nb_execution_timeout = 600
nb_execution_raise_on_error = True
nb_merge_streams = True
# They are to be tried: it has no steps and fails, and it wants workers that are started first.
nb_execution_excludepatterns = ["*first_steps.ipynb", "*remote.ipynb"]
# A graph is a widget in a kernel, and a drawing here: what shows widgets would come from elsewhere.
nb_ipywidgets_js = {}
nb_mime_priority_overrides = [("html", "application/vnd.jupyter.widget-view+json", 100)]

# In docstrings `this` is code.
default_role = "literal"
autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented_params"

html_theme = "furo"
html_title = f"jupyter_pipes {release}"
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False
html_additional_pages = {"index": "start.html"}
templates_path = ["templates"]
html_static_path = ["static"]
html_css_files = ["theme.css"]
html_js_files = ["theme.js"]


class CellLexer(PythonLexer):
    """Cells, with Python below `%%step NAME`, which IPython's own lexer takes for another language."""

    name = "Cells of a notebook"
    tokens: ClassVar = {"root": [(r"^(.*= *| *)(%%?\w+|!)(.*\n)", bygroups(Text, Keyword, Text)), inherit]}


class Documents(SphinxDirective):
    """Tables of what `jupyter pipes VERB --json` prints, made from the JSON schema."""

    def run(self) -> list[nodes.Node]:
        """Return it as parsed Markdown."""
        path = ROOT / "docs" / "documents.schema.json"
        self.env.note_dependency(str(path))
        schema = json.loads(path.read_text("utf-8"))
        lines = ["| verb | document |", "| --- | --- |"]
        lines += [f"| `{each['title']}` | {_link(each)} |" for each in schema["anyOf"]]
        for name, definition in schema["$defs"].items():
            lines += [
                "",
                f"## {name}",
                "",
                inspect.cleandoc(definition.get("description", "")),
                *_fields(definition),
            ]
        return self.parse_text_to_nodes("\n".join(lines), allow_section_headings=True)


def _fields(definition: dict[str, Any]) -> list[str]:
    required = definition.get("required", [])
    rows = [
        f"| `{name}`{'' if name in required else ' (may be missing)'} | {_type(field)} |"
        for name, field in definition.get("properties", {}).items()
    ]
    return ["", "| field | type |", "| --- | --- |", *rows] if rows else []


def _type(field: dict[str, Any] | bool) -> str:
    """Return a field's type in a few words; a schema that is `true` takes anything."""
    if isinstance(field, bool):
        return "anything"
    if "$ref" in field:
        return _link(field)
    if choices := field.get("enum"):
        return ", ".join(f"`{json.dumps(choice)}`" for choice in choices)
    if alternatives := field.get("anyOf"):
        return " or ".join(map(_type, alternatives))
    match field.get("type", "anything"):
        case "array":
            return f"list of {_type(field.get('items', {}))}"
        case "object" if isinstance(field.get("additionalProperties"), dict):
            return f"object of {_type(field['additionalProperties'])}"
        case kind:
            return str(kind)


def _link(field: dict[str, Any]) -> str:
    name = field["$ref"].rpartition("/")[2]
    return f"[{name}](#{name.lower()})"


def keep_text_of_sources(app: Sphinx, name: str, source: list[str]) -> None:
    """Have a link to what is no page, such as a file of the package, be its text."""
    if app.env.doc2path(name).suffix == ".md":
        source[0] = LINK.sub(lambda link: link[0] if Path(link[2]).suffix in PAGES else link[1], source[0])


def lead_to_questions(app: Sphinx, name: str, source: list[str]) -> None:
    """Have the pages that the list of questions names stand below it in the contents, in its order."""
    if name == QUESTIONS:
        pages = [f"{title} <{target.removesuffix('.md')}>" for title, target in LINK.findall(source[0])]
        source[0] += "\n".join(["\n```{toctree}", ":hidden:", "", *pages, "```", ""])


def copy_images(app: Sphinx, error: Exception | None) -> None:
    """Copy the pictures that pages show in the light or the dark: as HTML, which is not looked through."""
    if error is None and app.builder.format == "html":
        shutil.copytree(ROOT / "docs" / "images", Path(app.outdir) / "docs" / "images", dirs_exist_ok=True)


def setup(app: Sphinx) -> None:
    """Take part in the build."""
    app.add_directive("documents", Documents)
    app.add_lexer("ipython", CellLexer)
    app.add_lexer("ipython3", CellLexer)
    app.connect("source-read", keep_text_of_sources)
    app.connect("source-read", lead_to_questions)
    app.connect("build-finished", copy_images)
