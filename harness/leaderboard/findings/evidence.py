"""What one recogniser's complete cells say, joined by clip."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from harness.leaderboard.cells import CellRow
from harness.leaderboard.measures import number_keys
from harness.leaderboard.streams import stream_scores
from harness.leaderboard.table import Leaderboard
from harness.specs import CEILING, FLOOR
from harness.statistics import Difference, Panel, accuracy, hits
from harness.statistics.scores import Bools, Floats

FAMILY = "@"
"""First letter of a name that stands for all lone methods of a family."""


@dataclass(frozen=True)
class Evidence:
    """Hits by stream and row, all over the same clips.

    `hit` ``(n,)`` by stream and name of the row, `panels` the same as columns in that order; `measures` ``(n,)`` by key
    and lone method are the other probes' numbers a clip, NaN where they are undefined; `pairs` are the rows that are
    pairs, `families` those of the lone methods.
    """

    hit: Mapping[str, Mapping[str, Bools]]
    panels: Mapping[str, Panel]
    measures: Mapping[str, Mapping[str, Floats]]
    groups: Sequence[str]
    pairs: Sequence[str]
    families: Mapping[str, str]
    floor: str = FLOOR

    @property
    def scope(self) -> str:
        """The clips and groups that everything is measured on."""
        return f"{len(self.groups)} clips, {len(set(self.groups))} groups"

    def lone(self, stream: str) -> list[str]:
        """Methods that were measured in a stream, without pairs and the ceiling."""
        return [name for name in self.hit[stream] if name not in self.pairs and name != CEILING]

    def members(self, stream: str, names: Sequence[str]) -> list[str]:
        """Measured rows that names and ``@family`` stand for, each once; empty where any stands for none."""
        found: dict[str, None] = {}
        for name in names:
            own = [m for m in self.lone(stream) if self.families.get(m) == name.removeprefix(FAMILY)]
            own = own if name.startswith(FAMILY) else [name] * (name in self.hit[stream])
            if not own:
                return []
            found.update(dict.fromkeys(own))
        return list(found)

    def top1(self, stream: str, name: str) -> float:
        """Accuracy in percent."""
        return accuracy(self.hit[stream][name])

    def difference(self, stream: str, higher: Sequence[str], lower: Sequence[str]) -> Difference:
        """Mean accuracy of some rows less that of others, with interval and p-value."""
        return self.panels[stream].difference(self._columns(stream, higher), self._columns(stream, lower))

    def p_values(self, stream: str, pairs: Sequence[tuple[str, str]]) -> Floats:
        """The p-values of the differences between the two rows of every pair, ``(pairs,)``."""
        columns = self._places[stream]
        return self.panels[stream].p_values([(columns[first], columns[second]) for first, second in pairs])

    @cached_property
    def _places(self) -> dict[str, dict[str, int]]:
        return {stream: {name: i for i, name in enumerate(rows)} for stream, rows in self.hit.items()}

    def _columns(self, stream: str, names: Sequence[str]) -> list[int]:
        return [self._places[stream][name] for name in names]


def gather(board: Leaderboard, recognizer: str) -> Evidence | None:
    """The evidence of one recogniser, None if none of its cells is complete.

    Raises `RunFolderError` if scores cannot be joined by clip id.
    """
    own = [cell for cell in board.cells if cell.recognizer == recognizer]
    streams = stream_scores(board.contenders, own, board.fusion)
    first = next((scores for rows in streams.values() for scores in rows.values()), None)
    if first is None:
        return None
    hit: dict[str, dict[str, Bools]] = {}
    panels: dict[str, Panel] = {}
    for stream, rows in streams.items():
        hit[stream] = {name: hits(scores.aligned_to(first)) for name, scores in rows.items()}
        if hit[stream]:
            panels[stream] = Panel(np.stack(list(hit[stream].values()), axis=1), first.groups)
    return Evidence(
        hit=hit,
        panels=panels,
        measures=_measures(board.cells, first.clips),
        groups=first.groups,
        pairs=[one.name for one in board.contenders if one.is_pair],
        families={cell.method: cell.family for cell in board.cells if cell.family},
        floor=board.floor,
    )


def _measures(cells: Sequence[CellRow], clips: Sequence[str]) -> dict[str, dict[str, Floats]]:
    """Numbers by key and method in the order of the clips; methods without any are left out."""
    found: dict[str, dict[str, Floats]] = {}
    for cell in cells:
        if cell.clips is not None and cell.stream is None:
            ordered = cell.clips.set_index("clip").reindex(list(clips))
            for key in number_keys(cell.clips):
                found.setdefault(key, {})[cell.method] = ordered[key].to_numpy(dtype=np.float64)
    return found
