"""What code uses of the modules that it imports: names, and attributes of modules that it has whole."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from jupyter_pipes.analysis.cell.source import words
from jupyter_pipes.analysis.literals import tree_of
from jupyter_pipes.analysis.local_modules import Wanted, wanted
from jupyter_pipes.system.memory import remembered

_REACHING_ALL = ("globals", "locals", "vars", "eval", "exec")
"""Functions that give names which do not stand in the code."""


class _ModuleUses(NamedTuple):
    """How code uses the modules that it imports whole.

    Attributes:
        modules: each module with the name that it is bound to.
        attributes: each name with an attribute that is read of it.
        stars: modules of which it imports all names.
        otherwise: names that are used in another way, or may be: in texts, for magics and `eval`.
    """

    modules: frozenset[tuple[str, str]]
    attributes: frozenset[tuple[str, str]]
    stars: frozenset[str]
    otherwise: frozenset[str]


def names_wanted(sources: Sequence[str]) -> Iterator[Wanted]:
    """Yield what the code wants of modules: of one that it has whole, the attributes that alone it uses."""
    for module, names in (each for source in sources for each in wanted(source)):
        yield module, _attributes(module, sources) if names is None else names


def _attributes(module: str, sources: Sequence[str]) -> frozenset[str] | None:
    """The attributes that code takes of a module; None where it may take others, or nothing is seen."""
    uses = [_module_uses(source) for source in sources]
    names = {name for each in uses for of, name in each.modules if of == module}
    if any(each.otherwise & {*names, module.partition(".")[0], *_REACHING_ALL} for each in uses):
        return None
    taken = {attribute for each in uses for name, attribute in each.attributes if name in names}
    if any(module in each.stars for each in uses):
        # Any name may come from it; those that do not are none of its own.
        taken.update({"__all__"}, *(each.otherwise | dict(each.attributes).keys() for each in uses))
    return frozenset(taken) or None


@remembered
def _module_uses(source: str) -> _ModuleUses:
    tree = tree_of(source)
    nodes = list(ast.walk(tree)) if tree else []
    modules, attributes, otherwise = set[tuple[str, str]](), set[tuple[str, str]](), set[str]()
    stars, roots = set[str](), set[ast.expr]()
    for node in nodes:
        match node:
            case ast.Import(aliases):
                modules |= {(alias.name, alias.asname or alias.name) for alias in aliases}
                # `import a.b` binds `a`, by which all that is loaded of it is reached.
                otherwise |= {
                    alias.name.partition(".")[0]
                    for alias in aliases
                    if "." in alias.name and not alias.asname
                }
            case ast.ImportFrom(module=str(module), names=[ast.alias("*")]):
                stars.add(module)
            case ast.Attribute(ast.Name(name) as root, attribute, ast.Load()):
                attributes.add((name, attribute))
                roots.add(root)
            case ast.Constant(str(text)):
                otherwise |= words(text)
            case ast.Global(names):
                otherwise |= set(names)
            case _:
                pass
    otherwise |= {node.id for node in nodes if isinstance(node, ast.Name) and node not in roots}
    return _ModuleUses(frozenset(modules), frozenset(attributes), frozenset(stars), frozenset(otherwise))
