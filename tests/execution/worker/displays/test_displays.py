"""What an attempt displays is kept once; the figures that it still shows at its end are artifacts of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from IPython.core.interactiveshell import InteractiveShell
from matplotlib.figure import Figure

from jupyter_pipes.execution.worker.displays.displays import MOST, Displays
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.job import Job
from jupyter_pipes.model.results import ArtifactRef
from jupyter_pipes.model.steps import Step
from jupyter_pipes.storage.artifacts import ArtifactStore


class Formatter:
    """Formats everything as one and the same picture."""

    def format(self, value: object) -> tuple[dict[str, object], dict[str, object]]:
        return {"image/png": "aGk="}, {}


class Scene:
    """An attempt of the step `plot`, and what it told."""

    def __init__(self, store: ArtifactStore) -> None:
        self.told: list[ev.AnyEvent] = []
        self.displays = Displays(
            Job("r", "p", Step("plot", 0, "", ""), 1), store, self.told.append, lambda: 0
        )

    def show(self, *, display_id: str | None = None, **data: object) -> None:
        forms = {form.replace("_", "/"): content for form, content in data.items()}
        self.displays.show("display_data", forms, {}, display_id)

    def figures(self, taken: Sequence[str] = ()) -> list[ArtifactRef]:
        before = len(self.told)
        self.displays.tell_figures(taken)
        return [event.artifact for event in self.told[before:] if isinstance(event, ev.ArtifactStored)]


@pytest.fixture
def store(tmp_path: Path) -> ArtifactStore:
    return ArtifactStore(tmp_path)


@pytest.fixture
def scene(store: ArtifactStore) -> Scene:
    return Scene(store)


def test_a_figure_is_the_output_itself_and_not_a_second_copy(scene: Scene, store: ArtifactStore) -> None:
    scene.show(image_png="aGk=", text_plain="<Figure>")
    (figure,) = scene.figures()
    (shown,) = [event.output for event in scene.told if isinstance(event, ev.OutputShown)]
    assert (figure.name, figure.type, figure.digest) == ("figure 1", "image/png", shown.digest)
    assert store.has(figure)
    assert store.get_whole(figure).content == b"hi"


def test_a_figure_has_the_title_of_what_was_formatted_for_it(scene: Scene) -> None:
    shell = cast("InteractiveShell", SimpleNamespace(display_formatter=Formatter()))
    figure = Figure()
    figure.suptitle("loss")
    with scene.displays.titled(shell):
        data, metadata = cast("Any", shell.display_formatter).format(figure)
        scene.displays.show("execute_result", data, metadata, None)
        scene.show(image_png="aG8=")
    assert [each.title for each in scene.figures()] == ["loss", ""]
    assert "format" not in vars(shell.display_formatter)


def test_other_outputs_are_no_figures(scene: Scene) -> None:
    scene.show(text_html="<b>1</b>", text_plain="1")
    assert scene.figures() == []


def test_what_was_cleared_or_updated_is_no_figure_any_more(scene: Scene) -> None:
    """An animation leaves its last frame."""
    scene.show(image_png="YQ==")
    scene.displays.clear()
    scene.show(image_png="Yg==", display_id="one")
    scene.show(**{"image_svg+xml": "<svg/>"}, display_id="one")
    scene.show(image_png="Yw==", display_id="two")
    scene.show(text_plain="gone", display_id="two")
    assert [(each.name, each.type) for each in scene.figures()] == [("figure 1", "image/svg+xml")]


def test_a_figure_takes_no_name_that_an_artifact_of_the_step_has(scene: Scene) -> None:
    scene.show(image_png="YQ==")
    scene.show(image_png="Yg==")
    assert [each.name for each in scene.figures(("figure 1", "figure 3"))] == ["figure 2", "figure 4"]


def test_a_picture_that_is_shown_twice_is_one_figure(scene: Scene) -> None:
    scene.show(image_png="YQ==")
    scene.show(image_png="YQ==")
    assert len(scene.figures()) == 1


def test_of_very_many_figures_the_first_are_artifacts_and_a_note_says_so(scene: Scene) -> None:
    for number in range(MOST + 1):
        scene.show(**{"image_svg+xml": str(number)})
    assert len(scene.figures()) == MOST
    (note,) = [event.text for event in scene.told if isinstance(event, ev.NoteAdded)]
    assert note == f"displayed {MOST + 1} figures: the first {MOST} are artifacts, all are outputs"


def test_a_figure_that_another_cell_draws_is_none_of_the_step(scene: Scene) -> None:
    scene.displays.is_of_other_cells = True
    scene.show(image_png="YQ==")
    assert (scene.figures(), scene.told) == ([], [])
