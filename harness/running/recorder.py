"""The only writer of cells: writes what happens in the loop to the run folder, and tells a listener."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from harness.planning.cells import Cell, Plan
from harness.registry import Registry
from harness.running.events import (
    Built,
    ClipDone,
    Event,
    Failed,
    Loading,
    Measured,
    Pictured,
    Remarked,
    Unreadable,
    WorkerBegan,
)
from harness.running.pictures import save_comparison
from harness.running.rows import CellFacts
from harness.running.store import CellRecord, RunFolder


class Listener(Protocol):
    """Told of every step, in the order in which it happens."""

    def loading(self, what: str) -> None:
        """A network is being built."""
        ...

    def clip_done(self, method: str, seconds: float) -> None:
        """A method's cells have all seen one more clip; `seconds` is what it took."""
        ...

    def cell_finished(self, cell: Cell, status: str, reason: str | None) -> None:
        """A cell ended `ok`, `failed` or `skipped`."""
        ...


class Recorder:
    """Records the cells of a plan: `skip` and `begin` first, then `take` every event, then `finish`."""

    def __init__(
        self, plan: Plan, folder: RunFolder, registry: Registry, listener: Listener, *, skip_unreadable: bool = False
    ) -> None:
        self.plan = plan
        self.folder = folder
        self.registry = registry
        self.listener = listener
        self.skip_unreadable = skip_unreadable
        """Whether a cell is complete without the clips that cannot be read."""
        self._open: dict[str, Cell] = {}
        self._records: dict[str, CellRecord] = {}
        """Of all cells that were opened."""
        self._workers: dict[int, WorkerBegan] = {}
        self._unreadable: dict[str, dict[str, str]] = {}
        """Reasons by clip of every cell that lacks one."""

    def skip(self) -> None:
        """Record every cell that cannot run here."""
        for cell in self.plan.cells:
            if reason := cell.skipped:
                self.folder.cell(cell.id).skip(CellFacts.of(cell).record(), reason)
                self._announce(cell, "skipped", reason)

    def begin(self, cells: Sequence[Cell], device: str) -> dict[str, frozenset[str]]:
        """Open cells; returns the ids of the clips that each has seen already."""
        self._open = {cell.id: cell for cell in cells}
        self._records = {cell.id: self.folder.cell(cell.id) for cell in cells}
        facts = {cell.id: {**CellFacts.of(cell).record(), "device": device} for cell in cells}
        return {cell.id: frozenset(self._records[cell.id].begin(facts[cell.id])) for cell in cells}

    def take(self, event: Event) -> None:
        """Write down one event."""
        match event:
            case Measured(cell, row):
                self._records[cell.id].append(row)
            case ClipDone(method, seconds):
                self.listener.clip_done(method, seconds)
            case Loading(what):
                self.listener.loading(what)
            case Built(cells, params):
                for cell in cells:
                    self.folder.cell(cell.id).note({"params": params})
            case Remarked(cells, method, remark):
                for record in (self.folder.cell(cell.id) for cell in cells):
                    record.note({"remarks": {**(record.outcome.get("remarks") or {}), method: remark}})
            case Failed(cells, reason, log):
                for cell in cells:
                    self._fail(cell, reason, log)
            case Unreadable(cells, clip, reason):
                for cell in cells:
                    self._unreadable.setdefault(cell.id, {})[clip.id] = reason
            case Pictured():
                self._save_picture(event)
            case WorkerBegan():
                self._workers[event.number] = event
                self.folder.write_info({**self.folder.info(), "execution": self.execution(event.restarts)})

    def finish(self) -> None:
        """Close every cell that has not failed."""
        order = [clip.id for clip in self.plan.clips]
        for cell in list(self._open.values()):
            found = self._unreadable.get(cell.id, {})
            missing = {clip: found[clip] for clip in order if clip in found}
            if len(missing) == len(order) or (missing and not self.skip_unreadable):
                self._fail(cell, _unreadable(missing, len(order)), "\n".join(missing.values()))
                continue
            self.folder.cell(cell.id).finish(order, missing)
            self._announce(cell, "ok", None)

    def execution(self, restarts: int) -> dict[str, Any]:
        """What `run.json` says of where cells are computed."""
        workers = [self._workers[number] for number in sorted(self._workers)]
        return {
            **self.folder.info().get("execution", {}),
            "workers": len(workers),
            "hosts": sorted({worker.host for worker in workers}),
            "devices": [worker.device for worker in workers],
            "restarts": restarts,
        }

    def _fail(self, cell: Cell, reason: str, log: str) -> None:
        del self._open[cell.id]
        self.folder.cell(cell.id).fail(reason, log)
        self._announce(cell, "failed", reason)

    def _announce(self, cell: Cell, status: str, reason: str | None) -> None:
        self.registry.manager.hook.harness_cell_finished(run=self.folder, cell=cell, status=status)
        self.listener.cell_finished(cell, status, reason)

    def _save_picture(self, event: Pictured) -> None:
        """For people to look at; a picture of an earlier command is kept."""
        path = self.folder.path / "pictures" / f"{re.sub(r'[^A-Za-z0-9_.-]', '_', event.clip.id)}.png"
        if not path.exists():
            path.parent.mkdir(exist_ok=True)
            save_comparison(path, event.images)


def _unreadable(missing: Mapping[str, str], clips: int) -> str:
    first = next(iter(missing.values()))
    cure = "" if len(missing) == clips else "; --skip-unreadable scores the others"
    return f"{len(missing)} of {clips} clips unreadable; first: {first}{cure}"
