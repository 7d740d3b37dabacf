"""The part of local modules that code reaches: what its imports name, and what that needs in turn."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from jupyter_pipes.analysis.local_modules import (
    Reached,
    Wanted,
    files_around,
    files_run,
    has_module,
    reach,
    source_of,
    wanted,
)
from jupyter_pipes.analysis.slicing.attributes import names_wanted
from jupyter_pipes.analysis.slicing.module_text import can_be_sliced, text_of
from jupyter_pipes.analysis.slicing.registration import modules_run, others_of

_NOTHING = frozenset[str]()


def reached(
    sources: Iterable[str],
    modules: Iterable[str],
    places: Iterable[Path],
    *,
    with_classes: bool,
    effects: Iterable[str] = (),
) -> Reached:
    """Return what code reaches through its imports, of local modules only the statements that it reaches.

    Args:
        sources: the code.
        modules: the top-level modules that it is known to import, however it does.
        places: the folders that local modules are in.
        with_classes: whether all classes of a module count with their methods: values that the code is
            given may be instances of them, though it never names them.
        effects: imports that are there for what the modules do.
    """
    places = tuple(places)
    waiting = list(names_wanted(tuple(sources)))
    seen = {module for module, _ in waiting}
    waiting += [(module, None) for module in modules if module not in seen]
    waiting += [each for source in effects for each in _for_effect(source, "", places)]
    names_of: dict[Path, frozenset[str]] = {}
    texts: dict[Path, str] = {}
    whole: set[str] = set()
    while waiting:
        module, names = waiting.pop()
        run = files_run(module, places)
        files = {**dict(run), **(files_around(run) if with_classes else {})}
        if not run or names is None or not all(can_be_sliced(source_of(path)) for path in files):
            whole.add(module)
            continue
        for path, package in files.items():
            # Of the others of its package, what they do when they are imported, and classes that count.
            own = names if path == run[-1][0] else _NOTHING
            if path in names_of and own <= names_of[path]:
                continue
            names_of[path] = names_of.get(path, _NOTHING) | own
            source, others = source_of(path), others_of(path, package, places)
            texts[path] = text_of(source, names_of[path], others, with_classes)
            waiting += [*wanted(texts[path], package), *_submodules(path, package, own)]
            waiting += _for_effect(source, package, places)
    entire = reach(whole, places)
    parts = {path: text for path, text in texts.items() if text}
    return Reached({**parts, **entire.local}, entire.others)


def does_anything(source: str, places: Iterable[Path]) -> bool:
    """Return whether an import may do more than bind its names; of one that is not local nobody knows."""
    places = tuple(places)
    is_local = any(_for_effect(source, "", places))
    return not is_local or bool(reached((), (), places, with_classes=False, effects=(source,)).local)


def _for_effect(source: str, package: str, places: tuple[Path, ...]) -> list[Wanted]:
    """The local modules that code imports when it runs, of which nothing is wanted."""
    return [(each, _NOTHING) for each in modules_run(source, package) if files_run(each, places)]


def _submodules(path: Path, package: str, names: Iterable[str]) -> list[Wanted]:
    """The names that are modules within a package, of which all counts."""
    is_package = path.name == "__init__.py"
    return [(f"{package}.{name}", None) for name in names if is_package and has_module(path.parent, name)]
