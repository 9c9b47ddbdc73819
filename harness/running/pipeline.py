"""The one path of a clip: read, degrade, restore, flow, probe.

Everything that does not depend on the method is computed once per clip (HR frames, LR frames, HR flow), everything that
does once per method (restored frames, their flow), however many probes there are. The file is decoded as a stream, of
which only the frames that are needed are kept.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import islice

import numpy as np
import torch
from torch import Tensor

from harness.contracts import Clip, Cost, Degradation, FlowEstimator, Pair, RestoredElsewhere, SRMethod, Wants
from harness.errors import ClipError, ContractError
from harness.running.cost import measure_cost
from harness.running.frame_store import FrameStore, around, temporal_radius
from harness.running.timing import Stopwatch
from harness.video.frames import Bytes, Video, crop_to_multiple, multiple_of, to_tensor

PORTION_PIXELS = 1 << 22
"""HR pixels that are processed at once while a clip streams by: 54 frames of 320x240, or 50 MB."""


class PairFlows:
    """Flow of frame pairs, each computed once, `at_once` of them together."""

    def __init__(
        self, frames: Callable[[Sequence[int]], Tensor], at_once: int, estimator: FlowEstimator | None, watch: Stopwatch
    ) -> None:
        self._frames = frames
        self._at_once = at_once
        self._estimator = estimator
        self._watch = watch
        self._known: dict[Pair, Tensor] = {}

    def __call__(self, pairs: Sequence[Pair]) -> Tensor:
        """Flow from the first to the second frame of every pair, ``(len(pairs), 2, H, W)`` in pixels."""
        missing = sorted(set(pairs) - self._known.keys())
        for start in range(0, len(missing), self._at_once):
            self._estimate(missing[start : start + self._at_once])
        return torch.stack([self._known[pair] for pair in pairs])

    def _estimate(self, pairs: Sequence[Pair]) -> None:
        if self._estimator is None:
            raise ContractError("asks for flow; its declaration must say so: uses_flow=True, or a temporal stream")
        first, second = self._frames([a for a, _ in pairs]), self._frames([b for _, b in pairs])
        with self._watch.stage("flow"):
            flow = self._estimator.flow(first, second)
        expected = (len(pairs), 2, *first.shape[-2:])
        if tuple(flow.shape) != expected or not bool(torch.isfinite(flow).all()):
            raise ContractError(f"flow has shape {tuple(flow.shape)}; expected finite numbers of shape {expected}")
        self._known.update(zip(pairs, flow, strict=True))


@dataclass(frozen=True)
class Needs:
    """The frames of a clip that are needed: HR frames, and LR frames."""

    hr: Sequence[int]
    lr: Sequence[int]


class SourceClip:
    """One clip before restoration: HR frames (cropped to a multiple of the scale), LR frames, HR flow.

    Only the frames that `needs` names are kept; those `wanted` are to be restored. Without a degradation the clip is LR
    by nature. Raises `ContractError` if asked for HR frames or their flow then, for frames that are not kept, and for
    flow without an estimator.
    """

    def __init__(
        self, clip: Clip, video: Video, degradation: Degradation | None, estimator: FlowEstimator | None,
        watch: Stopwatch, device: torch.device, needs: Needs, wanted: Sequence[int] = (),
    ) -> None:  # fmt: skip
        self.clip = clip
        self.wanted = wanted
        self.watch = watch
        self.estimator = estimator
        self.num_frames = video.num_frames
        self.at_once = max(1, PORTION_PIXELS // (video.size[0] * video.size[1]))
        self._scale = 1 if degradation is None else degradation.scale
        self._needs = needs
        height, width = multiple_of(video.size, self._scale)
        self._hr = None if degradation is None else FrameStore(needs.hr, (height, width), device)
        self.lr = FrameStore(needs.lr, (height // self._scale, width // self._scale), device)
        for numbers, frames in self._portions(video, device):
            self._keep(numbers, frames, degradation)
        self.hr_flow = PairFlows(self.hr, self.at_once, estimator, watch)

    def hr(self, frames: Sequence[int]) -> Tensor:
        if self._hr is None:
            raise ContractError(f"clip {self.clip.id!r} is low-resolution by nature: there are no HR frames of it")
        return self._hr(frames)

    def _portions(self, video: Video, device: torch.device) -> Iterator[tuple[list[int], Tensor]]:
        """The needed frames with their numbers, `at_once` at a time. Decodes to the end to find any damage."""
        needed = {*self._needs.hr, *self._needs.lr}
        stream = (item for item in enumerate(video.frames()) if item[0] in needed)
        found = 0
        while items := self._next(stream):
            with self.watch.stage("read"):
                frames = to_tensor(np.stack([frame for _, frame in items]), device)
            found += len(items)
            yield [number for number, _ in items], frames
        if found < len(needed):
            raise ClipError(f"{video.name}: {self.num_frames} frames announced, but the video ended earlier")

    def _next(self, stream: Iterator[tuple[int, Bytes]]) -> list[tuple[int, Bytes]]:
        with self.watch.stage("read"):
            return list(islice(stream, self.at_once))

    def _keep(self, numbers: Sequence[int], frames: Tensor, degradation: Degradation | None) -> None:
        with self.watch.stage("degrade"):
            if self._hr is None or degradation is None:
                self.lr.put(numbers, frames)
                return
            frames = crop_to_multiple(frames, self._scale)
            self._hr.put(numbers, frames)
            self.lr.put(numbers, degradation.degrade(frames))


@dataclass
class RestoredClip:
    """One clip as restored by one method: what probes see (`harness.contracts.Sample`)."""

    source: SourceClip
    restored: FrameStore
    restored_frames: int
    restore_seconds: float | None
    is_source: bool = False
    """True when the restored frames are the HR frames, whose flow is then not computed again."""
    again: Callable[[], Tensor] | None = None
    """Restores the same frames once more, where the cost is to be counted."""

    @property
    def clip(self) -> Clip:
        return self.source.clip

    @property
    def num_frames(self) -> int:
        return self.source.num_frames

    @cached_property
    def cost(self) -> Cost | None:
        return measure_cost(self.again, self.restored_frames) if self.again else None

    def sr(self, frames: Sequence[int]) -> Tensor:
        return self.restored(frames)

    def hr(self, frames: Sequence[int]) -> Tensor:
        return self.source.hr(frames)

    @cached_property
    def sr_flow(self) -> PairFlows:
        source = self.source
        return source.hr_flow if self.is_source else PairFlows(self.sr, source.at_once, source.estimator, source.watch)

    def hr_flow(self, pairs: Sequence[Pair]) -> Tensor:
        return self.source.hr_flow(pairs)


@dataclass(frozen=True)
class JointClip:
    """One clip as a pair of methods restored it: frames of the one, flow of the other (`harness.contracts.Sample`)."""

    frames: RestoredClip
    motion: RestoredClip

    def __post_init__(self) -> None:
        if self.frames.source is not self.motion.source:
            raise ValueError(f"frames of clip {self.frames.clip.id} with flow of clip {self.motion.clip.id}")

    @property
    def clip(self) -> Clip:
        return self.frames.clip

    @property
    def num_frames(self) -> int:
        return self.frames.num_frames

    @property
    def restore_seconds(self) -> float | None:
        """Of both methods; None if one of them restored nothing itself."""
        both = [part.restore_seconds for part in (self.frames, self.motion)]
        known = [seconds for seconds in both if seconds is not None]
        return sum(known) if known == both else None

    @property
    def restored_frames(self) -> int:
        return self.frames.restored_frames

    @property
    def cost(self) -> None:
        """It is counted for each method alone."""

    def sr(self, frames: Sequence[int]) -> Tensor:
        return self.frames.sr(frames)

    def hr(self, frames: Sequence[int]) -> Tensor:
        return self.frames.hr(frames)

    def sr_flow(self, pairs: Sequence[Pair]) -> Tensor:
        return self.motion.sr_flow(pairs)

    def hr_flow(self, pairs: Sequence[Pair]) -> Tensor:
        return self.frames.hr_flow(pairs)


def check_wants(wants: Wants, num_frames: int) -> Wants:
    """Raise `ContractError` if a probe asks for frames that the clip does not have."""
    outside = [frame for frame in wants.all_frames() if not 0 <= frame < num_frames]
    if outside:
        raise ContractError(f"wants frames {sorted(outside)} of a clip of {num_frames}")
    return wants


def restore(
    method: SRMethod, source: SourceClip, frames: Sequence[int], *, sees_hr: bool, scale: int, counted: bool = False
) -> RestoredClip:
    """Ask a method for the wanted frames, check what it returns, and round it to 8 bits.

    It is shown the frames within its `temporal_radius` of them. If `counted`, the result's `cost` is known: whoever
    asks for it has the frames restored once more. Raises `ContractError` for a wrong shape or values that are not
    finite.
    """
    shown = around(frames, temporal_radius(method), source.num_frames)
    given = source.hr(shown) if sees_hr else source.lr(shown)
    factor = 1 if sees_hr else scale
    size = given.shape[-2] * factor, given.shape[-1] * factor
    wanted = [bisect_left(shown, frame) for frame in frames]
    if elsewhere := isinstance(method, RestoredElsewhere):
        ask = partial(method.find_restored, source.clip, frames, num_frames=source.num_frames, size=size)
    else:
        ask = partial(method.upscale, given, wanted)
    start = time.perf_counter()
    with source.watch.stage("read" if elsewhere else "restore"), torch.inference_mode():
        restored = ask() if frames else given.new_empty((0, 3, *size))
    seconds = None if elsewhere else time.perf_counter() - start
    _check_restored(restored, (len(frames), 3, *size))
    kept = FrameStore(frames, size, given.device)
    kept.put(frames, restored.float())
    same = sees_hr and bool(torch.equal(kept(frames), source.hr(frames)))
    again = ask if counted and frames and not elsewhere else None
    return RestoredClip(source, kept, len(frames), seconds, is_source=same, again=again)


def _check_restored(restored: Tensor, expected: tuple[int, ...]) -> None:
    if tuple(restored.shape) != expected:
        raise ContractError(f"upscale returned shape {tuple(restored.shape)}; expected {expected}")
    bad = int((~torch.isfinite(restored)).sum())
    if bad:
        raise ContractError(f"upscale returned {bad} values that are NaN or infinite")
