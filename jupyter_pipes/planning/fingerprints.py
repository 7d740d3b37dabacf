"""Parts of a signature that must be looked up on this machine: files, local modules, installed packages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from jupyter_pipes.analysis.literals import named_texts
from jupyter_pipes.analysis.local_modules import source_of, wanted
from jupyter_pipes.analysis.notebook.file_edges import matches, normalised
from jupyter_pipes.analysis.notebook.run_scripts import named_scripts
from jupyter_pipes.analysis.slicing import slices
from jupyter_pipes.history.surroundings.distributions import installed_in, normal, version_of
from jupyter_pipes.model.digests import digest
from jupyter_pipes.model.errors import UsageError
from jupyter_pipes.model.job import StepEnvironment
from jupyter_pipes.model.parts import OWN, Part
from jupyter_pipes.model.results import FileSeen
from jupyter_pipes.model.steps import Step
from jupyter_pipes.planning.signing.signature import code_part
from jupyter_pipes.storage.file_digests import file_digest

_THE_RUNS = StepEnvironment()

_SHALLOW = 3
"""Parts of an absolute path (`/`, `home`, `me`) up to which a folder holds more than a project's data."""


def file_parts(step: Step, directory: Path) -> list[Part]:
    """Return a part for each file named with `--file`.

    Files that steps of the pipeline make are left out: those of others are inputs, its own are outputs.

    Raises:
        UsageError: a `--file` does not exist, and no step makes it.
    """
    if not step.options.files:
        return []
    named = (path for pattern in step.options.files for path in _expand(pattern, directory, step))
    made = _made(step, directory)
    paths = [path for path in dict.fromkeys(named) if path not in made]
    return [Part("file", _shown(path, directory), file_digest(path)) for path in paths]


def named_files(step: Step, directory: Path) -> tuple[FileSeen, ...]:
    """Return the files that stand as literals in the step's code, as they are now.

    Of those outside of the folder also what is not there, with digest "": the step may be about to make it;
    and folders, with a slash behind them: it may use files in them. Files that steps of the pipeline are said
    to make are left out.
    """
    if step.options.repository:
        # It works in a checkout, whose commit says all.
        return ()
    texts = dict.fromkeys(map(normalised, named_texts(step)))
    if not texts:
        return ()
    apart = {*_made(step, directory), *_scripts(step, directory)}
    paths = [path for path in map(directory.joinpath, texts) if path not in apart]
    files = [path for path in paths if _is_file(path) or _may_be_made(path, directory)]
    named = [FileSeen(_shown(path, directory), file_digest(path)) for path in files]
    folders = (path for path in paths if _is_folder_elsewhere(path, directory))
    return (*named, *(FileSeen(f"{_shown(path, directory)}/", "") for path in folders))


def files_named(pattern: str, directory: Path) -> list[Path]:
    """Return the files that a `--file` names, in order; none if there are none."""
    path = directory / normalised(pattern)
    if _is_file(path):
        return [path]
    try:
        paths = sorted(directory.glob(normalised(pattern)))
    except (ValueError, IndexError, NotImplementedError):
        # No pattern that `glob` takes: `.`, `a**`, an absolute path.
        return []
    return list(filter(_is_file, paths))


def import_parts(
    step: Step, python_path: Iterable[Path], cache: Path, own: StepEnvironment = _THE_RUNS
) -> list[Part]:
    """Return a part for each local module that the step's code reaches, of what it reaches of it, for each
    script that it runs with `%run`, for Python's minor version, for the version of each distribution, and for
    what the step has of its own.

    Args:
        step: the step.
        python_path: the folders that local modules are in.
        cache: an existing folder that keeps which distributions are installed.
        own: the step's own environment.
    """
    sources = (step.body, *(piece.source for piece in step.pieces if not piece.for_effect))
    effects = tuple(piece.source for piece in step.pieces if piece.for_effect)
    if not (effects or step.imports or any(map(wanted, sources)) or any(map(named_scripts, sources))):
        return list(_environment_parts(own, {}))
    places = tuple(python_path)
    has_inputs = len(step.reads) > len(step.parameters)
    reached = slices.reached(sources, step.imports, places, with_classes=has_inputs, effects=effects)
    packages = dict.fromkeys(module.split(".")[0] for module in reached.others)
    versions = {name: version_of(name, cache) for name in packages}
    scripts = {path: source_of(path) for place in places[:1] for path in _scripts(step, place)}
    local = sorted((scripts | reached.local).items())
    return [
        *(code_part("module", _shown(path, places[0]), source) for path, source in local),
        *_environment_parts(own, versions),
    ]


