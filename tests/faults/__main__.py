"""Many rounds: `python -m tests.faults --rounds 300 --seed 1` prints what was attacked, and failing seeds."""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.faults import remote, rounds
from tests.faults.attacked import can_be_elsewhere
from tests.faults.scenes import Scenes


def main(words: list[str] | None = None) -> int:
    """Carry out the rounds that are asked for; return 1 if one failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--rounds", type=int, default=300, metavar="N", help="so many")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of the first; the others follow")
    parser.add_argument("--verb", action="append", choices=rounds.VERBS, help="only this one; several times")
    parser.add_argument("--fault", action="append", choices=rounds.FAULTS, help="only this one")
    parser.add_argument("--place", action="append", choices=rounds.PLACES, help="only this one")
    parser.add_argument("--remote", action="store_true", help="kill what serves a run on a queue instead")
    parser.add_argument("--folder", type=Path, help="for the scenes; a temporary one if not given")
    options = parser.parse_args(words)
    places = options.place or [place for place in rounds.PLACES if can_be_elsewhere() or "clock" in place]
    attacks = [
        rounds.draw(seed, options.verb or rounds.VERBS, options.fault or rounds.FAULTS, places)
        for seed in range(options.seed, options.seed + options.rounds)
    ]
    # Disks are unmounted then, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory() as folder:
        if options.remote:
            return _killed(range(options.seed, options.seed + options.rounds), options.folder or Path(folder))
        return _carried_out(attacks, options.folder or Path(folder))


def _killed(seeds: range, folder: Path) -> int:
    counts: Counter[str] = Counter()
    failed: list[remote.Kill] = []
    with remote.RemoteScene(folder) as scene:
        for kill in map(remote.draw, seeds):
            try:
                result = HIT if scene.carry_out(kill) else LATE
            except Exception:
                traceback.print_exc()
                result = FAILED
                failed.append(kill)
            counts.update([kill.victim, result])
            _say(f"{kill}: {result}")
    return _say_counts(counts, len(seeds), failed)


def _carried_out(attacks: list[rounds.Round], folder: Path) -> int:
    counts: Counter[str] = Counter()
    failed: list[rounds.Round] = []
    with Scenes(folder) as scenes:
        for attack in attacks:
            result = _result(attack, scenes)
            counts.update(
                [attack.verb, attack.fault, attack.place, *["two at once"] * attack.companion, result]
            )
            failed += [attack] * (result == FAILED)
            _say(f"{attack}: {result}")
    return _say_counts(counts, len(attacks), failed)


def _say_counts(counts: Counter[str], rounds: int, failed: Sequence[object]) -> int:
    for name, count in sorted(counts.items()):
        _say(f"{count:5} {name}")
    _say(f"{rounds} rounds, {len(failed)} failed")
    for attack in failed:
        _say(f"  {attack}")
    return int(bool(failed))


HIT, LATE, LEFT_OUT, FAILED = "hit", "too late", "left out: no disk can be mounted", "FAILED"


def _result(attack: rounds.Round, scenes: Scenes) -> str:
    try:
        scene = scenes.of(attack)
        if scene is None:
            return LEFT_OUT
        return HIT if scene.carry_out(attack) else LATE
    except Exception:
        traceback.print_exc()
        scenes.leave(attack)
        return FAILED


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
