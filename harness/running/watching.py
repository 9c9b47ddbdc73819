"""How far a run has come, as its folder says: for whoever looks on from outside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import DamagedError
from harness.running.folders import in_use, refuse_others
from harness.running.store import CellRecord, RunFolder


@dataclass(frozen=True)
class Sight:
    """What was seen at one moment."""

    status: str
    """``running``, ``finished``, ``interrupted``, ``stopped``; ``ended`` for a run that was killed."""
    clips: int
    """Clips of the run."""
    done: Mapping[str, int]
    """Clips that all cells of a method have seen, but for those that failed, by method."""
    failed: Mapping[str, str]
    """Reasons of failed cells, by method and probe."""
    execution: Mapping[str, Any]
    """Executor, workers, hosts, devices, restarts."""

    @property
    def total(self) -> int:
        """Clips of all methods together."""
        return self.clips * len(self.done)


def look(path: Path) -> Sight:
    """See how far the run in a folder has come. Raises `RunFolderError` for anything but a run folder, and
    `DamagedError` where `run.json` is damaged."""
    refuse_others(path)
    folder = RunFolder(path)
    info = folder.info()
    status, clips = str(info["status"]), int(info["plan"]["clips"])
    seen: dict[str, list[int]] = {}
    failed: dict[str, str] = {}
    for record in map(folder.cell, info["cells"]):
        facts = _facts(record)
        method, state = str(facts.get("method", "")), facts.get("status")
        if state == "failed":
            failed[f"{method} x {facts['probe']}"] = str(facts["reason"])
        elif state in ("ok", "running"):
            seen.setdefault(method, []).append(clips if state == "ok" else record.lines())
    ended = status == "running" and not in_use(path)
    done = {method: min(counts) for method, counts in seen.items()}
    return Sight("ended" if ended else status, clips, done, failed, info.get("execution", {}))


def _facts(record: CellRecord) -> dict[str, Any]:
    try:
        return record.outcome
    except DamagedError:  # what runs says so
        return {}
