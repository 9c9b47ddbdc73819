"""What the loop tells about cells: failures, remarks, clips that cannot be read."""

from __future__ import annotations

import traceback
from collections.abc import Iterable, Iterator, Sequence

from harness.contracts import Clip, Probe
from harness.errors import ClipError, message_of, one_line
from harness.planning.cells import Cell, Plan
from harness.probes.recognizer import judge_of
from harness.running.events import Event, Failed, Remarked, Unreadable
from harness.running.frame_store import remark_of
from harness.running.guarding import contained, remark_on_changes
from harness.running.live import Assembly, LiveCell, LiveMethod


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
    message = message_of(error)
    return Unreadable(_cells(live), clip, message if clip.id in message else f"{clip.id}: {message}")


def remarks(live: LiveMethod) -> Iterator[Event]:
    """A remark of the method that is new."""
    remark = _remark_of(live.method)
    if remark is not None and remark != live.remark:
        live.remark = remark
        yield Remarked(_cells(cell for cell in live.cells if not cell.failed), live.part.label, remark)


def remarks_on_probe(live: LiveCell, probe: Probe) -> Iterator[Event]:
    """A remark of a recogniser that is new."""
    remark = _remark_of(judge_of(probe))
    if remark is not None and remark != live.remark:
        live.remark = remark
        yield Remarked([live.cell], live.cell.probe.label, remark)


def remarks_on_shared(built: Assembly, plan: Plan, live: Sequence[LiveCell]) -> Iterator[Event]:
    """What degradation and flow estimator changed of the process, where that is new."""
    with_flow = [one for one in live if one.cell.flow]
    shared = [
        (built.flow, plan.flow, with_flow),
        (built.hr_flow, plan.flow, with_flow),
        (built.degradation, plan.degradation, live),
    ]
    for plugin, part, concerned in shared:
        remark = remark_on_changes(plugin)
        if part is not None and remark is not None and built.remarks.get(part.label) != remark:
            built.remarks[part.label] = remark
            yield Remarked(_cells(one for one in concerned if not one.failed), part.label, remark)


def _remark_of(plugin: object) -> str | None:
    try:
        with contained():
            remark = remark_of(plugin)
        return remark and remark.encode("utf-8", "backslashreplace").decode()
    except Exception as error:  # a plugin's property
        return f"its remark cannot be shown: {one_line(error)}"


def _cells(live: Iterable[LiveCell]) -> list[Cell]:
    """Each once: a pair's cell waits with both of its methods."""
    return list({one.cell.id: one.cell for one in live}.values())
