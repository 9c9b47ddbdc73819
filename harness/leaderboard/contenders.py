"""What the table compares: methods, and pairs of methods."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.errors import UnknownNameError, UsageError
from harness.leaderboard.cells import CellRow
from harness.syntax import split_pair


@dataclass(frozen=True)
class Contender:
    """A method or a pair of methods: whose frames each stream sees."""

    name: str
    spatial: str
    temporal: str

    @property
    def is_pair(self) -> bool:
        return self.spatial != self.temporal

    def cells(self, cells: Sequence[CellRow], recognizer: str | None) -> list[CellRow]:
        """The cells that its numbers come from: those of one recogniser, and for a lone method the other probes'."""
        if self.is_pair:
            wanted = {("spatial", self.spatial), ("temporal", self.temporal)}
            own = [c for c in cells if c.recognizer == recognizer]
            joint = (self.spatial, self.temporal)
            return [c for c in own if (c.stream, c.method) in wanted or (c.method, c.temporal) == joint]
        return [c for c in cells if c.method == self.name and not c.is_pair and c.recognizer in (None, recognizer)]


def read_contenders(cells: Sequence[CellRow], pairs: Sequence[str]) -> list[Contender]:
    """Every method of the run, then the pairs. Raises `UsageError` for a pair whose methods the run lacks."""
    methods = list(dict.fromkeys(cell.method for cell in cells))
    found = {name: Contender(name, name, name) for name in methods}
    for pair in pairs:
        parts = split_pair(pair)
        if len(parts) != 2:
            raise UsageError(f"{pair!r} is not a pair; write SPATIAL+TEMPORAL")
        for part in parts:
            if part not in found or found[part].is_pair:
                raise UnknownNameError("method of this run", part, methods, f"The pair {pair!r} needs it.")
        name = parts[0] if parts[0] == parts[1] else "+".join(parts)
        found[name] = Contender(name, parts[0], parts[1])
    return list(found.values())
