"""The one loop over clips. It takes clips and yields what happens; it knows no folder and can run in any process."""

from __future__ import annotations

import time
import traceback
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch

from harness.contracts import Clip, Degradation, FlowEstimator, Probe, Sample, SRMethod
from harness.errors import ClipError, one_line
from harness.planning.cells import Cell, Part, Plan
from harness.running.build import build_degradation, build_flow, build_method, count_parameters
from harness.running.context import RunContext
from harness.running.events import Built, ClipDone, Event, Failed, Loading, Measured, Pictured, Unreadable
from harness.running.frame_store import around, temporal_radius, widest
from harness.running.pipeline import JointClip, Needs, RestoredClip, SourceClip, check_wants, restore
from harness.running.rows import make_row
from harness.running.timing import Stopwatch
from harness.specs import SRMethodSpec
from harness.video.frames import Bytes, to_uint8

PICTURES = 3
"""Clips of a run that are pictured."""


@dataclass(frozen=True)
class Work:
    """Cells to compute. It can be pickled, and cut into pieces by clips."""

    plan: Plan
    cells: Sequence[Cell]
    """Neither skipped nor complete."""
    done: Mapping[str, frozenset[str]]
    """Ids of the clips that a cell has seen already, by the cell's id."""


@dataclass
class LiveCell:
    """A cell in work."""

    cell: Cell
    done: set[str]
    failed: bool = False


@dataclass
class LiveMethod:
    """A method in work with its cells."""

    part: Part[SRMethodSpec]
    method: SRMethod
    cells: list[LiveCell]
    """Those that need it; a pair's cell is in work with both methods."""
    radius: int | None
    """Frames around a wanted one that it looks at; None for the whole clip."""

    @property
    def sees_hr(self) -> bool:
        return self.part.spec.source == "hr"

    def waiting(self, clip: Clip) -> list[LiveCell]:
        return [c for c in self.cells if not c.failed and clip.id not in c.done]


