"""The one loop over clips. It takes clips and yields what happens; it knows no folder and can run in any process."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

import torch

from harness.contracts import Clip, Measurement, PortionedProbe, Sample
from harness.errors import ClipError
from harness.memory import give_back
from harness.planning.cells import Cell, Plan
from harness.probes.recognizer import judge_of
from harness.running.assembling import assemble
from harness.running.clock import Clock
from harness.running.context import RunContext
from harness.running.events import ClipDone, Event, Measured, Pictured
from harness.running.frame_store import widest
from harness.running.guarding import contained, guarded, held
from harness.running.live import Assembly, LiveCell, LiveMethod, Note, View, no_note
from harness.running.lr_rate import LrFrames, of_lr_frames, on_original_clock
from harness.running.pipeline import PORTION_PIXELS, JointClip, RestoredClip, SourceClip, pixels_on
from harness.running.portions import Look, Portion, look_of, needs_of, portions_of
from harness.running.read_ahead import reader_for
from harness.running.rows import make_row
from harness.running.second_view import second_view
from harness.running.telling import fail, remarks, remarks_on_probe, remarks_on_shared, unreadable
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
    """Holds the live objects while clips go through them. Iterate over `run` to the end.

    `note` is told what is done next, before every call into a plugin.
    """

    def __init__(self, work: Work, context: RunContext, note: Note = no_note) -> None:
        self.work = work
        self.context = context
        self._note = note
        self.watch = Stopwatch(context.device)
        self._reader = reader_for(context.device)
        self._asked: dict[str, Callable[[], Opened]] = {}
        """The clip that is opened while the one before it is computed, by its id."""
        self.live = [LiveCell(cell, set(work.done.get(cell.id, ()))) for cell in work.cells]
        self.built = Assembly()
        clips = work.plan.clips
        self.pictured = {clip.id for clip in clips[:: max(1, len(clips) // PICTURES)][:PICTURES]}

    def run(self, clips: Iterable[Clip]) -> Generator[Event, None, None]:
        """Build everything, then take the clips through every method that still waits for them."""
        with held():
            yield from self.prepare()
            for _, event in self.take(clips):
                yield event

    def prepare(self) -> Generator[Event, None, None]:
        """Build everything."""
        with held():
            self.built = yield from assemble(self.work.plan, self.live, self.context, self._note)

    def take(self, clips: Iterable[Clip]) -> Generator[tuple[Clip, Event], None, None]:
        """Take clips through every method that still waits for them; each event with the clip that it is of."""
        with held():
            try:
                for clip, following in _with_next(clip for clip in clips if self._waiting(clip)):
                    for event in self.see(clip, following):
                        yield clip, event
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
        yield from remarks_on_shared(self.built, self.work.plan, self.live)
        self.watch.settle()

    def _waiting(self, clip: Clip) -> list[LiveMethod]:
        return [method for method in self.built.methods if method.waiting(clip)]

    def _see_opened(self, opened: Opened, views: Sequence[View]) -> Iterator[Event]:
        source, clip = opened.source, opened.source.clip
        middle = source.wanted[len(source.wanted) // 2 :][:1] if clip.id in self.pictured else []
        shown: dict[str, Bytes] = {}
        for portion in opened.portions:
            if (yield from self._trying(clip, views, partial(_advanced, source, portion))) is None:
                return
            pictured = [frame for frame in middle if frame in portion.frames]
            if pictured:
                shown["LR"] = to_uint8(source.lr_of(pictured))[0]
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

    def _open(self, clip: Clip) -> Opened:
        """Open a clip for the methods that wait for it. Raises `ClipError`; works in any thread."""
        video = self.context.open(clip)
        num_frames = video.num_frames  # which may have to be counted
        clock = Clock.of(num_frames, self.built.degradation)
        waiting = self._waiting(clip)
        second = second_view(clip, [method.method for method in waiting], self.context.open)
        looks, failures = self._looks(clock)
        scale = self.work.plan.benchmark.scale if self.built.degradation is None else 1
        pixels = pixels_on(self.context.device, PORTION_PIXELS)
        portions = portions_of(looks, max(1, pixels // (video.size[0] * video.size[1] * scale**2)))
        hr_radius, lr_radius = (
            widest(method.radius for method in waiting if method.sees_hr is sees_hr) for sees_hr in (True, False)
        )
        needs = needs_of(portions, clock, hr_radius=hr_radius, lr_radius=lr_radius)
        source = SourceClip(
            clip, video, self.built.degradation, self.built.flow, self.watch, self.context.device, needs,
            wanted=[frame for portion in portions for frame in portion.frames], hr_estimator=self.built.hr_flow,
            reader=self._reader, second=second,
        )  # fmt: skip
        return Opened(source, portions, failures)

    def _trying(self, clip: Clip, views: Sequence[View], read: Callable[[], T]) -> Generator[Event, None, T | None]:
        """What `read` reads of a clip; None if that fails, which ends the clip for all methods."""
        self._note(clip.id, _ids(live for view in views for live in view.waiting(clip)), True)
        try:
            with contained():
                return read()
        except ClipError as error:
            yield unreadable([live for view in views for live in view.waiting(clip)], clip, error)
        except Exception as error:  # a plugin's data set or degradation; recorded with its traceback
            yield fail([live for view in views for live in view.waiting(clip)], error, clip)
        for view in views:
            yield ClipDone(view.label, view.seconds)
        return None

    def _looks(self, clock: Clock) -> tuple[dict[str, Look], dict[str, Exception]]:
        """Of all probes, not only of waiting ones: a resumed clip must be restored in the same batches."""
        looks: dict[str, Look] = {}
        failures: dict[str, Exception] = {}
        of_pairs = {live.cell.probe.label for live in self.live if len(live.cell.methods) > 1}
        at_lr_rate = any(method.at_lr_rate for method in self.built.methods)
        for label, probe in list(self.built.probes.items()):
            try:
                with guarded(judge_of(probe)):
                    looks[label] = look_of(probe, clock.num_frames, whole=label in of_pairs)
                    if at_lr_rate:
                        own = look_of(probe, clock.lr_frames, whole=label in of_pairs)
                        looks[of_lr_frames(label)] = on_original_clock(own, clock.own_frames)
            except Exception as error:  # a plugin's code; recorded with its traceback in the probe's cells
                failures[label] = error
        return looks, failures

    def _without(self, failures: Mapping[str, Exception], clip: Clip) -> Iterator[Event]:
        """Go on without the probes that could not say what they want of a clip."""
        for label, error in failures.items():
            if self.built.probes.pop(label, None) is not None:
                yield fail([live for live in self.live if live.cell.probe.label == label], error, clip)

    def _restore_and_probe(
        self, view: View, source: SourceClip, portion: Portion, kept: dict[str, RestoredClip]
    ) -> Iterator[Event]:
        """Restore a portion and let the cells see it. `kept` is what pairs need of the clip, by method."""
        waiting = view.waiting(source.clip)
        self._note(source.clip.id, _ids(waiting), False)
        try:
            view.restored = self._restored(view, source, portion)
        except ClipError as error:  # of a method whose frames are files
            view.restored, view.unreadable = None, True
            yield unreadable(waiting, source.clip, error)
            return
        except Exception as error:  # a plugin's code; recorded with its traceback in the method's cells
            view.restored = None
            yield fail(waiting, error, source.clip)
            return
        yield from remarks(view.live)
        if any(len(cell.cell.methods) > 1 for cell in waiting):
            kept[view.label] = view.restored
        for cell in waiting:
            sample = _sample(cell.cell, view.restored, kept)
            if sample is not None and view.live.at_lr_rate:
                sample = LrFrames(sample, source.clock.own_frames)
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
        self._note(sample.clip.id, [live.cell.id], False)
        try:
            stage = self.watch.stage("recognise" if part.stream else "measure")
            with guarded(judge_of(self.built.probes[part.label])), stage, torch.inference_mode():
                found = self._look(live, view, sample, portion)
            view.cell_seconds[live.cell.id] += time.perf_counter() - start
            if found is None:
                return
            row = make_row(sample.clip, found.numbers, found.arrays, view.cell_seconds[live.cell.id])
        except Exception as error:  # a plugin's code; recorded with its traceback in the cell
            yield fail([live], error, sample.clip)
            return
        live.done.add(sample.clip.id)
        yield Measured(live.cell, row)
        yield from remarks_on_probe(live, self.built.probes[part.label])

    def _look(self, live: LiveCell, view: View, sample: Sample, portion: Portion) -> Measurement | None:
        """Let a probe see a portion; what it measured in the clip after the last one."""
        label = live.cell.probe.label
        probe, seen = self.built.probes[label], view.seen.setdefault(live.cell.id, [])
        units = portion.units.get(of_lr_frames(label) if view.live.at_lr_rate else label)
        if units is None or not isinstance(probe, PortionedProbe):
            return probe.measure(sample) if portion.is_last else None
        seen.append(probe.see(sample, sample.units(units) if isinstance(sample, LrFrames) else units))
        return probe.summary(torch.cat(seen)) if portion.is_last else None


def _ids(live: Iterable[LiveCell]) -> list[str]:
    return list(dict.fromkeys(one.cell.id for one in live))


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


def _sample(cell: Cell, restored: RestoredClip, kept: Mapping[str, RestoredClip]) -> Sample | None:
    """What a cell sees of a clip; None for a pair of which one method has not restored it yet."""
    if len(cell.methods) == 1:
        return restored
    frames, motion = (kept.get(part.label) for part in cell.methods)
    return JointClip(frames, motion) if frames is not None and motion is not None else None
