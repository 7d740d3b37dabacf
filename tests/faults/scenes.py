"""The scenes of many rounds: one here, one on a small disk, each until a round fails there or many were."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Self

from tests.faults.disks import small_disk
from tests.faults.rounds import Round
from tests.faults.scene import Scene

_LONGEST = 40
"""Rounds in one scene at most: what is looked at after each grows with them."""


class Scenes:
    """Gives each round its scene; when the block ends, what must hold after all rounds is checked."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._disks = ExitStack()
        self._scenes: dict[bool, Scene | None] = {}
        self._rounds = {False: 0, True: 0}
        self._begun = 0

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Check the scenes that are left, and take their disks away."""
        with self._disks:
            for scene in self._scenes.values():
                if scene is not None and kind is None:
                    scene.check_end()

    def of(self, attack: Round) -> Scene | None:
        """Return the scene of a round; None where this machine cannot have such a one."""
        on_small_disk = attack.fault == "full disk"
        self._rounds[on_small_disk] += 1
        if self._rounds[on_small_disk] % _LONGEST == 0 and (old := self._scenes.pop(on_small_disk, None)):
            old.check_end()
        if on_small_disk not in self._scenes:
            self._scenes[on_small_disk] = self._new(on_small_disk=on_small_disk)
        return self._scenes[on_small_disk]

    def leave(self, attack: Round) -> None:
        """Have the next round begin elsewhere: what is wrong in this scene would fail it as well."""
        self._scenes.pop(attack.fault == "full disk", None)

    def _new(self, *, on_small_disk: bool) -> Scene | None:
        self._begun += 1
        place = self._folder / f"scene-{self._begun}"
        outputs = self._folder / f"outputs-{self._begun}"
        if on_small_disk and not self._disks.enter_context(small_disk(place)):
            return None
        return Scene(place, outputs)
