"""The one path of a clip: read, degrade, restore, flow, probe.

Everything that does not depend on the method is computed once per clip (HR frames, LR frames, HR flow), everything that
does once per method (restored frames, their flow), however many probes there are. The file is decoded as a stream, of
which only the frames that are needed are kept, and only until the last portion that needs them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

import torch
from torch import Tensor

from harness.contracts import (
    WHOLE_CLIPS,
    Clip,
    Cost,
    Degradation,
    FlowEstimator,
    Pair,
    RestoredElsewhere,
    SRMethod,
    StereoMethod,
)
from harness.errors import ContractError
from harness.running.clock import Clock, ask, placed
from harness.running.decoding import Decoding
from harness.running.frame_store import FrameStore, temporal_radius
from harness.running.guarding import guarded
from harness.running.portions import Needs, Portion, Spans
from harness.running.read_ahead import OnDemand, Reader
from harness.running.recoded import RecodedVideo
from harness.running.returned import check_flow, check_frames
from harness.running.second_view import require_alike
from harness.running.timing import Span, Stopwatch
from harness.transfer import positions
from harness.video.frames import Video, crop_to_multiple, multiple_of

BLOCK_PIXELS = 1 << 20
"""HR pixels that are processed at once: 13 frames of 320x240, or 12 MB."""
PORTION_PIXELS = 2 * BLOCK_PIXELS
"""HR pixels of a portion: 27 frames of 320x240. A clip that is no longer is decoded once, and every method is through
with it before the next begins."""
TIMES_ON_GPU = 2
"""How many times as many on a GPU, which has memory of its own and is not filled by less."""


def pixels_on(device: torch.device, pixels: int) -> int:
    """So many pixels of a block or a portion on this device."""
    return pixels * (TIMES_ON_GPU if device.type == "cuda" else 1)


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

    def keep(self, needed: Callable[[Pair], bool]) -> None:
        """Let go of the flow of every pair that is not `needed` any more."""
        # copied, for a view would keep what was computed with it in memory
        self._known = {pair: flow.clone() for pair, flow in self._known.items() if needed(pair)}

    def _estimate(self, pairs: Sequence[Pair]) -> None:
        if self._estimator is None:
            raise ContractError("asks for flow; its declaration must say so: uses_flow=True, or a temporal stream")
        first, second = self._frames([a for a, _ in pairs]), self._frames([b for _, b in pairs])
        with guarded(self._estimator), self._watch.stage("flow"):
            flow = self._estimator.flow(first, second)
        flow = check_flow(flow, (len(pairs), 2, *first.shape[-2:]))
        self._known.update(zip(pairs, flow, strict=True))


class SourceClip:
    """One clip before restoration: HR frames (cropped to a multiple of the scale), LR frames, HR flow.

    Only the frames that `needs` names are kept, in the portions for which they are needed; those `wanted` are to be
    restored. A clip of several portions is decoded twice, for HR and for LR frames, of which some methods need more.
    `hr_estimator` is for HR flow, where that is kept between runs. Of a `second` view of the clip, the same LR frames
    are kept as of the clip, for methods that look at both.
    Nothing is there before the first `advance`, but `reader` is asked for the first frames.
    Without a degradation the clip is LR by nature. Raises `ContractError` if asked for HR frames or their flow then,
    for frames that are not kept, and for flow without an estimator; and `ClipError` for frames that are too small, and
    for a second view of another length or size.
    """

    def __init__(
        self, clip: Clip, video: Video, degradation: Degradation | None, estimator: FlowEstimator | None,
        watch: Stopwatch, device: torch.device, needs: Needs, wanted: Sequence[int] = (),
        hr_estimator: FlowEstimator | None = None, reader: Reader | None = None, second: Video | None = None,
    ) -> None:  # fmt: skip
        self.clip = clip
        self.wanted = wanted
        self.watch = watch
        self.device = device
        self.estimator = estimator
        self.clock = Clock.of(video.num_frames, degradation)
        self.at_once = max(1, pixels_on(device, BLOCK_PIXELS) // (video.size[0] * video.size[1]))
        self._degradation = degradation
        self._scale = 1 if degradation is None else degradation.scale
        self._recoded = RecodedVideo.of(video, degradation, clip.id) if isinstance(degradation, WHOLE_CLIPS) else None
        self._needs = needs
        self._portion = 0
        height, width = multiple_of(video.size, self._scale)
        self._hr = None if degradation is None else FrameStore((height, width), device)
        self.lr = FrameStore((height // self._scale, width // self._scale), device)
        self.hr_flow = PairFlows(self.hr, self.at_once, hr_estimator or estimator, watch)
        self._decodings = [self._decoding(video, stores, reader or OnDemand()) for stores in self._passes()]
        self._second: SourceClip | None = None
        if second is not None and clip.second_view is not None:
            require_alike(clip, video, second)
            self._second = SourceClip(
                clip.second_view, second, degradation, None, watch, device, Needs({}, needs.lr, needs.portions),
                reader=reader,
            )  # fmt: skip

    @property
    def num_frames(self) -> int:
        """Number of HR frames."""
        return self.clock.num_frames

    def hr(self, frames: Sequence[int]) -> Tensor:
        return self.high_resolution(frames)

    def lr_of(self, frames: Sequence[int]) -> Tensor:
        """The LR frame nearest to each of these frames in time, ``(len(frames), 3, h, w)``."""
        return self.lr(self.clock.nearest(frames))

    @property
    def hr_size(self) -> tuple[int, int]:
        """Height and width of the HR frames."""
        return self.high_resolution.size

    @property
    def high_resolution(self) -> FrameStore:
        if self._hr is None:
            raise ContractError(f"clip {self.clip.id!r} is low-resolution by nature: there are no HR frames of it")
        return self._hr

    @property
    def second_lr(self) -> FrameStore:
        """LR frames of the clip's second view."""
        if self._second is None:
            raise ContractError("looks at a second view that was not opened; its declaration must say views=2")
        return self._second.lr

    def advance(self, portion: int) -> None:
        """Go on to this portion: let go of the frames that are not needed from it on, and read what it needs.

        Raises `ClipError` as `Video.frames` does.
        """
        self._portion = portion
        for store, spans in self._stores():
            store.keep(partial(self._is_needed, spans))
        for decoding in self._decodings:
            decoding.advance(portion)
        if self._second is not None:
            self._second.advance(portion)

    def _stores(self) -> list[tuple[FrameStore, Spans]]:
        lr = (self.lr, self._needs.lr)
        return [lr] if self._hr is None else [(self._hr, self._needs.hr), lr]

    def _passes(self) -> list[list[tuple[FrameStore, Spans]]]:
        """The stores that are filled by the same decoding."""
        stores = self._stores()
        together = self._needs.portions == 1 and self._recoded is None
        return [stores] if together else [[store] for store in stores]

    def _decoding(self, video: Video, stores: Sequence[tuple[FrameStore, Spans]], reader: Reader) -> Decoding:
        recoded = self._recoded if stores[0][0] is self.lr else None

        def keep(numbers: Sequence[int], frames: Tensor) -> None:
            with self.watch.stage("degrade"):
                ready = frames if recoded else crop_to_multiple(frames, self._scale)
                for store, spans in stores:
                    degrading = store is self.lr and not recoded
                    self._put(store, spans, numbers, self._degraded(ready) if degrading else ready)

        return Decoding(
            recoded or video, [spans for _, spans in stores], self._needs.portions, keep,
            at_once=self.at_once, watch=self.watch, device=self.device, reader=reader,
        )  # fmt: skip

    def _degraded(self, frames: Tensor) -> Tensor:
        if self._degradation is None:
            return frames
        with guarded(self._degradation):
            degraded = self._degradation.degrade(frames)
        return check_frames("degrade", degraded, (len(frames), 3, *self.lr.size))

    def _put(self, store: FrameStore, spans: Spans, numbers: Sequence[int], frames: Tensor) -> None:
        rows = [row for row, number in enumerate(numbers) if self._is_needed(spans, number)]
        kept = frames if len(rows) == len(numbers) else frames.index_select(0, positions(rows, frames.device))
        store.put([numbers[row] for row in rows], kept)

    def _is_needed(self, spans: Spans, frame: int) -> bool:
        return frame in spans and spans[frame][1] >= self._portion


