"""Texts that libraries read as code, with the caller's names: formulas, queries, SQL, templates.

Whether a text is such a formula or query is told by its form, for it may reach the library through a variable
or a helper. Libraries look first among columns for what a text names: the names found here are perhaps read.
"""

from __future__ import annotations

import ast
import re
from string import Formatter, Template

from jupyter_pipes.analysis.syntax import expression_alone
from jupyter_pipes.system.memory import remembered
from jupyter_pipes.system.patterns import pattern

_NOTHING: frozenset[str] = frozenset()
_LONGEST_EXPRESSION = 200
_QUERY_NAME = pattern(r"(?<!\w)@([^\W\d]\w*)")
_QUOTED_COLUMN = pattern(r"`[^`\n]*`")
_NEW_COLUMN = pattern(r"^\s*\w+\s*=(?!=)", re.MULTILINE)
_SQL = pattern(
    r"""\s*(?:--[^\n]*\n\s*|\(\s*)*
    (?:SELECT|WITH|FROM|CREATE|INSERT|COPY|DESCRIBE|SUMMARIZE|PIVOT|UNPIVOT|EXPLAIN|UPDATE|DELETE|VALUES
      |select|with|from|create|insert|copy|describe|summarize|pivot|unpivot|explain|update|delete|values)\s""",
    re.VERBOSE,
)
_TABLES = pattern(
    r"""\b(?:FROM|JOIN|DESCRIBE|SUMMARIZE|PIVOT|UNPIVOT|UPDATE|INTO)\s+
    (?P<tables> [\w"]+ (?:\s+(?:AS\s+)?\w+(?=\s*,))? (?:\s*,\s*[\w"]+ (?:\s+(?:AS\s+)?\w+(?=\s*,))?)* )
    (?P<after>\s*[.(])?""",
    re.VERBOSE | re.IGNORECASE,
)
_TABLE = pattern(r'\s*"?([^\W\d]\w*)')


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SHOWING = _words("""
    print display Markdown HTML title suptitle set_title set_xlabel set_ylabel xlabel ylabel text annotate
    write debug info warning warn error exception critical log read_sql read_sql_query read_sql_table input
""")


def shows_its_text(call: ast.Call) -> bool:
    """Return whether the texts that the call is given are for people, or for a database outside."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    return name in _SHOWING


def quoted_names(text: str) -> frozenset[str]:
    """Return the names that a text reads if it is a formula, a query or SQL; none if it is neither."""
    if "~" in text:
        return formula_names(text)
    if _SQL.match(text):
        return sql_names(text)
    return query_names(text) if "@" in text else _NOTHING


def formula_names(text: str) -> frozenset[str]:
    """Return the names in a model's formula (`y ~ np.log(x) + C(group):z`), columns among them."""
    # With these signs in place of its own, a formula is an expression of Python, and a sentence is none.
    return expression_names(text.replace("~", "+").replace(":", "+"))


def query_names(text: str) -> frozenset[str]:
    """Return the names behind `@` in what pandas queries or evaluates (`price > @limit`, `c = a * @k`)."""
    plain = _QUOTED_COLUMN.sub("_", text)
    values = _NEW_COLUMN.sub("", _QUERY_NAME.sub(r"\1", plain))
    parts = values.strip().splitlines() if _NEW_COLUMN.search(plain) else [values]
    return frozenset(_QUERY_NAME.findall(plain)) if all(map(_is_expression, parts)) else _NOTHING


def sql_names(text: str) -> frozenset[str]:
    """Return the names that stand where SQL has tables: DuckDB and pandasql look them up as frames."""
    lists = [match["tables"] for match in _TABLES.finditer(text) if not match["after"]]
    tables = (_TABLE.match(part) for tables in lists for part in tables.split(","))
    return frozenset(match[1] for match in tables if match)


@remembered
def expression_names(text: str) -> frozenset[str]:
    """Return the names in a text that is an expression of Python; none if it is not."""
    tree = _parsed(text)
    names = (node.id for node in ast.walk(tree) if isinstance(node, ast.Name)) if tree else ()
    return frozenset(names)


def text_names(source: ast.AST) -> frozenset[str]:
    """Return the names in all texts of the code that are expressions: what `eval` may be given of them."""
    texts = (node.value for node in ast.walk(source) if isinstance(node, ast.Constant))
    short = (text for text in texts if isinstance(text, str) and len(text) < _LONGEST_EXPRESSION)
    return _NOTHING.union(*map(expression_names, short))


def template_names(text: str) -> frozenset[str]:
    """Return the names that a template fills in: `{x}`, `%(x)s`, `$x`."""
    try:
        braced = {re.split(r"[.\[]", field)[0] for _, field, _, _ in Formatter().parse(text) if field}
    except ValueError:
        braced = set[str]()
    names = {*braced, *re.findall(r"%\((\w+)\)", text), *Template(text).get_identifiers()}
    return frozenset(name for name in names if name.isidentifier())


def _is_expression(text: str) -> bool:
    return _parsed(text) is not None


def _parsed(text: str) -> ast.Expression | None:
    try:
        return expression_alone(f"({text.strip()}\n)")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
