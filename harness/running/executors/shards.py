"""Which clips are still to be done, in pieces for workers, and what follows from a worker's death."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import replace

from harness.planning.cells import Cell
from harness.running.events import Event, Failed, Unreadable
from harness.running.executors.work import Death, Shard
from harness.running.loop import Work

SHARD_SECONDS = 2.0
"""What a shard is to take: so long that handing it over is nothing, so short that the end of a run is no long tail."""
TRIES = 3
"""How often a worker may die over the same thing where it may have been killed by somebody."""


class Shards:
    """The clips of a run that are waiting, in the order of the plan; what is lost comes before the rest."""

    def __init__(self, work: Work, workers: int) -> None:
        self._work = work
        self._workers = workers
        self._cells = {cell.id: cell for cell in work.cells}
        self.places = [
            place for place, clip in enumerate(work.plan.clips)
            if any(clip.id not in work.done.get(cell.id, ()) for cell in work.cells)
        ]  # fmt: skip
        """Of all clips that some cell has yet to see."""
        self._fresh = deque(self.places)
        self._again: deque[Shard] = deque()
        self._deaths: Counter[object] = Counter()
        self._pending = Counter(self.places)
        """Shards that a clip is in, by its place."""
        self._clips = self._seconds = 0.0

    def next(self) -> Shard | None:
        """The next piece; None if nothing is waiting."""
        if self._again:
            return self._again.popleft()
        if not self._fresh:
            return None
        return Shard(tuple(self._fresh.popleft() for _ in range(self._size())))

    def finished(self, shard: Shard, seconds: float) -> list[int]:
        """A shard took so long; returns the places of the clips of which nothing is waiting any more."""
        self._clips += len(shard.clips)
        self._seconds += seconds
        return self._through(shard.clips)

    def lost(self, shard: Shard, death: Death) -> list[tuple[int, Event]]:
        """A worker died over a shard, which is put back.

        What of it is given up is returned as events with places: a clip over whose reading it died counts as
        unreadable, and cells over which it died have failed.
        """
        entry = death.entry
        place = next((n for n in shard.clips if entry and self._work.plan.clips[n].id == entry.clip), None)
        if entry is not None and place is not None:
            self._deaths[entry] += 1
            if death.certain or self._deaths[entry] == TRIES:
                return self._give_up(shard, place, entry.cells, death, reading=entry.reading)
            self._again.append(shard)
            return []
        self._deaths[shard] += 1
        if len(shard.clips) == 1 and not death.certain and self._deaths[shard] < TRIES:
            self._again.append(shard)
        elif pieces := self._pieces(shard):
            self._again.extend(pieces)
        else:
            return self._give_up(shard, shard.clips[0], sorted(shard.only or self._cells), death, reading=False)
        return []

    def _give_up(
        self, shard: Shard, place: int, cells: Sequence[str], death: Death, *, reading: bool
    ) -> list[tuple[int, Event]]:
        clip, concerned = self._work.plan.clips[place], [self._cells[cell] for cell in cells]
        if reading:
            rest = tuple(n for n in shard.clips if n != place)
            self._again.append(replace(shard, clips=rest))
            return [(place, Unreadable(concerned, clip, f"{clip.id}: {death}"))]
        # these cells are still to see the clips before
        before, others = (tuple(n for n in shard.clips if (n < place) is early) for early in (True, False))
        self._again.extend(replace(shard, clips=clips) for clips in (before, others) if clips)
        return [(place, failure(concerned, death, clip.id))]

    def _pieces(self, shard: Shard) -> list[Shard]:
        """A shard in smaller ones, to find out over what a worker dies: clip by clip, then method by method."""
        if len(shard.clips) > 1:
            return [replace(shard, clips=(place,)) for place in shard.clips]
        groups: dict[object, set[str]] = {}
        for cell in self._cells.values():
            if shard.only is None or cell.id in shard.only:
                groups.setdefault(_group(cell), set()).add(cell.id)
        if len(groups) < 2:
            return []
        self._pending[shard.clips[0]] += len(groups) - 1
        return [replace(shard, only=frozenset(ids)) for ids in groups.values()]

    def _through(self, places: Iterable[int]) -> list[int]:
        self._pending.subtract(places)
        return [place for place in places if not self._pending[place]]

    def _size(self) -> int:
        """How many clips to hand out at once."""
        if not self._clips:
            return 1
        wanted = int(SHARD_SECONDS * self._clips / max(self._seconds, 1e-9))
        fair = -(-len(self._fresh) // (2 * self._workers))
        return max(1, min(wanted, fair))


def time_limit(shard: Shard, clip_timeout: float) -> float:
    """Seconds that a worker may take for a shard; one of several clips takes about `SHARD_SECONDS`."""
    return clip_timeout + (5 * SHARD_SECONDS if len(shard.clips) > 1 else 0)


def failure(cells: Iterable[Cell], death: Death, clip: str = "") -> Failed:
    """How cells fail over which a worker died."""
    reason = f"{f'clip {clip}: ' if clip else ''}{death}"
    return Failed(list(cells), reason, f"{reason}\n\n{death.log}".strip() + "\n")


def _group(cell: Cell) -> object:
    """Cells of one method can be computed without those of others; a pair of methods can not."""
    return tuple(part.label for part in cell.methods)
