"""The one loop over clips."""

from __future__ import annotations

import re
import time
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from harness.contracts import Clip, Degradation, FlowEstimator, Probe, Sample, SRMethod
from harness.errors import ClipError
from harness.planning.cells import Cell, Part
from harness.running.build import (
    build_degradation,
    build_flow,
    build_method,
    build_probe,
    count_parameters,
)
from harness.running.executors.base import Work
from harness.running.frame_store import around, temporal_radius, widest
from harness.running.pictures import save_comparison
from harness.running.pipeline import JointClip, Needs, RestoredClip, SourceClip, check_wants, restore
from harness.running.store import CellRecord, cell_facts, make_row
from harness.running.timing import Stopwatch
from harness.specs import SRMethodSpec
from harness.video.frames import to_uint8

PICTURES = 3
"""Clips of which the run folder gets a picture."""


@dataclass
class LiveCell:
    """A cell in work."""

    cell: Cell
    record: CellRecord
    done: set[str]
    unreadable: dict[str, str] = field(default_factory=dict)
    failed: bool = False


@dataclass
class LiveMethod:
    """A method in work with its cells."""

    part: Part
    method: SRMethod
    cells: list[LiveCell]
    """Those that need it; a pair's cell is in work with both methods."""
    radius: int | None
    """Frames around a wanted one that it looks at; None for the whole clip."""

    @property
    def sees_hr(self) -> bool:
        return isinstance(self.part.spec, SRMethodSpec) and self.part.spec.source == "hr"

    def waiting(self, clip: Clip) -> list[LiveCell]:
        return [c for c in self.cells if not c.failed and clip.id not in c.done]