class ClipLoop:
    """Holds the live objects while clips go through them. Iterate over `run` to the end."""

    def __init__(self, work: Work, context: RunContext) -> None:
        self.work = work
        self.context = context
        self.watch = Stopwatch(context.device)
        self.live = [LiveCell(cell, set(work.done.get(cell.id, ()))) for cell in work.cells]
        self.degradation: Degradation | None = None
        self.flow: FlowEstimator | None = None
        self.probes: dict[str, Probe] = {}
        self.methods: list[LiveMethod] = []
        clips = work.plan.clips
        self.pictured = {clip.id for clip in clips[:: max(1, len(clips) // PICTURES)][:PICTURES]}

    def run(self, clips: Iterable[Clip]) -> Iterator[Event]:
        """Build everything, then take the clips through every method that still waits for them."""
        yield from self._build_shared()
        yield from self._build_probes()
        yield from self._build_methods()
        for clip in clips:
            yield from self.see(clip)

    def see(self, clip: Clip) -> Iterator[Event]:
        """Take one clip through every method that still waits for it."""
        waiting = [m for m in self.methods if m.waiting(clip)]
        if not waiting:
            return
        source = yield from self._read(clip, waiting)
        if source is None:
            return
        frames = source.wanted
        shown: dict[str, Bytes] = {}
        middle = frames[len(frames) // 2 : len(frames) // 2 + 1] if clip.id in self.pictured else []
        if middle:
            shown["LR"] = to_uint8(source.lr(middle))[0]
        kept: dict[str, RestoredClip] = {}
        for method in waiting:
            start = time.perf_counter()
            restored = yield from self._restore_and_probe(method, source, kept)
            if restored is not None and middle:
                shown[method.part.label] = to_uint8(restored.sr(middle))[0]
            yield ClipDone(method.part.label, time.perf_counter() - start)
        if shown:
            yield Pictured(clip, shown)

    def _build_shared(self) -> Iterator[Event]:
        """Degradation and flow. One that cannot be built fails the cells that need it, not the run."""
        degradation = self.work.plan.degradation
        try:
            self.degradation = build_degradation(degradation) if degradation else None
        except Exception as error:  # a plugin's factory; recorded with its traceback in every cell
            yield self._fail(self.live, error)
        with_flow = [live for live in self.live if live.cell.flow and not live.failed]
        if not with_flow:
            return
        yield Loading(self.work.plan.flow.label)
        try:
            self.flow = build_flow(self.work.plan.flow, self.context.device)
        except Exception as error:  # a plugin's factory; recorded with its traceback in every cell it was for
            yield self._fail(with_flow, error)

    def _build_probes(self) -> Iterator[Event]:
        """One object a probe, shared by all methods."""
        for part in {live.cell.probe.label: live.cell.probe for live in self.live if not live.failed}.values():
            yield Loading(part.label)
            try:
                self.probes[part.label] = self.context.probe(part)
            except Exception as error:  # a plugin's factory; recorded with its traceback in every cell it was for
                yield self._fail([live for live in self.live if live.cell.probe.label == part.label], error)

    def _build_methods(self) -> Iterator[Event]:
        for part in {part.label: part for live in self.live for part in live.cell.methods}.values():
            labels = {id(live): [m.label for m in live.cell.methods] for live in self.live}
            cells = [live for live in self.live if part.label in labels[id(live)] and not live.failed]
            if not cells:
                continue
            yield Loading(part.label)
            try:
                method = build_method(part, self.work.plan.benchmark.scale, self.context.device)
                radius = temporal_radius(method)
            except Exception as error:  # a plugin's factory; recorded with its traceback in every cell it was for
                yield self._fail(cells, error)
                continue
            alone = [live.cell for live in cells if len(live.cell.methods) == 1]
            yield Built(alone, count_parameters(method))
            self.methods.append(LiveMethod(part, method, cells, radius))

    def _read(self, clip: Clip, waiting: Sequence[LiveMethod]) -> Generator[Event, None, SourceClip | None]:
        """Decode and degrade a clip; None if that fails, or no frame of it is wanted any more."""
        try:
            video = self.context.open(clip)
            frames = yield from self._wanted(clip, video.num_frames)
            needs = needs_of(frames, video.num_frames, waiting)
            return SourceClip(
                clip, video, self.degradation, self.flow, self.watch, self.context.device, needs, wanted=frames
            )
        except ClipError as error:
            yield _unreadable([live for method in waiting for live in method.waiting(clip)], clip, error)
        except Exception as error:  # a plugin's data set or degradation; recorded with its traceback
            yield self._fail([live for method in waiting for live in method.waiting(clip)], error, clip)
        for method in waiting:
            yield ClipDone(method.part.label, 0.0)
        return None

    def _wanted(self, clip: Clip, num_frames: int) -> Generator[Event, None, list[int]]:
        """Frames all probes want, not only the waiting ones: a resumed clip must be restored in the same batches."""
        wanted: set[int] = set()
        for label, probe in list(self.probes.items()):
            try:
                wanted |= check_wants(probe.wants(num_frames), num_frames).all_frames()
            except Exception as error:  # a plugin's code; recorded with its traceback in the probe's cells
                del self.probes[label]
                yield self._fail([live for live in self.live if live.cell.probe.label == label], error, clip)
        return sorted(wanted)

    def _restore_and_probe(
        self, live: LiveMethod, source: SourceClip, kept: dict[str, RestoredClip]
    ) -> Generator[Event, None, RestoredClip | None]:
        """Restore a clip and let the cells see it. `kept` is what pairs need of it, by method."""
        waiting, scale = live.waiting(source.clip), self.work.plan.benchmark.scale
        first = source.clip.id == self.work.plan.clips[0].id
        try:
            restored = restore(live.method, source, source.wanted, sees_hr=live.sees_hr, scale=scale, counted=first)
        except ClipError as error:  # of a method whose frames are files
            yield _unreadable(waiting, source.clip, error)
            return None
        except Exception as error:  # a plugin's code; recorded with its traceback in the method's cells
            yield self._fail(waiting, error, source.clip)
            return None
        if any(len(cell.cell.methods) > 1 for cell in waiting):
            kept[live.part.label] = restored
        for cell in waiting:
            sample = _sample(cell.cell, restored, kept)
            if sample is not None:
                yield self._probe(cell, sample)
        return restored

    def _probe(self, live: LiveCell, sample: Sample) -> Event:
        part, start = live.cell.probe, time.perf_counter()
        try:
            with self.watch.stage("recognise" if part.stream else "measure"), torch.inference_mode():
                found = self.probes[part.label].measure(sample)
            row = make_row(sample.clip, found.numbers, found.arrays, time.perf_counter() - start)
        except Exception as error:  # a plugin's code; recorded with its traceback in the cell
            return self._fail([live], error, sample.clip)
        live.done.add(sample.clip.id)
        return Measured(live.cell, row)

    def _fail(self, cells: Sequence[LiveCell], error: Exception, clip: Clip | None = None) -> Failed:
        where = f"clip {clip.id}: " if clip else ""
        failing = [live for live in cells if not live.failed]
        for live in failing:
            live.failed = True
        log = "".join(traceback.format_exception(error))
        return Failed(_cells(failing), f"{where}{one_line(error)}", log)


def needs_of(frames: Sequence[int], num_frames: int, methods: Sequence[LiveMethod]) -> Needs:
    """What must be kept of a clip so that these methods can restore the wanted frames."""
    hr, lr = (widest(m.radius for m in methods if m.sees_hr is sees_hr) for sees_hr in (True, False))
    return Needs(around(frames, hr, num_frames), around(frames, lr, num_frames))


def _unreadable(live: Iterable[LiveCell], clip: Clip, error: ClipError) -> Unreadable:
    return Unreadable(_cells(live), clip, str(error) if clip.id in str(error) else f"{clip.id}: {error}")


def _cells(live: Iterable[LiveCell]) -> list[Cell]:
    """Each once: a pair's cell waits with both of its methods."""
    return list({one.cell.id: one.cell for one in live}.values())


def _sample(cell: Cell, restored: RestoredClip, kept: Mapping[str, RestoredClip]) -> Sample | None:
    """What a cell sees of a clip; None for a pair of which one method has not restored it yet."""
    if len(cell.methods) == 1:
        return restored
    frames, motion = (kept.get(part.label) for part in cell.methods)
    return JointClip(frames, motion) if frames is not None and motion is not None else None
