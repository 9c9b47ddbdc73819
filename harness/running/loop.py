"""The one loop over clips. It takes clips and yields what happens; it knows no folder and can run in any process."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

import torch

from harness.contracts import Clip, Degradation, FlowEstimator, Measurement, PortionedProbe, Probe, Sample
from harness.errors import ClipError, one_line
from harness.memory import give_back
from harness.planning.cells import Cell, Plan
from harness.running.build import build_degradation, build_flow, build_method, count_parameters
from harness.running.context import RunContext
from harness.running.events import Built, ClipDone, Event, Failed, Loading, Measured, Pictured, Remarked, Unreadable
from harness.running.frame_store import remark_of, temporal_radius, widest
from harness.running.kept_flow import kept_flow
from harness.running.live import LiveCell, LiveMethod, View
from harness.running.pipeline import PORTION_PIXELS, JointClip, RestoredClip, SourceClip, pixels_on
from harness.running.portions import Look, Portion, look_of, needs_of, portions_of
from harness.running.read_ahead import reader_for
from harness.running.rows import make_row
from harness.running.timing import Stopwatch
from harness.video.frames import Bytes, to_uint8

T = TypeVar("T")
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


@dataclass(frozen=True)
class Opened:
    """A clip that is open, in portions; the first frames are on their way."""

    source: SourceClip
    portions: Sequence[Portion]
    failures: Mapping[str, Exception] = field(default_factory=dict)
    """Of probes that could not say what they want, by label."""


class ClipLoop:
    """Holds the live objects while clips go through them. Iterate over `run` to the end."""

    def __init__(self, work: Work, context: RunContext) -> None:
        self.work = work
        self.context = context
        self.watch = Stopwatch(context.device)
        self._reader = reader_for(context.device)
        self._asked: dict[str, Callable[[], Opened]] = {}
        """The clip that is opened while the one before it is computed, by its id."""
        self.live = [LiveCell(cell, set(work.done.get(cell.id, ()))) for cell in work.cells]
        self.degradation: Degradation | None = None
        self.flow: FlowEstimator | None = None
        self.hr_flow: FlowEstimator | None = None
        self.probes: dict[str, Probe] = {}
        self.methods: list[LiveMethod] = []
        clips = work.plan.clips
        self.pictured = {clip.id for clip in clips[:: max(1, len(clips) // PICTURES)][:PICTURES]}

    def run(self, clips: Iterable[Clip]) -> Generator[Event, None, None]:
        """Build everything, then take the clips through every method that still waits for them."""
        yield from self._build_shared()
        yield from self._build_probes()
        yield from self._build_methods()
        try:
            for clip, following in _with_next(clip for clip in clips if self._waiting(clip)):
                yield from self.see(clip, following)
        finally:
            self._reader.stop()

    def see(self, clip: Clip, following: Clip | None = None) -> Iterator[Event]:
        """Take one clip through every method that still waits for it, a portion at a time.

        The `following` one is opened, and its first frames are read, while this one is computed.
        """
        opening = self._asked.pop(clip.id, None) or partial(self._open, clip)
        views = [View(method) for method in self._waiting(clip)]
        if not views:
            return
        opened = yield from self._trying(clip, views, opening)
        if opened is None:
            return
        yield from self._without(opened.failures, clip)
        if following is not None:
            self._asked = {following.id: self._reader.ask(partial(self._open, following))}
        yield from self._see_opened(opened, views)
        self.watch.settle()

    def _waiting(self, clip: Clip) -> list[LiveMethod]:
        return [method for method in self.methods if method.waiting(clip)]

    def _see_opened(self, opened: Opened, views: Sequence[View]) -> Iterator[Event]:
        source, clip = opened.source, opened.source.clip
        middle = source.wanted[len(source.wanted) // 2 :][:1] if clip.id in self.pictured else []
        shown: dict[str, Bytes] = {}
        for portion in opened.portions:
            if (yield from self._trying(clip, views, partial(_advanced, source, portion))) is None:
                return
            pictured = [frame for frame in middle if frame in portion.frames]
            if pictured:
                shown["LR"] = to_uint8(source.lr(pictured))[0]
            yield from self._see_portion(source, portion, views, pictured, shown)
        if shown:
            yield Pictured(clip, shown)

    def _see_portion(
        self, source: SourceClip, portion: Portion, views: Sequence[View], pictured: list[int], shown: dict[str, Bytes]
    ) -> Iterator[Event]:
        """Take a portion through every method, one after the other, and let go of what is not needed any more."""
        kept: dict[str, RestoredClip] = {}
        for view in views:
            start = time.perf_counter()
            if view.waiting(source.clip):
                yield from self._restore_and_probe(view, source, portion, kept)
            if view.restored is not None and pictured:
                shown[view.label] = to_uint8(view.restored.sr(pictured))[0]
            view.let_go(source.clip, portion)
            view.seconds += time.perf_counter() - start
            if portion.is_last:
                yield ClipDone(view.label, view.seconds)
        source.hr_flow.keep(portion.needs_later)
        if not portion.is_last:
            give_back()

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
            self.hr_flow = kept_flow(self.flow, self.context.flow_cache, self.work.plan.flow, self.context.device)
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

    def _open(self, clip: Clip) -> Opened:
        """Open a clip for the methods that wait for it. Raises `ClipError`; works in any thread."""
        video = self.context.open(clip)
        num_frames = video.num_frames  # which may have to be counted
        looks, failures = self._looks(num_frames)
        scale = self.work.plan.benchmark.scale if self.degradation is None else 1
        pixels = pixels_on(self.context.device, PORTION_PIXELS)
        portions = portions_of(looks, max(1, pixels // (video.size[0] * video.size[1] * scale**2)))
        waiting = self._waiting(clip)
        hr_radius, lr_radius = (
            widest(method.radius for method in waiting if method.sees_hr is sees_hr) for sees_hr in (True, False)
        )
        needs = needs_of(portions, num_frames, hr_radius=hr_radius, lr_radius=lr_radius)
        source = SourceClip(
            clip, video, self.degradation, self.flow, self.watch, self.context.device, needs,
            wanted=[frame for portion in portions for frame in portion.frames], hr_estimator=self.hr_flow,
            reader=self._reader,
        )  # fmt: skip
        return Opened(source, portions, failures)

    def _trying(self, clip: Clip, views: Sequence[View], read: Callable[[], T]) -> Generator[Event, None, T | None]:
        """What `read` reads of a clip; None if that fails, which ends the clip for all methods."""
        try:
            return read()
        except ClipError as error:
            yield _unreadable([live for view in views for live in view.waiting(clip)], clip, error)
        except Exception as error:  # a plugin's data set or degradation; recorded with its traceback
            yield self._fail([live for view in views for live in view.waiting(clip)], error, clip)
        for view in views:
            yield ClipDone(view.label, view.seconds)
        return None

    def _looks(self, num_frames: int) -> tuple[dict[str, Look], dict[str, Exception]]:
        """Of all probes, not only of waiting ones: a resumed clip must be restored in the same batches."""
        looks: dict[str, Look] = {}
        failures: dict[str, Exception] = {}
        of_pairs = {live.cell.probe.label for live in self.live if len(live.cell.methods) > 1}
        for label, probe in list(self.probes.items()):
            try:
                looks[label] = look_of(probe, num_frames, whole=label in of_pairs)
            except Exception as error:  # a plugin's code; recorded with its traceback in the probe's cells
                failures[label] = error
        return looks, failures

    def _without(self, failures: Mapping[str, Exception], clip: Clip) -> Iterator[Event]:
        """Go on without the probes that could not say what they want of a clip."""
        for label, error in failures.items():
            if self.probes.pop(label, None) is not None:
                yield self._fail([live for live in self.live if live.cell.probe.label == label], error, clip)

    def _restore_and_probe(
        self, view: View, source: SourceClip, portion: Portion, kept: dict[str, RestoredClip]
    ) -> Iterator[Event]:
        """Restore a portion and let the cells see it. `kept` is what pairs need of the clip, by method."""
        waiting = view.waiting(source.clip)
        try:
            view.restored = self._restored(view, source, portion)
        except ClipError as error:  # of a method whose frames are files
            view.restored, view.unreadable = None, True
            yield _unreadable(waiting, source.clip, error)
            return
        except Exception as error:  # a plugin's code; recorded with its traceback in the method's cells
            view.restored = None
            yield self._fail(waiting, error, source.clip)
            return
        yield from _remarks(view.live)
        if any(len(cell.cell.methods) > 1 for cell in waiting):
            kept[view.label] = view.restored
        for cell in waiting:
            sample = _sample(cell.cell, view.restored, kept)
            if sample is not None:
                yield from self._probe(cell, view, sample, portion)

    def _restored(self, view: View, source: SourceClip, portion: Portion) -> RestoredClip:
        first = source.clip.id == self.work.plan.clips[0].id
        restored = view.restored or RestoredClip(
            view.live.method, source, sees_hr=view.live.sees_hr, scale=self.work.plan.benchmark.scale, counted=first
        )
        restored.restore(portion.frames)
        return restored

    def _probe(self, live: LiveCell, view: View, sample: Sample, portion: Portion) -> Iterator[Event]:
        part, start = live.cell.probe, time.perf_counter()
        try:
            with self.watch.stage("recognise" if part.stream else "measure"), torch.inference_mode():
                found = self._look(live, view, sample, portion)
            view.cell_seconds[live.cell.id] += time.perf_counter() - start
            if found is None:
                return
            row = make_row(sample.clip, found.numbers, found.arrays, view.cell_seconds[live.cell.id])
        except Exception as error:  # a plugin's code; recorded with its traceback in the cell
            yield self._fail([live], error, sample.clip)
            return
        live.done.add(sample.clip.id)
        yield Measured(live.cell, row)
        yield from _remarks_on_probe(live, self.probes[part.label])

    def _look(self, live: LiveCell, view: View, sample: Sample, portion: Portion) -> Measurement | None:
        """Let a probe see a portion; what it measured in the clip after the last one."""
        label = live.cell.probe.label
        probe, seen = self.probes[label], view.seen.setdefault(live.cell.id, [])
        if label not in portion.units or not isinstance(probe, PortionedProbe):
            return probe.measure(sample) if portion.is_last else None
        seen.append(probe.see(sample, portion.units[label]))
        return probe.summary(torch.cat(seen)) if portion.is_last else None

    def _fail(self, cells: Sequence[LiveCell], error: Exception, clip: Clip | None = None) -> Failed:
        where = f"clip {clip.id}: " if clip else ""
        failing = [live for live in cells if not live.failed]
        for live in failing:
            live.failed = True
        log = "".join(traceback.format_exception(error))
        return Failed(_cells(failing), f"{where}{one_line(error)}", log)


def _with_next(clips: Iterable[Clip]) -> Iterator[tuple[Clip, Clip | None]]:
    """Every clip with the one after it."""
    left = iter(clips)
    clip = next(left, None)
    while clip is not None:
        following = next(left, None)
        yield clip, following
        clip = following


def _advanced(source: SourceClip, portion: Portion) -> SourceClip:
    """Raises `ClipError`."""
    source.advance(portion.number)
    return source


def _remarks(live: LiveMethod) -> Iterator[Event]:
    """A remark of the method that is new."""
    remark = remark_of(live.method)
    if remark is not None and remark != live.remark:
        live.remark = remark
        yield Remarked(_cells(cell for cell in live.cells if not cell.failed), live.part.label, remark)


def _remarks_on_probe(live: LiveCell, probe: Probe) -> Iterator[Event]:
    """A remark of a recogniser that is new."""
    remark = remark_of(getattr(probe, "recognizer", probe))
    if remark is not None and remark != live.remark:
        live.remark = remark
        yield Remarked([live.cell], live.cell.probe.label, remark)


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