class ClipLoop:
    """Holds the built objects while clips go through them."""

    def __init__(self, work: Work, device: torch.device, watch: Stopwatch) -> None:
        self.work = work
        self.device = device
        self.watch = watch
        benchmark = work.plan.benchmark
        self.degradation: Degradation | None = build_degradation(benchmark, work.registry)
        self.flow: FlowEstimator = build_flow(benchmark, work.registry, device)
        self.live = self._begin()
        self.probes = self._build_probes()
        self.methods = self._build_methods()
        self.pictured = {clip.id for clip in work.plan.clips[:: max(1, len(work.plan.clips) // PICTURES)][:PICTURES]}

    def see(self, clip: Clip) -> None:
        """Take one clip through every method that still waits for it."""
        waiting = [m for m in self.methods if m.waiting(clip)]
        if not waiting:
            return
        try:
            video = self.work.dataset.open(clip)
            frames = self._wanted(clip, video.num_frames)
            needs = needs_of(frames, video.num_frames, waiting)
            source = SourceClip(clip, video, self.degradation, self.flow, self.watch, self.device, needs)
        except ClipError as error:
            self._unreadable(clip, waiting, error)
            return
        middle = frames[len(frames) // 2 : len(frames) // 2 + 1]
        shown = {"LR": to_uint8(source.lr(middle))}
        kept: dict[str, RestoredClip] = {}
        for method in waiting:
            start = time.perf_counter()
            restored = self._restore_and_probe(method, source, frames, kept)
            if restored is not None:
                shown[method.part.label] = to_uint8(restored.sr(middle))
            self.work.listener.clip_done(method.part.label, time.perf_counter() - start)
        if clip.id in self.pictured and middle:
            self._save_picture(clip, {name: image[0] for name, image in shown.items()})

    def finish(self) -> None:
        """Close every cell that has not failed."""
        order = [clip.id for clip in self.work.plan.clips]
        for live in self.live:
            if live.failed:
                continue
            if live.unreadable:
                first = next(iter(live.unreadable.values()))
                log = "\n".join(live.unreadable.values())
                self._fail(live, f"{len(live.unreadable)} of {len(order)} clips unreadable; first: {first}", log)
                continue
            live.record.finish(order)
            self.work.listener.cell_finished(live.cell, "ok", None)

    def _begin(self) -> list[LiveCell]:
        live = []
        for cell in self.work.cells:
            record = self.work.folder.cell(cell.id)
            done = record.begin({**cell_facts(cell), "device": str(self.device)})
            live.append(LiveCell(cell, record, done))
        return live

    def _build_probes(self) -> dict[str, Probe]:
        """One object a probe, shared by all methods. A probe that cannot be built fails its cells, not the run."""
        plan = self.work.plan
        probes: dict[str, Probe] = {}
        for part in {live.cell.probe.label: live.cell.probe for live in self.live}.values():
            self.work.listener.loading(part.label)
            try:
                probes[part.label] = build_probe(part, plan.benchmark.scale, plan.classes, self.device)
            except Exception as error:  # a plugin's factory; recorded with its traceback in every cell it was for
                self._fail_all([c for c in self.live if c.cell.probe.label == part.label], error)
        return probes

    def _build_methods(self) -> list[LiveMethod]:
        methods = []
        parts = {part.label: part for live in self.live for part in live.cell.methods}
        for part in parts.values():
            cells = [c for c in self.live if part.label in [m.label for m in c.cell.methods] and not c.failed]
            self.work.listener.loading(part.label)
            try:
                method = build_method(part, self.work.plan.benchmark.scale, self.device)
                radius = temporal_radius(method)
            except Exception as error:  # a plugin's factory; recorded with its traceback in every cell it was for
                self._fail_all(cells, error)
                continue
            for live in cells:
                if len(live.cell.methods) == 1:
                    live.record.note({"params": count_parameters(method)})
            methods.append(LiveMethod(part, method, cells, radius))
        return methods

    def _wanted(self, clip: Clip, num_frames: int) -> list[int]:
        """Frames all probes want, not only the waiting ones: a resumed clip must be restored in the same batches."""
        wanted: set[int] = set()
        for label, probe in list(self.probes.items()):
            try:
                wanted |= check_wants(probe.wants(num_frames), num_frames).all_frames()
            except Exception as error:  # a plugin's code; recorded with its traceback in the probe's cells
                del self.probes[label]
                self._fail_all([c for c in self.live if c.cell.probe.label == label], error, clip)
        return sorted(wanted)

    def _save_picture(self, clip: Clip, shown: Mapping[str, Any]) -> None:
        """One frame by every method for people to look at; a picture of an earlier command is left as it is."""
        path = self.work.folder.path / "pictures" / f"{re.sub(r'[^A-Za-z0-9_.-]', '_', clip.id)}.png"
        if not path.exists():
            path.parent.mkdir(exist_ok=True)
            save_comparison(path, shown)

    def _restore_and_probe(
        self, live: LiveMethod, source: SourceClip, frames: list[int], kept: dict[str, RestoredClip]
    ) -> RestoredClip | None:
        """Restore a clip and let the cells see it. `kept` is what pairs need of it, by method."""
        waiting = live.waiting(source.clip)
        try:
            restored = restore(live.method, source, frames, sees_hr=live.sees_hr, scale=self.work.plan.benchmark.scale)
        except Exception as error:  # a plugin's code; recorded with its traceback in the method's cells
            self._fail_all(waiting, error, source.clip)
            return None
        if any(len(cell.cell.methods) > 1 for cell in waiting):
            kept[live.part.label] = restored
        for cell in waiting:
            sample = _sample(cell.cell, restored, kept)
            if sample is not None:
                self._probe(cell, sample)
        return restored

    def _probe(self, live: LiveCell, restored: Sample) -> None:
        label = live.cell.probe.label
        start = time.perf_counter()
        try:
            with self.watch.stage("recognise" if live.cell.probe.stream else "measure"), torch.inference_mode():
                measurement = self.probes[label].measure(restored)
            row = make_row(restored.clip, measurement.numbers, measurement.arrays)
        except Exception as error:  # a plugin's code; recorded with its traceback in the cell
            self._fail_all([live], error, restored.clip)
            return
        live.record.append({**row, "seconds": round(time.perf_counter() - start, 6)})
        live.done.add(restored.clip.id)

    def _unreadable(self, clip: Clip, methods: Sequence[LiveMethod], error: ClipError) -> None:
        for method in methods:
            for live in method.waiting(clip):
                live.unreadable[clip.id] = str(error) if clip.id in str(error) else f"{clip.id}: {error}"
            self.work.listener.clip_done(method.part.label, 0.0)

    def _fail_all(self, cells: Sequence[LiveCell], error: Exception, clip: Clip | None = None) -> None:
        where = f"clip {clip.id}: " if clip else ""
        log = "".join(traceback.format_exception(error))
        for live in cells:
            self._fail(live, f"{where}{type(error).__name__}: {error}".splitlines()[0], log)

    def _fail(self, live: LiveCell, reason: str, log: str) -> None:
        live.failed = True
        live.record.fail(reason, log)
        self.work.listener.cell_finished(live.cell, "failed", reason)


def needs_of(frames: Sequence[int], num_frames: int, methods: Sequence[LiveMethod]) -> Needs:
    """What must be kept of a clip so that these methods can restore the wanted frames."""
    hr, lr = (widest(m.radius for m in methods if m.sees_hr is sees_hr) for sees_hr in (True, False))
    return Needs(around(frames, hr, num_frames), around(frames, lr, num_frames))


def _sample(cell: Cell, restored: RestoredClip, kept: Mapping[str, RestoredClip]) -> Sample | None:
    """What a cell sees of a clip; None for a pair of which one method has not restored it yet."""
    if len(cell.methods) == 1:
        return restored
    frames, motion = (kept.get(part.label) for part in cell.methods)
    return JointClip(frames, motion) if frames is not None and motion is not None else None
