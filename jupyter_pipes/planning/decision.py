"""Whether a step must run, and why: its signature's parts held against those of kept results."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from msgspec import Struct
from msgspec.structs import replace

from jupyter_pipes.history.history import Result, packed_parts
from jupyter_pipes.history.workspace import Workspace
from jupyter_pipes.model.digests import digest
from jupyter_pipes.model.errors import ArtifactMissing
from jupyter_pipes.model.mapping.children import step_of
from jupyter_pipes.model.parts import Part, PartKind
from jupyter_pipes.model.planned import ToldOptions
from jupyter_pipes.model.steps import HANGING, Step
from jupyter_pipes.planning import result_files
from jupyter_pipes.planning.newest_results import NewestResults
from jupyter_pipes.planning.settling.options import Referred, known_later, open_kinds, recalled
from jupyter_pipes.planning.signing.earlier_signatures import earlier_signature, is_earlier
from jupyter_pipes.planning.signing.signature import changes, combine, reasons
from jupyter_pipes.planning.step_parts import (
    Inputs,
    Surroundings,
    asks_for_its_name,
    awaited,
    input_part,
    step_parts,
)


class Decision(Struct, frozen=True, gc=False):
    """What is to be done with a step.

    Attributes:
        decision: `run`; `cached`; or, in a plan only, `depends`: it hangs on what an upstream rerun gives.
        reasons: why, in words.
        signature: the combined parts; "" when not all inputs are known, or the result is not to be kept.
        parts: the parts.
        result: the kept result to reuse, when cached.
        compared: the result whose parts these were held against, if any.
        shared: whether another run that computes the same signature just now may be waited for.
        is_first: whether the step would run because it never had a result to hold its parts against.
        to_come: in a plan only, parameters whose values are computed when a run starts.
        open_kinds: in a plan only, kinds of parts that hang on options that wait for what steps make.
    """

    decision: Literal["run", "cached", "depends"]
    reasons: tuple[str, ...]
    signature: str = ""
    parts: tuple[Part, ...] = ()
    result: Result | None = None
    compared: Result | None = None
    shared: bool = False
    is_first: bool = False
    to_come: tuple[str, ...] = ()
    open_kinds: tuple[PartKind, ...] = ()

    @property
    def skipped(self) -> str:
        """Why the step is skipped by its `--when`, as it was for the same inputs; "" if it is not."""
        return self.result.content.skipped if self.result is not None else ""

    def packed_parts(self) -> tuple[str, bytes]:
        """Return digest and content of the attachment that keeps the parts."""
        return packed_parts(self.parts)


class Decider:
    """Decides for the steps of one pipeline in one folder; plan and run ask the same.

    Args:
        workspace: where results are kept.
        pipeline: the pipeline's name.
        python_path: the folders that local modules are in.
        order: step -> its place in the notebook.
    """

    def __init__(
        self,
        workspace: Workspace,
        pipeline: str,
        python_path: tuple[Path, ...],
        order: Mapping[str, int] | None = None,
    ) -> None:
        self.workspace = workspace
        self._pipeline = pipeline
        self._python_path = python_path
        self._newest: NewestResults | None = None
        self._overwriting = result_files.Overwriting(order or {})

    def note_written(self, now: Mapping[str, str]) -> None:
        """Take note of the files written in this run so far: path -> the step that wrote it last."""
        self._overwriting.now = now

    def recalled(self, step: Step, referred: Referred) -> tuple[Step, ToldOptions] | None:
        """Return a step with what its open options came to for the same outputs; None where nothing tells."""
        workspace = self.workspace
        return recalled(step, referred, self._pipeline, workspace.history, workspace.queues)

    def look_up_all(self) -> None:
        """Ask for the newest results of all steps at once: sooner than for one after the other."""
        self._newest = self._looked_up()

    def _looked_up(self) -> NewestResults:
        return NewestResults(self.workspace.history.newest_results(self._pipeline))

    def _newest_results(self) -> NewestResults:
        if self._newest is None:
            self._newest = self._looked_up()
        return self._newest

    def decide(
        self, step: Step, parameters: Mapping[str, Any], inputs: Inputs, *, forced: bool = False
    ) -> Decision:
        """Decide with all inputs and parameters known."""
        assert not awaited(step, parameters), "a value that is not known must not be left out"
        parts, unstable = self._parts_now(step, parameters, inputs)
        if step.options.never_cache:
            return Decision("run", ("--never-cache",), parts=parts)
        signature = combine(parts)
        if always := _always(step, unstable, forced=forced):
            return Decision("run", (*always, *self._changed_already(step)), signature, parts)
        problems: tuple[str, ...] = ()
        for result in self._results(step, signature, parts):
            # An earlier version had the files that the code names in the signature.
            obstacles = self._problems(step, result, parts if result.signature == signature else ())
            if not obstacles:
                gone = result_files.gone(step, result, self._directory)
                skipped = (result.content.skipped,) if result.content.skipped else ()
                why = (*skipped, f"nothing changed since run {result.run}", *gone)
                return Decision("cached", why, signature, parts, result, result)
            problems = problems or obstacles
        latest = self._latest(step)
        why = (*(problems or self._reasons(step, latest, parts)), *self._changed_already(step))
        return Decision("run", why, signature, parts, None, latest, shared=True, is_first=latest is None)

    def decide_elements(
        self,
        element: Step,
        parameters: Mapping[str, Any],
        inputs: Inputs,
        values: Mapping[str, Inputs],
        *,
        forced: bool = False,
    ) -> list[Decision]:
        """Decide elements of a `--map`: what they have in common is looked at once.

        Args:
            element: what runs for any of them.
            parameters: the values of those that it reads.
            inputs: what each of them reads beside its own values.
            values: element -> its values by name.
            forced: whether they run whatever is kept.
        """
        # What is about the name counts for each of them, and what they are there for is their step's.
        of_step = replace(element, name=step_of(element.name))
        common, unstable = self._parts_now(of_step, parameters, inputs)
        return [
            self._decide_element(replace(element, name=name), common, unstable, of_one, forced=forced)
            for name, of_one in values.items()
        ]

    def _decide_element(
        self, step: Step, common: tuple[Part, ...], unstable: Sequence[str], values: Inputs, *, forced: bool
    ) -> Decision:
        handed = ((name, ref) for name, ref in values.items() if ref is not None)
        own = (input_part(name, ref.digest, ref.imports, self._python_path) for name, ref in handed)
        named = (Part("name", "", digest(step.name), step.name),) if asks_for_its_name(step) else ()
        parts = (*(part for part in common if (part.kind, part.name) != ("name", "")), *named, *own)
        changing = [
            f"{name} has no stable digest: always runs"
            for name, ref in values.items()
            if ref and not ref.stable
        ]
        if step.options.never_cache:
            return Decision("run", ("--never-cache",))
        signature = combine(parts)
        if always := _always(step, [*unstable, *changing], forced=forced):
            return Decision("run", always, signature)
        problems: tuple[str, ...] = ()
        for result in self.workspace.history.results(signature):
            obstacles = self._problems(step, result, parts)
            if not obstacles:
                return Decision("cached", (f"kept in run {result.run}",), signature, parts, result, result)
            problems = problems or obstacles
        return Decision("run", problems or ("no result of it is kept",), signature)

    def foresee(
        self,
        step: Step,
        parameters: Mapping[str, Any],
        inputs: Inputs,
        unknown: Mapping[str, str],
        *,
        forced: bool,
    ) -> Decision:
        """Decide while inputs are still to be made by steps that may run.

        Args:
            step: the step.
            parameters: the values of those that it reads, as far as they are known before a run.
            inputs: what is known of what it reads.
            unknown: name, or path of a file that it was seen reading, -> the step that is to make it.
            forced: whether it runs whatever is kept.
        """
        to_come, kinds = awaited(step, parameters), open_kinds(step.options)
        if not (unknown or to_come or kinds):
            return self.decide(step, parameters, inputs, forced=forced)
        parts, unstable = self._parts_now(step, parameters, inputs)
        parts = _without(parts, (), kinds=kinds)
        never = ("--never-cache",) if step.options.never_cache else ()
        if always := never or _always(step, unstable, forced=forced):
            return Decision("run", always, parts=parts)
        # Parts by what they come to: an earlier version had the files that the code names among them.
        known = _without(parts, unknown)
        signatures = {earlier_signature(known): (), combine(known): known}
        latest = self._latest(step)
        for result in self.workspace.history.results_of(self._pipeline, step.name):
            held = signatures.get(combine(_without(self._parts_of(result), unknown, to_come, kinds)))
            if held is not None and not self._problems(step, result, held, unknown):
                why = (*_waits_for(unknown, to_come), *(known_later(step) if kinds else ()))
                return Decision(
                    "depends", why, parts=parts, compared=latest, to_come=to_come, open_kinds=kinds
                )
        problems: tuple[str, ...] = ()
        if latest is not None:
            held = signatures.get(combine(_without(self._parts_of(latest), unknown, to_come, kinds)))
            problems = () if held is None else self._problems(step, latest, held, unknown)
        why = problems or self._reasons(step, latest, known, unknown, to_come, kinds)
        return Decision(
            "run",
            why,
            parts=parts,
            compared=latest,
            is_first=latest is None,
            to_come=to_come,
            open_kinds=kinds,
        )

    def take(self, step: Step, runs: Iterable[str], why: str) -> Decision:
        """Return the present outputs of a step as they are, whatever changed since.

        Args:
            step: the step.
            runs: the runs with the parameter values that are asked for now: a result of theirs goes first.
            why: the option that asks for it.

        Raises:
            ArtifactMissing: none is kept, or not whole.
        """
        wanted = set(runs)
        results = self.workspace.history.results_of(self._pipeline, step.name)
        for result in sorted(results, key=lambda result: result.run not in wanted):
            if not (result.content.skipped or self._lost(step, result)):
                reason = f"taken as it is ({why}), from run {result.run}"
                return Decision("cached", (reason,), result.signature, (), result, result)
        raise ArtifactMissing(
            f"{why} takes the outputs of {step.name} as they are, but none are kept whole: "
            f"run {step.name} first",
            step=step.name,
        )

    def accept(self, step: Step, parameters: Mapping[str, Any], inputs: Inputs) -> tuple[Decision, Result]:
        """Return the signature as it is now, and the newest result, whose outputs are to be held as its own.

        Raises:
            ArtifactMissing: none is kept, or not whole.
        """
        parts, _ = self._parts_now(step, parameters, inputs)
        latest = self._latest(step)
        if latest is None or latest.content.skipped or self._lost(step, latest):
            raise ArtifactMissing(
                f"there are no kept outputs of {step.name} to accept: run it first", step=step.name
            )
        files = result_files.as_they_are(latest, parts, self._directory)
        content = replace(latest.content, files=files)
        result = replace(latest, signature=combine(parts), parts="", content=content)
        why = self._reasons(step, latest, parts)
        return Decision("run", why, result.signature, parts, compared=latest), result

    def _parts_now(
        self, step: Step, parameters: Mapping[str, Any], inputs: Inputs
    ) -> tuple[tuple[Part, ...], list[str]]:
        surroundings = Surroundings(self.workspace, self._python_path, self._newest_results)
        return step_parts(step, parameters, inputs, surroundings)

    def _results(self, step: Step, signature: str, parts: Sequence[Part]) -> Iterator[Result]:
        """Yield the results to look at; one lookup serves where the newest fits, and mostly it does."""
        newest = self._newest.results.get(step.name) if self._newest else None
        if newest is not None and newest.signature == signature:
            yield newest
        history = self.workspace.history
        yield from history.results(signature)
        earlier = earlier_signature(parts)
        if earlier != signature:
            is_shared = step.writes_by_code or step.options.out_files
            named = (each for each in history.results(earlier) if is_shared or each.step == step.name)
            yield from (each for each in named if is_earlier(self._parts_of(each)))

    def _changed_already(self, step: Step) -> Iterator[str]:
        return self._overwriting.changed_already(step, self._newest_results())

    def _problems(
        self, step: Step, result: Result, parts: Sequence[Part], to_come: Collection[str] = ()
    ) -> tuple[str, ...]:
        """Return what keeps a result with the right signature from being reused.

        Args:
            step: the step.
            result: what is kept.
            parts: those whose files it must have seen.
            to_come: files that may be written before the step runs.
        """
        newest, overwriting = self._newest_results(), self._overwriting
        apart = {*to_come, *overwriting.overwritten(step, result, newest)}
        changed = result_files.changed(step, result, parts, self._newest_results, self._directory, apart)
        behind = overwriting.written_from(step, newest) if result.listed else set[str]()
        listed = result_files.relisted(result, self._directory, {*apart, *behind, *step.files_from})
        return (*changed, *listed, *overwriting.again(step, result, newest), *self._lost(step, result))

    @property
    def _directory(self) -> Path:
        return self.workspace.settings.directory

    def _lost(self, step: Step, result: Result) -> tuple[str, ...]:
        if result.content.skipped:
            return ()
        names = {artifact.name for artifact in result.artifacts}
        missing = [name for name in (*step.demanded, *step.options.out_files) if name not in names]
        store = self.workspace.store
        refused = [artifact.name for artifact in result.artifacts if store.is_refused(artifact)]
        if refused:
            return tuple(f"output {name} of run {result.run} is not signed by the team" for name in refused)
        # Figures count, though no step reads them: a step that is cached shows what it showed.
        lost = [
            artifact.name if artifact.is_figure else f"output {artifact.name}"
            for artifact in result.artifacts
            if not store.is_whole(artifact)
        ]
        gone = dict.fromkeys((*(f"output {name}" for name in missing), *lost))
        return tuple(f"{name} is missing" for name in gone)

    def _reasons(
        self,
        step: Step,
        latest: Result | None,
        parts: tuple[Part, ...],
        unknown: Collection[str] = (),
        to_come: Collection[str] = (),
        kinds: Collection[PartKind] = (),
    ) -> tuple[str, ...]:
        """Return why a step without a result of this signature runs: what changed, and how it ended last."""
        tried = self.workspace.history.last_try(self._pipeline, step.name)
        unfinished = (f"{tried[1]} in run {tried[0]}",) if tried and tried[1] != "completed" else ()
        if latest is None:
            return unfinished or reasons(None, parts)
        old = _without(self._parts_of(latest), unknown, to_come, kinds)
        changed = [change.words for change in changes(result_files.unwritten(old, latest), parts)]
        return (*changed, *unfinished) or reasons(parts, parts)

    def _parts_of(self, result: Result) -> tuple[Part, ...]:
        return self.workspace.history.parts(result.parts) or ()

    def _latest(self, step: Step) -> Result | None:
        return next(iter(self.workspace.history.results_of(self._pipeline, step.name, limit=1)), None)


def _always(step: Step, unstable: Sequence[str], *, forced: bool) -> tuple[str, ...]:
    """Return why a step runs whatever is kept, in words; nothing when it may be cached."""
    if forced:
        return ("forced",)
    return ("--always",) if step.options.always else tuple(unstable)


def _waits_for(unknown: Mapping[str, str], to_come: Sequence[str]) -> Iterator[str]:
    """Yield, in words, what will tell whether a step runs."""
    if unknown:
        yield f"{HANGING} {', '.join(sorted(set(unknown.values())))} gives other outputs"
    if to_come:
        words = ("parameters", "are") if len(to_come) > 1 else ("parameter", "is")
        yield f"depends on {words[0]} {', '.join(to_come)}, which {words[1]} computed when a run starts"


def _without(
    parts: tuple[Part, ...],
    inputs: Collection[str],
    parameters: Collection[str] = (),
    kinds: Collection[PartKind] = (),
) -> tuple[Part, ...]:
    names = {"input": inputs, "file": inputs, "parameter": parameters}
    return tuple(
        part for part in parts if part.kind not in kinds and part.name not in names.get(part.kind, ())
    )
