"""What the loop tells about cells: failures, remarks, clips that cannot be read."""

from __future__ import annotations

import traceback
from collections.abc import Iterable, Iterator, Sequence

from harness.contracts import Clip, Probe
from harness.errors import ClipError, one_line
from harness.planning.cells import Cell
from harness.running.events import Event, Failed, Remarked, Unreadable
from harness.running.frame_store import remark_of
from harness.running.live import LiveCell, LiveMethod


def fail(cells: Sequence[LiveCell], error: Exception, clip: Clip | None = None) -> Failed:
    """Take cells out of work."""
    where = f"clip {clip.id}: " if clip else ""
    failing = [live for live in cells if not live.failed]
    for live in failing:
        live.failed = True
    log = "".join(traceback.format_exception(error))
    return Failed(_cells(failing), f"{where}{one_line(error)}", log)


def unreadable(live: Iterable[LiveCell], clip: Clip, error: ClipError) -> Unreadable:
    """The clip is left out of these cells."""
    return Unreadable(_cells(live), clip, str(error) if clip.id in str(error) else f"{clip.id}: {error}")


def remarks(live: LiveMethod) -> Iterator[Event]:
    """A remark of the method that is new."""
    remark = remark_of(live.method)
    if remark is not None and remark != live.remark:
        live.remark = remark
        yield Remarked(_cells(cell for cell in live.cells if not cell.failed), live.part.label, remark)


def remarks_on_probe(live: LiveCell, probe: Probe) -> Iterator[Event]:
    """A remark of a recogniser that is new."""
    remark = remark_of(getattr(probe, "recognizer", probe))
    if remark is not None and remark != live.remark:
        live.remark = remark
        yield Remarked([live.cell], live.cell.probe.label, remark)


def _cells(live: Iterable[LiveCell]) -> list[Cell]:
    """Each once: a pair's cell waits with both of its methods."""
    return list({one.cell.id: one.cell for one in live}.values())