def code_behind(imports: Iterable[str], python_path: Iterable[Path]) -> str:
    """Return what values from elsewhere bring along of local modules: their classes, and what these need.

    Args:
        imports: what loading the values imports (see `ArtifactRef`).
        python_path: the folders that local modules are in.
    """
    pairs = (each.split(":") for each in imports)
    sources = [f"from {module} import {name}" if name else f"import {module}" for module, name in pairs]
    local = slices.reached(sources, (), tuple(python_path), with_classes=False).local
    return "\n".join(source for _, source in sorted(local.items()))


def _environment_parts(own: StepEnvironment, imported: Mapping[str, str]) -> Iterator[Part]:
    """Yield the parts of what a step runs in: Python, packages, variables, a checkout, a container.

    Args:
        own: its own environment.
        imported: top-level module -> version that the run's environment has, "" where it has none.
    """
    if own.minor:
        yield Part("python", "", own.minor, own.minor)
    packages = installed_in(Path(own.folder)) if own.folder else own.lock
    for name, version in imported.items():
        if (
            version
            and own.is_layered
            and not {normal(name), normal(version.rpartition(" ")[0])} & packages.keys()
        ):
            yield Part("package", name, version, version)
    for name, version in packages.items():
        yield Part("package", name, version, version, OWN)
    for name, value in own.variables.items():
        yield Part("variable", name, digest(value), value)
    if own.folder and not packages:
        # A worker sees it, and this machine does not: its path is all that is known of it.
        yield Part("environment", "", own.folder, own.folder)
    if own.repository:
        yield Part("repository", own.repository, own.commit, own.commit[:12])
    if own.container:
        yield Part("container", "", own.container, own.container)


def _scripts(step: Step, directory: Path) -> list[Path]:
    """Return the scripts in Python that the step runs with `%run`: what they do counts, not their bytes."""
    named = (normalised(path) for source in step.sources for path in named_scripts(source))
    paths = (directory / (path if path.endswith(".py") else f"{path}.py") for path in named)
    return list(filter(_is_file, paths))


def _expand(pattern: str, directory: Path, step: Step) -> list[Path]:
    files = files_named(pattern, directory)
    if not files and not any(matches(pattern, path) for path in step.files_from):
        raise UsageError(
            f"step {step.name}: --file {pattern} names no file in {directory}; check the path",
            step=step.name,
            line=1,
        )
    return files


def _made(step: Step, directory: Path) -> set[Path]:
    return {directory / path for path in (*step.files_from, *step.options.out_files)}


def _is_outside(path: Path, directory: Path) -> bool:
    return not path.is_relative_to(directory) or ".." in path.parts


def _is_folder_elsewhere(path: Path, directory: Path) -> bool:
    """Whether a path is a folder outside of the notebook's, and none of the system's own."""
    try:
        is_deep = ".." in path.parts or len(path.parts) > _SHALLOW
        return _is_outside(path, directory) and is_deep and path.is_dir()
    except (OSError, ValueError):
        return False


def _may_be_made(path: Path, directory: Path) -> bool:
    """Whether a path, of no file, is one outside of the folder in a folder that is there."""
    try:
        return (
            _is_outside(path, directory)
            and path.parent != Path(path.anchor)
            and path.parent.is_dir()
            and not path.is_dir()
        )
    except (OSError, ValueError):
        return False


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _shown(path: Path, directory: Path) -> str:
    return str(path.relative_to(directory)) if path.is_relative_to(directory) else str(path)