class RestoredClip:
    """One clip as restored by one method: what probes see (`harness.contracts.Sample`).

    Its frames are there after `restore`. If `counted`, its `cost` is known: whoever asks for it has some frames
    restored once more. Raises `ContractError` if the method is to see HR frames of a clip that has none.
    """

    def __init__(
        self, method: SRMethod, source: SourceClip, *, sees_hr: bool, scale: int, counted: bool = False
    ) -> None:
        self.source = source
        self.restored_frames = 0
        self._method = method
        self._elsewhere = isinstance(method, RestoredElsewhere)
        self._radius = 0 if self._elsewhere else temporal_radius(method)
        self._sees_hr = sees_hr
        self._counted = counted
        self._spans: list[Span] = []
        factor, (height, width) = (1, source.hr_size) if sees_hr else (scale, source.lr.size)
        self.sr = FrameStore((height * factor, width * factor), source.device)
        size = height * width * factor**2
        self._at_once = min(source.at_once, max(1, pixels_on(source.device, BLOCK_PIXELS) // size))
        self._own_flow = PairFlows(self.sr, self._at_once, source.estimator, source.watch)
        self._is_source = sees_hr
        """True as long as the restored frames are the HR frames, whose flow is then not computed again."""
        self._again: tuple[Callable[[], Tensor], int] | None = None

    @property
    def clip(self) -> Clip:
        return self.source.clip

    @property
    def num_frames(self) -> int:
        return self.source.num_frames

    @property
    def restore_seconds(self) -> float | None:
        return None if self._elsewhere else sum(span.seconds for span in self._spans)

    @cached_property
    def cost(self) -> Cost | None:
        if self._again is None:
            return None
        from harness.running.cost import measure_cost  # takes seconds to import, and few clips ask for it

        with guarded(self._method):
            return measure_cost(*self._again)

    @property
    def sr_flow(self) -> PairFlows:
        return self.source.hr_flow if self._is_source else self._own_flow

    def hr(self, frames: Sequence[int]) -> Tensor:
        return self.source.hr(frames)

    def hr_flow(self, pairs: Sequence[Pair]) -> Tensor:
        return self.source.hr_flow(pairs)

    def made(self, frames: Sequence[int]) -> Sequence[bool]:
        return self.source.clock.made(frames)

    def restore(self, portion: Sequence[int]) -> None:
        """Have the method restore some wanted frames, check what it returns, and round it to 8 bits.

        It is shown the frames within its `temporal_radius` of them, and restores a block at a time. If it looks at the
        whole clip, it restores all wanted frames with the first portion. Raises `ContractError` for what is not
        floating point, a wrong shape, and values that are not finite or far outside [0, 1].
        """
        if self._radius is None:
            portion = () if self.restored_frames else self.source.wanted or portion
        # a file that another program made is read from its beginning each time
        in_one_piece = self._radius is None or self._elsewhere
        size = max(1, len(portion)) if in_one_piece else self._at_once
        for start in range(0, len(portion), size):
            self._restore(portion[start : start + size])

    def keep(self, portion: Portion) -> None:
        """Let go of the frames and of the flow that no probe looks at after this portion."""
        self.sr.keep(lambda frame: portion.needs_later(frame) or (self._radius is None and frame > portion.frames[-1]))
        self._own_flow.keep(portion.needs_later)

    def _restore(self, frames: Sequence[int]) -> None:
        source = self.source
        # a method that sees HR frames sees all of them
        clock = Clock(source.num_frames) if self._sees_hr else source.clock
        shown = clock.shown(frames, self._radius)
        if isinstance(self._method, RestoredElsewhere):
            restoring = partial(
                self._method.find_restored, self.clip, frames, num_frames=source.num_frames, size=self.sr.size
            )
        else:
            given = source.hr(shown) if self._sees_hr else source.lr(shown)
            places = placed(clock.wanted(frames), shown)
            if isinstance(self._method, StereoMethod):
                own = [int(place) for place in places]  # it makes no frames between
                restoring = partial(self._method.upscale_left, given, source.second_lr(shown), own)
            else:
                restoring = partial(ask, self._method, given, places)
        stage = source.watch.stage("read" if self._elsewhere else "restore")
        with guarded(self._method), stage as span, torch.inference_mode():
            restored = restoring()
        self._spans.append(span)
        if not self._elsewhere:
            self._again = self._again or ((restoring, len(frames)) if self._counted else None)
        restored = check_frames("upscale", restored, (len(frames), 3, *self.sr.size))
        self.sr.put(frames, restored.float())
        self.restored_frames += len(frames)
        self._is_source = self._is_source and self.sr.holds_same(source.high_resolution, frames)


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

    def made(self, frames: Sequence[int]) -> Sequence[bool]:
        return self.frames.made(frames)


def restore(
    method: SRMethod, source: SourceClip, frames: Sequence[int], *, sees_hr: bool, scale: int, counted: bool = False
) -> RestoredClip:
    """These frames of a clip as a method restores them: `RestoredClip` of a single portion, which raises the same."""
    restored = RestoredClip(method, source, sees_hr=sees_hr, scale=scale, counted=counted)
    restored.restore(frames)
    return restored
