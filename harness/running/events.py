"""What happens while clips go through the loop, in the order in which it happens. All of it can be pickled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.contracts import Clip
from harness.planning.cells import Cell
from harness.running.rows import Row
from harness.video.frames import Bytes


@dataclass(frozen=True)
class Loading:
    """A network is being built."""

    what: str


@dataclass(frozen=True)
class Built:
    """A method is ready for its cells; `params` is the number of its network's parameters, 0 if it has none."""

    cells: Sequence[Cell]
    params: int


@dataclass(frozen=True)
class Remarked:
    """A method says what the results of its cells depend on that no option says."""

    cells: Sequence[Cell]
    method: str
    remark: str


@dataclass(frozen=True)
class Measured:
    """A cell has seen a clip."""

    cell: Cell
    row: Row


@dataclass(frozen=True)
class Unreadable:
    """A clip that these cells were to see cannot be read."""

    cells: Sequence[Cell]
    clip: Clip
    reason: str


@dataclass(frozen=True)
class Failed:
    """Cells have failed and see no further clip. `reason` is one line, `log` the traceback."""

    cells: Sequence[Cell]
    reason: str
    log: str


@dataclass(frozen=True)
class Pictured:
    """One frame of a clip as every method restored it: name to uint8 ``(H, W, 3)``."""

    clip: Clip
    images: Mapping[str, Bytes]


@dataclass(frozen=True)
class ClipDone:
    """A method's cells have all seen one more clip, which took `seconds`."""

    method: str
    seconds: float


@dataclass(frozen=True)
class WorkerBegan:
    """A worker process is ready: its number, where it computes, and how many workers had died before."""

    number: int
    host: str
    device: str
    restarts: int


Event = Loading | Built | Remarked | Measured | Unreadable | Failed | Pictured | ClipDone | WorkerBegan
